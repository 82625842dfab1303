// The processes of a session: its program's terminal session, and those that left it but still carry the session's id.
import { readdirSync, readFileSync } from "node:fs"
import type { SessionId } from "../../protocol/ids.ts"

/** A process that is killed may just have started another; one that outruns so many looks is a flood, which no list ends. */
const LOOKS = 20

/**
 * Signals them all. What is to end is also found outside of the terminal session (after setsid, nohup or as a daemon), by the
 * variable that every program of a session is given; where the system does not list processes, only the leader's group is.
 */
export function signalSession(leader: number, session: SessionId, signal: NodeJS.Signals): void {
	for (const group of groups(leader)) signalProcess(-group, signal)
	if (!ENDING.has(signal)) return
	for (let look = 0; look < (signal === "SIGKILL" ? LOOKS : 1); look++) {
		const strays = carriers(session).filter((pid) => signal === "SIGKILL" || membership(pid).session !== leader)
		for (const pid of strays) signalProcess(pid, signal)
		if (strays.length === 0) return
	}
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal)
		// A stopped process takes the signal only when it goes on.
		if (signal === "SIGHUP" || signal === "SIGTERM") process.kill(pid, "SIGCONT")
	} catch {
		// It has ended since it was listed.
	}
}

/** The process groups of the leader's session; its own and no other where the system does not list them. */
function groups(leader: number): Set<number> {
	const groups = new Set([leader])
	for (const pid of listed()) {
		const { group, session } = membership(pid)
		if (session === leader && group !== undefined) groups.add(group)
	}
	return groups
}

/** Processes that have the session's variable. A zombie has none any more. */
function carriers(session: SessionId): number[] {
	const variable = `\0HOMEPORT_SESSION=${session}\0`
	return listed().filter((pid) => {
		if (pid === process.pid) return false
		try {
			return `\0${readFileSync(`/proc/${pid}/environ`, "latin1")}`.includes(variable)
		} catch {
			// Another person's, or it has ended.
			return false
		}
	})
}

function listed(): number[] {
	if (process.platform !== "linux") return []
	return readdirSync("/proc")
		.filter((entry) => /^\d+$/.test(entry))
		.map(Number)
}

function membership(pid: number): { group?: number; session?: number } {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
		// The name stands in parentheses and may hold anything; after it: state, parent, group, session.
		const [, , group, session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
		return { group: Number(group), session: Number(session) }
	} catch {
		return {}
	}
}

const ENDING = new Set<NodeJS.Signals>(["SIGHUP", "SIGTERM", "SIGKILL"])
