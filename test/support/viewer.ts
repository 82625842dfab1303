// A real viewer in Node: the console's protocol code over the `ws` package, with an xterm for a screen.
import { WebSocket } from "ws"
import { newViewerId, type SessionId, type ViewerId } from "../../protocol/ids.ts"
import { FRAME_BYTES } from "../../protocol/limits.ts"
import { MachineSocket, type Socket } from "../../protocol/machine-socket.ts"
import { routePath } from "../../protocol/routes.ts"
import type { Viewing } from "../../protocol/viewing.ts"
import { NodeScreen } from "./screen.ts"

/** Where a viewer calls, and by which token. */
export interface Place {
	url: string
	token: string
	machine: string
}

interface Options {
	viewer?: ViewerId
	/** Whether screens keep the bytes of output, for comparing; else they are counted only. */
	keeps?: boolean
}

export class Viewer {
	readonly id: ViewerId
	readonly socket: MachineSocket
	readonly #place: Place
	readonly #keeps: boolean
	readonly #waiting = new Set<() => void>()
	#ws: WebSocket | null = null

	constructor(place: Place, { viewer = newViewerId(), keeps = true }: Options = {}) {
		this.id = viewer
		this.#place = place
		this.#keeps = keeps
		this.socket = new MachineSocket({ viewer, dial: () => this.#dial(), changed: () => this.#changed() })
	}

	/** Watches a session; resolves when the viewer has caught up with the program. */
	async attach(session: SessionId, cols = 80, rows = 24): Promise<Attached> {
		const attached = this.watch(session, cols, rows)
		await this.until(`${session} is live`, () => attached.viewing.status.is === "live")
		return attached
	}

	watch(session: SessionId, cols = 80, rows = 24): Attached {
		const sequence = () => this.socket.viewings.get(session)?.sequence ?? 0
		const screen = new NodeScreen({ sequence, parsed: () => this.#changed(), keeps: this.#keeps }, cols, rows)
		return new Attached(this, this.socket.attach(session, screen, { cols, rows }), screen)
	}

	/** Waits for the first moment at which `holds` is true; it is asked whenever anything has happened. */
	until(what: string, holds: () => boolean, timeoutMs = 20_000): Promise<void> {
		return new Promise((resolve, reject) => {
			const check = () => {
				if (!holds()) return
				clearTimeout(timeout)
				this.#waiting.delete(check)
				resolve()
			}
			const timeout = setTimeout(() => {
				this.#waiting.delete(check)
				reject(new Error(`waited ${timeoutMs} ms until ${what}; ${this.describe()}`))
			}, timeoutMs)
			this.#waiting.add(check)
			check()
		})
	}

	/** Cuts the socket without a goodbye, as a dead network does; it dials again by itself. */
	cut(): void {
		this.#ws?.terminate()
	}

	/** Stops reading from the network: bytes pile up on the way here. */
	stall(): void {
		this.#ws?.pause()
	}

	resume(): void {
		this.#ws?.resume()
	}

	close(): void {
		this.socket.close()
	}

	/** What the viewer knows, for the message of a wait that failed. */
	describe(): string {
		const viewings = [...this.socket.viewings.values()].map(
			({ session, status, sequence, pending }) => `${session} ${status.is} at ${sequence}, ${pending.length} pending`,
		)
		return `socket ${this.socket.status.is}, machine ${this.socket.presence?.is ?? "unknown"}; ${viewings.join("; ")}`
	}

	#dial(): Socket {
		const url = this.#place.url.replace(/^http/, "ws") + routePath("view", { machine: this.#place.machine })
		this.#ws = new WebSocket(url, {
			headers: { authorization: `Bearer ${this.#place.token}` },
			perMessageDeflate: false,
			maxPayload: FRAME_BYTES,
		})
		return this.#ws as unknown as Socket
	}

	#changed(): void {
		for (const check of this.#waiting) check()
	}
}

/** One session on a viewer's screen. */
export class Attached {
	readonly viewer: Viewer
	readonly viewing: Viewing
	readonly screen: NodeScreen

	constructor(viewer: Viewer, viewing: Viewing, screen: NodeScreen) {
		this.viewer = viewer
		this.viewing = viewing
		this.screen = screen
	}

	type(text: string): void {
		this.viewing.type(Buffer.from(text))
	}

	/** Waits until the screen shows `text`. */
	async shows(text: string | RegExp, timeoutMs?: number): Promise<void> {
		const holds = () => {
			const screen = this.screen.text()
			return typeof text === "string" ? screen.includes(text) : text.test(screen)
		}
		try {
			await this.viewer.until(`the screen shows ${text}`, holds, timeoutMs)
		} catch (error) {
			throw new Error(`${error instanceof Error ? error.message : error}; it shows:\n${this.screen.text()}`)
		}
	}

	live(): Promise<void> {
		return this.viewer.until("live", () => this.viewing.status.is === "live")
	}
}
