// How long a home takes to start over a data folder that it has used before.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { processesOver, startHome } from "../support/home.ts"
import { median } from "./statistics.ts"

/** Seconds from the command until it prints the address of a home whose machine is linked. */
export async function warmStart(times: number): Promise<{ warm_s: number; first_s: number }> {
	const dataDir = mkdtempSync(join(tmpdir(), "homeport-start-"))
	const samples: number[] = []
	try {
		for (let time = 0; time <= times; time++) {
			const startedAt = performance.now()
			const home = await startHome({ dataDir })
			samples.push((performance.now() - startedAt) / 1_000)
			await home.halt()
		}
	} finally {
		for (const pid of processesOver(dataDir)) process.kill(pid, "SIGKILL")
		rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
	}
	const [first = Number.NaN, ...warm] = samples
	return { warm_s: median(warm), first_s: first }
}
