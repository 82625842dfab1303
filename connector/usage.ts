// What sessions and the machine use now: processor time between two looks, memory and processes at the second.
import { readdirSync, readFileSync } from "node:fs"
import { statfs } from "node:fs/promises"
import { cpus, freemem, loadavg, totalmem } from "node:os"
import { setTimeout as wait } from "node:timers/promises"
import type { Usage as Told } from "../protocol/ask.ts"
import type { SessionId } from "../protocol/ids.ts"
import type { HeldSession } from "./held-session.ts"
import type { Used } from "./substrates/substrate.ts"
import { loadSubstrate } from "./substrates/substrates.ts"

/** Between the two looks, where nobody has looked before. */
const FIRST_MS = 250
/** A look that is older says nothing about now. */
const STALE_MS = 60_000

interface Look {
	at: number
	used: Map<SessionId, Used>
}

export class Usage {
	readonly #dataDir: string
	#last: Look | null = null

	constructor(dataDir: string) {
		this.#dataDir = dataDir
	}

	async of(sessions: HeldSession[]): Promise<Told> {
		const running = sessions.filter(({ info }) => info.state.is === "running")
		let before = this.#last
		if (before === null || Date.now() - before.at > STALE_MS) {
			before = await look(running)
			await wait(FIRST_MS)
		}
		const now = await look(running)
		this.#last = now
		const passed = Math.max(1, now.at - before.at) / 1000
		const told = running.flatMap(({ info: { id, beganAt, createdAt } }) => {
			const used = now.used.get(id)
			if (used === undefined) return []
			// Processes that have ended since took their share with them.
			const seconds = Math.max(0, used.seconds - (before.used.get(id)?.seconds ?? used.seconds))
			const { memory, processes } = used
			return [{ session: id, cpus: seconds / passed, memory, processes, since: beganAt ?? createdAt }]
		})
		return { sessions: told, machine: await machine(this.#dataDir) }
	}
}

async function look(sessions: HeldSession[]): Promise<Look> {
	const used = usedOnHost()
	await Promise.all(
		sessions.map(async ({ info, contained }) => {
			if (contained === null) return
			// One that cannot be asked now is left out, and hides no other.
			const inside = await loadSubstrate(contained.substrate)
				.then((substrate) => substrate.used(contained))
				.catch(() => null)
			if (inside === null) used.delete(info.id)
			else used.set(info.id, inside)
		}),
	)
	return { at: Date.now(), used }
}

/** By the variable that every program of a session is given. Nothing where the system does not list processes so. */
function usedOnHost(): Map<SessionId, Used> {
	const used = new Map<SessionId, Used>()
	if (process.platform !== "linux") return used
	for (const pid of readdirSync("/proc")) {
		if (!/^\d+$/.test(pid)) continue
		try {
			const id = /\0HOMEPORT_SESSION=(ses_[0-9a-f]{20})\0/.exec(
				`\0${readFileSync(`/proc/${pid}/environ`, "latin1")}`,
			)?.[1]
			if (id === undefined) continue
			const sum = used.get(id as SessionId) ?? { seconds: 0, memory: 0, processes: 0 }
			const { seconds, memory } = processUse(pid)
			used.set(id as SessionId, {
				seconds: sum.seconds + seconds,
				memory: sum.memory + memory,
				processes: sum.processes + 1,
			})
		} catch {
			// Another person's, or it has ended since it was listed.
		}
	}
	return used
}

function processUse(pid: string): { seconds: number; memory: number } {
	const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
	// The name stands in parentheses and may hold anything; after it the fields from the third on.
	const fields = stat
		.slice(stat.lastIndexOf(")") + 2)
		.split(" ")
		.map(Number)
	const [user = 0, system = 0] = fields.slice(11, 13)
	const [, resident = 0] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ").map(Number)
	return { seconds: (user + system) / TICKS, memory: resident * PAGE_BYTES }
}

async function machine(dataDir: string): Promise<Told["machine"]> {
	const { blocks, bavail, bsize } = await statfs(dataDir)
	const [load = 0] = loadavg()
	return {
		cpus: cpus().length,
		load,
		memory: { total: totalmem(), free: available() },
		disk: { total: blocks * bsize, free: bavail * bsize },
	}
}

/** What programs could have without swapping: more than what nobody uses at all. */
function available(): number {
	if (process.platform !== "linux") return freemem()
	const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1]
	return kibibytes === undefined ? freemem() : Number(kibibytes) * 1024
}

/** USER_HZ, the same on every Linux. */
const TICKS = 100
/** Of every platform that there is a connector for, but for some builds of arm64, which say more memory than there is. */
const PAGE_BYTES = 4096
