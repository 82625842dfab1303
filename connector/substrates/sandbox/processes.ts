// The processes of a sandbox as the machine sees them: bubblewrap and everything under it, found by whichever process asks.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import * as z from "zod"
import type { Group } from "../limits/cgroups.ts"

/** One bubblewrap that runs, in a file of the session's folder. */
const Run = z.object({
	pid: z.int(),
	/** When it began, as the kernel counts: another process may have the number by now. */
	began: z.number(),
	/** Whether it holds the session's program, not a command beside it. */
	isProgram: z.boolean(),
	/** Its control group's folders. */
	group: z.array(z.string()),
})
export type Run = z.infer<typeof Run>

interface Process {
	pid: number
	parent: number
	began: number
	isZombie: boolean
	/** Seconds of processor time. */
	seconds: number
	/** Bytes. */
	memory: number
}

/** Notes it; answers what forgets it again. */
export async function noteRun(
	folder: string,
	pid: number,
	isProgram: boolean,
	group: Group | null,
): Promise<() => void> {
	const began = readProcess(pid)?.began
	const path = join(folder, RUNS, String(pid))
	// It has ended already: there is nothing to find.
	if (began === undefined) return () => {}
	await mkdir(join(folder, RUNS), { recursive: true, mode: 0o700 })
	const run: Run = { pid, began, isProgram, group: group?.folders ?? [] }
	writeFileSync(path, JSON.stringify(run), { mode: 0o600 })
	return () => rmSync(path, { force: true })
}

/** Those that are alive. */
export function readRuns(folder: string): Run[] {
	return namesIn(join(folder, RUNS)).flatMap((name) => {
		try {
			const run = Run.parse(JSON.parse(readFileSync(join(folder, RUNS, name), "utf8")))
			return readProcess(run.pid)?.began === run.began ? [run] : []
		} catch {
			// It is being written, or was when the machine lost power.
			return []
		}
	})
}

/** The process and all of its descendants: what is orphaned inside becomes the first process's. */
export function treeOf(pid: number): Process[] {
	const all = namesIn("/proc").flatMap((name) => (/^\d+$/.test(name) ? (readProcess(Number(name)) ?? []) : []))
	const tree = all.filter((process) => process.pid === pid)
	// Grows while it is walked.
	for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid))
	return tree
}

/** Whether it still runs: the same process, not another one with its number. */
export function isAlive({ pid, began }: Process): boolean {
	const now = readProcess(pid)
	return now?.began === began && !now.isZombie
}

const RUNS = "runs"
/** Of the kernel's counting of processor time and of starts: always this on Linux, as sysconf(3) has it. */
const TICKS_A_SECOND = 100
const PAGE_BYTES = 4096

function readProcess(pid: number): Process | null {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
		// The name stands in parentheses and may hold anything. What follows is numbered in proc_pid_stat(5) from 3 on.
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
		const field = (number: number) => Number(fields[number - 3])
		return {
			pid,
			parent: field(4),
			began: field(22),
			isZombie: fields[0] === "Z",
			seconds: (field(14) + field(15) + field(16) + field(17)) / TICKS_A_SECOND,
			memory: field(24) * PAGE_BYTES,
		}
	} catch {
		return null
	}
}

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder)
	} catch {
		return []
	}
}
