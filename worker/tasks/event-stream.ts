// Server-sent events, made one after the other while somebody reads them: https://html.spec.whatwg.org/multipage/server-sent-events.html
import { TOLD } from "../../protocol/task-stream.ts"

/** One event, or a sign of life. */
export type Event = { is: keyof typeof TOLD; id?: string; data?: unknown } | { is: "beat" }

/** Throws what making the first one throws, so that it is a refusal; whatever is thrown after it cuts the stream. */
export async function eventStream(events: AsyncGenerator<Event, void>): Promise<Response> {
	let next: Promise<IteratorResult<Event, void>> = Promise.resolve(await events.next())
	const body = new ReadableStream<Uint8Array>({
		async pull(out) {
			const { done, value } = await next
			if (done) return out.close()
			out.enqueue(encoder.encode(written(value)))
			next = events.next()
			// It is awaited by the next pull, if anybody still reads then.
			next.catch(() => {})
		},
		async cancel() {
			await events.return()
		},
	})
	return new Response(body, { headers: { "content-type": "text/event-stream", "x-accel-buffering": "no" } })
}

const encoder = new TextEncoder()

function written(event: Event): string {
	if (event.is === "beat") return ":\n\n"
	const id = event.id === undefined ? "" : `id: ${event.id}\n`
	// An event without data is not told by browsers.
	return `${id}event: ${TOLD[event.is]}\ndata: ${event.data === undefined ? "{}" : JSON.stringify(event.data)}\n\n`
}
