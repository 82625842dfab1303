// What the edge asks of this machine: the mirror of durable-objects/machine.ts.
import { mkdir, readdir, rm } from "node:fs/promises"
import { type Answered, ASKS, type Ask, type Asked } from "../protocol/ask.ts"
import { never, REFUSALS, Refusal } from "../protocol/errors.ts"
import { explain } from "../protocol/explain.ts"
import { decodeFrame, KIND } from "../protocol/frames.ts"
import { SessionId } from "../protocol/ids.ts"
import { SESSIONS_PER_MACHINE } from "../protocol/limits.ts"
import type { FromConnector, ToConnector } from "../protocol/messages.ts"
import type { SessionInfo } from "../protocol/session.ts"
import { maskTokens } from "../protocol/token-shapes.ts"
import { answerAboutMachine } from "./answers.ts"
import { waitsOf, wordOf } from "./attention/about.ts"
import { Requests } from "./attention/requests.ts"
import { bootId } from "./boot.ts"
import { type Audience, HeldSession, sessionKey, sessionsFolder } from "./held-session.ts"
import { calledBy, type Here, prepareLaunch } from "./launch.ts"
import { lookInto } from "./look-into.ts"
import { freeName } from "./names.ts"
import { mustBeStill, prepareRestart } from "./relaunch.ts"
import { Relays } from "./relay/relays.ts"
import { Tried } from "./substrates/tried.ts"
import { Usage } from "./usage.ts"
import { workFolder } from "./workdir/make.ts"
import { unmakeWorkingFolder } from "./workdir/unmake.ts"

/** The way out while the link is up. */
export interface Out {
	tell(message: FromConnector): void
	send(frame: Uint8Array): void
}

interface Options {
	dataDir: string
	log: (line: string) => void
	/** Asks the home to begin this session again, by `restart`, with the secrets that it was given before. */
	askBack: (session: SessionId) => Promise<void>
	/** Which start of the system this is. */
	boot?: string
	/** The control plane's clock. */
	now?: () => number
}

export class Machine {
	readonly #dataDir: string
	readonly #log: (line: string) => void
	readonly #here: Here
	readonly #askBack: Options["askBack"]
	readonly #usage: Usage
	/** The chat channels that this machine polls for its home. */
	readonly #relays: Relays
	readonly #sessions = new Map<SessionId, HeldSession>()
	readonly #requests: Requests
	/** Sessions on their way, so that asking twice starts one. */
	readonly #starting = new Map<SessionId, { name: string; session: Promise<HeldSession> }>()
	#out: Out | null = null
	/** Changed or removed since the sessions were last listed for a hello: told once the link is up. */
	readonly #unsaid = new Map<SessionId, FromConnector>()
	#observed = false
	/** Called when a snapshot for keeping has gone out. */
	#onKept: (() => void) | null = null

