// One cell of the kill matrix: a session under a load, a fault in the middle of it, and then the account of every byte.
import { createHash } from "node:crypto"
import { existsSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { never } from "../../protocol/errors.ts"
import { newSessionId, type SessionId } from "../../protocol/ids.ts"
import { Dice } from "../support/dice.ts"
import { NODE } from "../support/home.ts"
import type { CutProxy } from "../support/proxy.ts"
import { firstDifference, screenState } from "../support/screen-state.ts"
import { createTerminal } from "../support/terminal.ts"
import type { Attached } from "../support/viewer.ts"
import { type Damage, damage, isWhole, keyDamage } from "./compare.ts"
import type { Home, World } from "./world.ts"

export const FAULTS = [
	"link killed",
	"control plane killed",
	"viewer cut",
	"two links",
	"link's wire cut",
	"viewer's wire cut",
	"holder killed",
	"object evicted",
] as const
export type Fault = (typeof FAULTS)[number]

export const LOADS = ["idle", "typing", "flood"] as const
export type Load = (typeof LOADS)[number]

export interface Cell {
	fault: Fault
	load: Load
	seed: number
}

export interface Outcome extends Cell, Damage {
	/** What is wrong; null when nothing is. */
	failure: string | null
	/** Bytes that the program wrote. */
	bytes: number
	/** How often the viewer was given a snapshot, the first included. */
	snapshots: number
	keys: number
	keysLost: number
	keysDoubled: number
	keysReordered: number
	ms: number
}

/** Each cell has dice of its own, so that one can be repeated without the others. */
export function seedOf(seed: number, fault: Fault, load: Load): number {
	return (seed * FAULTS.length + FAULTS.indexOf(fault)) * LOADS.length + LOADS.indexOf(load)
}

export function homeFor(fault: Fault): Home {
	return fault === "object evicted" ? "harness" : "runtime"
}

export async function runCell(world: World, cell: Cell): Promise<Outcome> {
	const startedAt = Date.now()
	const trial = new Trial(world, cell)
	let failure: string | null = null
	try {
		await trial.run()
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error)
		failure = `${why}\n${world.logs()}`
	}
	const account = trial.account()
	if (failure === null && !isWhole(account.output)) failure = `output is damaged: ${JSON.stringify(account.output)}`
	if (failure === null && !isWhole(account.input)) failure = `keys are damaged: ${JSON.stringify(account.input)}`
	await trial.clear()
	const { lost, doubled, reordered } = account.input
	return {
		...cell,
		...account.output,
		failure,
		bytes: account.bytes,
		snapshots: account.snapshots,
		keys: account.keys,
		keysLost: lost,
		keysDoubled: doubled,
		keysReordered: reordered,
		ms: Date.now() - startedAt,
	}
}

const PROGRAM = join(import.meta.dirname, "program.ts")
const EXIT_CODE = 7
/** A holder that dies is noticed by its closed socket, not by a timer. */
const AT_ONCE_MS = 2_000

let numbered = 0

class Trial {
	readonly #world: World
	readonly #cell: Cell
	readonly #dice: Dice
	readonly #session: SessionId = newSessionId()
	readonly #records: string
	readonly #typed: string[] = []
	#attached: Attached | null = null
	#releasing: ReturnType<typeof setInterval> | undefined
	/** The viewer's window changes while it types: no terminal but theirs knows at which byte. */
	readonly #resizes: boolean
	/** The session died with its holder: what it wrote last may never have been read. */
	#isLost = false

	constructor(world: World, cell: Cell) {
		this.#world = world
		this.#cell = cell
		this.#dice = new Dice(cell.seed)
		this.#resizes = cell.load !== "idle" && this.#dice.chance(0.5)
		this.#records = join(world.folder, `program-${++numbered}`)
	}

	async run(): Promise<void> {
		const viewer = this.#world.viewer()
		await this.#start(this.#session, this.#records)
		this.#attached = await viewer.attach(this.#session)
		// What the person at the keyboard does with keys that waited for too long.
		this.#releasing = setInterval(() => {
			if (this.#attached?.viewing.holding) this.#attached.viewing.sendHeld()
		}, 50)
		await this.#attached.shows("ready")
		if (this.#cell.fault === "holder killed") return this.#loseHolder()
		const load = this.#load()
		await this.#strike()
		await load
		await this.#untilQuiet()
		await this.#sameScreens()
		await this.#end()
	}

