// Every word that the console says, in the language of this page.
import { en, type Words } from "./messages/en.ts"
import { LANGUAGE, type Language } from "./messages/language.ts"
import { zh } from "./messages/zh.ts"

const TABLES: Record<Language, Words> = { en, zh }

export const words = TABLES[LANGUAGE]
