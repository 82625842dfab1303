// One session as the link process holds it: its folder, its holder's connection, and what is known of its state.
import { mkdir, readFile, rm } from "node:fs/promises"
import { join } from "node:path"
import type { Asked } from "../protocol/ask.ts"
import { Refusal, refusalCode } from "../protocol/errors.ts"
import { EVERYONE, type SessionId, type ViewerId } from "../protocol/ids.ts"
import { JOB, type SessionInfo } from "../protocol/session.ts"
import { bootId } from "./boot.ts"
import { connectHolder, type HolderConnection } from "./holder/connection.ts"
import { HOLDER_VERSION } from "./holder/packets.ts"
import { type SessionPaths, spawnHolder } from "./holder/spawn.ts"
import {
	type FromHolder,
	type HolderAnswered,
	type HolderAsk,
	type HolderAskedOf,
	SavedInfo,
	type ToHolder,
} from "./holder/wire.ts"
import type { Launch } from "./launch.ts"
import { writePrivate } from "./private-file.ts"
import { keepSpec, readSpec, type SessionSpec } from "./session-spec.ts"
import { socketPath } from "./socket-path.ts"
import { type Contained, readContained, writeContained } from "./substrates/contained.ts"
import { loadSubstrate } from "./substrates/substrates.ts"
import { signalWarden } from "./warden/door.ts"
import { recordBase } from "./workdir/changes.ts"
import { MAKING } from "./workdir/make.ts"

/** What a holder tells who attends to its screen. */
export type Told = Extract<FromHolder, { type: "shown" | "typed" | "signal" }>

/** Where a session's news go. */
export interface Audience {
	changed(session: HeldSession): void
	message(session: HeldSession, message: Extract<FromHolder, { type: "joined" | "expects" }>): void
	unwatchable(session: HeldSession, viewer: ViewerId, no: Refusal): void
	/** Whoever wants none of it is told none. */
	attended?(session: HeldSession, told: Told): void
	frame(frame: Uint8Array): void
	log(line: string): void
}

/** A holder that was just spawned listens within this, on a machine that is busy with something else. */
const HOLDER_START_MS = 15_000

/** Where a machine's sessions lie, a folder each. */
export function sessionsFolder(dataDir: string): string {
	return join(dataDir, "sessions")
}

export class HeldSession {
	info: SessionInfo
	/** What it runs in; null for the host itself. */
	contained: Contained | null
	readonly #paths: SessionPaths
	readonly #audience: Audience
	#connection: HolderConnection | null = null
	/** A holder on its way up, of an ended session or of its next run; what is sent meanwhile waits behind it. */
	#reopening: Promise<HolderConnection> | null = null
	/** The next run on its way: the end of the one before is nobody's news until that has failed. */
	#restarting: Promise<void> | null = null
	/** Called when the state is not "running" any more. */
	#onEnd: (() => void) | null = null
	/** It ran when the system was restarted, and is to come back: its folder does not call it lost yet. */
	isReturning = false
	readonly #boot: string
	/** Which connection counts; what an older one says or its end is ignored. */
	#dialled = 0
	#version = HOLDER_VERSION
	#reconnecting: Promise<void> | null = null
	/** Which connection was told to tell the screen. */
	#attended: HolderConnection | null = null
	#observed = false
	/** Another link process has this session; it is taken back when this one is linked again. */
	#isTaken = false
	/** The program has been executed, so a holder that goes away takes a session with it. */
	#hasBegun = false

	private constructor(
		info: SessionInfo,
		contained: Contained | null,
		paths: SessionPaths,
		audience: Audience,
		boot: string,
	) {
		this.#boot = boot
		this.info = info
		this.contained = contained
		this.#paths = paths
		this.#audience = audience
	}

	/** Starts a new session from `spec`. Throws Refusal("start_failed") when the program cannot be executed; nothing is left then. */
	static async start(
		{ execution, contained, making }: Launch,
		spec: Asked<"start">,
		dataDir: string,
		audience: Audience,
	): Promise<HeldSession> {
		const paths = sessionPaths(dataDir, execution.id)
		await mkdir(paths.folder, { recursive: true, mode: 0o700 })
		try {
			if (contained !== null) await writeContained(contained)
			keepSpec(paths, spec)
			const { id, name, runtime, argv, cwd, substrate, about, cols, rows, createdAt } = execution
			const provisional: SessionInfo = {
				...{ id, name, runtime, argv, cwd, substrate, ...about, cols, rows, createdAt },
				state: { is: "running" },
				title: "",
				lastOutputAt: null,
				sequence: 0,
			}
			const session = new HeldSession(provisional, contained, paths, audience, execution.boot)
			if (making !== null) await writePrivate(join(paths.folder, MAKING), making)
			const workingFolder = contained === null ? execution.cwd : contained.workingFolder
			const isRecorded = making === null && workingFolder !== null && execution.runtime !== JOB
			await Promise.all([
				spawnHolder(paths),
				isRecorded && recordBase(workingFolder, paths.folder, contained === null ? "anywhere" : "inside"),
			])
			await session.#begin(execution)
			return session
		} catch (error) {
			await forget(paths)
			throw error
		}
	}

