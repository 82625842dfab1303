// The workspace's feed: a socket that says when the registry has changed. Dials again by itself.
import { REFUSALS, type RefusalCode, refusalCode } from "../protocol/errors.ts"
import { HEARTBEAT_MS, PING } from "../protocol/limits.ts"
import type { FromFeed } from "../protocol/messages.ts"
import { Redial } from "../protocol/redial.ts"
import { routePath } from "../protocol/routes.ts"
import { inWorkspace } from "./workspace-choice.ts"

export interface Feed {
	/** The page is back: dial now if there is no socket. */
	wake(): void
	close(): void
}

interface Told {
	/** What changed before that was not heard; and who may be here may have changed. */
	opened: () => void
	changed: (what: FromFeed["what"]) => void
	/** Refused for good: dialling again would change nothing. */
	refused: (code: RefusalCode) => void
}

export function openFeed({ opened, changed, refused }: Told): Feed {
	const redials = new Redial()
	let socket: WebSocket | null = null
	let isOver = false
	let redial: ReturnType<typeof setTimeout> | undefined
	const beat = setInterval(() => {
		if (socket?.readyState === WebSocket.OPEN) socket.send(PING)
	}, HEARTBEAT_MS)

	const dial = () => {
		clearTimeout(redial)
		const dialled = new WebSocket(socketUrl(routePath("feed")))
		let openedAt: number | null = null
		socket = dialled
		dialled.onopen = () => {
			openedAt = Date.now()
			opened()
		}
		dialled.onmessage = ({ data }) => {
			const what = whatOf(data)
			if (what !== null) changed(what)
		}
		dialled.onclose = ({ reason }) => {
			if (socket !== dialled) return
			socket = null
			const code = reason in REFUSALS ? refusalCode(reason) : null
			if (code !== null && !REFUSALS[code].mayRetry) {
				isOver = true
				refused(code)
			} else redial = setTimeout(dial, redials.next(openedAt === null ? 0 : Date.now() - openedAt))
		}
	}
	dial()
	return {
		wake: () => {
			if (socket === null && !isOver) dial()
		},
		close: () => {
			isOver = true
			clearInterval(beat)
			clearTimeout(redial)
			const open = socket
			socket = null
			open?.close()
		},
	}
}

/** Null for what is no message of the feed. One that this page does not know yet is about the registry. */
function whatOf(data: unknown): FromFeed["what"] | null {
	if (typeof data !== "string" || !data.startsWith("{")) return null
	const { what } = JSON.parse(data) as Partial<FromFeed>
	return what ?? "machines"
}

/** A path of this origin as a socket's address, for the chosen workspace. */
export function socketUrl(path: string): string {
	return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${inWorkspace(path)}`
}
