// A worker of ours in the bare Workers runtime: bundled, configured and started, as the local home does it.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { build } from "esbuild"
import { workerOptions } from "../../tools/bundles.ts"

const ROOT = join(import.meta.dirname, "../..")

interface Options {
	/** The worker's source, from the top of the tree. */
	source: string
	objects: { binding: string; className: string }[]
	vars?: Record<string, string>
	database?: boolean
}

export interface Runtime {
	url: string
	pid: number
	stop(): Promise<void>
}

export async function startRuntime({ source, objects, vars = {}, database = false }: Options): Promise<Runtime> {
	const folder = mkdtempSync(join(tmpdir(), "homeport-bench-"))
	await build({
		...workerOptions(),
		absWorkingDir: ROOT,
		entryPoints: { worker: source },
		outdir: folder,
	})
	const config = {
		name: "bench",
		main: join(folder, "worker.js"),
		no_bundle: true,
		compatibility_date: "2026-10-01",
		vars,
		durable_objects: { bindings: objects.map(({ binding, className }) => ({ name: binding, class_name: className })) },
		migrations: [{ tag: "v1", new_sqlite_classes: objects.map(({ className }) => className) }],
		...(database ? { d1_databases: [{ binding: "DB", database_name: "bench", database_id: "bench" }] } : {}),
	}
	writeFileSync(join(folder, "wrangler.json"), JSON.stringify(config))
	const storage = ["do", ...(database ? ["d1"] : [])].map((kind) => {
		mkdirSync(join(folder, kind))
		return `--directory-path=bench-${kind}-storage=${join(folder, kind)}`
	})
	const port = await freePort()
	const program = createRequire(import.meta.url).resolve("workerd/bin/workerd")
	const args = ["serve", "--experimental", join(folder, "wrangler.json"), `--socket-addr=http=127.0.0.1:${port}`]
	const child = spawn(program, [...args, ...storage], { stdio: ["ignore", "ignore", "pipe"] })
	let errors = ""
	child.stderr.on("data", (data: Buffer) => {
		errors += data.toString()
	})
	const url = `http://127.0.0.1:${port}`
	await untilListening(url, child, () => errors)
	return {
		url,
		pid: child.pid ?? 0,
		async stop() {
			const over = once(child, "exit")
			child.kill("SIGKILL")
			await over
			rmSync(folder, { recursive: true, force: true })
		},
	}
}

async function untilListening(url: string, child: ChildProcess, errors: () => string): Promise<void> {
	for (;;) {
		if (child.exitCode !== null) throw new Error(`the runtime ended: ${errors()}`)
		if (
			await fetch(url).then(
				() => true,
				() => false,
			)
		)
			return
		await wait(20)
	}
}

export function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const probe = createServer()
		probe.listen(0, "127.0.0.1", () => {
			const address = probe.address()
			probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
		})
	})
}
