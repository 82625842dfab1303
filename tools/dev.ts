// `npm run dev`: a home that follows the sources. A save of worker or connector starts it anew, in about a second, under
// sessions that go on; a save of the console is in the browser at once.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { type BuildOptions, context } from "esbuild"
import { createServer } from "vite"
import { build } from "./build.ts"
import { connectorOptions, workerOptions } from "./bundles.ts"
import { ROOT } from "./root.ts"

const HOME_PORT = "7410"
const CONSOLE_PORT = 7411
const FOLDER = join(ROOT, "node_modules/.cache/homeport/dev")

async function main(): Promise<void> {
	await build(["worker", "connector", "console", "api"], console.error)
	const home = new Home()
	for (const options of [workerOptions(), ...connectorOptions()]) await watch(options, () => home.restart())
	process.env.HOMEPORT_URL = `http://127.0.0.1:${HOME_PORT}`
	const vite = await createServer({
		configFile: join(ROOT, "web/vite.config.ts"),
		server: { host: "127.0.0.1", port: CONSOLE_PORT, strictPort: true },
	})
	await vite.listen()
	for (const signal of ["SIGINT", "SIGTERM"] as const)
		process.once(signal, async () => {
			await Promise.all([home.stop(), vite.close()])
			process.exit()
		})
	home.restart()
}

/** Bundles again after each save; `changed` is told of each bundle but the first, which is built already. */
async function watch(options: BuildOptions, changed: () => void): Promise<void> {
	let isFirst = true
	const tell = {
		name: "tell",
		setup(build: { onEnd(then: (result: { errors: unknown[] }) => void): void }) {
			build.onEnd(({ errors }) => {
				if (!isFirst && errors.length === 0) changed()
				isFirst = false
			})
		},
	}
	await (await context({ ...options, plugins: [...(options.plugins ?? []), tell] })).watch()
}

/** The home that runs now. Restarts that are asked for while one is under way become one more. */
class Home {
	#process: ChildProcess | undefined
	#work: Promise<void> | undefined
	#isWanted = false

	restart(): void {
		this.#isWanted = true
		this.#work ??= this.#run()
	}

	async stop(): Promise<void> {
		const child = this.#process
		this.#process = undefined
		if (child === undefined || child.exitCode !== null) return
		child.kill("SIGTERM")
		await once(child, "exit")
	}

	async #run(): Promise<void> {
		while (this.#isWanted) {
			this.#isWanted = false
			await this.stop()
			await this.#start()
		}
		this.#work = undefined
	}

	async #start(): Promise<void> {
		const args = ["dist/connector/homeport.js", "up", "--json", "--port", HOME_PORT, "--data-dir", FOLDER]
		const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"], detached: true })
		this.#process = child
		const lines = createInterface({ input: child.stdout })
		const [line] = (await Promise.race([once(lines, "line"), once(child, "exit")])) as [unknown]
		if (typeof line !== "string") return
		const { signInUrl } = JSON.parse(line) as { signInUrl: string }
		const signIn = `http://127.0.0.1:${CONSOLE_PORT}/sign-in${new URL(signInUrl).hash}`
		console.error(`\nConsole with live reload: ${signIn}\nFor the command: HOMEPORT_DATA_DIR=${FOLDER}`)
	}
}

await main()
