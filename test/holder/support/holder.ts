// A real holder process with a real program, and the link process's side of its socket, held by a test.
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import { connectHolder, type HolderConnection } from "../../../connector/holder/connection.ts"
import { spawnHolder } from "../../../connector/holder/spawn.ts"
import { Terminal } from "../../../connector/holder/terminal.ts"
import { type Execution, type FromHolder, SavedInfo } from "../../../connector/holder/wire.ts"
import { decodeFrame, encodeFrame, type Frame, KIND, type SnapshotFrame } from "../../../protocol/frames.ts"
import { EVERYONE, KEEPER, newSessionId, newViewerId, type SessionId, type ViewerId } from "../../../protocol/ids.ts"
import type { SessionInfo } from "../../../protocol/session.ts"
import { ON_HOST } from "../../support/on-host.ts"

/** Node takes some 100 ms to start; a busy machine takes its time. */
const PATIENCE_MS = 15_000

export interface Holder {
	session: SessionId
	folder: string
	socketPath: string
	keyPath: string
	pid: number
}

/** Starts a holder; it ends with the test. */
export async function startHolder(options: { ended?: boolean; folder?: string } = {}): Promise<Holder> {
	const folder = options.folder ?? mkdtempSync(join(tmpdir(), "homeport-holder-"))
	const socketPath = join(folder, options.ended ? "ended.sock" : "holder.sock")
	const keyPath = `${folder}.key`
	const pid = await spawnHolder({ folder, socket: socketPath, key: keyPath }, { ended: options.ended === true })
	onTestFinished(() => {
		kill(pid)
		rmSync(folder, { recursive: true, force: true })
		rmSync(keyPath, { force: true })
	})
	return { session: newSessionId(), folder, socketPath, keyPath, pid }
}

export function kill(pid: number): void {
	try {
		process.kill(pid, "SIGKILL")
	} catch {
		// It has ended by itself.
	}
}

export function execution(session: SessionId, script: string, more: Partial<Execution> = {}): Execution {
	return {
		id: session,
		name: "test",
		runtime: "custom",
		argv: ["sh", "-c", script],
		program: "/bin/sh",
		arguments: ["-c", script],
		cwd: "/",
		environment: { PATH: process.env.PATH ?? "" },
		secrets: [],
		substrate: "host",
		about: ON_HOST,
		boot: "",
		conversation: null,
		cols: 80,
		rows: 24,
		createdAt: Date.now(),
		...more,
	}
}

/** A holder whose program is this shell script, and a link to it. */
export async function run(script: string, more: Partial<Execution> = {}): Promise<{ holder: Holder; link: Link }> {
	const holder = await startHolder()
	const link = await Link.open(holder)
	link.send({ type: "start", execution: execution(holder.session, script, more) })
	const begun = await link.message((message) => message.type === "session" || message.type === "failed")
	if (begun.type === "failed") throw new Error(begun.detail)
	return { holder, link }
}

export function savedInfo(holder: Holder): SavedInfo {
	return SavedInfo.parse(JSON.parse(readFileSync(join(holder.folder, "session.json"), "utf8")))
}

/** The link process's side: hands every frame to the viewers that it is for, as the edge would. */
export class Link {
	readonly holder: Holder
	readonly messages: FromHolder[] = []
	readonly viewers = new Set<Viewer>()
	/** The last snapshot that was sent for keeping. */
	kept: SnapshotFrame | null = null
	isClosed = false
	#connection: HolderConnection | undefined
	#waiting: (() => void)[] = []

	private constructor(holder: Holder) {
		this.holder = holder
	}

