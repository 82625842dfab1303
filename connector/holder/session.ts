// The holder's core: one session, its log, terminal, channels and input. Takes messages and frames, answers the same.
import { mkdirSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Answered, ASKS, type Asked } from "../../protocol/ask.ts"
import { never, Refusal } from "../../protocol/errors.ts"
import { decodeFrame, encodeFrame, type Frame, type InputFrame, KIND } from "../../protocol/frames.ts"
import { KEEPER, type ViewerId } from "../../protocol/ids.ts"
import { ACTIVITY_EVERY_MS, SNAPSHOT_BYTES } from "../../protocol/limits.ts"
import type { SessionInfo, SessionState } from "../../protocol/session.ts"
import { Channels, type Source } from "./channels.ts"
import { Input } from "./input.ts"
import { OutputLog } from "./log.ts"
import { signalSession } from "./processes.ts"
import { Pty } from "./pty.ts"
import { Terminal } from "./terminal.ts"
import { type Execution, type FromHolder, HOLDER_VERSION, type HolderAsk, type ToHolder } from "./wire.ts"

/** The link process at the other end of the socket. */
export interface Client {
	tell(message: FromHolder): void
	send(frame: Uint8Array): void
}

/** Acknowledgements of input let the echo go first, which somebody waits for, and do not wait for more than this. */
const WRITTEN_WITHIN_MS = 20
/** A prompt shows what was typed before Enter is pressed; a program that shows nothing is not waited for longer. */
const ENTER_AFTER_MS = 150

export class HeldSession {
	info: SessionInfo
	readonly #folder: string
	readonly #log: OutputLog
	readonly #terminal: Terminal
	readonly #channels: Channels
	readonly #input = new Input()
	/** Viewers whose input found no room; they are asked for it when there is. */
	readonly #starved = new Set<ViewerId>()
	/** Written and not yet acknowledged: the sequence after it, by viewer. */
	readonly #written = new Map<ViewerId, number>()
	readonly #onIdle: () => void
	#acknowledging: NodeJS.Timeout | undefined
	#pty: Pty | null = null
	#client: Client | null = null
	#observed = false
	#activity: NodeJS.Timeout | undefined
	/** Output of this turn of the event loop waits for its end, but for the first. */
	#isTurn = false
	#onOutput: (() => void) | null = null

