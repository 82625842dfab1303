// Limits for a person without rights over control groups, by the systemd that runs the person's own services.
import type { Limits } from "../../../protocol/substrate.ts"

/** The command before a command that starts it in a scope of its own; `extra`: processes of ours in it. */
export function scopeCommand(program: string, { memory, cpus, processes }: Limits, extra: number): string[] {
	const properties = [
		memory !== undefined && [`MemoryMax=${memory}`, "MemorySwapMax=0"],
		cpus !== undefined && [`CPUQuota=${Math.round(cpus * 100)}%`],
		processes !== undefined && [`TasksMax=${processes + extra}`],
	].flatMap((each) => each || [])
	if (properties.length === 0) return []
	const options = ["--user", "--scope", "--quiet", "--collect", "--same-dir"]
	return [program, ...options, ...properties.flatMap((property) => ["-p", property]), "--"]
}
