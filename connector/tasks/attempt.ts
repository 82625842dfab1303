// One attempt of a task on this machine, from its claim to its end. What is to be done next is on disk before it is done.
import { rm, stat } from "node:fs/promises"
import { basename, dirname, join, relative } from "node:path"
import { ASKS } from "../../protocol/ask.ts"
import { Refusal } from "../../protocol/errors.ts"
import { type SessionInfo, SHELL } from "../../protocol/session.ts"
import { isInVm } from "../../protocol/undoable.ts"
import { workingDirectory } from "../folders.ts"
import { sessionFolder } from "../held-session.ts"
import { findRuntime, type Runtime } from "../runtimes.ts"
import { outboxHere, outboxThere } from "../substrates/vm/exchange.ts"
import { rememberMade } from "../workdir/make.ts"
import { commit, propose, push, type Send } from "./changes.ts"
import { type Bounds, collect, mustHave } from "./collect.ts"
import { Ending } from "./ending.ts"
import { Failed, failure, Stopped, sentence } from "./failed.ts"
import { type Credential, credentialFor } from "./git.ts"
import { hostingOf } from "./hosting.ts"
import { deliver, runFolder } from "./inputs.ts"
import { attemptFolder, type Kept, type Outcome, type Place, writeKept } from "./kept.ts"
import type { Clock, Ledger, Sessions } from "./ports.ts"
import { prepare } from "./prepare.ts"
import type { Proof } from "./proof.ts"
import { Reports } from "./report.ts"
import { words } from "./words.ts"

export interface World {
	dataDir: string
	sessions: Sessions
	ledger: Ledger
	clock: Clock
	proof: Proof
	log: (line: string) => void
	/** How git hosting is asked. */
	send?: Send
	/** Of artifacts. */
	bounds?: Bounds
	/** How an attempt is kept. */
	write?: typeof writeKept
}

/** For all artifacts together; less than the ledger waits for the end. */
const HAND_MS = 15 * 60_000
/** Nobody asks again for one that is older than so many others. */
const MOST_STEERED = 200

export class Attempt {
	readonly kept: Kept
	readonly #world: World
	readonly #folder: string
	readonly #reports: Reports
	/** Whatever is under way ends: its fence counts no more, or the machine was away too long. */
	readonly #stop = new AbortController()
	/** Its artifacts need not go to the home any more. */
	readonly #leave = new AbortController()
	#writing: Promise<void> = Promise.resolve()
	#running: Promise<void> | null = null
	readonly #ending: Ending
	#isClosed = false

