// One session as the link process holds it: its folder, its holder's connection, and what is known of its state.
import { mkdir, readFile, rm } from "node:fs/promises"
import { join } from "node:path"
import type { Answered, Asked } from "../protocol/ask.ts"
import { Refusal } from "../protocol/errors.ts"
import { EVERYONE, type SessionId } from "../protocol/ids.ts"
import { SessionInfo } from "../protocol/session.ts"
import { connectHolder, type HolderConnection } from "./holder/connection.ts"
import { spawnHolder } from "./holder/spawn.ts"
import type { Execution, FromHolder, HolderAsk, ToHolder } from "./holder/wire.ts"
import { writePrivate } from "./private-file.ts"
import { socketPath } from "./socket-path.ts"

/** Where a session's news go. */
export interface Audience {
	changed(session: HeldSession): void
	message(session: HeldSession, message: Extract<FromHolder, { type: "joined" | "expects" }>): void
	frame(frame: Uint8Array): void
	log(line: string): void
}

/** A holder that was just spawned listens within this, on a machine that is busy with something else. */
const HOLDER_START_MS = 15_000

export class HeldSession {
	info: SessionInfo
	readonly #folder: string
	readonly #audience: Audience
	#connection: HolderConnection | null = null
	/** The holder of an ended session on its way up; what is sent meanwhile waits behind it. */
	#reopening: Promise<HolderConnection> | null = null
	#observed = false
	/** Another link process has this session; it is taken back when this one is linked again. */
	#isTaken = false
	/** The program has been executed, so a holder that goes away takes a session with it. */
	#hasBegun = false

	private constructor(info: SessionInfo, folder: string, audience: Audience) {
		this.info = info
		this.#folder = folder
		this.#audience = audience
	}

	/** Starts a new session. Throws Refusal("start_failed") when the program cannot be executed; nothing is left then. */
	static async start(execution: Execution, sessionsDir: string, audience: Audience): Promise<HeldSession> {
		const folder = join(sessionsDir, execution.id)
		await mkdir(folder, { recursive: true, mode: 0o700 })
		try {
			const { id, name, runtime, argv, cwd, substrate, cols, rows, createdAt } = execution
			const provisional: SessionInfo = {
				...{ id, name, runtime, argv, cwd, substrate, cols, rows, createdAt },
				state: { is: "running" },
				title: "",
				lastOutputAt: null,
				sequence: 0,
			}
			const session = new HeldSession(provisional, folder, audience)
			await spawnHolder(folder, socketPath(folder, SOCKET))
			await session.#begin(execution)
			return session
		} catch (error) {
			await rm(folder, { recursive: true, force: true })
			throw error
		}
	}

	/** Takes up a session that an earlier link process left; undefined for a folder that holds none. */
	static async adopt(id: SessionId, sessionsDir: string, audience: Audience): Promise<HeldSession | undefined> {
		const folder = join(sessionsDir, id)
		const info = await readInfo(folder)
		if (info === undefined) return undefined
		const session = new HeldSession(info, folder, audience)
		session.#hasBegun = true
		if (info.state.is === "running") await session.#reconnect()
		return session
	}

	/** In order with everything else that is sent to this session. */
	send(message: ToHolder): void {
		this.#deliver((connection) => connection.send(message))
	}

	sendFrame(frame: Uint8Array): void {
		this.#deliver((connection) => connection.sendFrame(frame))
	}

	async ask<A extends HolderAsk>(ask: A, of: Asked<A>): Promise<Answered<A>> {
		const connection = this.#connection ?? (await this.#reopen())
		return connection.ask(ask, of)
	}

	/** Whether activity is told. */
	observe(on: boolean): void {
		this.#observed = on
		this.#connection?.send({ type: "observe", on })
	}

	/** Nobody watches any more: the link is gone. */
	unwatched(): void {
		this.#connection?.send({ type: "unwatch", viewer: EVERYONE })
		this.observe(false)
	}

