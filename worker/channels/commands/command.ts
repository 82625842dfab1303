// What a command in a chat is.
import type { Chat } from "../chat.ts"
import type { Words } from "../words/words.ts"

export interface Command {
	name: keyof Words["commands"]
	/** What it is called in Chinese, with a slash or without. */
	aliases: readonly string[]
	/** `words` is what stands behind the command. Throws Refusal, or Reply with what to say instead. */
	run(chat: Chat, words: string): Promise<void>
}
