// How long a home takes to start over a data folder that it has used before, and a command to run.
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { HOMEPORT, NODE, processesOver, startHome } from "../support/home.ts"
import { median } from "./statistics.ts"

/** Seconds from the command until it prints the address of a home whose machine is linked. */
export async function warmStart(times: number): Promise<{ warm_s: number; first_s: number } & Command> {
	const dataDir = mkdtempSync(join(tmpdir(), "homeport-start-"))
	const samples: number[] = []
	let command: Command = { command_ratio: Number.NaN, command_ms: Number.NaN, node_ms: Number.NaN }
	try {
		for (let time = 0; time <= times; time++) {
			const startedAt = performance.now()
			const home = await startHome({ dataDir })
			samples.push((performance.now() - startedAt) / 1_000)
			if (time === times) command = listing(dataDir)
			await home.halt()
		}
	} finally {
		for (const pid of processesOver(dataDir)) process.kill(pid, "SIGKILL")
		rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
	}
	const [first = Number.NaN, ...warm] = samples
	return { warm_s: median(warm), first_s: first, ...command }
}

interface Command {
	/** `homeport ls` to a Node that does nothing. */
	command_ratio: number
	command_ms: number
	node_ms: number
}

/** In turns, from the start of the process to its end. */
function listing(dataDir: string): Command {
	const commands: number[] = []
	const nothing: number[] = []
	for (let round = 0; round < 10; round++) {
		commands.push(milliseconds([HOMEPORT, "ls", "--data-dir", dataDir]))
		nothing.push(milliseconds(["-e", "0"]))
	}
	const [command_ms, node_ms] = [median(commands), median(nothing)]
	return { command_ratio: command_ms / node_ms, command_ms, node_ms }
}

function milliseconds(args: string[]): number {
	const startedAt = performance.now()
	const { status, stderr } = spawnSync(NODE, args, { encoding: "utf8" })
	if (status !== 0) throw new Error(stderr)
	return performance.now() - startedAt
}
