// A viewer of one session for the command: a socket that dials again by itself, and the session on a screen.
import WebSocket from "ws"
import { Refusal } from "../protocol/errors.ts"
import { newViewerId } from "../protocol/ids.ts"
import { FRAME_BYTES } from "../protocol/limits.ts"
import { MachineSocket, type Socket } from "../protocol/machine-socket.ts"
import type { Session } from "../protocol/routes/sessions.ts"
import { routePath } from "../protocol/routes.ts"
import type { SessionInfo } from "../protocol/session.ts"
import type { Screen, Viewing } from "../protocol/viewing.ts"
import { type Credentials, tokenRefused } from "./credentials.ts"
import { Failure } from "./exit.ts"

interface Options {
	credentials: Credentials
	session: Session
	screen: Screen
	cols: number
	rows: number
	/** Anything about the session, the machine or the socket has changed. */
	changed: (watch: Watch) => void
}

export class Watch {
	readonly socket: MachineSocket
	readonly #options: Options
	#viewing: Viewing | undefined
	#isClosed = false

	constructor(options: Options) {
		this.#options = options
		const { credentials, session, screen, cols, rows } = options
		const address = new URL(routePath("view", { machine: session.machine }), credentials.url)
		address.protocol = address.protocol.replace("http", "ws")
		this.socket = new MachineSocket({
			viewer: newViewerId(),
			dial: () => dial(address, credentials.token),
			changed: () => {
				// The socket tells of its first state before it is ours to look at, and of its end to whoever ended it.
				if (this.#viewing !== undefined && !this.#isClosed) options.changed(this)
			},
		})
		this.#viewing = this.socket.attach(session.id, screen, { cols, rows })
	}

	get viewing(): Viewing {
		if (this.#viewing === undefined) throw new Error("invariant: a watch is told of changes once it is made")
		return this.#viewing
	}

	/** The session as last told; undefined once it was removed. */
	get info(): SessionInfo | undefined {
		// Before the machine's object has said which sessions there are, what the API said holds.
		if (this.socket.presence === null) return this.#options.session
		return this.socket.sessions.get(this.#options.session.id)
	}

	/** Begins anew from a snapshot, so that the screen is painted whole. What was typed and not written is kept. */
	repaint(cols: number, rows: number): void {
		const { session, screen } = this.#options
		this.#viewing = this.socket.attach(session.id, screen, { cols, rows }, this.viewing.pending)
	}

	/** Why nothing more can come; undefined while something can. */
	get failure(): Error | undefined {
		if (this.socket.status.is === "refused") {
			const { refusal } = this.socket.status
			return refusal.code === "not_signed_in" ? tokenRefused(this.#options.credentials) : refusal
		}
		if (this.viewing.status.is === "refused") return this.viewing.status.refusal
		if (this.viewing.dropped > 0) return new Refusal("not_allowed")
		if (this.info === undefined) return new Failure("not_found", "The session was removed.")
		return undefined
	}

	close(): void {
		this.#isClosed = true
		this.socket.close()
	}
}

function dial(address: URL, token: string): Socket {
	const headers = { authorization: `Bearer ${token}` }
	const socket = new WebSocket(address, { headers, maxPayload: FRAME_BYTES, perMessageDeflate: false })
	// The same by the standard; the types differ only in events' further fields, which nobody reads.
	return socket as unknown as Socket
}
