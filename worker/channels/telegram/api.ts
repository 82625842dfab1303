// Telegram's Bot API: calls by grammy's client, and what its errors mean to us. https://core.telegram.org/bots/api
import { Api, GrammyError } from "grammy"
import * as z from "zod"
import type { Delivered } from "../../../durable-objects/outside.ts"
import { maskTokens } from "../../../protocol/token-shapes.ts"
import type { Bot } from "../provider.ts"

/** What a channel of this kind keeps sealed. */
export const TelegramCredentials = z.object({
	token: z.string(),
	/** Telegram sends it along with every update: it says that it is Telegram. */
	hookSecret: z.string(),
})

export function apiOf(token: string): Api {
	return new Api(token, { timeoutSeconds: CALL_SECONDS })
}

export function apiOfBot({ credentials }: Pick<Bot, "credentials">): Api {
	return apiOf(TelegramCredentials.parse(credentials).token)
}

/** What a failed call means to the message. */
export function failureOf(error: unknown): Delivered {
	if (!(error instanceof GrammyError)) return { is: "failed", reason: "Telegram cannot be reached." }
	const { error_code: code, description, parameters } = error
	const reason = maskTokens(description).slice(0, REASON_CHARS)
	if (code === 429) return { is: "later", afterMs: (parameters.retry_after ?? 1) * 1_000, reason }
	if (code === 401) return { is: "failed", reason: "Telegram does not take the bot's token any more.", isBot: true }
	if (code === 403 || (code === 400 && /chat not found|user not found/i.test(description)))
		return { is: "gone", reason }
	return { is: "failed", reason }
}

export function says(error: unknown, what: RegExp): boolean {
	return error instanceof GrammyError && what.test(error.description)
}

const CALL_SECONDS = 15
const REASON_CHARS = 200