	constructor(kept: Kept, world: World) {
		this.kept = kept
		this.#world = world
		this.#folder = attemptFolder(world.dataDir, kept.assignment)
		this.#reports = new Reports({
			kept,
			ledger: world.ledger,
			log: world.log,
			keep: () => this.#keep(),
			onVoid: () => this.void(),
			onProof: () => this.#world.proof.heard(true),
		})
		this.#ending = new Ending({
			...world,
			kept,
			isClosed: () => this.#isClosed,
			keepSoon: () => this.#keepSoon(),
			turned: (is) => this.#turned(is),
		})
	}

	/** So that a next process goes on with it. */
	keep(): Promise<void> {
		return this.#keep()
	}

	/** Goes on from wherever it stands; resolves when it is over and the ledger knows, or this process is done with it. */
	run(): Promise<void> {
		this.#running ??= this.#run().catch((error: unknown) => {
			if (!this.#isClosed) this.#world.log(`${this.kept.assignment.task}: ${sentence(error)}`)
		})
		return this.#running
	}

	/** The ledger has given it up: its program is ended, and nothing more is told, pushed or taken. */
	void(): void {
		if (this.kept.isVoid || this.kept.step === "over") return
		this.kept.isVoid = true
		this.#stop.abort()
		this.#leave.abort()
		this.#ending.look()
		void this.#keep().catch((error: unknown) => this.#world.log(sentence(error)))
	}

	/** The link is back. */
	again(): void {
		this.#reports.again()
	}

	/**
	 * Types words for its program, once for each id: what is kept here and never typed is better than what is typed twice.
	 * Throws Refusal.
	 */
	async steer(id: string, text: string): Promise<void> {
		const { kept } = this
		const runtime = await this.#runtime()
		if (kept.steered.includes(id)) return
		if (kept.step !== "follow" || kept.isVoid || kept.outcome !== null) throw new Refusal("task_not_running")
		if (!kept.assignment.manifest.interactive && !listens(runtime))
			throw new Refusal("invalid_request", `${runtime?.label} works its prompt off and hears nothing meanwhile.`)
		kept.steered = [...kept.steered, id].slice(-MOST_STEERED)
		await this.#keep()
		const dropped = await this.#world.sessions.type(kept.session, text)
		if (dropped > 0) this.#world.log(`${kept.assignment.task}: its program does not read: ${dropped} bytes are lost.`)
	}

	/** It is over, and nobody is to hear of it any more. */
	get isSettled(): boolean {
		return this.kept.step === "over" && (this.kept.isForgotten || this.kept.isVoid)
	}

	/** Its artifacts are wanted no more. That it was done stays known. */
	async clear(): Promise<boolean> {
		if (!this.isSettled) return false
		if (this.kept.artifacts.length === 0) return true
		await rm(join(this.#folder, "artifacts"), { recursive: true, force: true })
		this.kept.artifacts = []
		await this.#keep()
		return true
	}

	/** This process does no more for it; its session goes on, and so does the next process. */
	async close(): Promise<void> {
		this.#isClosed = true
		this.#leave.abort()
		this.#reports.close()
		this.#ending.look()
		await this.#writing.catch(() => {})
	}

	/** Where an artifact lies, by its hash. */
	artifact(hash: string): string | null {
		return this.kept.artifacts.some((artifact) => artifact.hash === hash) ? join(this.#folder, "artifacts", hash) : null
	}

	async #run(): Promise<void> {
		const { kept } = this
		if (kept.isVoid || isEnd(kept.outcome)) this.#stop.abort()
		// What this process has not heard of the fence itself, it asks before it does what others see.
		this.#reports.again()
		while (kept.step !== "over" && !this.#isClosed) {
			try {
				await this.#next()
			} catch (error) {
				if (this.#isClosed) return
				await this.#failed(error)
			}
		}
		if (this.#isClosed) return
		const isNew = kept.endedAt === null
		if ((await this.#discard()) || isNew) {
			kept.endedAt ??= Date.now()
			await this.#keep()
		}
		if (!kept.isVoid) await this.#reports.settled().catch(() => {})
		await this.#writing
	}

	#next(): Promise<void> {
		const { step } = this.kept
		switch (step) {
			case "take":
				return this.#take()
			case "begin":
				return this.#begin()
			case "follow":
				return this.#follow()
			case "collect":
				return this.#collect()
			case "commit":
				return this.#commit()
			case "push":
				return this.#push()
			case "propose":
				return this.#propose()
			case "finish":
				return this.#finish()
			case "over":
				return Promise.resolve()
		}
	}

	async #take(): Promise<void> {
		const { kept } = this
		const { manifest } = kept.assignment
		if (this.#stop.signal.aborted) throw new Stopped()
		if (kept.is !== "preparing") await this.#tell("preparing", "The machine gets everything ready.")
		const { prompt } = runFolder(kept.session)
		words(await this.#runtime(), manifest, prompt)
		kept.place = null
		const place = await prepare({
			...{ dataDir: this.#world.dataDir, session: kept.session, name: this.#name, manifest },
			credential: await this.#credential(),
			signal: this.#stop.signal,
			making: kept.making,
			keepMaking: async (making) => {
				kept.making = making
				await this.#keep()
			},
		})
		await deliver({
			...{ cwd: place.cwd, session: kept.session, manifest, signal: this.#stop.signal },
			// Both lie in the home directory there.
			outbox: this.#isInVm ? relative(`work/${kept.session}/${basename(place.cwd)}`, outboxThere(kept.session)) : null,
			upload: (id) => this.#asked(() => this.#world.ledger.upload(this.#of, id)),
		})
		kept.place = place
		kept.step = "begin"
		await this.#keep()
	}

	/** The session's beginning makes a folder, which can be made once: so the program is executed once at most. */
	async #begin(): Promise<void> {
		const { kept } = this
		if (this.#world.sessions.info(kept.session) === undefined) {
			if (await this.#hasBegun()) throw new Lost("The program was begun, and what held its terminal is gone.")
			if (this.#stop.signal.aborted) throw new Stopped()
			// Until the ledger has answered it may give the task to another machine.
			await this.#stoppable(this.#reports.settled())
			const spec = await this.#spec()
			if (this.#stop.signal.aborted) throw new Stopped()
			if (this.#world.proof.leftOf(kept.assignment.awayMs) <= 0)
				throw new Lost("The machine was without its home for too long.")
			try {
				await this.#world.sessions.start(spec)
			} catch (error) {
				const isBegun = this.#isInVm ? isUnclear(error) : await this.#hasBegun()
				if (isBegun) throw new Lost(sentence(error))
				throw error instanceof Refusal ? new Failed("prepare", sentence(error)) : error
			}
		}
		await this.#rememberMade()
		kept.step = "follow"
		kept.clock = { is: "running", since: this.#world.clock.monotonic(), ran: 0, boot: this.#world.clock.boot }
		await this.#tell("running", "")
	}

	/** Whoever removes the session is told when something in the folder is nowhere else. */
	async #rememberMade(): Promise<void> {
		// Nothing of it is here any more.
		if (this.#isInVm) return
		const { cwd, is } = this.#place
		const { workOn } = this.kept.assignment.manifest
		const folder = sessionFolder(this.#world.dataDir, this.kept.session)
		const made = { folder: cwd, name: this.#name }
		if (is === "clone" && workOn?.is === "repository")
			await rememberMade({ ...made, from: { is: "git", url: workOn.url } }, folder)
		if (is === "worktree" && workOn?.is === "directory")
			await rememberMade({ ...made, from: { is: "worktree", path: await workingDirectory(workOn.path) } }, folder)
	}

	async #spec() {
		const { kept } = this
		const { manifest } = kept.assignment
		const { once, prompt } = runFolder(kept.session)
		const { argv, stdin } = words(await this.#runtime(), manifest, prompt)
		const given = await this.#asked(() => this.#world.ledger.secrets(this.#of))
		const secrets = Object.entries(manifest.secrets).map(([variable, secret]) => {
			const value = given.secrets[secret]
			if (value === undefined) throw new Failed("prepare", `There is no secret "${secret}".`)
			return { name: secret, variable, value }
		})
		const { runtime, network, limits, image, environment, target } = manifest
		const substrate = this.#isInVm ? "vm" : manifest.substrate
		const loadout = target.newVm?.loadout ?? manifest.loadout
		const { cwd } = this.#place
		const { task, fence } = kept.assignment
		const spec = ASKS.start.asked.safeParse({
			...{ id: kept.session, runtime, argv, network, limits, once },
			name: `${this.#name.slice(0, 40)} ${task.slice(-6)} ${fence}`,
			...(this.#isInVm ? { from: { is: "dir", path: cwd } } : { cwd }),
			secrets: [...given.bound, ...secrets],
			environment: { TASK_ID: task, TASK_ATTEMPT: String(fence), ...environment },
			...(substrate === undefined ? {} : { substrate }),
			...(image === undefined ? {} : { image }),
			...(loadout === undefined ? {} : { loadout }),
			...(stdin === null ? {} : { stdin }),
		})
		if (!spec.success) throw new Failed("prepare", `Its command cannot be begun: ${spec.error.issues[0]?.message}.`)
		return spec.data
	}

	async #follow(): Promise<void> {
		const { kept } = this
		const { sessions } = this.#world
		const info = await this.#ending.wait()
		if (this.#isClosed) return
		kept.outcome ??= await this.#outcomeOf(info)
		if (sessions.info(kept.session)?.state.is === "running" && !kept.isVoid)
			kept.outcome = { is: "lost", because: null, reason: "Its program does not end.", exitCode: null }
		if (kept.isVoid) throw new Stopped()
		kept.step = "collect"
		await this.#tell("collecting", kept.outcome.reason)
	}

	#turned(is: "running" | "waiting"): void {
		this.#tell(is, is === "waiting" ? "It waits for a person." : "It goes on.").catch((error: unknown) =>
			this.#world.log(sentence(error)),
		)
	}

	async #outcomeOf(info: SessionInfo | undefined): Promise<Outcome> {
		if (info === undefined) return failure("lost", null, "Its session was removed.")
		const { state } = info
		if (state.is === "failed") return failure("failed", "prepare", state.reason)
		if (state.is !== "exited") return failure("lost", null, state.is === "lost" ? state.reason : "It runs still.")
		const { code, signal } = state
		if (code === NOT_BEGUN) {
			const { once } = runFolder(this.kept.session)
			if (await exists(join(this.#place.cwd, once, "again")))
				return failure("lost", null, "It was begun before, by a connector that has died, and cannot be followed.")
			if (!(await this.#hasBegun())) return failure("failed", "prepare", "Its program could not be begun.")
		}
		if (code === null) return failure("failed", "exit", `The program was ended by ${signal}.`)
		if (code !== 0) return failure("failed", "exit", `The program has ended with exit code ${code}.`, code)
		return { is: "succeeded", because: null, reason: "", exitCode: 0 }
	}

	async #collect(): Promise<void> {
		const { kept } = this
		const { outcome } = kept
		const { dataDir, bounds } = this.#world
		const to = join(this.#folder, "artifacts")
		const here = outboxHere({ dataDir, session: kept.session })
		const collected = this.#isInVm
			? await collect(dirname(here), to, bounds, basename(here))
			: await collect(this.#place.cwd, to, bounds)
		kept.artifacts = collected.artifacts
		kept.refused = collected.refused
		if (outcome?.is === "succeeded") mustHave(collected, kept.assignment.manifest.artifacts)
		kept.step = outcome?.is === "succeeded" && this.#place.branch !== null ? "commit" : "finish"
		await this.#keep()
	}

	async #commit(): Promise<void> {
		const { kept } = this
		const { sessions } = this.#world
		const { manifest, task } = kept.assignment
		const info = sessions.info(kept.session)
		if (info === undefined) throw new Failed("collect", "Its session was removed, and its changes with it.")
		const made = await commit({
			place: this.#place,
			inside: await sessions.place(kept.session),
			isContained: info.substrate !== "host",
			cwd: info.cwd,
			message: manifest.changes.message ?? `${this.#name}\n\nHomeport-Task: ${task}`,
			author: AUTHOR,
		})
		if (this.#stop.signal.aborted) throw new Stopped()
		if (made !== null) {
			kept.commit = made.commit
			kept.place = { ...this.#place, branch: made.branch }
		}
		kept.step = made !== null && this.#place.remote !== null ? "push" : "finish"
		await this.#keep()
	}

	/** Nobody but the ledger knows whether this attempt counts still: nothing leaves the machine before it has said so. */
	async #push(): Promise<void> {
		const { kept } = this
		await this.#stoppable(this.#reports.settled())
		const { remote, branch } = this.#place
		if (kept.commit === null || remote === null || branch === null)
			throw new Error("invariant: what is pushed has a commit, a branch and an address")
		kept.pushed = await push({
			place: { ...this.#place, remote, branch },
			commit: kept.commit,
			tried: kept.pushed,
			isContained: this.#world.sessions.info(kept.session)?.substrate !== "host",
			credential: await this.#credential(),
			signal: this.#stop.signal,
			keepTried: async (tried) => {
				kept.pushed = tried
				await this.#keep()
			},
		})
		kept.step = kept.assignment.manifest.changes.do === "pull-request" ? "propose" : "finish"
		await this.#keep()
	}

	async #propose(): Promise<void> {
		const { kept } = this
		const { manifest, task } = kept.assignment
		const { remote, into } = this.#place
		const hosting = remote === null ? null : hostingOf(remote, manifest.changes.hosting)
		const credential = await this.#credential()
		if (hosting === null || remote === null || into === null || kept.pushed === null || credential === undefined)
			throw new Error("invariant: a pull request has a hosting, a base, a branch and a credential")
		const title = manifest.changes.title ?? this.#name
		const body = `${manifest.changes.message ?? ""}\n\nHomeport task ${task}`.trim()
		const request = { url: remote, head: kept.pushed, base: into, title, body }
		kept.url = await propose(hosting, request, credential.secret, this.#stop.signal, this.#world.send)
		kept.step = "finish"
		await this.#keep()
	}

	async #finish(): Promise<void> {
		const { kept } = this
		await this.#hand()
		if (kept.isVoid) throw new Stopped()
		if (this.#isClosed) return
		const outcome = kept.outcome ?? failure("lost", null, "Nobody knows how it ended.")
		const reason = [outcome.reason, ...kept.refused].filter((word) => word !== "").join(" ")
		kept.step = "over"
		await this.#tell(outcome.is, reason, outcome)
	}

	/** Its artifacts go to where the home keeps them. What does not get there is read from here while this machine is linked. */
	async #hand(): Promise<void> {
		const { kept } = this
		const { ledger, log } = this.#world
		const signal = AbortSignal.any([this.#leave.signal, AbortSignal.timeout(HAND_MS)])
		const smallestFirst = kept.artifacts.toSorted((one, other) => one.size - other.size)
		for (const hash of new Set(smallestFirst.map(({ hash }) => hash))) {
			const file = join(this.#folder, "artifacts", hash)
			try {
				// A home that keeps none, or none so large, keeps none of the others.
				if (!(await this.#reports.asked(() => ledger.artifact(this.#of, hash, file, signal), signal))) return
			} catch (error) {
				if (!signal.aborted) log(`${kept.assignment.task}: its artifacts stay here: ${sentence(error)}`)
				return
			}
		}
		kept.isHanded = true
	}

	/** A VM that was made for it goes with it. Answers whether it went just now. */
	async #discard(): Promise<boolean> {
		const { kept } = this
		const { sessions, log } = this.#world
		if (kept.assignment.manifest.target.newVm === undefined || kept.isDiscarded) return false
		try {
			if (sessions.info(kept.session) !== undefined) await sessions.discard(kept.session)
			kept.isDiscarded = true
		} catch (error) {
			log(`${kept.assignment.task}: its VM is not removed: ${sentence(error)}`)
		}
		return kept.isDiscarded
	}

	/** What cannot be gone on with ends it: with the reason, and without a program that runs on. */
	async #failed(error: unknown): Promise<void> {
		const { kept } = this
		const { sessions, log } = this.#world
		const isBefore = kept.step === "take" || kept.step === "begin"
		if (error instanceof Lost) kept.outcome ??= failure("lost", null, error.message)
		else if (error instanceof Failed) this.#fails(failure("failed", error.because, error.message))
		else if (!(error instanceof Stopped)) {
			log(`${kept.assignment.task}: ${error instanceof Error ? error.stack : String(error)}`)
			this.#fails(failure("failed", isBefore ? "prepare" : "collect", sentence(error)))
		}
		if (sessions.info(kept.session)?.state.is === "running") {
			kept.outcome ??= failure("lost", null, "")
			await this.#ending.wait()
		}
		kept.step = kept.isVoid ? "over" : "finish"
		await this.#keep().catch((unkept: unknown) => log(`${kept.assignment.task} is not kept: ${sentence(unkept)}`))
	}

	/** A failure of what comes after an end that was none changes nothing. */
	#fails(outcome: Outcome): void {
		const { kept } = this
		if (!isEnd(kept.outcome)) kept.outcome = { ...outcome, exitCode: kept.outcome?.exitCode ?? null }
	}

	/** The state and what is told of it are kept in one. */
	async #tell(is: Kept["is"], reason: string, outcome?: Outcome): Promise<void> {
		const { kept } = this
		if (!kept.isVoid && (kept.is !== is || outcome !== undefined)) {
			const { task, fence } = kept.assignment
			const hasResult = kept.commit !== null || kept.pushed !== null
			kept.is = is
			kept.reports.push({
				...{ task, fence, sequence: ++kept.sequence, is },
				reason: reason.slice(0, 1_000),
				because: outcome?.because ?? null,
				exitCode: outcome?.exitCode ?? null,
				session: this.#world.sessions.info(kept.session) === undefined ? null : kept.session,
				artifacts: outcome === undefined ? [] : kept.artifacts,
				result:
					outcome === undefined || !hasResult
						? null
						: { branch: kept.pushed ?? kept.place?.branch ?? null, commit: kept.commit, url: kept.url },
			})
		}
		await this.#keep()
		this.#reports.send()
	}

	/** One after the other; each writes what there is when its turn comes. */
	#keep(): Promise<void> {
		const write = this.#world.write ?? writeKept
		this.#writing = this.#writing
			.catch(() => {
				// Whoever asked for that one was told.
			})
			.then(() => (this.#isClosed ? undefined : write(this.#folder, this.kept)))
		return this.#writing
	}

	#keepSoon(): void {
		this.#keep().catch((error: unknown) => this.#world.log(sentence(error)))
	}

	#runtime() {
		return findRuntime(this.#world.dataDir, this.kept.assignment.manifest.runtime).catch((error: unknown) => {
			throw new Failed("prepare", sentence(error))
		})
	}

	async #credential(): Promise<Credential | undefined> {
		const { workOn } = this.kept.assignment.manifest
		if (workOn?.is !== "repository" || workOn.credential === undefined) return undefined
		const { user, secret } = workOn.credential
		const value = (await this.#asked(() => this.#world.ledger.secrets(this.#of))).secrets[secret]
		if (value === undefined) throw new Failed("prepare", `There is no secret "${secret}".`)
		return credentialFor(workOn.url, user, value)
	}

	async #asked<T>(ask: () => Promise<T>): Promise<T> {
		try {
			return await this.#reports.asked(ask, this.#stop.signal)
		} catch (error) {
			if (!(error instanceof Refusal)) throw error
			throw new Failed(this.kept.step === "take" || this.kept.step === "begin" ? "prepare" : "collect", sentence(error))
		}
	}

	#stoppable(what: Promise<void>): Promise<void> {
		const { signal } = this.#stop
		if (signal.aborted) return Promise.reject(new Stopped())
		return new Promise((resolve, reject) => {
			const stop = () => reject(new Stopped())
			signal.addEventListener("abort", stop, { once: true })
			what.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop))
		})
	}

	async #hasBegun(): Promise<boolean> {
		// What went into a VM is not here any more.
		if (this.#isInVm && !(await exists(this.#place.cwd))) return true
		return exists(join(this.#place.cwd, runFolder(this.kept.session).once))
	}

	get #isInVm(): boolean {
		return isInVm(this.kept.assignment.manifest)
	}

	get #place(): Place {
		if (this.kept.place === null) throw new Error("invariant: what is prepared has a place")
		return this.kept.place
	}

	get #name(): string {
		return this.kept.assignment.manifest.name ?? "task"
	}

	get #of() {
		const { task, fence } = this.kept.assignment
		return { task, fence }
	}
}

class Lost extends Error {}

/** Whether a start that failed may have come so far that the program was executed. */
function isUnclear(error: unknown): boolean {
	return !(error instanceof Refusal) || error.code === "start_failed" || error.code === "internal"
}

/** Whether its program reads what is typed while it is at work. */
function listens(runtime: Runtime | null): boolean {
	return runtime === null || runtime.id === SHELL || runtime.oneShot === null
}

/** As a session's beginning says it. */
const NOT_BEGUN = 125
const AUTHOR = { name: "Homeport", email: "homeport@localhost" }

/** Known, and no success, which later steps may still take back. */
function isEnd(outcome: Outcome | null): boolean {
	return outcome !== null && outcome.is !== "succeeded"
}

async function exists(path: string): Promise<boolean> {
	return (await stat(path).catch(() => null)) !== null
}