	static async open(holder: Holder): Promise<Link> {
		const link = new Link(holder)
		link.#connection = await connectHolder(
			holder.socketPath,
			{
				onMessage: (message) => link.#onMessage(message),
				onFrame: (data) => link.#onFrame(decodeFrame(data)),
				onClose: () => {
					link.isClosed = true
					link.#wake()
				},
			},
			PATIENCE_MS,
		)
		return link
	}

	get connection(): HolderConnection {
		if (this.#connection === undefined) throw new Error("invariant: the link is open")
		return this.#connection
	}

	readonly send: HolderConnection["send"] = (message) => this.connection.send(message)
	readonly ask: HolderConnection["ask"] = (ask, of) => this.connection.ask(ask, of)

	close(): void {
		this.connection.close()
	}

	/** What the edge would keep of the session now, as a terminal. */
	async keep(): Promise<Terminal> {
		this.kept = null
		this.send({ type: "keep" })
		await this.until(() => this.kept !== null)
		const { cols, rows, bytes } = this.kept as unknown as SnapshotFrame
		const terminal = new Terminal(cols, rows, () => {})
		terminal.write(bytes)
		return terminal
	}

	/** A new viewer, attached from `have`. */
	attach(have: number | null = null, viewer: Viewer = new Viewer()): Viewer {
		viewer.link = this
		this.viewers.add(viewer)
		this.send({ type: "watch", viewer: viewer.id, have })
		return viewer
	}

	/** Resolves when `check` holds; it is asked after everything that comes. */
	async until(check: () => boolean): Promise<void> {
		while (!check()) {
			if (this.isClosed) throw new Error("The holder closed the connection.")
			await new Promise<void>((resolve) => this.#waiting.push(resolve))
		}
	}

	async closed(): Promise<void> {
		while (!this.isClosed) await new Promise<void>((resolve) => this.#waiting.push(resolve))
	}

	/** The first message like that, also one that has come already. */
	async message(like: (message: FromHolder) => boolean): Promise<FromHolder> {
		await this.until(() => this.messages.some(like))
		return this.messages.find(like) as FromHolder
	}

	/** The state that the program ended in. */
	async exited(): Promise<Extract<SessionInfo["state"], { is: "exited" }>> {
		const message = await this.message((message) => message.type === "session" && message.session.state.is === "exited")
		return (message as { session: SessionInfo }).session.state as Extract<SessionInfo["state"], { is: "exited" }>
	}

	#onMessage(message: FromHolder): void {
		this.messages.push(message)
		if (message.type === "joined")
			for (const viewer of this.viewers) if (viewer.id === message.viewer) viewer.joined = true
		if (message.type === "expects")
			for (const viewer of this.viewers) if (viewer.id === message.viewer) viewer.expects = message.sequence
		this.#wake()
	}

	#onFrame(frame: Frame): void {
		if (frame.kind === KIND.SNAPSHOT && frame.viewer === KEEPER) this.kept = frame
		for (const viewer of this.viewers)
			if (frame.viewer === viewer.id || (frame.viewer === EVERYONE && viewer.joined)) viewer.frame(frame)
		this.#wake()
	}

	#wake(): void {
		for (const resolve of this.#waiting.splice(0)) resolve()
	}
}

/** A viewer that parses at once, checks every sequence, and acknowledges what it has parsed. */
export class Viewer {
	readonly id: ViewerId = newViewerId()
	terminal: Terminal = new Terminal(80, 24, () => {})
	link: Link | undefined
	joined = false
	/** Sequence of the next byte that it wants; null before the first snapshot. */
	have: number | null = null
	/** Every byte that came as output, and where the first stands. */
	output: Uint8Array[] = []
	from: number | null = null
	snapshots = 0
	gaps = 0
	/** Sequence before which the terminal has taken all input. */
	written = 0
	expects: number | null = null
	typed = 0
	acknowledges = true

	text(): string {
		return Buffer.concat(this.output).toString()
	}

	frame(frame: Frame): void {
		switch (frame.kind) {
			case KIND.SNAPSHOT:
				this.snapshots++
				if (this.have !== null && frame.sequence <= this.have) break
				this.terminal = new Terminal(frame.cols, frame.rows, () => {})
				this.terminal.write(frame.bytes)
				this.have = frame.sequence
				this.from = frame.sequence
				this.output = []
				break
			case KIND.OUTPUT: {
				if (this.have === null || frame.sequence > this.have) {
					this.gaps++
					return
				}
				const fresh = frame.bytes.slice(Math.min(this.have - frame.sequence, frame.bytes.length))
				this.from ??= this.have
				this.output.push(fresh)
				this.terminal.write(fresh)
				this.have += fresh.length
				break
			}
			case KIND.RESIZE:
				if (frame.sequence === this.have) this.terminal.resize(frame.cols, frame.rows)
				return
			case KIND.WRITTEN:
				this.written = frame.sequence
				return
			default:
				throw new Error("A holder does not send such frames.")
		}
		if (this.acknowledges) this.acknowledge()
	}

	acknowledge(): void {
		const viewer = this.joined ? EVERYONE : this.id
		this.#send({ kind: KIND.ACK, session: this.#link.holder.session, viewer, sequence: this.have ?? 0 })
	}

	type(text: string | Uint8Array, sequence = this.typed): void {
		const bytes = typeof text === "string" ? Buffer.from(text) : text
		for (let at = 0; at < bytes.length; at += 65_536)
			this.#send({
				kind: KIND.INPUT,
				session: this.#link.holder.session,
				viewer: this.id,
				sequence: sequence + at,
				bytes: bytes.subarray(at, at + 65_536),
			})
		this.typed = Math.max(this.typed, sequence + bytes.length)
	}

	/** Resolves when the output contains the text, or the screen does, where rows may break it. */
	async shows(text: string): Promise<void> {
		const rows = (between: string) => this.terminal.lines().join(between)
		await this.#link.until(() => [this.text(), rows("\n"), rows("")].some((shown) => shown.includes(text)))
	}

	get #link(): Link {
		if (this.link === undefined) throw new Error("invariant: the viewer is attached")
		return this.link
	}

	#send(frame: Frame): void {
		this.#link.connection.sendFrame(encodeFrame(frame))
	}
}