	/** Takes up a session that an earlier link process left; undefined for a folder that holds none. */
	static async adopt(
		id: SessionId,
		dataDir: string,
		audience: Audience,
		boot: string = bootId(),
	): Promise<HeldSession | undefined> {
		const paths = sessionPaths(dataDir, id)
		const info = await readSaved(paths.folder)
		if (info === undefined) return undefined
		const contained = info.substrate === "host" ? null : await readContained(paths.folder)
		const session = new HeldSession(info, contained, paths, audience, boot)
		session.#hasBegun = true
		if (info.state.is === "running") await session.#reconnect()
		else session.isReturning = comesBack(info, boot)
		return session
	}

	/** Opens a channel for a viewer, or tells that there is none. */
	watch(viewer: ViewerId, have: number | null): void {
		const watch = (connection: HolderConnection) => connection.send({ type: "watch", viewer, have })
		if (this.#connection !== null) return watch(this.#connection)
		this.#reopen().then(watch, (error: unknown) => {
			this.#audience.log(`${this.info.name}: ${String(error)}`)
			this.#audience.unwatchable(this, viewer, error instanceof Refusal ? error : new Refusal("internal"))
		})
	}

	/** In order with everything else that is sent to this session. */
	send(message: ToHolder): void {
		this.#deliver((connection) => connection.send(message))
	}

	sendFrame(frame: Uint8Array): void {
		this.#deliver((connection) => connection.sendFrame(frame))
	}

	async ask<A extends HolderAsk>(ask: A, of: HolderAskedOf<A>): Promise<HolderAnswered<A>> {
		const connection = this.#connection ?? (await this.#reopen())
		return connection.ask(ask, of)
	}

	/** Gives it another name, other tags, or lets it come back. */
	async change(to: Omit<Asked<"change">, "session">): Promise<SessionInfo> {
		const session = this.info.id
		if (this.#connection === null) await this.#reopen()
		if (this.#version >= KNOWS_CHANGE) return this.ask("change", { ...to, session })
		const { name, ...more } = to
		if (name === undefined || Object.keys(more).length > 0)
			throw new Refusal("version_too_old", "An older connector began this session: restart it to change that.")
		return this.ask("rename", { session, name })
	}

	/** Whether its holder tells its screen, and types answers. */
	get canBeAttended(): boolean {
		return this.#version >= KNOWS_ATTEND
	}

	/** Where the key of what is sealed in its folder is. */
	get key(): string {
		return this.#paths.key
	}

	/** Where its files lie. */
	get folder(): string {
		return this.#paths.folder
	}

	/** What it was started from. Throws Refusal where that was not kept. */
	get spec(): SessionSpec {
		return readSpec(this.#paths)
	}

	/** As its folder has it. */
	async saved(): Promise<SavedInfo> {
		const saved = await readSaved(this.#paths.folder)
		if (saved === undefined) throw new Refusal("session_not_found")
		return saved
	}

	/** To all of its processes; what runs in a substrate is signalled there, and made to end where nothing there answers. */
	async signal(signal: Asked<"signal">["signal"]): Promise<void> {
		const { contained } = this
		const session = this.info.id
		if (contained === null) return void (await this.ask("signal", { session, signal }))
		if (this.info.state.is !== "running") throw new Refusal("session_ended")
		if (await signalWarden(contained.folder, signal)) return
		await (await loadSubstrate(contained.substrate)).kill(contained)
		await this.ask("signal", { session, signal: "SIGKILL" }).catch((error: unknown) => {
			// Its warden went with it before it could answer.
			if (!(error instanceof Refusal) || error.code !== "session_ended") throw error
		})
	}

	/**
	 * Ends what runs, and begins the next run in the same folder with a holder of its own. Throws Refusal("start_failed")
	 * when the program cannot be executed; the run before has ended then.
	 */
	async restart(launch: Launch): Promise<void> {
		this.#restarting ??= this.#restart(launch).finally(() => {
			this.#restarting = null
			this.#audience.changed(this)
		})
		await this.#restarting
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

	/** Leaves the holder to whoever comes next. */
	letGo(): void {
		this.#isTaken = true
		this.#connection?.close()
	}

	/** Whether its holder is connected: one of an ended session seldom is. */
	get isConnected(): boolean {
		return this.#connection !== null
	}

	/** Forgets an ended session: its folder, log included. */
	async remove(): Promise<void> {
		if (this.info.state.is === "running" || this.#restarting !== null) throw new Refusal("session_running")
		this.#connection?.close()
		if (this.contained !== null) await (await loadSubstrate(this.contained.substrate)).remove(this.contained)
		await forget(this.#paths)
	}

	#deliver(send: (connection: HolderConnection) => void): void {
		if (this.#connection !== null) return send(this.#connection)
		this.#reopen().then(send, (error: unknown) => this.#audience.log(`${this.info.name}: ${String(error)}`))
	}

	async #restart({ execution, contained }: Launch): Promise<void> {
		if (this.info.state.is === "running") await this.#end()
		if (this.contained !== null) await (await loadSubstrate(this.contained.substrate)).kill(this.contained)
		if (contained !== null) await writeContained(contained)
		this.#connection?.close()
		this.#connection = null
		this.#hasBegun = false
		this.#reopening = (async () => {
			try {
				// The holder of the run before may listen there until it ends.
				await rm(this.#paths.socket, { force: true })
				await spawnHolder(this.#paths)
				await this.#begin(execution)
				if (this.#connection === null) throw new Refusal("start_failed", "The session's holder ended at once.")
				return this.#connection
			} finally {
				this.#hasBegun = true
				this.#reopening = null
			}
		})()
		await this.#reopening
		this.contained = contained
		this.isReturning = false
	}

	/** It cannot come back. */
	async giveUp(why: string): Promise<void> {
		this.isReturning = false
		const { state } = await this.saved()
		const isOver = state.is === "exited" || state.is === "failed"
		await this.#write(isOver ? state : { is: "lost", reason: `The machine was restarted. ${why}`, at: Date.now() })
	}

	/** Asks the program to end, and makes it end when it does not. */
	async #end(): Promise<void> {
		for (const signal of ["SIGHUP", "SIGKILL"] as const) {
			const ended = new Promise<boolean>((resolve) => {
				const timer = setTimeout(() => resolve(false), GRACE_MS)
				this.#onEnd = () => {
					clearTimeout(timer)
					resolve(true)
				}
			})
			await this.signal(signal).catch((error: unknown) => {
				// It has ended by itself, or with its holder.
				if (this.info.state.is === "running") throw error
			})
			if (this.info.state.is !== "running" || (await ended)) return
		}
		throw new Refusal("session_running", "It does not end, also by SIGKILL.")
	}

	/** Serves an ended session from its folder. A running one has a holder, which another would take the place of. */
	#reopen(): Promise<HolderConnection> {
		this.#reopening ??= (async () => {
			try {
				if (this.info.state.is === "running") await this.#reconnect()
				if (this.#connection !== null) return this.#connection
				await spawnHolder(this.#paths, { ended: true })
				const opened = outcome()
				const connection = await this.#connect(HOLDER_START_MS, opened)
				await opened.promise
				this.#connection = connection
				this.observe(this.#observed)
				return connection
			} finally {
				this.#reopening = null
			}
		})()
		return this.#reopening
	}

	async #begin(execution: Launch["execution"]): Promise<void> {
		const begun = outcome()
		this.#connection = await this.#connect(HOLDER_START_MS, begun)
		this.#connection.send({ type: "start", execution })
		await begun.promise
	}

	#reconnect(): Promise<void> {
		this.#reconnecting ??= (async () => {
			try {
				this.#connection = await this.#connect(0)
			} catch {
				// Nobody listens on the socket of a session that runs: its holder has died, and the program with it.
				await this.#lose()
			} finally {
				this.#reconnecting = null
			}
		})()
		return this.#reconnecting
	}

	/** `ready`: the holder has its session. */
	#connect(patienceMs: number, ready?: Outcome): Promise<HolderConnection> {
		let why: Refusal | undefined
		const dialled = ++this.#dialled
		const isOurs = () => dialled === this.#dialled
		return connectHolder(
			this.#paths.socket,
			{
				onMessage: (message) => {
					if (!isOurs()) return
					switch (message.type) {
						case "hello":
							this.#version = message.version
							// Started by a link process that died before it could say what to begin.
							if (message.session === null) return this.#hasBegun ? this.#connection?.close() : undefined
							this.#told(message.session)
							if (this.#observed) this.#connection?.send({ type: "observe", on: true })
							this.#attend()
							return ready?.resolve()
						case "session": {
							// Its new holder knows of nobody who looks. One that does answers by telling the session again.
							const isLater = message.session.run > this.info.run
							this.#hasBegun = true
							this.#told(message.session)
							if (isLater && this.#observed) this.#connection?.send({ type: "observe", on: true })
							this.#attend()
							return ready?.resolve()
						}
						case "replaced":
							this.#isTaken = true
							return
						case "failed":
							// Told once it has left its socket, so that nobody calls it again there.
							why = new Refusal(refusalCode(message.code), message.detail)
							return
						case "joined":
						case "expects":
							return this.#audience.message(this, message)
						case "shown":
						case "typed":
						case "signal":
							return this.#audience.attended?.(this, message)
					}
				},
				onFrame: (frame) => {
					if (isOurs()) this.#audience.frame(frame)
				},
				onClose: () => {
					if (!isOurs()) return
					this.#connection = null
					const code = this.#hasBegun ? "machine_offline" : "start_failed"
					ready?.reject(why ?? new Refusal(code, "The session's holder ended at once."))
					if (this.#hasBegun) void this.#closed()
				},
			},
			patienceMs,
		)
	}

	/** Its screen is watched from its first moment to its end, whether or not anybody looks. */
	#attend(): void {
		const connection = this.#connection
		if (connection === null || connection === this.#attended || !this.canBeAttended) return
		if (this.info.state.is !== "running" || this.#audience.attended === undefined) return
		this.#attended = connection
		connection.send({ type: "attend", on: true })
	}

	/** A holder that leaves a running session has died, unless it still answers. */
	async #closed(): Promise<void> {
		if (this.info.state.is === "running" && !this.#isTaken) await this.#reconnect()
	}

	async #lose(): Promise<void> {
		// It may have ended properly between its last word to us and its end.
		const written = await readSaved(this.#paths.folder)
		if (written !== undefined && written.state.is !== "running") return this.#told(written)
		if (written !== undefined && comesBack(written, this.#boot)) {
			// Not written down: whoever holds it next, when this process is killed, must know that it is to come back.
			this.isReturning = true
			return this.#told({ ...written, state: { is: "lost", reason: "The machine was restarted.", at: Date.now() } })
		}
		await this.#write({ is: "lost", reason: "The process that held the session is gone.", at: Date.now() })
	}

	async #write(state: SessionInfo["state"]): Promise<void> {
		const saved = await readSaved(this.#paths.folder)
		// What was stopped with the system and is called lost in that same start of it comes back in the next.
		const wasStopped = saved?.wasStopped === true && saved.boot === this.#boot
		const info = { ...(saved ?? this.info), wasStopped, state }
		await writePrivate(join(this.#paths.folder, INFO_FILE), info)
		this.info = info
		this.#audience.changed(this)
	}

	#told(info: SessionInfo): void {
		// What has ended stays ended, but for a later run: the holder that serves its folder only reads it.
		const isLater = info.run > this.info.run
		if (info.run < this.info.run) return
		if (!isLater && this.info.state.is !== "running" && info.state.is === "running") return
		this.info = info
		if (info.state.is !== "running") this.#onEnd?.()
		if (this.#restarting === null) this.#audience.changed(this)
	}
}

/** Where the system does not say which start of it this is, nothing is taken for another. */
function comesBack(saved: SavedInfo, boot: string): boolean {
	const ranUntilTheEnd = saved.state.is === "running" || saved.wasStopped
	return saved.comesBack && ranUntilTheEnd && saved.boot !== "" && boot !== "" && saved.boot !== boot
}

/** A program that is asked to end has this long for it. */
const GRACE_MS = 5_000
/** The holder's version since which it can be told of changes other than a name. */
const KNOWS_CHANGE = 2
/** Since which it tells its screen, and types answers. */
const KNOWS_ATTEND = 3

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

export function sessionFolder(dataDir: string, id: SessionId): string {
	return join(sessionsFolder(dataDir), id)
}

/** Apart from what it opens, so that a copy of the sessions alone tells nobody anything. */
export function sessionKey(dataDir: string, id: SessionId): string {
	return join(dataDir, "keys", id)
}

function sessionPaths(dataDir: string, id: SessionId): SessionPaths {
	const folder = sessionFolder(dataDir, id)
	return { folder, socket: socketPath(folder, "holder.sock"), key: sessionKey(dataDir, id) }
}

/** The key goes first: without it the rest says nothing, wherever copies of it may be. */
async function forget({ folder, key }: SessionPaths): Promise<void> {
	await rm(key, { force: true })
	await rm(folder, { recursive: true, force: true })
}

async function readSaved(folder: string): Promise<SavedInfo | undefined> {
	try {
		return SavedInfo.safeParse(JSON.parse(await readFile(join(folder, INFO_FILE), "utf8"))).data
	} catch {
		// A folder without a readable file never became a session.
		return undefined
	}
}
