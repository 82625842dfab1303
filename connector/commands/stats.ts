// `homeport stats`: what machines have, and what of it is used now.
import { setTimeout as wait } from "node:timers/promises"
import { bytes, style, table } from "../output.ts"
import { action, verb } from "../verb.ts"
import { usageOf } from "./ps.ts"

interface Options {
	machine?: string
	watch?: boolean
}

const WATCH_MS = 2_000

export function stats() {
	return verb("stats", {
		summary: "load, memory and disk of machines, and how many sessions run",
		examples: [
			["homeport stats", "all machines that are linked"],
			["homeport stats --watch", "again every two seconds"],
		],
	})
		.option("--machine <name>", "only this one")
		.option("--watch", "again and again, until Ctrl-C")
		.action(
			action<[], Options>(async ({ out, signIn }, { machine: wanted, watch = false }) => {
				const { call } = await signIn()
				do {
					const machines = (await usageOf(call, wanted)).map(({ machine, usage }) => ({
						machine: machine.id,
						name: machine.name,
						running: usage.sessions.length,
						...usage.machine,
					}))
					if (watch && !out.json) process.stdout.write("\x1b[H\x1b[2J")
					out.result({ machines }, () =>
						machines.length === 0
							? "No machine is linked."
							: table(
									HEAD,
									machines.map(({ name, running, load, cpus, memory, disk }) => [
										style("bold", name),
										String(running),
										`${load.toFixed(1)} of ${cpus}`,
										`${bytes(memory.free)} of ${bytes(memory.total)}`,
										`${bytes(disk.free)} of ${bytes(disk.total)}`,
									]),
								),
					)
					if (watch) await wait(WATCH_MS)
				} while (watch)
			}),
		)
}

const HEAD = ["MACHINE", "SESSIONS", "LOAD", "MEMORY FREE", "DISK FREE"]
