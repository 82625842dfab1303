// The workspace's feed for the command: told when something has changed. Dials again by itself.
import WebSocket from "ws"
import { REFUSALS, Refusal, refusalCode } from "../protocol/errors.ts"
import { FRAME_BYTES, HEARTBEAT_MS, PING } from "../protocol/limits.ts"
import { FromFeed } from "../protocol/messages.ts"
import { Redial } from "../protocol/redial.ts"
import { routePath } from "../protocol/routes.ts"
import { type Credentials, tokenRefused } from "./credentials.ts"

/**
 * Calls `look` whenever the thing may have changed, first of all once the feed is open. Ends by a refusal, which it throws,
 * or when it is called off.
 */
export function followFeed(
	credentials: Credentials,
	thing: FromFeed["what"],
	look: () => void,
	off: AbortSignal,
): Promise<void> {
	const { url, token } = credentials
	const address = new URL(routePath("feed"), url)
	address.protocol = address.protocol.replace("http", "ws")
	const redials = new Redial()
	return new Promise((resolve, reject) => {
		let socket: WebSocket
		let redial: NodeJS.Timeout | undefined
		const dial = () => {
			let openedAt: number | null = null
			const headers = { authorization: `Bearer ${token}` }
			socket = new WebSocket(address, { headers, maxPayload: FRAME_BYTES, perMessageDeflate: false })
			const beat = setInterval(() => {
				if (socket.readyState === WebSocket.OPEN) socket.send(PING)
			}, HEARTBEAT_MS)
			socket.on("open", () => {
				openedAt = Date.now()
				// What changed before was not heard.
				look()
			})
			socket.on("message", (data, isBinary) => {
				if (!isBinary && whatOf(data.toString()) === thing) look()
			})
			// The end of the socket, which follows, says all that there is to know.
			socket.on("error", () => {})
			socket.on("close", (_code, reason) => {
				clearInterval(beat)
				const said = reason.toString()
				const code = said in REFUSALS ? refusalCode(said) : null
				if (off.aborted) resolve()
				else if (code === "not_signed_in") reject(tokenRefused(credentials))
				else if (code !== null && !REFUSALS[code].mayRetry) reject(new Refusal(code))
				else redial = setTimeout(dial, redials.next(openedAt === null ? 0 : Date.now() - openedAt))
			})
		}
		dial()
		off.addEventListener("abort", () => {
			clearTimeout(redial)
			socket.close()
			resolve()
		})
	})
}

/** Undefined for what is no message of the feed, or one that this version does not know. */
function whatOf(text: string): FromFeed["what"] | undefined {
	return text.startsWith("{") ? FromFeed.safeParse(JSON.parse(text)).data?.what : undefined
}
