// What an agent says of itself through its own terminal: an escape sequence that no terminal shows, with JSON in it.
import * as z from "zod"
import { QUESTION_CHARS } from "../../protocol/attention.ts"
import { EVENT_OSC } from "../holder/signals.ts"

/*
 *   ESC ] 7661 ; FROM ; BASE64 BEL
 *   FROM     "homeport", or the runtime whose own hook says it and the session's word for that: "claude-code.WORD"
 *   BASE64   of JSON in UTF-8: of a notice, or what the runtime has given its hook, as it is
 */

/** In base64 this is less than what a holder takes. */
export const EVENT_BYTES = 128 * 1024
/** The variable that says FROM to files of hooks, which are the same for all sessions. */
export const AGENT = "AGENT_EVENTS_FROM"

/** A notice that anything in the session may give, such as `homeport notify`: whoever waits is told in these words. */
export const Notice = z.object({
	is: z.literal("notify"),
	text: z
		.string()
		.min(1)
		.transform((text) => text.slice(0, QUESTION_CHARS)),
})

/** What to write to the session's terminal for this notice. */
export function noticeSequence(text: string): string {
	return eventSequence("homeport", { is: "notify", text: text.slice(0, QUESTION_CHARS) })
}

/** What to write to the session's terminal for an event. */
export function eventSequence(from: string, event: unknown): string {
	const base64 = Buffer.from(JSON.stringify(event)).toString("base64")
	return `\x1b]${EVENT_OSC};${from};${base64}\x07`
}
