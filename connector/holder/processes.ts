// The processes of a session: everything that belongs to its program's terminal session, also in the background.
import { readdirSync, readFileSync } from "node:fs"

/** Signals them all. A process that has left for a session of its own is not reached. */
export function signalSession(leader: number, signal: NodeJS.Signals): void {
	for (const group of groups(leader)) {
		send(-group, signal)
		// A stopped process takes the signal only when it goes on.
		if (signal === "SIGHUP" || signal === "SIGTERM") send(-group, "SIGCONT")
	}
}

function send(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal)
	} catch {
		// It has ended since it was listed.
	}
}

/** The process groups of the leader's session; its own and no other where the system does not list them. */
function groups(leader: number): Set<number> {
	const groups = new Set([leader])
	if (process.platform !== "linux") return groups
	for (const entry of readdirSync("/proc")) {
		if (!/^\d+$/.test(entry)) continue
		const { group, session } = membership(entry)
		if (session === leader && group !== undefined) groups.add(group)
	}
	return groups
}

function membership(pid: string): { group?: number; session?: number } {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
		// The name stands in parentheses and may hold anything; after it: state, parent, group, session.
		const [, , group, session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
		return { group: Number(group), session: Number(session) }
	} catch {
		return {}
	}
}
