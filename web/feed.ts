// The workspace's feed: a socket that says when the registry has changed. Dials again by itself.
import { HEARTBEAT_MS, PING, REDIAL_MAX_MS, REDIAL_MIN_MS } from "../protocol/limits.ts"
import { routePath } from "../protocol/routes.ts"

export interface Feed {
	/** The page is back: dial now if there is no socket. */
	wake(): void
	close(): void
}

/** `changed` is called for every change, and whenever the socket opens: what changed before that was not heard. */
export function openFeed(changed: () => void): Feed {
	let socket: WebSocket | null = null
	let tries = 0
	let redial: ReturnType<typeof setTimeout> | undefined
	const beat = setInterval(() => {
		if (socket?.readyState === WebSocket.OPEN) socket.send(PING)
	}, HEARTBEAT_MS)

	const dial = () => {
		clearTimeout(redial)
		const dialled = new WebSocket(socketUrl(routePath("feed")))
		socket = dialled
		dialled.onopen = () => {
			tries = 0
			changed()
		}
		dialled.onmessage = ({ data }) => {
			if (typeof data === "string" && data.startsWith("{")) changed()
		}
		dialled.onclose = () => {
			if (socket !== dialled) return
			socket = null
			const wait = Math.min(REDIAL_MAX_MS, REDIAL_MIN_MS * 2 ** tries++)
			redial = setTimeout(dial, wait * (0.5 + Math.random() / 2))
		}
	}
	dial()
	return {
		wake: () => {
			if (socket === null) dial()
		},
		close: () => {
			clearInterval(beat)
			clearTimeout(redial)
			const open = socket
			socket = null
			open?.close()
		},
	}
}

/** A path of this origin as a socket's address. */
export function socketUrl(path: string): string {
	return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`
}