	private constructor(folder: string, info: SessionInfo, log: OutputLog, onIdle: () => void) {
		this.info = info
		this.#folder = folder
		this.#log = log
		this.#onIdle = onIdle
		const { cols, rows } = log.newestBase()
		this.#terminal = new Terminal(cols, rows, (answer) => this.#pty?.write(Buffer.from(answer), () => {}))
		const source: Source = {
			session: info.id,
			get head() {
				return log.head
			},
			get oldest() {
				return log.oldest
			},
			get resizes() {
				return log.resizes
			},
			read: (from, limit) => log.read(from, limit),
			snapshot: () => this.#snapshot(),
		}
		this.#channels = new Channels(
			source,
			{
				frame: (frame) => this.#client?.send(encodeFrame(frame)),
				joined: (viewer, sequence) => this.#client?.tell({ type: "joined", viewer, sequence }),
			},
			() => performance.now(),
		)
	}

	/** Executes the program. Throws when that fails. `onIdle`: the session has ended and nobody watches it. */
	static start(folder: string, execution: Execution, onIdle: () => void): HeldSession {
		const { id, name, runtime, argv, cwd, substrate, cols, rows, createdAt } = execution
		const info: SessionInfo = {
			...{ id, name, runtime, argv, cwd, substrate, cols, rows, createdAt },
			state: { is: "running" },
			title: "",
			lastOutputAt: null,
			sequence: 0,
		}
		mkdirSync(folder, { recursive: true, mode: 0o700 })
		const session = new HeldSession(folder, info, OutputLog.create(join(folder, LOG), cols, rows), onIdle)
		const { TERM: _term, ...environment } = execution.environment
		session.#pty = new Pty(
			{ ...execution, environment: { ...environment, COLORTERM: "truecolor", HOMEPORT_SESSION: id } },
			{
				onData: (bytes) => session.#output(bytes),
				onExit: (code, signal) => session.#ended({ is: "exited", code, signal, at: Date.now() }),
			},
		)
		session.#save()
		return session
	}

	/** Serves the folder of a session that has ended, with the screen made again from its log. */
	static open(folder: string, info: SessionInfo, onIdle: () => void): HeldSession {
		const log = OutputLog.open(join(folder, LOG))
		const session = new HeldSession(folder, info, log, onIdle)
		const base = log.newestBase()
		session.#terminal.write(base.bytes)
		const resizes = log.resizes.filter(({ sequence }) => sequence >= base.sequence)
		for (let at = base.sequence; at < log.head || resizes.length > 0; ) {
			const [next] = resizes
			if (next !== undefined && next.sequence <= at) {
				session.#terminal.resize(next.cols, next.rows)
				resizes.shift()
				continue
			}
			const bytes = log.read(at, Math.min(next?.sequence ?? log.head, log.head) - at)
			session.#terminal.write(bytes)
			at += bytes.length
		}
		session.info = { ...info, sequence: log.head, cols: session.#terminal.cols, rows: session.#terminal.rows }
		return session
	}

	/** A link process has connected; one before it is gone. */
	connected(client: Client): void {
		this.#channels.clear()
		this.#client = client
		client.tell({ type: "hello", version: HOLDER_VERSION, session: this.#now() })
	}

	disconnected(): void {
		this.#client = null
		this.#channels.clear()
		this.#observed = false
		this.#endWhenIdle()
	}

	message(message: Exclude<ToHolder, { type: "start" }>): void {
		switch (message.type) {
			case "watch":
				this.#client?.tell({ type: "expects", viewer: message.viewer, sequence: this.#input.expects(message.viewer) })
				return this.#channels.watch(message.viewer, message.have)
			case "unwatch":
				this.#channels.unwatch(message.viewer)
				return this.#endWhenIdle()
			case "keep":
				this.#client?.send(
					encodeFrame({ kind: KIND.SNAPSHOT, session: this.info.id, viewer: KEEPER, ...this.#snapshot() }),
				)
				return
			case "resize":
				return this.#resize(message.cols, message.rows)
			case "observe":
				this.#observed = message.on
				if (message.on) this.#tell()
				return
			case "ask":
				void this.#answer(message.number, message.ask, message.of)
				return
			default:
				never(message)
		}
	}

	/** Throws Refusal for a frame that a link process does not send. */
	frame(data: Uint8Array): void {
		const frame: Frame = decodeFrame(data)
		if (frame.kind === KIND.INPUT) return this.#typed(frame)
		if (frame.kind === KIND.ACK) return this.#channels.acked(frame.viewer, frame.sequence)
		throw new Refusal("malformed", "A link process does not send such frames.")
	}

	#output(bytes: Uint8Array): void {
		this.#log.append(bytes)
		if (!this.#isTurn) {
			this.#isTurn = true
			// The first bytes go before they are parsed; a snapshot must wait until they are.
			this.#channels.pump(false)
			setImmediate(() => {
				this.#isTurn = false
				this.#channels.pump()
				this.#acknowledge()
			})
		}
		this.#terminal.write(bytes)
		if (this.#log.isFull) this.#roll()
		this.info.lastOutputAt = Date.now()
		this.#onOutput?.()
		this.#touched()
	}

	#roll(): void {
		const { sequence, cols, rows, bytes } = this.#snapshot()
		if (sequence === this.#log.head) this.#log.roll({ cols, rows, bytes })
	}

	#typed({ viewer, sequence, bytes }: InputFrame): void {
		const pty = this.#pty
		if (pty === null) return
		const fresh = this.#input.fresh(viewer, sequence, bytes)
		if (fresh === null) return this.#client?.tell({ type: "expects", viewer, sequence: this.#input.expects(viewer) })
		if (!pty.hasRoom) {
			this.#starved.add(viewer)
			return
		}
		this.#input.take(viewer, fresh)
		const end = this.#input.expects(viewer)
		pty.write(fresh, () => {
			this.#written.set(viewer, end)
			this.#acknowledging ??= setTimeout(() => this.#acknowledge(), WRITTEN_WITHIN_MS)
			this.#feed()
		})
	}

	#acknowledge(): void {
		if (this.#acknowledging === undefined) return
		clearTimeout(this.#acknowledging)
		this.#acknowledging = undefined
		for (const [viewer, sequence] of this.#written)
			this.#client?.send(encodeFrame({ kind: KIND.WRITTEN, session: this.info.id, viewer, sequence }))
		this.#written.clear()
	}

	/** There is room again: whoever was turned away sends again from where it was. */
	#feed(): void {
		if (this.#starved.size === 0 || !this.#pty?.hasRoom) return
		for (const viewer of this.#starved)
			this.#client?.tell({ type: "expects", viewer, sequence: this.#input.expects(viewer) })
		this.#starved.clear()
	}

	#resize(cols: number, rows: number): void {
		if (this.#pty === null || (cols === this.#terminal.cols && rows === this.#terminal.rows)) return
		this.#log.resized(cols, rows)
		this.#terminal.resize(cols, rows)
		this.#pty.resize(cols, rows)
		this.info = { ...this.info, cols, rows }
		this.#save()
		this.#channels.pump()
		this.#tell()
	}

	#ended(state: SessionState): void {
		this.#pty = null
		this.info = { ...this.info, state }
		clearTimeout(this.#activity)
		this.#save()
		this.#tell()
		this.#channels.pump()
		this.#endWhenIdle()
	}

	#endWhenIdle(): void {
		if (this.info.state.is !== "running" && this.#channels.isEmpty) this.#onIdle()
	}

	#snapshot() {
		const { bytes, before } = this.#terminal.snapshot(SNAPSHOT_BYTES)
		const { cols, rows } = this.#terminal
		return { sequence: this.#log.head - before, cols, rows, bytes }
	}

	async #answer(number: number, ask: HolderAsk, of: unknown): Promise<void> {
		const client = this.#client
		try {
			const asked = ASKS[ask].asked.safeParse(of)
			if (!asked.success) throw new Refusal("invalid_request")
			client?.tell({ type: "answer", number, answer: await this.#do({ ask, of: asked.data } as HolderAsked) })
		} catch (error) {
			if (!(error instanceof Refusal)) throw error
			const detail = error.detail === undefined ? {} : { detail: error.detail }
			client?.tell({ type: "refuse", number, code: error.code, ...detail })
		}
	}

	async #do(asked: HolderAsked): Promise<Answered<HolderAsk>> {
		switch (asked.ask) {
			case "rename":
				this.info = { ...this.info, name: asked.of.name }
				this.#save()
				this.#tell()
				return this.#now()
			case "signal":
				signalSession(this.#running().pid, asked.of.signal)
				return {}
			case "write":
				return { bytes: await this.#write(asked.of) }
			case "screen": {
				const { cursor, title } = this.#terminal
				return { lines: this.#terminal.lines(), cursor, title, sequence: this.#log.head }
			}
			case "log": {
				const { oldest, head } = this.#log
				const from = Math.min(Math.max(asked.of.from, oldest), head)
				const bytes = from === head ? new Uint8Array(0) : this.#log.read(from, asked.of.limit)
				return { from, base64: Buffer.from(bytes).toString("base64"), end: head }
			}
			default:
				never(asked)
		}
	}

	async #write({ text, paste, enter }: Asked<"write">): Promise<number> {
		const pty = this.#running()
		if (!pty.hasRoom) throw new Refusal("too_many", "The program does not read its input.")
		const marked = paste && this.#terminal.bracketsPastes ? `\x1b[200~${text}\x1b[201~` : text
		const bytes = Buffer.from(marked)
		if (bytes.length > 0) {
			const shown = enter ? this.#nextOutput() : Promise.resolve()
			await new Promise<void>((resolve) => pty.write(bytes, resolve))
			await shown
		}
		if (enter) await new Promise<void>((resolve) => pty.write(Buffer.from("\r"), resolve))
		return bytes.length + (enter ? 1 : 0)
	}

	#nextOutput(): Promise<void> {
		return new Promise((resolve) => {
			const done = () => {
				clearTimeout(timer)
				this.#onOutput = null
				resolve()
			}
			const timer = setTimeout(done, ENTER_AFTER_MS)
			this.#onOutput = done
		})
	}

	#running(): Pty {
		if (this.#pty === null) throw new Refusal("session_ended")
		return this.#pty
	}

	/** Activity is told at most so often, and only while somebody looks. */
	#touched(): void {
		if (!this.#observed || this.#activity !== undefined) return
		this.#activity = setTimeout(() => {
			this.#activity = undefined
			if (this.#observed) this.#tell()
		}, ACTIVITY_EVERY_MS)
	}

	#tell(): void {
		this.#client?.tell({ type: "session", session: this.#now() })
	}

	#now(): SessionInfo {
		this.info = { ...this.info, title: this.#terminal.title, sequence: this.#log.head }
		return this.info
	}

	/** The old file or the new one, never a part of one. */
	#save(): void {
		const path = join(this.#folder, INFO)
		writeFileSync(`${path}.new`, `${JSON.stringify(this.#now(), null, "\t")}\n`, { mode: 0o600 })
		renameSync(`${path}.new`, path)
	}
}

type HolderAsked = { [A in HolderAsk]: { ask: A; of: Asked<A> } }[HolderAsk]

const LOG = "log"
export const INFO = "session.json"
