// The holder's core: one session, its log, terminal, channels and input. Takes messages and frames, answers the same.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as passed } from "node:timers/promises"
import type { Answered, Asked } from "../../protocol/ask.ts"
import { never, Refusal } from "../../protocol/errors.ts"
import { decodeFrame, encodeFrame, KIND } from "../../protocol/frames.ts"
import { KEEPER } from "../../protocol/ids.ts"
import { ACTIVITY_EVERY_MS, KEPT_SNAPSHOT_BYTES, SNAPSHOT_BYTES, WRITE_MS } from "../../protocol/limits.ts"
import type { SessionState } from "../../protocol/session.ts"
import { maskTokens } from "../../protocol/token-shapes.ts"
import { Fingerprints } from "../redaction/fingerprints.ts"
import { MARGIN_BYTES, Redactor } from "../redaction/redactor.ts"
import { unwrapEnvironment } from "../warden/environment.ts"
import { type Outcome, takeOutcome } from "../warden/outcome.ts"
import { Channels, type Source } from "./channels.ts"
import { Claims } from "./claims.ts"
import { type HolderAsked, readAsked } from "./door.ts"
import { programEnvironment } from "./environment.ts"
import { Input } from "./input.ts"
import { OutputLog } from "./log.ts"
import { Memory } from "./memory.ts"
import { HOLDER_VERSION } from "./packets.ts"
import { signalSession } from "./processes.ts"
import { Pty } from "./pty.ts"
import { Seal, UNSEALED } from "./seal.ts"
import { Showing } from "./showing.ts"
import { listenForSignals, type Signal } from "./signals.ts"
import type { SessionPaths } from "./spawn.ts"
import { leaveProgram, startedAgain } from "./started-again.ts"
import { Terminal } from "./terminal.ts"
import type {
	Execution,
	FromHolder,
	HolderAnswered,
	HolderAsk,
	HolderAskedOf,
	SavedInfo,
	Shown,
	ToHolder,
} from "./wire.ts"
import { Written } from "./written.ts"

/** The link process at the other end of the socket. */
export interface Client {
	/** False while much of what was sent has not been taken; `Session.writable` is called when it has. */
	isWritable(): boolean
	tell(message: FromHolder): void
	send(frame: Uint8Array): void
}

/** A prompt shows what was typed before Enter is pressed; a program that shows nothing is not waited for longer. */
const ENTER_AFTER_MS = 150
/** Programs that know pastes take keys that come fast for one, and an Enter this soon after them for a part of it. */
const PART_OF_PASTE_MS = 150
const PASTE_START = "\x1b[200~"
const PASTE_END = "\x1b[201~"
/** Viewers that attach at the same time get the same snapshot, when nothing has changed. */
const SNAPSHOT_KEPT_MS = 1_000

