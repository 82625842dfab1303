// A place for the suite: a real home whose person and machine are made for it, and sessions there in one substrate.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { newSessionId, type SessionId } from "../../protocol/ids.ts"
import { LOG_CHUNK_BYTES } from "../../protocol/limits.ts"
import type { SessionState, StartSpec } from "../../protocol/session.ts"
import type { Network, Substrate, SubstrateInfo } from "../../protocol/substrate.ts"
import { type Home, processesOver, startHome } from "../support/home.ts"
import { until } from "../support/until.ts"
import { type Attached, Viewer } from "../support/viewer.ts"
import { type Prepared, prepare } from "./prepare.ts"

export type Ready = Extract<SubstrateInfo, { is: "ready" }>
export type Absent = Extract<SubstrateInfo, { is: "absent" }>
export type Ended = Exclude<SessionState, { is: "running" }>
type Start = Partial<Pick<StartSpec, "cwd" | "environment" | "network" | "limits" | "cols" | "rows" | "vm" | "image">>

/** What only the person's home holds; nothing inside may ever show it. */
export const SECRET = "the-persons-own-secret"
/** What only the connector's environment holds. */
export const VARIABLE = "the-connectors-own-variable"

/** A VM in software boots, and everything in it takes its time. */
const VM_PATIENCE_MS = 120_000
const PATIENCE_MS = 30_000

export class Place {
	readonly substrate: Substrate
	readonly info: Ready
	readonly home: Home
	readonly viewer: Viewer
	/** Of the machine: parent of the person's home directory, the data folder and the working directories. */
	readonly root: string
	readonly #also: Start
	readonly #serve: Prepared["serve"]
	readonly #release: () => Promise<void>
	#marks = 0

	private constructor(
		root: string,
		home: Home,
		{ info, also, serve, release }: Pick<Prepared, "serve" | "release"> & { info: Ready; also: Start },
	) {
		this.root = root
		this.home = home
		this.substrate = info.substrate
		this.info = info
		this.#also = also
		this.#serve = serve
		this.#release = release
		this.viewer = new Viewer({ url: home.url, token: home.token, machine: home.machine.id })
	}

	get patienceMs(): number {
		return this.substrate === "vm" ? VM_PATIENCE_MS : PATIENCE_MS
	}

	/** Answers why not, where the machine does not have the substrate. `prepares`: makes what it needs, such as an image. */
	static async open(substrate: Substrate): Promise<Place | Absent> {
		const root = mkdtempSync(join(tmpdir(), "homeport-conformance-"))
		const [person, dataDir] = [join(root, "person"), join(root, "data")]
		mkdirSync(join(person, ".ssh"), { recursive: true, mode: 0o700 })
		mkdirSync(join(root, "work"))
		writeFileSync(join(person, ".ssh/id_ed25519"), `${SECRET}\n`, { mode: 0o600 })
		const prepared = await prepare(substrate, dataDir)
		const environment = { HOME: person, OWN_VARIABLE: VARIABLE, ...prepared.environment }
		const home = await startHome({ dataDir, environment, substrate })
		const release = async () => {
			await home.stop()
			await prepared.release()
			rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 })
		}
		try {
			const info = await tried(home, substrate)
			if (info.is === "ready") {
				const also = { ...prepared.start, network: ordinary(info) }
				await prepared.opened(home)
				return new Place(root, home, { info, also, serve: prepared.serve, release })
			}
			await release()
			return info
		} catch (error) {
			await release()
			throw error
		}
	}

	/** Starts a program, with a network where there is one. What asks for a network or limits has a VM of its own. */
	async start(argv: string[], options: Start = {}): Promise<Run> {
		const id = newSessionId()
		const params = { machine: this.home.machine.id, session: id }
		const { substrate } = this
		const { vm, ...also } = this.#also
		const isOwn = options.network !== undefined || options.limits !== undefined
		const shared = vm === undefined || isOwn ? {} : { vm }
		await this.home.call("startSession", {
			params,
			body: { id, runtime: "custom", argv, substrate, ...also, ...shared, ...options },
		})
		return new Run(this, id)
	}

	/** A server in the network that those inside have when they have one; undefined where there is none. */
	async serve(): Promise<{ address: string; port: number; close(): void } | undefined> {
		return this.#serve?.()
	}

	/** Runs a shell script to its end. */
	async sh(script: string, options: Start & { words?: string[] } = {}): Promise<{ state: Ended; text: string }> {
		const { words = [], ...rest } = options
		const run = await this.start(["bash", "-c", script, "bash", ...words], rest)
		const state = await run.ended()
		const text = await run.text()
		await run.forget()
		return { state, text }
	}

	/** A new working directory, where those inside are the machine's; undefined where they are not. */
	folder(): string | undefined {
		return this.substrate === "vm" ? undefined : mkdtempSync(join(this.root, "work/d-"))
	}

	/** How many processes have this word among their arguments: on the machine, or in the VM that sessions share; or in this. */
	async count(word: string, vm?: string): Promise<number> {
		if (this.substrate !== "vm") return processesWith(word).length
		// The search does not find itself.
		const hidden = `${word.slice(0, -1)}[${word.slice(-1)}]`
		const { text } = await this.sh(
			`cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -cx '${hidden}'`,
			vm === undefined ? {} : { vm },
		)
		return Number(text.trim())
	}

	/** A word that no other process has; `sleep` takes it, too. */
	mark(): string {
		return `${Date.now()}${++this.#marks}`
	}

	/** Ends what has the word, where nothing else does. */
	end(mark: string): void {
		for (const pid of processesWith(mark)) process.kill(pid, "SIGKILL")
	}

	/** What the command is told beside the substrate, as `start` tells it. */
	options(): string[] {
		const { network, image, vm } = this.#also
		const said = Object.entries({ network: network?.is === "full" ? undefined : network?.is, image, vm })
		return said.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]))
	}

	connectorPid(): number {
		return processesOver(this.home.dataDir).find((pid) => argumentsOf(pid).includes("link")) ?? 0
	}

	/** Names of what is left of sessions in the data folder. */
	sessionFolders(): string[] {
		return readdirSync(join(this.home.dataDir, "sessions"))
	}

	/** Forgets every session, so that nothing of any is left mounted or running. */
	async close(): Promise<void> {
		try {
			for (const { id } of (await this.home.call("listSessions")).sessions) {
				await new Run(this, id).forget()
			}
		} finally {
			this.viewer.close()
			await this.#release()
		}
	}
}

