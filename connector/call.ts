// One call of an API, as fetch makes it. To load Node's fetch takes longer than most commands take to run, so a home at a
// plain address, such as this computer's own, is called without it.
import { once } from "node:events"
import { type IncomingMessage, request } from "node:http"
import { text } from "node:stream/consumers"
import type { Fetch } from "../protocol/client.ts"

/** As long as fetch waits. */
const SILENCE_MS = 300_000

export const call: Fetch = async (address, init) => {
	if (!address.startsWith("http:")) return fetch(address, init)
	const { method, headers, body } = init
	// A connection of its own: one that was kept may be closed by the other side just as it is used again.
	const asked = request(address, { method, headers, agent: false, timeout: SILENCE_MS })
	asked.on("timeout", () => asked.destroy(new Error("no answer for minutes")))
	asked.end(body)
	const [answer] = (await once(asked, "response")) as [IncomingMessage]
	// What goes wrong from here on, the answer tells.
	asked.on("error", () => {})
	const { statusCode: status = 0 } = answer
	// Somewhere else, then; nothing has been done here.
	if (status >= 300 && status < 400) return fetch(address, init)
	const said = await text(answer)
	return { ok: status >= 200 && status < 300, status, json: async () => JSON.parse(said) }
}