/** What was typed has its effect within this, as a rule; until then the screen may still be that of before. */
const TYPED_WITHIN_MS = 1_000
/** A program that has just written is in the middle of its next screen. */
const DRAWN_WITHIN_MS = 20
/** Who attends is told so often, at most, that somebody types. */
const TYPED_EVERY_MS = 250
/** Each may be as long as a file that an agent wants to write. */
const MOST_UNHEARD = 8
/** What terminals send by themselves: that they have the focus or lost it, and what the mouse does. */
const UNTYPED = /^(?:\x1b\[[IO]|\x1b\[<[0-9;]{5,40}[Mm]|\x1b\[M.{3})+$/s

/** A program that is told to end with its holder may be the quicker of the two. */
const STOPPED_WITHIN_MS = 10_000

/** A title is told to everybody who looks at the list. */
const TITLE_CHARS = 256

type Paths = Pick<SessionPaths, "folder" | "key">

interface Snapshot {
	sequence: number
	cols: number
	rows: number
	bytes: Uint8Array
}

export class Session {
	info: SavedInfo
	readonly #folder: string
	readonly #log: OutputLog
	readonly #redactor: Redactor
	readonly #terminal: Terminal
	readonly #channels: Channels
	readonly #input: Input
	readonly #written: Written
	readonly #memory = new Memory()
	readonly #onIdle: () => void
	#pty: Pty | null = null
	#client: Client | null = null
	#snapshotNow: Snapshot | null = null
	/** The bytes at the end of the log, while they are sent. */
	#newest: Uint8Array | null = null
	/** What the client knows is older than what there is. */
	#isStale = false
	#isObserved = false
	#told = { at: 0, timer: null as NodeJS.Timeout | null }
	readonly #showing = new Showing(() => this.#show())
	readonly #claims: Claims
	/** What was shown last: the same is not told again. */
	#shownLast = ""
	/** How often somebody typed, when last, and when that was told. */
	#typed = { count: 0, at: 0, toldAt: 0 }
	/** After which output something was last pressed. */
	#pressedOn: number | null = null
	#isAttended = false
	/** Signals that nobody has heard: a link process begins a moment after the program, or again. */
	#unheard: { signal: Signal; at: number }[] = []
	/** Writers who wait for the program to show something. */
	#awaiting: (() => void)[] = []

	private constructor(folder: string, info: SavedInfo, log: OutputLog, redactor: Redactor, onIdle: () => void) {
		this.info = info
		this.#folder = folder
		this.#log = log
		this.#redactor = redactor
		this.#onIdle = onIdle
		const { cols, rows } = log.newestBase()
		this.#terminal = new Terminal(cols, rows, (answer) => this.#reply(answer))
		this.#claims = new Claims(folder)
		listenForSignals(
			this.#terminal.emulator,
			(text) => redactor.text(text),
			(signal) => this.#signalled(signal),
		)
		this.#channels = new Channels(this.#source(), {
			isWritable: () => this.#client?.isWritable() ?? false,
			frame: (frame) => this.#client?.send(encodeFrame(frame)),
			later: (pump, ms) => void setTimeout(pump, ms),
			joined: (viewer, sequence) => this.#client?.tell({ type: "joined", viewer, sequence }),
		})
		this.#written = new Written((viewer, sequence) =>
			this.#client?.send(encodeFrame({ kind: KIND.WRITTEN, session: info.id, viewer, sequence })),
		)
		this.#input = new Input({
			write: (bytes) => this.#pty?.write(bytes) ?? 0,
			written: (viewer, sequence) => this.#written.add(viewer, sequence),
			expects: (viewer, sequence) => this.#client?.tell({ type: "expects", viewer, sequence }),
			later: (flush, ms) => void setTimeout(flush, ms),
		})
	}

	/** Executes the program. Throws when that fails. `onIdle`: the session has ended and nobody watches it. */
	static start({ folder, key }: Paths, execution: Execution, onIdle: () => void): Session {
		const seal = Seal.make(key)
		const sealed = join(folder, SEALED)
		mkdirSync(sealed, { recursive: true, mode: 0o700 })
		const fingerprints = Fingerprints.of(secretsOf(execution), seal.fingerprintKey)
		writeFingerprints(sealed, seal, 0, fingerprints)
		const log = OutputLog.create(sealed, seal, execution.cols, execution.rows)
		const session = new Session(folder, begun(execution), log, new Redactor(fingerprints), onIdle)
		session.#execute(execution)
		session.#save()
		return session
	}

	/** Executes the program of a later run, its output after that of the runs before. Throws when that fails. */
	static again({ folder, key }: Paths, execution: Execution, onIdle: () => void): Session {
		addFingerprints(folder, key, secretsOf(execution))
		const session = Session.open({ folder, key }, begun(execution), onIdle)
		session.#execute(execution)
		// Nothing of the program is read before this turn ends.
		session.#output(leaveProgram())
		session.#output(startedAgain(session.#terminal.lines(), new Date()))
		session.#save()
		return session
	}

	/**
	 * Serves the folder of a session whose holder is gone, with the screen made again from its log. Throws
	 * Refusal("output_lost") where the key of that is gone.
	 */
	static open({ folder, key }: Paths, info: SavedInfo, onIdle: () => void): Session {
		const { log, redactor } = openLog(folder, key)
		const session = new Session(folder, info, log, redactor, onIdle)
		const terminal = session.#terminal
		const base = log.newestBase()
		terminal.write(base.bytes)
		let at = base.sequence
		const until = (sequence: number) => {
			while (at < sequence) {
				const bytes = log.read(at, sequence - at)
				terminal.write(bytes)
				at += bytes.length
			}
		}
		for (const { sequence, cols, rows } of log.resizes.filter(({ sequence }) => sequence >= base.sequence)) {
			until(Math.min(sequence, log.head))
			terminal.resize(cols, rows)
		}
		until(log.head)
		session.info = { ...info, cols: terminal.cols, rows: terminal.rows }
		return session
	}

	get isUnwatched(): boolean {
		return this.#channels.isEmpty
	}

	/** A link process has connected; one before it is gone. */
	connected(client: Client): void {
		this.disconnected()
		this.#client = client
		client.tell({ type: "hello", version: HOLDER_VERSION, session: this.#now() })
	}

	disconnected(): void {
		this.#client = null
		this.#channels.clear()
		this.#isObserved = false
		this.#attend(false)
		this.#endWhenIdle()
	}

	/** The system goes down, and this process with it: what it ends now may come back after it. */
	stopped(): void {
		const { state } = this.info
		if (state.is !== "running" && Date.now() - state.at > STOPPED_WITHIN_MS) return
		this.info = { ...this.info, wasStopped: true }
		this.#save()
	}

	/** The client takes more again. */
	writable(): void {
		this.#channels.pump()
	}

	message(message: Exclude<ToHolder, { type: "start" }>): void {
		switch (message.type) {
			case "watch":
				this.#input.watched(message.viewer)
				return this.#channels.watch(message.viewer, message.have)
			case "unwatch":
				this.#channels.unwatch(message.viewer)
				return this.#endWhenIdle()
			case "keep":
				return this.#keep()
			case "resize":
				return this.#resize(message.cols, message.rows)
			case "observe":
				this.#isObserved = message.on
				// Who looks now may have forgotten what was told before.
				if (message.on) this.#tell()
				return
			case "attend":
				return this.#attend(message.on)
			case "ask":
				void this.#answer(message.number, message.ask, message.of)
				return
			default:
				never(message)
		}
	}

	/** Throws Refusal for a frame that a link process does not send. */
	frame(data: Uint8Array): void {
		const frame = decodeFrame(data)
		if (frame.kind === KIND.ACK) return this.#channels.acked(frame.viewer, frame.sequence)
		if (frame.kind !== KIND.INPUT) throw new Refusal("malformed", "A link process does not send such frames.")
		if (this.#pty === null) return
		if (!UNTYPED.test(Buffer.from(frame.bytes).toString("latin1"))) this.#someoneTypes()
		this.#input.take(frame.viewer, frame.sequence, frame.bytes)
	}

	#execute(execution: Execution): void {
		const { program, arguments: args, cwd, id, substrate } = execution
		const folder = this.#folder
		const isContained = substrate !== "host"
		const { cols, rows } = this.#terminal
		const environment = isContained ? execution.environment : programEnvironment(execution.environment, id, cwd)
		this.#pty = new Pty(
			// A warden is at home in the session's folder; it takes the program to its own place.
			{ program, arguments: args, environment, cwd: execution.startsIn ?? cwd, cols, rows },
			{
				onOutput: (bytes) => this.#output(bytes),
				onExit: (code, signal) => this.#ended(endedAs(takeOutcome(folder), code, signal)),
			},
		)
	}

	#output(bytes: Uint8Array): void {
		const { title } = this.#terminal
		this.#log.append(bytes)
		this.#newest = bytes
		this.#snapshotNow = null
		// Bytes go out before they are parsed; a snapshot must wait until they are.
		this.#channels.pump(false)
		this.#newest = null
		this.#terminal.write(bytes)
		if (this.#log.isFull) this.#roll()
		this.#channels.pump()
		const now = Date.now()
		this.info.lastOutputAt = now
		this.#showing.changed(now)
		for (const shown of this.#awaiting.splice(0)) shown()
		this.#memory.used(bytes.length)
		this.#isStale = true
		if (this.#isObserved || title !== this.#terminal.title) this.#tellActivity()
	}

	/** Begins a new part of the log, unless the output is in the middle of a long sequence. */
	#roll(): void {
		const { sequence, cols, rows, bytes } = this.#snapshot()
		if (sequence === this.#log.head) this.#log.roll({ cols, rows, bytes })
	}

	/** What the terminal answers to the program's questions. A program that does not read its input gets no more of them. */
	#reply(answer: string): void {
		if (this.#pty !== null && this.#input.hasRoom) this.#input.add(Buffer.from(answer))
	}

	/** What the edge keeps has no secrets; what viewers get is exact. */
	#keep(): void {
		const { bytes, ...snapshot } = this.#snapshot(KEPT_SNAPSHOT_BYTES)
		const masked = this.#redactor.output(bytes, { cols: snapshot.cols, isOpen: this.#pty !== null })
		this.#memory.used(masked.length)
		this.#client?.send(
			encodeFrame({ kind: KIND.SNAPSHOT, session: this.info.id, viewer: KEEPER, ...snapshot, bytes: masked }),
		)
	}

	#resize(cols: number, rows: number): void {
		if (this.#pty === null || (cols === this.#terminal.cols && rows === this.#terminal.rows)) return
		this.#snapshotNow = null
		this.#log.resized(cols, rows)
		this.#terminal.resize(cols, rows)
		this.#pty.resize(cols, rows)
		this.info = { ...this.info, cols, rows }
		this.#showing.changed(Date.now())
		this.#channels.pump()
		this.#tell()
	}

	#ended(state: SessionState): void {
		this.#pty = null
		this.#input.end()
		for (const shown of this.#awaiting.splice(0)) shown()
		this.info = { ...this.info, state }
		this.#save()
		this.#showing.flush()
		this.#tell()
		this.#channels.pump()
		this.#endWhenIdle()
	}

	#endWhenIdle(): void {
		if (this.info.state.is !== "running" && this.#channels.isEmpty) this.#onIdle()
	}

	#source(): Source {
		const log = this.#log
		return {
			session: this.info.id,
			get head() {
				return log.head
			},
			get oldest() {
				return log.oldest
			},
			get resizes() {
				return log.resizes
			},
			read: (from, limit) => this.#readNewest(from, limit) ?? log.read(from, limit),
			snapshot: () => this.#sharedSnapshot(),
		}
	}

	/** What has just come need not be read back. */
	#readNewest(from: number, limit: number): Uint8Array | null {
		if (this.#newest === null) return null
		const start = from - (this.#log.head - this.#newest.length)
		return start < 0 ? null : this.#newest.subarray(start, start + limit)
	}

	#sharedSnapshot(): Snapshot {
		if (this.#snapshotNow === null) {
			const snapshot = this.#snapshot()
			this.#snapshotNow = snapshot
			setTimeout(() => {
				if (this.#snapshotNow === snapshot) this.#snapshotNow = null
			}, SNAPSHOT_KEPT_MS).unref()
		}
		return this.#snapshotNow
	}

	#snapshot(limit = SNAPSHOT_BYTES): Snapshot {
		const { bytes, before } = this.#terminal.snapshot(limit)
		const { cols, rows } = this.#terminal
		return { sequence: this.#log.head - before, cols, rows, bytes }
	}

	async #answer(number: number, ask: HolderAsk, of: unknown): Promise<void> {
		const client = this.#client
		try {
			client?.tell({ type: "answer", number, answer: await this.#do(readAsked(ask, of)) })
		} catch (error) {
			if (!(error instanceof Refusal)) throw error
			const detail = error.detail === undefined ? {} : { detail: error.detail }
			client?.tell({ type: "refuse", number, code: error.code, ...detail })
		}
	}

	async #do(asked: HolderAsked): Promise<HolderAnswered<HolderAsk>> {
		switch (asked.ask) {
			case "rename":
				return this.#change({ name: asked.of.name })
			case "change":
				return this.#change(asked.of)
			case "signal":
				signalSession(this.#running().pid, this.info.id, asked.of.signal)
				return {}
			case "write":
				this.#someoneTypes()
				return this.#write(asked.of)
			case "look":
				return this.#shown()
			case "hides":
				return { hides: (await this.#pty?.hidesLine()) === true }
			case "press":
				return this.#press(asked.of)
			case "screen": {
				const { cursor, cols } = this.#terminal
				const { rows, above } = this.#terminal.screen()
				const lines = this.#redactor.rows(rows, { cols, isOpen: this.#pty !== null }).slice(above)
				return { lines, cursor, title: this.#title(), sequence: this.#log.head }
			}
			case "log": {
				const { oldest, head } = this.#log
				const from = Math.min(Math.max(asked.of.from, oldest), head)
				const bytes = this.#masked(from, Math.min(from + asked.of.limit, head))
				return { from, base64: Buffer.from(bytes).toString("base64"), end: head }
			}
			default:
				never(asked)
		}
	}

	#change(to: Omit<Asked<"change">, "session">): SavedInfo {
		const { name = this.info.name, tags = this.info.tags, comesBack = this.info.comesBack } = to
		this.info = { ...this.info, name, tags, comesBack }
		this.#save()
		this.#tell()
		return this.#now()
	}

	/** A part of the output without secrets: masked with what surrounds it, so that no end of it cuts one. */
	#masked(from: number, to: number): Uint8Array {
		const { oldest, head, resizes } = this.#log
		const start = Math.max(oldest, from - MARGIN_BYTES)
		const end = Math.min(head, to + MARGIN_BYTES)
		const { cols } = resizes.findLast(({ sequence }) => sequence <= from) ?? this.#terminal
		const isOpen = end === head && this.#pty !== null
		return this.#redactor.output(this.#log.readAll(start, end), { cols, isOpen }).subarray(from - start, to - start)
	}

	async #write({ text, paste, part, enter }: Asked<"write">): Promise<Answered<"write">> {
		const bytes = Buffer.from(paste ? this.#pasted(text, part) : text)
		// The program is shown the text before the key that sends it, so that it takes the two for what they are.
		const shown = enter && bytes.length > 0 ? this.#shownNext() : null
		const dropped = await this.#type(bytes)
		if (dropped > 0) {
			const isOpen = part === "middle" || part === "last" || dropped < bytes.length
			// A paste that was cut short ends all the same: the next key is no part of it.
			if (paste && isOpen && this.#terminal.bracketsPastes) this.#input.add(Buffer.from(PASTE_END))
			return { bytes: bytes.length - dropped, dropped }
		}
		await shown
		if (shown !== null && !paste && this.#terminal.bracketsPastes) await passed(PART_OF_PASTE_MS)
		const unpressed = enter ? await this.#type(Buffer.from("\r")) : 0
		return { bytes: bytes.length + (enter ? 1 : 0) - unpressed, dropped: unpressed }
	}

	/** As a terminal pastes: lines end as the Enter key ends them, and the text cannot end its own paste. */
	#pasted(text: string, part: Asked<"write">["part"]): string {
		const lines = text.replace(/\r?\n/g, "\r")
		if (!this.#terminal.bracketsPastes) return lines
		const start = part === undefined || part === "first" ? PASTE_START : ""
		const end = part === undefined || part === "last" ? PASTE_END : ""
		return `${start}${lines.replaceAll(PASTE_END, "")}${end}`
	}

	/** Answers how many of the bytes the terminal did not take in time: none, unless its program does not read. */
	async #type(bytes: Buffer): Promise<number> {
		this.#running()
		if (!this.#input.hasRoom) return bytes.length
		const left = await new Promise<number>((resolve) => {
			const timer = setTimeout(() => withdraw(), WRITE_MS)
			const withdraw = this.#input.add(bytes, (left) => {
				clearTimeout(timer)
				resolve(left)
			})
		})
		if (left > 0) this.#running()
		return left
	}

	/** Resolves with the next output. */
	#shownNext(): Promise<void> {
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, ENTER_AFTER_MS)
			this.#awaiting.push(() => {
				clearTimeout(timer)
				resolve()
			})
		})
	}

	/** Types an answer once, on the very screen that was judged. */
	async #press({ claim, on, until, text, paste, enter }: HolderAskedOf<"press">): Promise<HolderAnswered<"press">> {
		const nothing = (is: "already" | "unknown" | "moved" | "late") => ({ is, dropped: 0 })
		if (this.#claims.has(claim)) return nothing("already")
		if (on === null) return nothing("unknown")
		// What the program has written and nobody has read yet counts, too.
		this.#running().catchUp()
		const { count, at } = this.#typed
		const isSame = on.sequence === this.#log.head && on.typed === count && this.#pressedOn !== this.#log.head
		const now = Date.now()
		const isDrawing = Math.abs(now - (this.info.lastOutputAt ?? 0)) < DRAWN_WITHIN_MS
		if (!isSame || isDrawing || !this.#input.isEmpty || Math.abs(now - at) < TYPED_WITHIN_MS) return nothing("moved")
		if (now > until) return nothing("late")
		this.#claims.add(claim)
		this.#pressedOn = this.#log.head
		const shown = enter && text !== "" ? this.#shownNext() : null
		const dropped = await this.#type(Buffer.from(paste ? this.#pasted(text, undefined) : text))
		await shown
		// Enter would send what somebody else has added meanwhile.
		if (!enter || dropped > 0 || this.#typed.count !== count)
			return { is: "pressed", dropped: dropped + (enter ? 1 : 0) }
		return { is: "pressed", dropped: await this.#type(Buffer.from("\r")) }
	}

	#signalled(signal: Signal): void {
		// What a log says that is read again was said long ago.
		if (this.#pty === null) return
		const at = Date.now()
		if (this.#isAttended) this.#client?.tell({ type: "signal", signal, at })
		else if (signal.is !== "bell") this.#unheard = [...this.#unheard, { signal, at }].slice(-MOST_UNHEARD)
	}

	#someoneTypes(): void {
		// Whoever is there has seen it.
		this.#unheard = []
		const now = Date.now()
		const { count, toldAt } = this.#typed
		const isDue = this.#isAttended && Math.abs(now - toldAt) >= TYPED_EVERY_MS
		this.#typed = { count: count + 1, at: now, toldAt: isDue ? now : toldAt }
		if (isDue) this.#client?.tell({ type: "typed", typed: count + 1 })
	}

	#attend(on: boolean): void {
		this.#isAttended = on
		this.#shownLast = ""
		if (on) for (const unheard of this.#unheard.splice(0)) this.#client?.tell({ type: "signal", ...unheard })
		this.#showing.attend(on)
	}

	/** Answers false where the client has not taken what it was told before. */
	#show(): boolean {
		const client = this.#client
		if (client === null) return true
		if (!client.isWritable()) return false
		const shown = this.#shown()
		const { sequence: _, typed: __, ...looks } = shown
		const last = JSON.stringify(looks)
		if (last === this.#shownLast) return true
		this.#shownLast = last
		this.#typed.toldAt = 0
		client.tell({ type: "shown", shown })
		return true
	}

	#shown(): Shown {
		const { cursor, cols, isAlternate, hasApplicationKeys, bracketsPastes, isCursorHidden } = this.#terminal
		const { rows, above } = this.#terminal.screen(Math.ceil(MARGIN_BYTES / cols))
		const lines = this.#redactor.rows(rows, { cols, isOpen: this.#pty !== null }).slice(above)
		const shown = rows.slice(above)
		// Of a row with a secret nothing more is told.
		const runs = this.#terminal.runs((row) => shown[row]?.text.trimEnd() === lines[row])
		return {
			...{ sequence: this.#log.head, typed: this.#typed.count, title: this.#title() },
			...{ lines, cursor, cols, rows: this.#terminal.rows, isAlternate, hasApplicationKeys, bracketsPastes, runs },
			isCursorHidden,
			inks: this.#terminal.inks(),
			isWrapped: shown.map(({ isWrapped }) => isWrapped),
		}
	}

	#running(): Pty {
		if (this.#pty === null) throw new Refusal("session_ended")
		return this.#pty
	}

	/** Tells what has changed, so often and no oftener, while somebody looks. */
	#tellActivity(): void {
		if (!this.#isStale || !this.#isObserved || this.#told.timer !== null) return
		const wait = this.#told.at + ACTIVITY_EVERY_MS - Date.now()
		if (wait <= 0) return this.#tell()
		this.#told.timer = setTimeout(() => {
			this.#told.timer = null
			this.#tellActivity()
		}, wait)
	}

	#tell(): void {
		this.#isStale = false
		this.#told.at = Date.now()
		this.#client?.tell({ type: "session", session: this.#now() })
	}

	#now(): SavedInfo {
		this.info = { ...this.info, title: this.#title(), sequence: this.#log.head }
		return this.info
	}

	#title(): string {
		return this.#redactor.text(this.#terminal.title).slice(0, TITLE_CHARS)
	}

	/** The old file or the new one, never a part of one. */
	#save(): void {
		const path = join(this.#folder, INFO)
		writeFileSync(`${path}.new`, `${JSON.stringify(this.#now(), null, "\t")}\n`, { mode: 0o600 })
		renameSync(`${path}.new`, path)
	}
}

