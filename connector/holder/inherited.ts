// Files that the holder was given open by whoever started it all: neither it nor its program has a use for them.
import { closeSync, readdirSync, readFileSync } from "node:fs"

/** Node closes in its children what it has opened itself, and hardly anything else. macOS closes everything. */
export function closeInherited(): void {
	if (process.platform !== "linux") return
	for (const name of readdirSync("/proc/self/fd")) if (Number(name) > 2 && isInherited(name)) closeSync(Number(name))
}

/** Whether a file stays open in children: none of Node's own does. */
function isInherited(name: string): boolean {
	try {
		const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, "utf8"))?.[1] ?? ""
		return (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0
	} catch {
		// What the directory was read with: it is closed by now.
		return false
	}
}

/** O_CLOEXEC of Linux. */
const CLOSE_ON_EXEC = 0o2000000
