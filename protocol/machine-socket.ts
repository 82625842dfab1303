// A viewer's socket to one machine: greets, beats, dials again by itself, and keeps every attached session going.
import { never, REFUSALS, Refusal, refusalCode } from "./errors.ts"
import { decodeFrame } from "./frames.ts"
import type { SessionId, ViewerId } from "./ids.ts"
import { GONE_AFTER_MS, HEARTBEAT_MS, PING, PONG, PROTOCOL_VERSION } from "./limits.ts"
import { type FromViewer, parseMessage, ToViewer } from "./messages.ts"
import { Redial } from "./redial.ts"
import { can, type Role } from "./roles.ts"
import type { Platform, Presence, SessionInfo } from "./session.ts"
import { type Screen, Viewing } from "./viewing.ts"

/** What a WebSocket of a browser and one of the `ws` package have in common. */
export interface Socket {
	binaryType: string
	readonly readyState: number
	send(data: string | Uint8Array<ArrayBuffer>): void
	close(code?: number, reason?: string): void
	onopen: ((event: never) => void) | null
	onmessage: ((event: { data: unknown }) => void) | null
	onclose: ((event: { code: number; reason: string }) => void) | null
	onerror: ((event: never) => void) | null
}

export type SocketStatus =
	| { is: "connecting" }
	| { is: "open" }
	/** Dials again at `at`, or now by `wake`. */
	| { is: "waiting"; at: number }
	/** Let go of by `rest`: dials again by `wake`. */
	| { is: "resting" }
	/** Refused for good: dialling again would change nothing. */
	| { is: "refused"; refusal: Refusal }
	| { is: "closed" }

interface Options {
	viewer: ViewerId
	/** Opens a socket to the machine's `view` route. */
	dial: () => Socket
	/** Anything that is shown has changed. */
	changed: () => void
	now?: () => number
}

export class MachineSocket {
	status: SocketStatus = { is: "connecting" }
	name: string | null = null
	role: Role | null = null
	/** As last told; null before the first word of the machine's object. */
	presence: Presence | null = null
	/** When `presence` was told, by this side's clock: ages count from here. */
	presenceAt = 0
	platform: Platform | null = null
	readonly sessions = new Map<SessionId, SessionInfo>()
	readonly viewings = new Map<SessionId, Viewing>()

	readonly #options: Options
	readonly #now: () => number
	#socket: Socket | null = null
	#greeted = false
	#heardAt = 0
	readonly #redials = new Redial()
	/** Null until the machine's object has answered. */
	#greetedAt: number | null = null
	#beat: ReturnType<typeof setInterval> | undefined
	#tick: ReturnType<typeof setInterval> | undefined
	#redial: ReturnType<typeof setTimeout> | undefined

	constructor(options: Options) {
		this.#options = options
		this.#now = options.now ?? Date.now
		this.#dial()
	}

