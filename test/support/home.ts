// A real home for tests: `homeport up` over a folder of its own, on a free port.
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { type Client, client } from "../../protocol/client.ts"
import type { MachineId } from "../../protocol/ids.ts"
import type { Substrate } from "../../protocol/substrate.ts"

const ROOT = join(import.meta.dirname, "../..")
export const NODE = join(ROOT, "node_modules/.bin/node")
export const HOMEPORT = join(ROOT, "dist/connector/homeport.js")

interface Options {
	/** Kept by `stop`; without it there is a new one, which `stop` removes. */
	dataDir?: string
	/** The same as before, for a home that starts again; else any free one. */
	port?: number
	/** Added to the environment of control plane and connector. */
	environment?: Record<string, string>
	/** What sessions run in that do not say so; null for what is best here. */
	substrate?: Substrate | null
}

export interface Home {
	url: string
	signInUrl: string
	token: string
	dataDir: string
	/** This computer as a machine of the home. */
	machine: { id: MachineId; name: string }
	pids: { up: number; controlPlane: number; connector: number }
	call: Client
	/** What `up` has said on standard error so far. */
	said(): string
	/** Ends control plane and connector as Ctrl-C does; sessions go on. Answers with the exit code. */
	halt(): Promise<number | null>
	/** Ends everything, sessions too, and removes a folder that was made for this home. */
	stop(): Promise<void>
}

/** Starts a home and waits until its machine is linked. */
export async function startHome({
	dataDir,
	port = 0,
	environment = {},
	substrate = "host",
}: Options = {}): Promise<Home> {
	const folder = dataDir ?? mkdtempSync(join(tmpdir(), "homeport-test-"))
	mkdirSync(folder, { recursive: true, mode: 0o700 })
	const settings = join(folder, "settings.json")
	if (!existsSync(settings)) writeFileSync(settings, JSON.stringify({ substrate }), { mode: 0o600 })
	const args = [HOMEPORT, "up", "--json", "--no-open", "--port", String(port), "--data-dir", folder]
	const up = spawn(NODE, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } })
	const over = new Promise<number | null>((resolve) => up.once("exit", (code) => resolve(code)))
	let errors = ""
	up.stderr.on("data", (data: Buffer) => {
		errors += data.toString()
	})
	const lines = createInterface({ input: up.stdout })
	const first: unknown = await Promise.race([once(lines, "line").then(([line]) => line), over])
	if (typeof first !== "string") throw new Error(`homeport up ended with ${first}: ${errors}`)
	const ready = JSON.parse(first) as Pick<Home, "url" | "signInUrl" | "token" | "machine"> & {
		linked: boolean
		pids: { controlPlane: number; connector: number }
	}
	const { url, token, linked, pids } = ready
	const halt = () => {
		up.kill("SIGTERM")
		return over
	}
	const stop = async () => {
		await halt()
		for (const pid of processesOver(folder)) process.kill(pid, "SIGKILL")
		if (dataDir === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
	}
	if (!linked) {
		await stop()
		throw new Error(`homeport up is not linked: ${errors}`)
	}
	return {
		...ready,
		dataDir: folder,
		pids: { up: up.pid ?? 0, ...pids },
		call: client((path, init) =>
			fetch(url + path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } }),
		),
		said: () => errors,
		halt,
		stop,
	}
}

/** Processes whose command line names the folder: holders, and whatever else was left running over it. */
export function processesOver(folder: string): number[] {
	const listed = execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" })
	return listed
		.split("\n")
		.filter((line) => line.includes(folder))
		.map((line) => Number.parseInt(line, 10))
		.filter((pid) => pid !== process.pid)
}