/** One session. */
export class Run {
	readonly place: Place
	readonly id: SessionId

	constructor(place: Place, id: SessionId) {
		this.place = place
		this.id = id
	}

	get params() {
		return { machine: this.place.home.machine.id, session: this.id }
	}

	/** The name of its own VM, if it has one. */
	get vm(): string {
		return `session-${this.id.replace("ses_", "")}`
	}

	async ended(timeoutMs = this.place.patienceMs): Promise<Ended> {
		const { viewer } = this.place
		const state = () => viewer.socket.sessions.get(this.id)?.state
		await viewer.until(`${this.id} has ended`, () => (state()?.is ?? "running") !== "running", timeoutMs)
		return state() as Ended
	}

	get isRunning(): boolean {
		return this.place.viewer.socket.sessions.get(this.id)?.state.is === "running"
	}

	/** Everything that it has written so far, as it was. */
	async output(): Promise<Buffer> {
		const parts: Buffer[] = []
		for (let from = 0; ; ) {
			const query = { from, limit: LOG_CHUNK_BYTES }
			const part = await this.place.home.call("readLog", { params: this.params, query })
			const bytes = Buffer.from(part.base64, "base64")
			parts.push(bytes)
			from = part.from + bytes.length
			if (from >= part.end) return Buffer.concat(parts)
			if (bytes.length === 0) throw new Error(`The log has nothing at ${from}, and ends at ${part.end}.`)
		}
	}

	/** The same as text, less what was told while its place was made. */
	async text(): Promise<string> {
		const text = (await this.output()).toString().replaceAll("\r\n", "\n")
		return text.replaceAll(/\x1b\[2m[^\x1b\n]*\x1b\[22m\r*\n/g, "")
	}

	/** Waits until it has written this; answers all that it has written by then. */
	async writes(what: string | RegExp, timeoutMs = this.place.patienceMs): Promise<string> {
		let text = ""
		const holds = async () => {
			text = await this.text()
			if (typeof what === "string" ? text.includes(what) : what.test(text)) return true
			if (!this.isRunning && this.place.viewer.socket.sessions.has(this.id)) {
				text = await this.text()
				if (typeof what === "string" ? text.includes(what) : what.test(text)) return true
				throw new Error(`It ended without writing ${what}: ${text.slice(-2_000)}`)
			}
			return false
		}
		await until(`it writes ${what}`, holds, timeoutMs)
		return text
	}

	async type(text: string, enter = true): Promise<void> {
		await this.place.home.call("sendInput", { params: this.params, body: { text, enter } })
	}

	async signal(signal: "SIGHUP" | "SIGINT" | "SIGTERM" | "SIGKILL" | "SIGUSR1" | "SIGSTOP" | "SIGCONT"): Promise<void> {
		await this.place.home.call("signalSession", { params: this.params, body: { signal } })
	}

	attach(cols: number, rows: number): Promise<Attached> {
		return this.place.viewer.attach(this.id, cols, rows)
	}

	/** Ends it, and removes what it has left, such as a VM of its own. */
	async forget(): Promise<void> {
		await this.end()
		await this.place.home.call("removeSession", { params: this.params })
	}

	async end(): Promise<void> {
		// One that has ended by itself is what is wanted.
		await this.signal("SIGKILL").catch(() => {})
		await this.ended()
	}
}

/** Waits until it has been tried for the first time. */
export async function tried(home: Home, substrate: Substrate): Promise<SubstrateInfo> {
	let info: SubstrateInfo | undefined
	const known = async () => {
		const answer = await home.call("listSubstrates", { params: { machine: home.machine.id }, query: {} })
		info = answer.substrates.find((one) => one.substrate === substrate)
		return info !== undefined
	}
	await until(`${substrate} has been tried`, known, VM_PATIENCE_MS)
	return info as SubstrateInfo
}

/** What sessions have that are not about the network. */
function ordinary({ networks }: Ready): Network {
	return networks.includes("full") ? { is: "full" } : { is: "none" }
}

function processesWith(word: string): number[] {
	const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name))
	return all.map(Number).filter((pid) => argumentsOf(pid).includes(word))
}

export function argumentsOf(pid: number): string[] {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")
	} catch {
		// It has ended since it was listed.
		return []
	}
}
