// The terminal of the session that this process runs in: what is written there reaches the session's holder.
import { execFileSync } from "node:child_process"
import { closeSync, openSync, writeSync } from "node:fs"

/** Writes it all to the terminal of this process, or of the nearest one that called it; false where none has one. */
export function writeToOwnTerminal(text: string): boolean {
	return ["/dev/tty", ...terminalsOfCallers()].some((path) => write(path, text))
}

function write(path: string, text: string): boolean {
	try {
		const terminal = openSync(path, "w")
		try {
			const bytes = Buffer.from(text)
			for (let written = 0; written < bytes.length; ) written += writeSync(terminal, bytes, written)
			return true
		} finally {
			closeSync(terminal)
		}
	} catch {
		// No terminal of this process: agents start their tools without one.
		return false
	}
}

/** More callers than that are between no agent and its tool. */
const CALLERS = 16

function* terminalsOfCallers(): Generator<string> {
	let pid = process.ppid
	for (let step = 0; step < CALLERS && pid > 1; step++) {
		let said: string
		try {
			said = execFileSync("ps", ["-o", "ppid=,tty=", "-p", String(pid)], {
				encoding: "utf8",
				stdio: ["ignore", "pipe", "ignore"],
			})
		} catch {
			return
		}
		const [parent = "", terminal = ""] = said.trim().split(/\s+/)
		if (/^(pts\/\d+|tty\w+)$/.test(terminal)) yield `/dev/${terminal}`
		pid = Number(parent)
	}
}