/** A session whose program is about to run. */
function begun({ about, boot, conversation, ...execution }: Execution): SavedInfo {
	const { id, name, runtime, argv, cwd, substrate, cols, rows, createdAt } = execution
	return {
		...{ id, name, runtime, cwd, substrate, ...about, boot, conversation, cols, rows, createdAt },
		// Told and kept everywhere, where no token should be.
		argv: argv.map(maskTokens),
		wasStopped: false,
		state: { is: "running" },
		title: "",
		lastOutputAt: null,
		sequence: 0,
	}
}

function secretsOf({ secrets, substrate, environment }: Execution): string[] {
	const variables = substrate === "host" ? environment : unwrapEnvironment(environment)
	return secrets.flatMap((name) => variables[name] ?? [])
}

/** `outcome`: what the session's warden has said, if it has one and could. */
function endedAs(outcome: Outcome | null, code: number | null, signal: string | null): SessionState {
	const at = Date.now()
	if (outcome !== null) return { ...outcome, at }
	return { is: "exited", code, signal, at }
}

function openLog(folder: string, key: string): { log: OutputLog; redactor: Redactor } {
	const sealed = join(folder, SEALED)
	// A session of a connector that did not seal yet.
	if (!existsSync(sealed)) return { log: OutputLog.open(join(folder, "log"), UNSEALED), redactor: new Redactor() }
	const seal = Seal.open(key)
	return { log: OutputLog.open(sealed, seal), redactor: new Redactor(readFingerprints(sealed, seal)) }
}

