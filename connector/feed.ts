// The workspace's feed for the command: told when something has changed. Dials again by itself.
import WebSocket from "ws"
import { REFUSALS, Refusal, refusalCode } from "../protocol/errors.ts"
import { FRAME_BYTES, HEARTBEAT_MS, PING } from "../protocol/limits.ts"
import { FromFeed, parseMessage } from "../protocol/messages.ts"
import { Redial } from "../protocol/redial.ts"
import { routePath } from "../protocol/routes.ts"
import { type Credentials, tokenRefused } from "./credentials.ts"

/** Calls `look` whenever the thing may have changed, first of all once the feed is open. Ends only by a refusal, which it throws. */
export function followFeed(credentials: Credentials, thing: FromFeed["what"], look: () => void): Promise<never> {
	const { url, token } = credentials
	const address = new URL(routePath("feed"), url)
	address.protocol = address.protocol.replace("http", "ws")
	const redials = new Redial()
	return new Promise((_, reject) => {
		const dial = () => {
			let openedAt: number | null = null
			const headers = { authorization: `Bearer ${token}` }
			const socket = new WebSocket(address, { headers, maxPayload: FRAME_BYTES, perMessageDeflate: false })
			const beat = setInterval(() => {
				if (socket.readyState === WebSocket.OPEN) socket.send(PING)
			}, HEARTBEAT_MS)
			socket.on("open", () => {
				openedAt = Date.now()
				// What changed before was not heard.
				look()
			})
			socket.on("message", (data, isBinary) => {
				const text = isBinary ? "" : data.toString()
				if (text.startsWith("{") && parseMessage(FromFeed, text).what === thing) look()
			})
			// The end of the socket, which follows, says all that there is to know.
			socket.on("error", () => {})
			socket.on("close", (_code, reason) => {
				clearInterval(beat)
				const said = reason.toString()
				const code = said in REFUSALS ? refusalCode(said) : null
				if (code === "not_signed_in") reject(tokenRefused(credentials))
				else if (code !== null && !REFUSALS[code].mayRetry) reject(new Refusal(code))
				else setTimeout(dial, redials.next(openedAt === null ? 0 : Date.now() - openedAt))
			})
		}
		dial()
	})
}