	account(): { output: Damage; input: Damage; bytes: number; snapshots: number; keys: number } {
		const sent = this.#read("out")
		const output: Damage = { lost: 0, doubled: 0, reordered: 0 }
		const runs = this.#attached?.screen.runs ?? []
		for (const run of runs) {
			const end = run === runs.at(-1) && !this.#isLost ? sent.length : run.from + run.bytes
			const found = damage(sent.subarray(0, end), Buffer.concat(run.chunks), run.from)
			output.lost += found.lost
			output.doubled += found.doubled
			output.reordered += found.reordered
		}
		const arrived = this.#read("keys")
			.toString()
			.split(/(?<=;)/)
		const input = keyDamage(this.#typed, arrived[0] === "" ? [] : arrived)
		if (this.#isLost) input.lost = 0
		return { output, input, bytes: sent.length, snapshots: runs.length, keys: this.#typed.length }
	}

	async clear(): Promise<void> {
		clearInterval(this.#releasing)
		this.#attached?.viewer.close()
		const params = { machine: this.#world.machine, session: this.#session }
		// A cell that failed may leave anything behind; the world ends what is left.
		await this.#world.call("signalSession", { params, body: { signal: "SIGKILL" } }).catch(() => {})
		await this.#world.call("removeSession", { params }).catch(() => {})
	}

	#start(id: SessionId, records: string): Promise<unknown> {
		const flood = this.#cell.load === "flood" ? this.#dice.between(400_000, 2_500_000) : 0
		const command = [NODE, PROGRAM, records, String(this.#cell.seed), String(flood)]
		return this.#world.call("startSession", {
			params: { machine: this.#world.machine },
			body: {
				id,
				runtime: "custom",
				substrate: "host",
				argv: ["sh", "-c", 'stty raw -echo; exec "$@"', "sh", ...command],
			},
		})
	}

	#type(token: string): void {
		this.#typed.push(token)
		this.#attached?.type(token)
	}

	/** Types through the fault and after it; resolves when all is typed. */
	async #load(): Promise<void> {
		const { load } = this.#cell
		if (load === "flood") this.#type("flood;")
		const count = { idle: 4, typing: 150, flood: 40 }[load]
		for (let key = 0; key < count; key++) {
			if (load === "idle" && key === count / 2) await this.#struck.promise
			if (this.#resizes && this.#dice.chance(0.05))
				this.#attached?.viewing.size(this.#dice.between(20, 140), this.#dice.between(5, 50), true)
			this.#type(`${load[0]}${key}.${this.#dice.below(1_000)};`)
			await new Promise((resolve) => setTimeout(resolve, this.#dice.below(load === "flood" ? 40 : 12)))
		}
	}

	readonly #struck = Promise.withResolvers<void>()

	/** Does the harm in the middle of the load, and waits until the viewer is well again. */
	async #strike(): Promise<void> {
		const attached = this.#live()
		const { viewer, viewing } = attached
		const { load, fault } = this.#cell
		const from = viewing.sequence + (load === "flood" ? this.#dice.below(300_000) : 0)
		const keys = load === "idle" ? 0 : this.#dice.below(60)
		await viewer.until("the load runs", () => viewing.sequence >= from && this.#typed.length >= Math.min(keys, 30))
		const epoch = viewer.socket.presence?.epoch ?? 0
		const relinked = (after = 0) =>
			viewer.until(
				"the machine is linked anew",
				() => viewer.socket.presence?.is === "linked" && viewer.socket.presence.epoch > epoch + after,
			)
		switch (fault) {
			case "link killed":
				this.#world.killLink()
				await relinked()
				break
			case "control plane killed":
				this.#world.killControlPlane()
				await relinked()
				break
			case "viewer cut":
				viewer.cut()
				break
			case "two links":
				if (this.#dice.chance(0.5)) {
					// A second process over one folder waits for the first to end.
					const second = this.#world.startLink(`second-${this.#cell.seed}`)
					await this.#world.says(`second-${this.#cell.seed}`, "this one waits")
					await this.#world.link.stop(0)
					this.#world.link = second
					await relinked()
				} else {
					// A clone of the machine takes the link away; the first comes back when it is started again.
					const clone = this.#world.startClone(`clone-${this.#cell.seed}`)
					await relinked()
					await clone.stop(0)
					this.#world.killLink()
					await relinked(1)
				}
				break
			case "link's wire cut":
				await this.#cutWire(this.#world.linkProxy)
				break
			case "viewer's wire cut":
				await this.#cutWire(this.#world.viewProxy)
				break
			case "object evicted":
				for (let times = this.#dice.between(1, 4); times > 0; times--) await this.#world.evict()
				break
			case "holder killed":
				throw new Error("invariant: there is no session left to recover")
			default:
				never(fault)
		}
		this.#struck.resolve()
		await attached.live()
	}

	/** At any byte of any frame: often within a header, sometimes within the greeting of the next connection. */
	async #cutWire(proxy: CutProxy): Promise<void> {
		for (let cuts = this.#dice.between(1, 3); cuts > 0; cuts--) {
			const direction = this.#dice.pick(["up", "down"] as const)
			const most = this.#cell.load === "flood" ? this.#dice.pick([100, 3_000, 200_000]) : 600
			const after = this.#cell.load === "idle" ? 0 : this.#dice.below(most)
			const cut = proxy.cut(direction, after)
			// Where the load ends before so many bytes have passed, the wire is cut now.
			await Promise.race([cut, new Promise((resolve) => setTimeout(resolve, 2_000))])
			proxy.spare()
			if (this.#cell.load === "idle") await proxy.cut(direction, 0)
		}
	}

	/** The program rests: all keys have reached it, and all that it wrote has reached the viewer. */
	async #untilQuiet(): Promise<void> {
		const { viewer, viewing } = this.#live()
		const floods = this.#cell.load === "flood"
		await viewer.until(
			"everything has arrived",
			() =>
				(!floods || existsSync(`${this.#records}.flooded`)) &&
				viewing.pending.length === 0 &&
				viewing.status.is === "live" &&
				this.#size("keys") === this.#typed.join("").length &&
				this.#size("out") === viewing.sequence &&
				// The program has answered its last key, which it shows.
				this.#read("out").includes(this.#typed.at(-1) ?? ""),
			30_000,
		)
	}

	/** The viewer's terminal, one that comes anew, and, at one size, one that was fed all bytes from the first are equal. */
	async #sameScreens(): Promise<void> {
		const mine = await this.#live().screen.state()
		const late = this.#world.viewer()
		const theirs = await (await late.attach(this.#session)).screen.state()
		late.close()
		const difference = firstDifference(mine, theirs)
		if (difference !== null) throw new Error(`a late viewer (+) sees another screen than the first (-): ${difference}`)
		if (this.#resizes) return
		const reference = createTerminal(80, 24)
		await new Promise<void>((resolve) => reference.write(this.#read("out"), resolve))
		const wrong = firstDifference(screenState(reference), mine)
		reference.dispose()
		if (wrong !== null) throw new Error(`the viewer's screen (+) is not what the bytes make (-): ${wrong}`)
	}

	async #end(): Promise<void> {
		const { viewer, viewing } = this.#live()
		this.#type("end;")
		const state = () => viewer.socket.sessions.get(this.#session)?.state
		await viewer.until("the exit is told", () => state()?.is === "exited")
		const told = state()
		if (told?.is !== "exited" || told.code !== EXIT_CODE) throw new Error(`the exit is told as ${JSON.stringify(told)}`)
		await viewer.until("the last byte has come", () => viewing.sequence === this.#size("out"))
		const sent = this.#read("out")
		const said = JSON.parse(this.#read("json").toString()) as { bytes: number; sha256: string }
		const sha256 = createHash("sha256").update(sent).digest("hex")
		if (said.bytes !== sent.length || said.sha256 !== sha256) throw new Error("the record of the output is broken")
		const log = await this.#log()
		if (!log.equals(sent)) throw new Error(`the log differs: ${JSON.stringify(damage(sent, log))}`)
	}

	/** Everything that the machine's log holds. */
	async #log(): Promise<Buffer> {
		const parts: Buffer[] = []
		for (let from = 0; ; ) {
			const params = { machine: this.#world.machine, session: this.#session }
			const { base64, end, ...part } = await this.#world.call("readLog", { params, query: { from } })
			if (part.from !== from) throw new Error(`the log begins at ${part.from} where ${from} was asked for`)
			const bytes = Buffer.from(base64, "base64")
			parts.push(bytes)
			from += bytes.length
			if (from >= end) return Buffer.concat(parts)
			if (bytes.length === 0) throw new Error(`the log ends at ${from} of ${end}`)
		}
	}

	/** This session is lost at once, and its neighbour notices nothing. */
	async #loseHolder(): Promise<void> {
		const { viewer, viewing } = this.#live()
		const neighbour = newSessionId()
		const records = `${this.#records}-neighbour`
		await this.#start(neighbour, records)
		const other = await viewer.attach(neighbour)
		await other.shows("ready")
		const load = this.#load()
		const from = this.#cell.load === "idle" ? 0 : viewing.sequence + 1
		await viewer.until("the load runs", () => viewing.sequence >= from)
		this.#isLost = true
		this.#world.killHolder(this.#session)
		this.#struck.resolve()
		const state = () => viewer.socket.sessions.get(this.#session)?.state.is
		await viewer.until("the session is told lost", () => state() === "lost", AT_ONCE_MS)
		await load
		other.type("still here;")
		// Its bytes are looked for, not its letters: the drawing before them may break them in two rows.
		const said = () => Buffer.concat(other.screen.runs.at(-1)?.chunks ?? [])
		await viewer.until("the neighbour answers", () => said().includes("still here;"))
		other.type("end;")
		const exit = () => viewer.socket.sessions.get(neighbour)?.state
		await viewer.until("the neighbour ends", () => exit()?.is === "exited")
		const told = exit()
		if (told?.is !== "exited" || told.code !== EXIT_CODE) throw new Error(`the exit is told as ${JSON.stringify(told)}`)
		viewer.socket.detach(neighbour)
		await this.#world.call("removeSession", { params: { machine: this.#world.machine, session: neighbour } })
	}

	#live(): Attached {
		if (this.#attached === null) throw new Error("invariant: the viewer is attached")
		return this.#attached
	}

	#read(record: string): Buffer {
		const path = `${this.#records}.${record}`
		return existsSync(path) ? readFileSync(path) : Buffer.alloc(0)
	}

	#size(record: string): number {
		return statSync(`${this.#records}.${record}`, { throwIfNoEntry: false })?.size ?? 0
	}
}
