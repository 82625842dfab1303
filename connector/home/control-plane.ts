// The control plane of this computer: the Workers runtime over a configuration made here, with its state on local disk.
import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import type { DataFolder } from "../data-folder.ts"
import { Failure } from "../exit.ts"
import { typed } from "../invocation.ts"
import { writePrivate } from "../private-file.ts"
import { VERSION } from "../version.ts"
import { Child } from "./child.ts"
import type { Secrets } from "./secrets.ts"
import { signInSettings } from "./sign-in-settings.ts"

interface Options {
	folder: DataFolder
	secrets: Secrets
	/** The built Worker and console. */
	parts: { worker: string; web: string }
	host: string
	port: number
	started: (pid: number) => void
	died: (how: string) => void
}

/** Starts it; it may take a moment until it answers. */
export async function startControlPlane(options: Options): Promise<Child> {
	const { folder, host, port } = options
	const config = configPath(folder)
	await writePrivate(config, configuration(options))
	const storage = ["do", "d1"].map((kind) => {
		const path = join(folder.home, "state", kind)
		mkdirSync(path, { recursive: true, mode: 0o700 })
		return `--directory-path=${NAME}-${kind}-storage=${path}`
	})
	return new Child({
		program: runtimePath(),
		arguments: ["serve", "--experimental", config, `--socket-addr=http=${address(host)}:${port}`, ...storage],
		log: join(folder.logs, "control-plane.log"),
		channel: false,
		isPrivate: true,
		started: options.started,
		died: options.died,
	})
}

/** Waits until the control plane answers. */
export async function untilHealthy(url: string, signal: AbortSignal): Promise<void> {
	for (;;) {
		const healthy = await fetch(`${url}/api/health`, { signal }).then(
			(response) => response.ok,
			() => false,
		)
		if (healthy) return
		signal.throwIfAborted()
		await wait(RETRY_MS, undefined, { signal })
	}
}

/** Ends a control plane that outlived the `homeport up` that started it. Nothing is lost: its state is on disk. */
export async function endLeftover(folder: DataFolder, pid: number): Promise<void> {
	// The number may belong to another process by now; only its command line tells.
	if (!commandLine(pid).includes(configPath(folder))) return
	process.kill(pid, "SIGKILL")
	// It loses its command line first, and gives its port back at the end.
	for (const end = Date.now() + ENDING_MS; isAlive(pid) && Date.now() < end; ) await wait(RETRY_MS)
}

const NAME = "homeport"
const RETRY_MS = 20
/** A killed process with much memory takes a moment on a busy computer. */
const ENDING_MS = 10_000

function configPath(folder: DataFolder): string {
	return join(folder.home, "wrangler.json")
}

/** The same bindings as wrangler.toml has, with what a home on one machine needs. */
function configuration({ parts, secrets }: Options) {
	return {
		name: NAME,
		main: parts.worker,
		no_bundle: true,
		compatibility_date: "2026-10-01",
		vars: {
			AUTH_SECRET: secrets.authSecret,
			SIGN_IN_KEY: secrets.signInKey,
			SECRET_KEYS: JSON.stringify(secrets.secretKeys),
			PUSH_KEY: secrets.pushKey,
			...signInSettings(process.env),
			VERSION,
			SELF_MIGRATE: "1",
		},
		durable_objects: {
			bindings: [
				{ name: "MACHINE", class_name: "MachineObject" },
				{ name: "WORKSPACE", class_name: "WorkspaceObject" },
			],
		},
		migrations: [{ tag: "v1", new_sqlite_classes: ["MachineObject", "WorkspaceObject"] }],
		d1_databases: [{ binding: "DB", database_name: NAME, database_id: NAME }],
		assets: {
			directory: parts.web,
			binding: "ASSETS",
			not_found_handling: "single-page-application",
			run_worker_first: ["/api/*", "/install"],
		},
	}
}

function runtimePath(): string {
	try {
		return createRequire(import.meta.url).resolve("workerd/bin/workerd")
	} catch {
		throw new Failure(
			"not_started",
			`The Workers runtime is not installed here: a home runs from a clone, with \`npm start\`. To add this machine to a home elsewhere: ${typed("connect", "URL", "--code", "CODE")}`,
		)
	}
}

function address(host: string): string {
	return host.includes(":") ? `[${host}]` : host
}

function commandLine(pid: number): string {
	try {
		if (process.platform === "linux") return readFileSync(`/proc/${pid}/cmdline`, "utf8")
		return execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" })
	} catch {
		// There is no such process.
		return ""
	}
}

/** One that has ended with all its threads, and waits for somebody to be told, is not. */
function isAlive(pid: number): boolean {
	try {
		if (process.platform !== "linux")
			return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).startsWith("Z")
		// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: from the third field on, behind the program's name.
		const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")
		return fields?.[0] !== "Z" || Number(fields[17]) > 1
	} catch {
		return false
	}
}
