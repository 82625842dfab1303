// The language of this page: the person's choice in this browser, else the first that the browser asks for.

export const LANGUAGES = ["en", "zh"] as const

export type Language = (typeof LANGUAGES)[number]

/** Each by its own name, for those who read it; and as documents name it. */
export const SPOKEN: Record<Language, { name: string; tag: string }> = {
	en: { name: "English", tag: "en" },
	zh: { name: "简体中文", tag: "zh-Hans" },
}

const KEPT_AS = "language"

/** Null while the browser's own language is followed. */
export const chosenLanguage: Language | null = known(globalThis.localStorage?.getItem(KEPT_AS))

/** Fixed while a page lives, so that no word of the other language stays on the screen. */
export const LANGUAGE: Language = chosenLanguage ?? wanted(globalThis.navigator?.languages ?? [])

/** From now on, in each window of this browser as it loads; null follows the browser. */
export function chooseLanguage(language: Language | null): void {
	if (language === null) localStorage.removeItem(KEPT_AS)
	else localStorage.setItem(KEPT_AS, language)
	location.reload()
}

/** The first of a browser's languages that there is a table for. */
export function wanted(tags: readonly string[]): Language {
	return tags.map((tag) => known(tag.toLowerCase().split("-")[0])).find((language) => language !== null) ?? "en"
}

function known(tag: string | null | undefined): Language | null {
	return LANGUAGES.find((language) => language === tag) ?? null
}