	/** The link is up, so this process is the one that counts. */
	async linked(): Promise<void> {
		if (!this.#isTaken) return
		this.#isTaken = false
		await this.#reconnect()
	}

	/** Whether its holder is connected: one of an ended session seldom is. */
	get isConnected(): boolean {
		return this.#connection !== null
	}

	/** Forgets an ended session: its folder, log included. */
	async remove(): Promise<void> {
		if (this.info.state.is === "running") throw new Refusal("session_running")
		this.#connection?.close()
		await rm(this.#folder, { recursive: true, force: true })
	}

	#deliver(send: (connection: HolderConnection) => void): void {
		if (this.#connection !== null) return send(this.#connection)
		this.#reopen().then(send, (error: unknown) => this.#audience.log(`${this.info.name}: ${String(error)}`))
	}

	/** Serves an ended session from its folder. */
	#reopen(): Promise<HolderConnection> {
		this.#reopening ??= (async () => {
			try {
				await spawnHolder(this.#folder, socketPath(this.#folder, SOCKET), { ended: true })
				this.#connection = await this.#connect(HOLDER_START_MS)
				return this.#connection
			} finally {
				this.#reopening = null
			}
		})()
		return this.#reopening
	}

	async #begin(execution: Execution): Promise<void> {
		const begun = outcome()
		this.#connection = await this.#connect(HOLDER_START_MS, begun)
		this.#connection.send({ type: "start", execution })
		await begun.promise
	}

	async #reconnect(): Promise<void> {
		try {
			this.#connection = await this.#connect(0)
		} catch {
			// Nobody listens on the socket of a session that runs: its holder has died, and the program with it.
			await this.#lose()
		}
	}

	#connect(patienceMs: number, begun?: Outcome): Promise<HolderConnection> {
		return connectHolder(
			socketPath(this.#folder, SOCKET),
			{
				onMessage: (message) => {
					switch (message.type) {
						case "hello":
							if (message.session !== null) this.#told(message.session)
							if (this.#observed) this.#connection?.send({ type: "observe", on: true })
							return
						case "session":
							this.#hasBegun = true
							this.#told(message.session)
							return begun?.resolve()
						case "replaced":
							this.#isTaken = true
							return
						case "failed":
							return begun?.reject(new Refusal("start_failed", message.detail))
						case "joined":
						case "expects":
							return this.#audience.message(this, message)
					}
				},
				onFrame: (frame) => this.#audience.frame(frame),
				onClose: () => {
					this.#connection = null
					begun?.reject(new Refusal("start_failed", "The session's holder ended at once."))
					if (this.#hasBegun) void this.#closed()
				},
			},
			patienceMs,
		)
	}

	/** A holder that leaves a running session has died, unless it still answers. */
	async #closed(): Promise<void> {
		if (this.info.state.is === "running" && !this.#isTaken) await this.#reconnect()
	}

	async #lose(): Promise<void> {
		// It may have ended properly between its last word to us and its end.
		const written = await readInfo(this.#folder)
		if (written !== undefined && written.state.is !== "running") return this.#told(written)
		const state = { is: "lost", reason: "The process that held the session is gone.", at: Date.now() } as const
		const info = { ...(written ?? this.info), state }
		await writePrivate(join(this.#folder, INFO_FILE), info)
		this.#told(info)
	}

	#told(info: SessionInfo): void {
		// What has ended stays ended: the holder that serves its folder only reads it.
		if (this.info.state.is !== "running" && info.state.is === "running") return
		this.info = info
		this.#audience.changed(this)
	}
}

/** A promise and what settles it: Promise.withResolvers, which Node 20 lacks, and installed connectors may run on that. */
interface Outcome {
	promise: Promise<void>
	resolve(): void
	reject(error: Error): void
}

function outcome(): Outcome {
	let resolve = () => {}
	let reject: (error: Error) => void = () => {}
	const promise = new Promise<void>((resolved, rejected) => {
		resolve = resolved
		reject = rejected
	})
	return { promise, resolve, reject }
}

/** The file in a session's folder that says what it is and how it stands; its holder writes it. */
const INFO_FILE = "session.json"
/** What its holder listens on. */
const SOCKET = "holder.sock"

async function readInfo(folder: string): Promise<SessionInfo | undefined> {
	try {
		return SessionInfo.safeParse(JSON.parse(await readFile(join(folder, INFO_FILE), "utf8"))).data
	} catch {
		// A folder without a readable file never became a session.
		return undefined
	}
}
