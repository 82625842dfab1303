// What bots say, by language, and how a refusal is said.
import type { Language } from "../../../protocol/channel.ts"
import type { Refusal } from "../../../protocol/errors.ts"
import { en, type Words } from "./en.ts"
import { zh } from "./zh.ts"

export type { Words }

export const WORDS: Record<Language, Words> = { en, zh }

/** The language of a tag such as "zh-hans"; English for all that we do not speak. */
export function languageOf(tag: string | undefined): Language {
	return tag?.toLowerCase().startsWith("zh") === true ? "zh" : "en"
}

export function refusalText({ code, message, detail }: Refusal, words: Words): string {
	const said = words.refusals[code]
	if (said === undefined) return message
	return detail === undefined ? said : `${said} ${detail}`
}

/** A time of day, with its zone, since nobody knows the reader's. */
export function timeText(at: number): string {
	return `${new Date(at).toISOString().slice(11, 16)} UTC`
}
