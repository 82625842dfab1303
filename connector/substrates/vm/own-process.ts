// A process of a VM that outlives whoever started it: found again by its id and by a word of its command line.
import { spawn } from "node:child_process"
import { closeSync, openSync, readFileSync } from "node:fs"
import { setTimeout as pause } from "node:timers/promises"
import { toolEnvironment } from "./disks.ts"

/** Starts it detached, its output going to the end of `log`. Throws when it cannot be executed. */
export async function startOwn(program: string, args: string[], log: string): Promise<number> {
	const output = openSync(log, "a", 0o600)
	try {
		const child = spawn(program, args, {
			cwd: "/",
			detached: true,
			stdio: ["ignore", output, output],
			env: toolEnvironment(),
		})
		await new Promise<void>((resolve, reject) => {
			child.once("spawn", resolve)
			child.once("error", reject)
		})
		child.unref()
		if (child.pid === undefined) throw new Error("invariant: a process that was started has an id")
		return child.pid
	} finally {
		closeSync(output)
	}
}

/** Whether the process lives and is ours: `mark` stands in its command line. A number alone may be another's by now. */
export function isOwn(pid: number, mark: string): boolean {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(mark) && !isDead(pid)
	} catch {
		return false
	}
}

function isDead(pid: number): boolean {
	return /^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"))
}

/** Ends it, and resolves when it is gone. */
export async function killOwn(pid: number, mark: string): Promise<void> {
	while (isOwn(pid, mark)) {
		try {
			process.kill(pid, "SIGKILL")
		} catch {
			// It has ended by itself.
		}
		await pause(20)
	}
}

/** The id in a file; undefined where there is none. */
export function readPid(path: string): number | undefined {
	try {
		const pid = Number(readFileSync(path, "utf8"))
		return Number.isInteger(pid) && pid > 1 ? pid : undefined
	} catch {
		return undefined
	}
}

/** That a process has used since it began; 0 where there is none. */
export function processorSeconds(pid: number | undefined): number {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
		// After the name, which may have any characters: the 14th and 15th of all fields.
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
		return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
	} catch {
		return 0
	}
}

/** Of Linux, towards programs, on every architecture. */
const TICKS_A_SECOND = 100
