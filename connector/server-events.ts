// Server-sent events of the home, for the command: each once and in order, also where the connection is cut in between.
import { setTimeout as delay } from "node:timers/promises"
import { type EventSourceMessage, EventSourceParserStream } from "eventsource-parser/stream"
import { refusalOf } from "../protocol/client.ts"
import { REFUSALS, Refusal } from "../protocol/errors.ts"
import { Redial } from "../protocol/redial.ts"
import { TOLD } from "../protocol/task-stream.ts"
import { type Credentials, fetchSigned } from "./credentials.ts"
import { Failure } from "./exit.ts"

/** Ends with the home's own end of the stream. Throws what it refuses for good. `after`: the id of the last that is known. */
export async function* serverEvents(
	credentials: Credentials,
	path: string,
	after = "",
): AsyncGenerator<EventSourceMessage> {
	const ask = fetchSigned(credentials)
	const redials = new Redial()
	let last = after
	/** What is refused from the start is no trouble of the connection. */
	let wasOpen = false
	for (;;) {
		let openedAt: number | null = null
		try {
			const headers = { accept: "text/event-stream", ...(last === "" ? {} : { "last-event-id": last }) }
			const response = await ask(path, { method: "GET", headers })
			if (!response.ok || response.body === null) throw await refusalOf(response)
			openedAt = Date.now()
			wasOpen = true
			const messages = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
			for await (const message of messages) {
				if (message.event === TOLD.end) return
				if (message.id !== undefined) last = message.id
				yield message
			}
		} catch (error) {
			if (!wasOpen || !mayComeBack(error)) throw error
		}
		await delay(redials.next(openedAt === null ? 0 : Date.now() - openedAt))
	}
}

/** What is cut in the middle of an answer is no refusal: the platform throws a TypeError. */
function mayComeBack(error: unknown): boolean {
	if (error instanceof Refusal) return REFUSALS[error.code].mayRetry
	return error instanceof TypeError || (error instanceof Failure && error.code === "no_answer")
}
