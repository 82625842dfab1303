// The language of this page: the person's choice on this device, else the first that their browser asks for.

/** Each by its own name, which is read by those who want it. */
export const LANGUAGES = { en: "English", zh: "简体中文" } as const

export type Language = keyof typeof LANGUAGES

const KEPT_AS = "language"

/** Null while the browser's own language is followed. */
export const chosenLanguage: Language | null = known(globalThis.localStorage?.getItem(KEPT_AS))

/** Fixed while a page lives, so that no word of the other language stays on the screen. */
export const LANGUAGE: Language = chosenLanguage ?? asked(globalThis.navigator?.languages ?? [])

/** From now on, in all windows of this browser as they load; null follows the browser. */
export function chooseLanguage(language: Language | null): void {
	if (language === null) localStorage.removeItem(KEPT_AS)
	else localStorage.setItem(KEPT_AS, language)
	location.reload()
}

/** The first of these tags that there is a table for. */
export function asked(tags: readonly string[]): Language {
	return tags.map((tag) => known(tag.toLowerCase().split("-")[0])).find((language) => language !== null) ?? "en"
}

function known(tag: string | null | undefined): Language | null {
	return tag !== null && tag !== undefined && Object.hasOwn(LANGUAGES, tag) ? (tag as Language) : null
}
