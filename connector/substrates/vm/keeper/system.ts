// A QEMU that runs: started or taken over, and commanded by its monitor until it ends.
import { readFile, rm, writeFile } from "node:fs/promises"
import { setTimeout as pause } from "node:timers/promises"
import type { Vm } from "../../../../protocol/vm.ts"
import { initBinary } from "../../init/init.ts"
import type { BuiltImage } from "../images.ts"
import { forwardTo, inNamespace, isJoined, joinNetwork } from "../network.ts"
import { isOwn, killOwn, processorSeconds, readPid, startOwn } from "../own-process.ts"
import { INNER_SSH, NETWORK, QEMU, qemuArguments } from "../qemu.ts"
import { Qmp, type QmpEvent } from "../qmp.ts"
import type { Made, VmPaths } from "../record.ts"
import { consoleBytes, keepConsole, panicSaid } from "./console.ts"

/** A guest that shut down, or an end that nobody asked for. */
export type SystemEnd = { is: "shut-down" } | { is: "crashed"; reason: string }

interface Options {
	made: Made
	paths: VmPaths
	/** The guest has reset itself. */
	reset: () => void
	/** QEMU has paused it, since its disk cannot be written. */
	stalled: (reason: string) => void
}

/** It died before it could be commanded. */
export class Crashed extends Error {
	override readonly name = "Crashed"
}

/** From its start to its monitor. */
const MONITOR_MS = 15_000
const QUIT_MS = 5_000
const JOB_MS = 10 * 60_000

export class System {
	/** Once nothing of it runs any more. */
	readonly ended: Promise<SystemEnd>
	readonly #made: Made
	readonly #paths: VmPaths
	readonly #options: Options
	#qmp: Qmp | null = null
	#end: SystemEnd | null = null
	/** How much its console had said when it last began. */
	#console: number
	#tellEnded: (end: SystemEnd) => void = () => {}

	private constructor(options: Options) {
		this.#options = options
		this.#made = options.made
		this.#paths = options.paths
		this.#console = consoleBytes(options.paths.serial)
		this.ended = new Promise((resolve) => {
			this.#tellEnded = resolve
		})
	}

	/** Starts it; it stands still until `run`. Throws with QEMU's own words where it does not start. */
	static async start(options: Options, image: BuiltImage, by: Vm["by"]): Promise<System> {
		const { made, paths } = options
		for (const path of [paths.qmpSocket, paths.serialSocket, paths.process, paths.log]) await rm(path, { force: true })
		const words = [QEMU, ...qemuArguments({ made, paths, image, by, connect: initBinary() })]
		const prefix = made.network.is === "full" ? await inNamespace(paths.folder) : []
		const [program = "", ...args] = [...prefix, ...words]
		const pid = await startOwn(program, args, paths.log)
		const until = Date.now() + MONITOR_MS
		while (isOwn(pid, paths.qmpSocket) && Date.now() < until) {
			const system = await System.adopt(options)
			if (system !== undefined) return system
			await pause(50)
		}
		await killOwn(pid, paths.qmpSocket)
		const said = (await readFile(paths.log, "utf8").catch(() => "")).trim().split("\n").at(-1)
		// Whoever refuses says why; what says nothing was killed.
		if (said === undefined || said === "") throw new Crashed("QEMU died as it started.")
		throw new Error(`QEMU did not start. It says: ${said}`)
	}