	private constructor({ dataDir, log, askBack, boot = bootId(), now = Date.now }: Options) {
		this.#dataDir = dataDir
		this.#askBack = askBack
		this.#log = log
		this.#usage = new Usage(dataDir)
		this.#relays = new Relays({ dataDir, log })
		this.#here = { dataDir, tried: new Tried(dataDir), boot }
		this.#requests = new Requests({
			now,
			log,
			changed: () => this.#report(),
			waits: (runtime) => waitsOf(dataDir, runtime),
			word: wordOf,
		})
	}

	/** Takes up every session that earlier link processes left in the data folder. */
	static async open(options: Options): Promise<Machine> {
		const { dataDir } = options
		const machine = new Machine(options)
		await mkdir(sessionsFolder(dataDir), { recursive: true, mode: 0o700 })
		const names = await readdir(sessionsFolder(dataDir))
		await Promise.all(
			names.map(async (name) => {
				const id = SessionId.safeParse(name)
				if (!id.success) return
				const session = await HeldSession.adopt(id.data, dataDir, machine.#audience, machine.#here.boot)
				if (session === undefined) return
				machine.#sessions.set(id.data, session)
				machine.#requests.changed(session)
			}),
		)
		for (const session of machine.#sessions.values())
			if (session.isReturning && !wantsSecrets(session)) void machine.#return(session)
		return machine
	}

	/** For hello. Whatever changes from here on is told after welcome. */
	sessions(): SessionInfo[] {
		this.#unsaid.clear()
		return [...this.#sessions.values()].map((session) => session.info)
	}

	linked(out: Out): void {
		this.#out = out
		for (const message of this.#unsaid.values()) out.tell(message)
		this.#unsaid.clear()
		this.#relays.linked((message) => out.tell(message))
		this.#report()
		for (const session of this.#sessions.values()) {
			void session.linked()
			if (session.isReturning && wantsSecrets(session)) void this.#return(session)
		}
	}

	unlinked(): void {
		this.#out = null
		this.#relays.unlinked()
		this.#observed = false
		for (const session of this.#sessions.values()) if (session.isConnected) session.unwatched()
	}

	message(message: Exclude<ToConnector, { type: "welcome" }>): void {
		switch (message.type) {
			case "watch": {
				const { session, viewer, have } = message
				const held = this.#sessions.get(session)
				if (held === undefined)
					return this.#out?.tell({ type: "unwatchable", session, viewer, code: "session_not_found" })
				return held.watch(viewer, have)
			}
			case "unwatch":
				return this.#connected(message.session)?.send({ type: "unwatch", viewer: message.viewer })
			case "keep":
				return this.#connected(message.session)?.send({ type: "keep" })
			case "resize":
				return this.#connected(message.session)?.send({ type: "resize", cols: message.cols, rows: message.rows })
			case "observe":
				this.#observed = message.on
				for (const session of this.#sessions.values()) session.observe(message.on)
				return
			case "ask":
				void this.#answer(message.number, message.ask, message.of)
				return
			default:
				never(message)
		}
	}

	/** A frame for a program: input or acknowledgement. Throws Refusal for any other. */
	frame(data: Uint8Array): void {
		const frame = decodeFrame(data)
		if (frame.kind !== KIND.INPUT && frame.kind !== KIND.ACK)
			throw new Refusal("malformed", "The edge does not send such frames.")
		// Input for a session that has ended is never acknowledged: its viewer says so.
		this.#connected(frame.session)?.sendFrame(data)
	}

	/** The link is not dialled again: nothing is done for the home any more. Sessions go on. */
	stop(): void {
		this.#relays.stop()
	}

	/** Sends the last screen of every running session to be kept; waits until they are out, but not for long. */
	async keepAll(): Promise<void> {
		const running = [...this.#sessions.values()].filter(
			({ info, isConnected }) => info.state.is === "running" && isConnected,
		)
		if (this.#out === null || running.length === 0) return
		let left = running.length
		await new Promise<void>((resolve) => {
			const timer = setTimeout(resolve, KEEP_MS)
			this.#onKept = () => {
				if (--left > 0) return
				clearTimeout(timer)
				resolve()
			}
			for (const session of running) session.send({ type: "keep" })
		})
		this.#onKept = null
	}

	#connected(id: SessionId): HeldSession | undefined {
		const session = this.#sessions.get(id)
		return session?.isConnected ? session : undefined
	}

	async #answer(number: number, ask: Ask, of: unknown): Promise<void> {
		const out = this.#out
		try {
			const parsed = ASKS[ask].asked.safeParse(of)
			if (!parsed.success) throw new Refusal("invalid_request", explain(parsed.error))
			out?.tell({ type: "answer", number, answer: await this.#do(ask, parsed.data as Asked<Ask>) })
		} catch (error) {
			if (error instanceof Refusal) {
				const detail = error.detail === undefined ? {} : { detail: maskTokens(error.detail) }
				return out?.tell({ type: "refuse", number, code: error.code, ...detail })
			}
			this.#log(`A request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
			out?.tell({ type: "refuse", number, code: "internal" })
		}
	}

	async #do<A extends Ask>(ask: A, of: Asked<A>): Promise<Answered<Ask>> {
		const asked = { ask, of } as { [K in Ask]: { ask: K; of: Asked<K> } }[Ask]
		switch (asked.ask) {
			case "start":
				return (await this.#start(asked.of)).info
			case "rename": {
				const session = this.#session(asked.of.session)
				if (session.info.name !== asked.of.name) this.#refuseTaken(asked.of.name)
				return session.change({ name: asked.of.name })
			}
			case "change": {
				const { session: id, ...to } = asked.of
				const session = this.#session(id)
				if (to.name !== undefined && session.info.name !== to.name) this.#refuseTaken(to.name)
				return session.change(to)
			}
			case "restart":
				return (await this.#restart(asked.of)).info
			case "clone":
				return (await this.#clone(asked.of)).info
			case "signal":
				await this.#session(asked.of.session).signal(asked.of.signal)
				return {}
			case "write":
				return this.#session(asked.of.session).ask("write", asked.of)
			case "screen":
				return this.#session(asked.of.session).ask("screen", asked.of)
			case "log":
				return this.#session(asked.of.session).ask("log", asked.of)
			case "remove": {
				const { session, force } = asked.of
				await unmakeWorkingFolder(this.#dataDir, this.#session(session), force)
				await this.#session(session).remove()
				this.#sessions.delete(session)
				this.#requests.removed(session)
				this.#say(session, { type: "removed", session })
				return {}
			}
			case "diff":
			case "denied":
			case "readFile":
			case "writeFile":
				return lookInto(this.#session(asked.of.session), asked)
			case "usage":
				return this.#usage.of([...this.#sessions.values()])
			case "ping":
			case "runtimes":
			case "folders":
			case "substrates":
			case "configure":
			case "vms":
			case "vm":
			case "wants":
			case "profiles":
			case "saveProfile":
			case "removeProfile":
			case "loadouts":
			case "readLoadout":
			case "saveLoadout":
			case "removeLoadout":
				return answerAboutMachine(asked.ask, asked.of, this.#here)
			case "answer":
				return this.#requests.answer(this.#session(asked.of.session), asked.of)
			case "dismiss":
				this.#requests.dismiss(asked.of)
				return {}
			case "notify":
				this.#requests.notify(this.#session(asked.of.session), asked.of.text)
				return {}
			case "relay":
				return this.#relays.relay(asked.of)
			case "relayed":
				return this.#relays.relayed(asked.of)
			case "callRelay":
				return this.#relays.call(asked.of)
			default:
				never(asked)
		}
	}

	async #start(spec: Asked<"start">): Promise<HeldSession> {
		const known = this.#sessions.get(spec.id) ?? (await this.#starting.get(spec.id)?.session)
		if (known !== undefined) return known
		if (this.#sessions.size >= SESSIONS_PER_MACHINE) throw new Refusal("too_many", "Remove ended sessions.")
		if (spec.name !== undefined) this.#refuseTaken(spec.name)
		const name = spec.name ?? freeName(calledBy(spec), this.#names())
		const session = this.#execute(spec, name)
		this.#starting.set(spec.id, { name, session })
		try {
			const started = await session
			this.#sessions.set(spec.id, started)
			if (this.#observed) started.observe(true)
			this.#audience.changed(started)
			return started
		} finally {
			this.#starting.delete(spec.id)
		}
	}

	async #execute(spec: Asked<"start">, name: string): Promise<HeldSession> {
		try {
			const launch = await prepareLaunch(spec, name, this.#here)
			return await HeldSession.start(launch, spec, this.#dataDir, this.#audience)
		} catch (error) {
			await rm(workFolder(this.#dataDir, spec.id), { recursive: true, force: true })
			await rm(sessionKey(this.#dataDir, spec.id), { force: true })
			throw error
		}
	}

	async #restart({ session: id, resume, secrets }: Asked<"restart">): Promise<HeldSession> {
		const session = this.#session(id)
		const { spec, contained } = session
		const before = { spec, contained, info: await session.saved() }
		await session.restart(await prepareRestart(before, { resume, secrets }, this.#here))
		return session
	}

	/** What wants secrets is begun again by the home, which asks for it by `restart`. */
	async #return(session: HeldSession): Promise<void> {
		const { id, name } = session.info
		try {
			if (wantsSecrets(session)) await this.#askBack(id)
			else await this.#restart({ session: id, resume: true, secrets: [] })
		} catch (error) {
			// A home that could not be asked is asked again when it is linked again.
			const isOver = error instanceof Refusal && !REFUSALS[error.code].mayRetry
			if (isOver && session.isReturning) await session.giveUp(error.message)
			this.#log(`${name} does not come back: ${error instanceof Error ? error.message : String(error)}`)
		}
	}

	/** As it was asked for, where and under the tags that it has now. */
	async #clone({ session, id, name, secrets }: Asked<"clone">): Promise<HeldSession> {
		const { spec, info, contained } = this.#session(session)
		const { name: _, ...from } = spec
		const { substrate, tags, comesBack, cols, rows } = info
		const called = name ?? freeName(info.name, this.#names())
		const folder = spec.from === undefined ? (contained?.workingFolder ?? null) : null
		await mustBeStill(folder)
		const cwd = folder === null ? {} : { cwd: folder }
		return this.#start({ ...from, ...cwd, substrate, tags, comesBack, cols, rows, id, name: called, secrets })
	}

	#session(id: SessionId): HeldSession {
		const session = this.#sessions.get(id)
		if (session === undefined) throw new Refusal("session_not_found")
		return session
	}

	#names(): Set<string> {
		const held = [...this.#sessions.values()].map(({ info }) => info.name)
		return new Set([...held, ...[...this.#starting.values()].map(({ name }) => name)])
	}

	#refuseTaken(name: string): void {
		if (this.#names().has(name)) throw new Refusal("name_taken")
	}

	/** What waits for a person, whole. */
	#report(): void {
		this.#out?.tell({ type: "attention", ...this.#requests.report() })
	}

	/** Says it now, or after the next welcome. */
	#say(session: SessionId, message: FromConnector): void {
		if (this.#out === null) this.#unsaid.set(session, message)
		else this.#out.tell(message)
	}

	readonly #audience: Audience = {
		changed: (session) => {
			if (this.#sessions.get(session.info.id) !== session) return
			this.#say(session.info.id, { type: "session", session: session.info })
			this.#requests.changed(session)
		},
		message: ({ info }, message) => this.#out?.tell({ ...message, session: info.id }),
		attended: (session, told) => this.#requests.told(session, told),
		unwatchable: ({ info }, viewer, { code }) =>
			this.#out?.tell({ type: "unwatchable", session: info.id, viewer, code }),
		frame: (frame) => {
			this.#out?.send(frame)
			if (frame[0] === KIND.SNAPSHOT) this.#onKept?.()
		},
		log: (line) => this.#log(line),
	}
}

function wantsSecrets(session: HeldSession): boolean {
	try {
		return session.spec.secrets.length > 0
	} catch {
		// What it was started from is gone: beginning it again says so.
		return false
	}
}

/** A stop must not hang on a holder that is busy. */
const KEEP_MS = 1_000
