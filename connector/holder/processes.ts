// The processes of a session: everything that descends from its program's terminal session, also in the background.
import { readdirSync, readFileSync } from "node:fs"

/** Signals them all. A process that has left for a session of its own is not reached. */
export function signalSession(leader: number, signal: NodeJS.Signals): void {
	for (const pid of new Set([...members(leader), leader])) {
		try {
			process.kill(pid, signal)
		} catch {
			// It has ended since it was listed.
		}
	}
}

/** Processes whose session is the leader's; only the leader's own group where the system does not list them. */
function members(leader: number): number[] {
	if (process.platform !== "linux") return [-leader]
	return readdirSync("/proc").flatMap((name) =>
		/^\d+$/.test(name) && sessionOf(name) === leader ? [Number(name)] : [],
	)
}

function sessionOf(pid: string): number | undefined {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
		// The name stands in parentheses and may hold anything; after it: state, parent, group, session.
		return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3])
	} catch {
		return undefined
	}
}
