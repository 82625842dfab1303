// Which start of this computer's system this is: what was running in another one runs no more.
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"

/** Empty where the system does not say it: then nothing is taken for a restart. */
export function bootId(): string {
	try {
		if (process.platform === "linux") return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
		// Such as "{ sec = 1763731200, usec = 0 } Fri Nov 21 14:40:00 2025".
		const said = execFileSync("/usr/sbin/sysctl", ["-n", "kern.boottime"], { encoding: "utf8" })
		return /sec = (\d+)/.exec(said)?.[1] ?? ""
	} catch {
		return ""
	}
}
