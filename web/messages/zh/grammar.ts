// How Chinese lists.
export const ALL = new Intl.ListFormat("zh", { type: "conjunction" })
export const EITHER = new Intl.ListFormat("zh", { type: "disjunction" })