	/** Takes over one that runs; undefined where none does. */
	static async adopt(options: Options): Promise<System | undefined> {
		const system = new System(options)
		const qmp = await Qmp.connect(options.paths.qmpSocket, (event) => system.#heard(event))
		if (qmp === undefined) return undefined
		system.#qmp = qmp
		void qmp.closed.then(() => system.#closed())
		keepConsole(options.paths.serialSocket, options.paths.serial)
		const status = await system.status()
		if (status === "shutdown") system.#finish({ is: "shut-down" })
		if (status === "guest-panicked") system.crash(panicked(panicSaid(options.paths.serial, 0)))
		return system
	}

	/** In QEMU's words: running, paused, prelaunch, shutdown, io-error, … */
	async status(): Promise<string> {
		return ((await this.#run("query-status")) as { status: string }).status
	}

	/** Of processor time that its process has used; none where it has just ended. */
	processorSeconds(): number {
		return processorSeconds(readPid(this.#paths.process))
	}

	async run(): Promise<void> {
		await this.#run("cont")
		await this.#mustBe("running")
	}

	async pause(): Promise<void> {
		await this.#run("stop")
		await this.#mustBe("paused")
	}

	/** Asks the guest to shut down; whether it does is its own affair. */
	async powerDown(): Promise<void> {
		await this.#run("system_powerdown")
	}

	/** As if the power were cut. Resolves when nothing of it runs. */
	async kill(): Promise<void> {
		this.#finish({ is: "shut-down" })
		await Promise.race([this.ended, pause(QUIT_MS)])
		await endProcesses(this.#paths)
		await this.ended
	}

	/** It is of no use any more. */
	crash(reason: string): void {
		this.#finish({ is: "crashed", reason })
	}

	/** Disks and memory, as of one moment. Throws with QEMU's words. */
	async snapshot(deed: "save" | "load" | "delete", tag: string): Promise<void> {
		const job = `${deed}-${Date.now()}`
		const memory = deed === "delete" ? {} : { vmstate: "system" }
		await this.#run(`snapshot-${deed}`, { "job-id": job, tag, ...memory, devices: ["system", "home"] })
		const until = Date.now() + JOB_MS
		for (;;) {
			const jobs = (await this.#run("query-jobs")) as { id: string; status: string; error?: string }[]
			const found = jobs.find(({ id }) => id === job)
			if (found === undefined) throw new Error("invariant: a job stays until it is dismissed")
			if (found.status === "concluded") {
				await this.#run("job-dismiss", { id: job })
				if (found.error !== undefined) throw new Error(found.error)
				return
			}
			if (Date.now() > until) throw new Error("QEMU does not finish it.")
			await pause(50)
		}
	}

	/** Joins it to the network where it has all of it; again after whoever did so has died. */
	async joinNetwork(): Promise<void> {
		const { networkSocket, process, log, folder } = this.#paths
		if (this.#made.network.is !== "full" || (await isJoined(networkSocket))) return
		const pid = readPid(process)
		if (pid === undefined) throw new Error("QEMU has no process id.")
		const joiner = await joinNetwork(pid, networkSocket, log)
		await writeFile(`${folder}/${JOINER}`, String(joiner), { mode: 0o600 })
	}

	/** A port of 127.0.0.1 of this machine that leads to this one of the guest. */
	async forward(port: number, wanted?: number): Promise<number> {
		const { networkSocket } = this.#paths
		if (this.#made.network.is === "full") {
			// Its SSH was forwarded on its command line; for the others QEMU chooses a port of its namespace.
			const inner = port === 22 ? INNER_SSH : await this.#forwardHere(port, "")
			return forwardTo(networkSocket, inner, wanted)
		}
		if (port === 22) return this.#forwarded(22)
		// The port that it had may be another program's by now.
		if (wanted !== undefined)
			return this.#forwardHere(port, "127.0.0.1", wanted).catch(() => this.#forwardHere(port, "127.0.0.1"))
		return this.#forwardHere(port, "127.0.0.1")
	}

	async #forwardHere(port: number, address: string, wanted = 0): Promise<number> {
		const said = await this.#monitor(`hostfwd_add ${NETWORK} tcp:${address}:${wanted}-:${port}`)
		if (said.trim() !== "") throw new Error(said.trim())
		return this.#forwarded(port)
	}

	/** Where QEMU listens for this port of the guest, as it says itself. */
	async #forwarded(port: number): Promise<number> {
		const rows = [
			...(await this.#monitor("info usernet")).matchAll(/HOST_FORWARD\]\s+\d+\s+\S+\s+(\d+)\s+\S+\s+(\d+)/g),
		]
		const found = rows.find(([, , inner]) => Number(inner) === port)?.[1]
		if (found === undefined) throw new Error(`QEMU forwards no port ${port}.`)
		return Number(found)
	}

	async #monitor(line: string): Promise<string> {
		return String(await this.#run("human-monitor-command", { "command-line": line }))
	}

	#run(command: string, given?: Record<string, unknown>): Promise<unknown> {
		if (this.#qmp === null) throw new Error("invariant: a system has its monitor")
		return this.#qmp.run(command, given)
	}

	/** Reads back what was asked for. */
	async #mustBe(wanted: string): Promise<void> {
		const status = await this.status()
		if (status !== wanted) throw new Error(`QEMU says that it is ${status}, not ${wanted}.`)
	}

	#heard({ event, data }: QmpEvent): void {
		switch (event) {
			case "SHUTDOWN":
				return this.#finish({ is: "shut-down" })
			case "GUEST_PANICKED":
				return this.crash(panicked(panicSaid(this.#paths.serial, this.#console)))
			case "RESET":
				return data.guest === true ? this.#reset() : undefined
			case "BLOCK_IO_ERROR":
				return this.#options.stalled(
					data.nospace === true ? "The disk of its machine is full." : `Its disk fails: ${String(data.reason)}.`,
				)
		}
	}

	/** A kernel that has no word with QEMU panics on its console only, and then resets. */
	#reset(): void {
		const panic = panicSaid(this.#paths.serial, this.#console)
		this.#console = consoleBytes(this.#paths.serial)
		if (panic === undefined) this.#options.reset()
		else this.crash(panicked(panic))
	}

	/** The first reason is the true one. */
	#finish(end: SystemEnd): void {
		if (this.#end !== null) return
		this.#end = end
		this.#qmp?.run("quit").catch(() => {})
	}

	async #closed(): Promise<void> {
		await endProcesses(this.#paths)
		const said = (await readFile(this.#paths.log, "utf8").catch(() => "")).trim().split("\n").at(-1)
		this.#tellEnded(this.#end ?? { is: "crashed", reason: `QEMU died. ${said ?? ""}`.trim() })
	}
}

/** Ends whatever of a VM runs, also where its monitor does not answer. */
export async function endProcesses(paths: VmPaths): Promise<void> {
	const qemu = readPid(paths.process)
	if (qemu !== undefined) await killOwn(qemu, paths.qmpSocket)
	const joiner = readPid(`${paths.folder}/${JOINER}`)
	if (joiner !== undefined) await killOwn(joiner, paths.networkSocket)
}

function panicked(said = ""): string {
	return said === "" ? "Its kernel panicked." : `Its kernel panicked: ${said}.`
}

const JOINER = "network.pid"
