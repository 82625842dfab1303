// A profile of Seatbelt, which makes sandboxes on macOS: from paths to its language, nothing else. The last rule that
// matches counts, and what no rule allows is refused.
import type { Network } from "../../../protocol/substrate.ts"

export interface SeatbeltFacts {
	/** Written and read: the working directory, the private home and /tmp. */
	writable: string[]
	/** Read only: the runtime's program, and what a profile adds. */
	readable: string[]
	/** Neither, wherever they are. */
	hidden: string[]
	network: Exclude<Network["is"], "allow-list">
}

/** Paths are resolved. */
export function seatbeltProfile({ writable, readable, hidden, network }: SeatbeltFacts): string {
	const paths = (kind: string, all: string[]) => all.map((path) => `(${kind} ${quoted(path)})`).join(" ")
	const above = [...new Set([...writable, ...readable].flatMap(ancestors))]
	return [
		"(version 1)",
		"(deny default)",
		'(import "system.sb")',
		"(allow process-fork process-exec)",
		"(allow process-info* signal (target same-sandbox))",
		"(allow sysctl-read)",
		'(allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo") (global-name "com.apple.trustd.agent"))',
		"(allow pseudo-tty)",
		`(allow file-read* file-write* file-ioctl (literal "/dev/tty") (literal "/dev/ptmx") (regex #"^/dev/ttys[0-9]+$"))`,
		`(allow file-read* file-write-data ${paths("literal", ["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"])})`,
		`(allow file-read* (literal "/") ${paths("subpath", SYSTEM)})`,
		`(deny file-read* file-write* ${paths("subpath", [...KEYCHAINS, ...hidden])})`,
		...(above.length === 0 ? [] : [`(allow file-read-metadata ${paths("literal", above)})`]),
		...(readable.length === 0 ? [] : [`(allow file-read* ${paths("subpath", readable)})`]),
		...(writable.length === 0 ? [] : [`(allow file-read* file-write* ${paths("subpath", writable)})`]),
		...(network === "full" ? ["(allow network* system-socket)"] : []),
		"",
	].join("\n")
}

const SYSTEM = [
	...["/usr", "/bin", "/sbin", "/opt", "/System", "/Library", "/Applications/Xcode.app", "/private/etc"],
	...["/private/var/db/timezone", "/private/var/db/dyld", "/private/var/select", "/private/var/run/resolv.conf"],
]
const KEYCHAINS = ["/Library/Keychains", "/private/etc/ssh", "/private/etc/master.passwd"]

function ancestors(path: string): string[] {
	const parts = path.split("/").slice(1, -1)
	return parts.map((_part, index) => `/${parts.slice(0, index + 1).join("/")}`)
}

/** A string of its language, in which a path says nothing but itself. */
function quoted(path: string): string {
	return `"${path.replace(/[\\"]/g, "\\$&")}"`
}