	/** Watches a session on `screen` until `detach`. `pending` is input that a reload of the page kept. */
	attach(
		session: SessionId,
		screen: Screen,
		size: { cols: number; rows: number },
		pending?: Viewing["pending"],
	): Viewing {
		this.viewings.get(session)?.detach()
		const viewing = new Viewing({
			session,
			viewer: this.#options.viewer,
			screen,
			...size,
			now: this.#now,
			changed: this.#options.changed,
			...(pending === undefined ? {} : { pending: [...pending] }),
		})
		this.viewings.set(session, viewing)
		if (this.#greeted) this.#open(viewing)
		return viewing
	}

	detach(session: SessionId): void {
		this.viewings.get(session)?.detach()
		this.viewings.delete(session)
	}

	/** The network or the page is back: dial now, or find out soon whether the socket still lives. */
	wake(): void {
		if (this.status.is === "waiting" || this.status.is === "resting") this.#dial()
		else if (this.status.is === "open" && this.#now() - this.#heardAt > HEARTBEAT_MS) this.#restart()
	}

	/** Nobody looks: lets go of the machine until `wake`. What the viewings have, they keep. */
	rest(): void {
		if (this.status.is === "refused" || this.status.is === "closed") return
		this.#drop()
		this.#become({ is: "resting" })
	}

	/** Ends for good. The sessions do not notice. */
	close(): void {
		this.#drop()
		this.#become({ is: "closed" })
	}

	#dial(): void {
		this.#drop()
		this.#become({ is: "connecting" })
		this.#heardAt = this.#now()
		const socket = this.#options.dial()
		socket.binaryType = "arraybuffer"
		this.#socket = socket
		socket.onopen = () => {
			if (this.#socket !== socket) return
			this.#send(
				JSON.stringify({ type: "hello", version: PROTOCOL_VERSION, viewer: this.#options.viewer } satisfies FromViewer),
			)
		}
		socket.onmessage = ({ data }) => {
			if (this.#socket !== socket) return
			this.#heardAt = this.#now()
			try {
				if (typeof data === "string") this.#message(data)
				else if (data instanceof ArrayBuffer) this.#frame(new Uint8Array(data))
			} catch (error) {
				if (!(error instanceof Refusal)) throw error
				socket.close(error.closeCode, error.code)
				this.#lost("")
			}
		}
		// Whatever went wrong, the close event follows and says it.
		socket.onerror = () => {}
		socket.onclose = ({ reason }) => {
			if (this.#socket === socket) this.#lost(reason)
		}
		this.#beat = setInterval(() => this.#heartbeat(), HEARTBEAT_MS)
		this.#tick = setInterval(() => {
			for (const viewing of this.viewings.values()) viewing.tick()
		}, TICK_MS)
	}

	#heartbeat(): void {
		if (this.#now() - this.#heardAt > GONE_AFTER_MS) this.#restart()
		else if (this.#greeted) this.#send(PING)
	}

	/** Gives the socket up without waiting for its close, which a dead network never brings. */
	#restart(): void {
		this.#socket?.close()
		this.#lost("")
	}

	#lost(reason: string): void {
		const upMs = this.#greetedAt === null ? 0 : this.#now() - this.#greetedAt
		this.#drop()
		const code = reason in REFUSALS ? refusalCode(reason) : null
		if (code !== null && !REFUSALS[code].mayRetry) return this.#become({ is: "refused", refusal: new Refusal(code) })
		const wait = this.#redials.next(upMs)
		this.#redial = setTimeout(() => this.#dial(), wait)
		this.#become({ is: "waiting", at: this.#now() + wait })
	}

	#drop(): void {
		clearInterval(this.#beat)
		clearInterval(this.#tick)
		clearTimeout(this.#redial)
		const socket = this.#socket
		this.#socket = null
		this.#greeted = false
		this.#greetedAt = null
		socket?.close()
		for (const viewing of this.viewings.values()) viewing.closed()
	}

	readonly #send = (data: string | Uint8Array): void => {
		if (this.#socket?.readyState === OPEN) this.#socket.send(data as string | Uint8Array<ArrayBuffer>)
	}

	#message(text: string): void {
		if (text === PONG) return
		const message = parseMessage(ToViewer, text)
		switch (message.type) {
			case "machine":
				return this.#welcomed(message)
			case "renamed":
				this.name = message.name
				this.platform = message.platform
				return this.#options.changed()
			case "presence":
				return this.#present(message.presence)
			case "session":
				return this.#sessionTold(message.session)
			case "removed":
				this.sessions.delete(message.session)
				return this.#options.changed()
			case "attached":
			case "caught-up":
			case "expects":
			case "again":
			case "watchers":
			case "refused":
				this.viewings.get(message.session)?.message(message)
				return
			default:
				never(message)
		}
	}

	#welcomed(machine: Extract<ToViewer, { type: "machine" }>): void {
		this.#greeted = true
		this.#greetedAt = this.#now()
		this.name = machine.name
		this.role = machine.role
		this.platform = machine.platform
		this.presence = machine.presence
		this.presenceAt = this.#now()
		const runs = new Map([...this.sessions.values()].map(({ id, run }) => [id, run]))
		this.sessions.clear()
		for (const session of machine.sessions) {
			this.sessions.set(session.id, session)
			if (session.run > (runs.get(session.id) ?? session.run)) this.viewings.get(session.id)?.beganAgain()
		}
		this.#become({ is: "open" })
		for (const viewing of this.viewings.values()) this.#open(viewing)
	}

	#open(viewing: Viewing): void {
		if (this.role !== null) viewing.allowTyping(can(this.role, "session:type"))
		viewing.opened(this.#send)
	}

	#sessionTold(session: SessionInfo): void {
		const before = this.sessions.get(session.id)
		this.sessions.set(session.id, session)
		// The object says when to attach again.
		if (before !== undefined && session.run > before.run) this.viewings.get(session.id)?.beganAgain()
		// A holder that died took the viewer's channel along; whoever serves the session's folder now has the rest.
		if (before?.state.is === "running" && session.state.is !== "running") this.viewings.get(session.id)?.ended()
		this.#options.changed()
	}

	#present(presence: Presence): void {
		const before = this.presence
		this.presence = presence
		this.presenceAt = this.#now()
		if (before?.is !== presence.is || before.epoch !== presence.epoch)
			for (const viewing of this.viewings.values()) viewing.linked(presence.is === "linked")
		this.#options.changed()
	}

	#frame(data: Uint8Array): void {
		const frame = decodeFrame(data)
		this.viewings.get(frame.session)?.frame(frame)
	}

	#become(status: SocketStatus): void {
		this.status = status
		this.#options.changed()
	}
}

const TICK_MS = 1_000

/** WebSocket.OPEN, of which every implementation has the same. */
const OPEN = 1
