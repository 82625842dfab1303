// Control groups: a session's processes together, bounded and counted by the kernel. Versions 1 and 2, as far as this
// process may make groups.
import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import type { Limits } from "../../../protocol/substrate.ts"

/** Folders of the cgroup file system in which groups are made; of version 1 one for each controller. */
export interface Hierarchies {
	version: 1 | 2
	/** By controller: memory, pids, cpu, cpuacct. Version 2 has the same folder for all. */
	parents: Record<string, string>
}

/** One session's group. */
export interface Group {
	/** Its folders: whoever writes 0 to `cgroup.procs` of each is in it. */
	folders: string[]
}

/** Where groups can be made and bounded; null where nowhere. */
export function findHierarchies(): Hierarchies | null {
	const mounts = readMounts()
	const own = groupsOf(process.pid)
	const parents: Record<string, string> = {}
	for (const controller of ["memory", "pids", "cpu", "cpuacct"]) {
		const mount = mounts.find(({ type, options }) => type === "cgroup" && options.includes(controller))
		const parent = mount && ownFolder(mount, own.get(controller) ?? "/")
		if (parent !== undefined && canMakeIn(parent)) parents[controller] = parent
	}
	if (Object.keys(parents).length > 0) return { version: 1, parents }
	const mount = mounts.find(({ type }) => type === "cgroup2")
	if (mount === undefined) return null
	const folder = ownFolder(mount, own.get("") ?? "/")
	// A group that has processes of its own gives no controllers to groups in it, so ours stand beside that of this
	// process; as root, at the top.
	for (const parent of [folder && join(folder, ".."), mount.at])
		if (parent !== undefined && !relative(mount.at, parent).startsWith("..") && handsOut(parent) && canMakeIn(parent))
			return { version: 2, parents: { memory: parent, pids: parent, cpu: parent, cpuacct: parent } }
	return null
}

/**
 * Makes a group of this name; null where these hierarchies cannot keep all of the limits. `extra`: processes of ours in
 * it, which are not the session's.
 */
export function makeGroup(
	{ version, parents }: Hierarchies,
	name: string,
	limits: Limits,
	extra: number,
): Group | null {
	const { memory, cpus, processes } = limits
	const needed = [memory !== undefined && "memory", cpus !== undefined && "cpu", processes !== undefined && "pids"]
	if (needed.some((controller) => controller !== false && parents[controller] === undefined)) return null
	const folders = new Map([...new Set(Object.values(parents))].map((parent) => [parent, join(parent, PREFIX + name)]))
	const group = { folders: [...folders.values()] }
	const set = (controller: string, file: string, value: string | number) => {
		const folder = folders.get(parents[controller] ?? "")
		if (folder === undefined) throw new Error(`invariant: there is a controller for ${controller}`)
		writeFileSync(join(folder, file), String(value))
	}
	try {
		for (const folder of group.folders) mkdirSync(folder, { recursive: true })
		const period = 100_000
		if (memory !== undefined && version === 1) {
			set("memory", "memory.limit_in_bytes", memory)
			// Where the kernel counts what is swapped out, too.
			tryTo(() => set("memory", "memory.memsw.limit_in_bytes", memory))
		}
		if (memory !== undefined && version === 2) {
			set("memory", "memory.max", memory)
			tryTo(() => set("memory", "memory.swap.max", 0))
		}
		if (cpus !== undefined && version === 1) {
			set("cpu", "cpu.cfs_period_us", period)
			set("cpu", "cpu.cfs_quota_us", Math.round(cpus * period))
		}
		if (cpus !== undefined && version === 2) set("cpu", "cpu.max", `${Math.round(cpus * period)} ${period}`)
		if (processes !== undefined) set("pids", "pids.max", processes + extra)
		return group
	} catch (error) {
		removeGroup(group)
		throw error
	}
}

/** Seconds of processor time and bytes of memory; null for what is not counted. */
export function usedBy({ folders }: Group): { seconds: number | null; memory: number | null } {
	const read = (file: string) => {
		for (const folder of folders) {
			const text = tryTo(() => readFileSync(join(folder, file), "utf8"))
			if (text !== undefined) return text
		}
		return null
	}
	const memory = read("memory.stat")
	// What programs hold, without the files that the kernel keeps while there is room.
	const held = ["anon", "shmem", "total_rss", "total_shmem"].map((name) => field(memory, name) ?? 0)
	const nanoseconds = read("cpuacct.usage")
	const microseconds = field(read("cpu.stat"), "usage_usec")
	return {
		seconds: nanoseconds !== null ? Number(nanoseconds) / 1e9 : microseconds === null ? null : microseconds / 1e6,
		memory: memory === null ? null : held.reduce((sum, bytes) => sum + bytes),
	}
}