function readFingerprints(sealed: string, seal: Seal): Fingerprints {
	const files = fingerprintFiles(sealed)
	const parts = files.map((file) => seal.fingerprints(file)(readFileSync(join(sealed, fingerprintFile(file)))))
	return Fingerprints.read(Buffer.concat(parts), seal.fingerprintKey)
}

/** A later run may get other values than those before, whose output is still there. */
function addFingerprints(folder: string, key: string, values: string[]): void {
	const sealed = join(folder, SEALED)
	const seal = Seal.open(key)
	const fresh = Fingerprints.of(values, seal.fingerprintKey)
	if (readFingerprints(sealed, seal).has(fresh)) return
	// A file of its own, since nothing is sealed twice at one place.
	writeFingerprints(sealed, seal, fingerprintFiles(sealed).length, fresh)
}

function writeFingerprints(sealed: string, seal: Seal, file: number, fingerprints: Fingerprints): void {
	const bytes = seal.fingerprints(file)(fingerprints.bytes())
	writeFileSync(join(sealed, fingerprintFile(file)), bytes, { mode: 0o600 })
}

function fingerprintFiles(sealed: string): number[] {
	const files: number[] = []
	while (existsSync(join(sealed, fingerprintFile(files.length)))) files.push(files.length)
	return files
}

function fingerprintFile(file: number): string {
	return file === 0 ? "fingerprints" : `fingerprints.${file}`
}

/** The folder of what can be read with the session's key only. */
const SEALED = "sealed"
export const INFO = "session.json"
