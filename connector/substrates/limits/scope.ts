// Limits for a person without rights over control groups, by the systemd that runs the person's own services.
import { existsSync } from "node:fs"
import { join } from "node:path"
import type { Limits } from "../../../protocol/substrate.ts"

/** By `own`, the person's variables. `extra`: processes of ours in the scope. Null where no such systemd is in reach. */
export function scopeCommand(
	program: string | null,
	own: Record<string, string>,
	{ memory, cpus, processes }: Limits,
	extra: number,
): string[] | null {
	const runtime = own.XDG_RUNTIME_DIR
	if (program === null || runtime === undefined || !existsSync(join(runtime, "bus"))) return null
	const properties = [
		memory !== undefined && [`MemoryMax=${memory}`, "MemorySwapMax=0"],
		cpus !== undefined && [`CPUQuota=${Math.round(cpus * 100)}%`],
		processes !== undefined && [`TasksMax=${processes + extra}`],
	].flatMap((each) => each || [])
	const options = ["--user", "--scope", "--quiet", "--collect", "--same-dir"]
	return properties.length === 0
		? []
		: [program, ...options, ...properties.flatMap((property) => ["-p", property]), "--"]
}