/** Whether the kernel has held the groups of this process back to their share of the processors. */
export function isHeldBack(pid: number): boolean {
	const groups = groupsOf(pid)
	return readMounts().some((mount) => {
		const group =
			mount.type === "cgroup2" ? groups.get("") : mount.options.includes("cpu") ? groups.get("cpu") : undefined
		const folder = group === undefined ? undefined : ownFolder(mount, group)
		const stat = folder && tryTo(() => readFileSync(join(folder, "cpu.stat"), "utf8"))
		return (field(stat ?? null, "nr_throttled") ?? 0) > 0
	})
}

/** Once nothing runs in it. */
export function removeGroup({ folders }: Group): void {
	for (const folder of folders) tryTo(() => rmdirSync(folder))
}

/** Removes groups that wardens which were killed have left; the kernel keeps those in which something runs. */
export function sweepGroups({ parents }: Hierarchies): void {
	for (const parent of new Set(Object.values(parents)))
		for (const name of tryTo(() => readdirSync(parent)) ?? []) {
			if (!name.startsWith(PREFIX)) continue
			const folder = join(parent, name)
			const age = Date.now() - (tryTo(() => statSync(folder).ctimeMs) ?? Date.now())
			if (age > YOUNG_MS) tryTo(() => rmdirSync(folder))
		}
}

const PREFIX = "homeport-"
/** A group this young may be about to get its first process. */
const YOUNG_MS = 60_000

function field(text: string | null, name: string): number | null {
	const value = new RegExp(`^${name} (\\d+)$`, "m").exec(text ?? "")?.[1]
	return value === undefined ? null : Number(value)
}

interface Mount {
	type: string
	at: string
	/** The folder of the file system that is mounted there. */
	root: string
	options: string[]
}

function readMounts(): Mount[] {
	const lines = tryTo(() => readFileSync("/proc/self/mountinfo", "utf8").split("\n")) ?? []
	return lines.flatMap((line) => {
		const [left, right] = line.split(" - ")
		const [, , , root, at] = left?.split(" ") ?? []
		const [type, , options] = right?.split(" ") ?? []
		if (root === undefined || at === undefined || !type?.startsWith("cgroup")) return []
		return [{ type, at, root, options: (options ?? "").split(",") }]
	})
}

/** The groups that a process is in, by controller; version 2 under the empty name. */
function groupsOf(pid: number): Map<string, string> {
	const lines = tryTo(() => readFileSync(`/proc/${pid}/cgroup`, "utf8").trim().split("\n")) ?? []
	return new Map(
		lines.flatMap((line) => {
			const [, controllers = "", ...path] = line.split(":")
			return controllers.split(",").map((name): [string, string] => [name, path.join(":")])
		}),
	)
}

function ownFolder({ at, root }: Mount, path: string): string | undefined {
	const inside = relative(root, path)
	const folder = inside.startsWith("..") ? at : join(at, inside)
	return [folder, at].find((each) => tryTo(() => statSync(each)) !== undefined)
}

/** Whether groups in this one of version 2 can have every controller; gives them out where it may. */
function handsOut(parent: string): boolean {
	const has = () => {
		const given = tryTo(() => readFileSync(join(parent, "cgroup.subtree_control"), "utf8").trim().split(" ")) ?? []
		return ["memory", "pids", "cpu"].every((name) => given.includes(name))
	}
	if (!has()) tryTo(() => writeFileSync(join(parent, "cgroup.subtree_control"), "+memory +pids +cpu"))
	return has()
}

function canMakeIn(parent: string): boolean {
	const trial = join(parent, `${PREFIX}trial-${process.pid}`)
	try {
		mkdirSync(trial)
		rmdirSync(trial)
		return true
	} catch {
		return false
	}
}

/** What a file system of the kernel refuses is not had. */
function tryTo<T>(deed: () => T): T | undefined {
	try {
		return deed()
	} catch {
		return undefined
	}
}
