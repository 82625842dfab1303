// How English counts and lists.
const PLURAL = new Intl.PluralRules("en")

export const s = (count: number, one: string, many: string) => (PLURAL.select(count) === "one" ? one : many)

export const ALL = new Intl.ListFormat("en", { type: "conjunction" })
export const EITHER = new Intl.ListFormat("en", { type: "disjunction" })
