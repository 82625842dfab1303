// Builds what is missing or stale into dist/: worker, connector, console, API description, and what /install hands out.
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import {
	copyFileSync,
	existsSync,
	globSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs"
import { basename, dirname, join } from "node:path"
import { promisify } from "node:util"
import { CONNECTOR, listedFiles, writeManifest } from "./connector-manifest.ts"
import { ROOT } from "./root.ts"

const run = promisify(execFile)

interface Part {
	/** What it is made from: the part is stale when any of these files is new, gone or changed. */
	sources: string[]
	/** Without this file the part is missing. */
	output: string
	build: () => Promise<void>
}

/** In order: a part may be made from an earlier one's output. */
const PARTS: Record<string, Part> = {
	worker: {
		sources: ["protocol/**", "migrations/**", "durable-objects/**", "worker/**"],
		output: "dist/worker/index.js",
		build: async () => {
			const { bundle, workerOptions } = await import("./bundles.ts")
			await bundle(workerOptions())
		},
	},
	connector: {
		sources: ["protocol/**", "connector/**"],
		output: "dist/connector/homeport.js",
		build: async () => {
			const { bundle, connectorOptions } = await import("./bundles.ts")
			const before = listedFiles()
			const files = (await Promise.all(connectorOptions().map(bundle))).flat()
			for (const file of globSync("connector/substrates/init/init-linux-{x64,arm64}", { cwd: ROOT })) {
				const output = join(CONNECTOR, basename(file))
				// A program that runs cannot be written over, only replaced.
				copyFileSync(join(ROOT, file), `${output}.new`)
				renameSync(`${output}.new`, output)
				files.push(basename(file))
			}
			writeManifest(files)
			// What was built before may still run, and have more to load; anything older goes.
			for (const file of readdirSync(CONNECTOR))
				if (!["package.json", ...files, ...before].includes(file)) rmSync(join(CONNECTOR, file), { recursive: true })
		},
	},
	console: {
		sources: ["protocol/**", "web/**"],
		output: "dist/web/index.html",
		build: () => node("node_modules/vite/bin/vite.js", "build", "--logLevel", "warn", "--config", "web/vite.config.ts"),
	},
	api: {
		sources: ["protocol/**", "tools/openapi.ts", "dist/web/index.html"],
		output: "dist/web/api/openapi.json",
		build: () => node("tools/openapi.ts"),
	},
	install: {
		sources: ["dist/connector/*", "tools/installers.ts", "dist/web/index.html"],
		output: "dist/web/install/version.txt",
		build: async () => (await import("./installers.ts")).makeInstallers(),
	},
}

/** Builds those of `names` that are missing or stale, and says which it builds. */
export async function build(names: string[], say: (line: string) => void): Promise<void> {
	const built = readBuilt()
	for (const name of names) {
		const part = PARTS[name]
		if (part === undefined) throw new Error(`There is no part ${name}; there are ${Object.keys(PARTS).join(", ")}.`)
		const stamp = stampOf(part.sources)
		if (built[name] === stamp && existsSync(join(ROOT, part.output))) continue
		const start = performance.now()
		await part.build()
		// As of before the build: what was saved during it may not be in it.
		built[name] = stamp
		mkdirSync(dirname(BUILT), { recursive: true })
		writeFileSync(BUILT, JSON.stringify(built))
		say(`Built ${name} in ${((performance.now() - start) / 1000).toFixed(1)} s.`)
	}
}

/** Which state of the sources each part was built from. */
const BUILT = join(ROOT, "dist/.built.json")

function readBuilt(): Record<string, string> {
	try {
		return JSON.parse(readFileSync(BUILT, "utf8")) as Record<string, string>
	} catch {
		// Nothing has been built yet, or the build was cut short: build everything.
		return {}
	}
}

/** Names, sizes and times of all source files, and of what is installed, as one short text. */
function stampOf(patterns: string[]): string {
	const hash = createHash("sha256")
	const files = globSync([...patterns, "package-lock.json", "tools/build.ts", "tools/bundles.ts"], {
		cwd: ROOT,
		exclude: ["**/node_modules/**"],
	})
	for (const file of files.sort()) {
		const stat = statSync(join(ROOT, file), { throwIfNoEntry: false })
		if (stat?.isFile()) hash.update(`${file}\0${stat.size}\0${stat.mtimeMs}\n`)
	}
	return hash.digest("hex")
}

async function node(script: string, ...args: string[]): Promise<void> {
	await run(process.execPath, [join(ROOT, script), ...args], { cwd: ROOT }).catch(
		(error: Error & { stderr?: string; stdout?: string }) => {
			throw new Error(`${script} failed:\n${error.stdout ?? ""}${error.stderr ?? error.message}`)
		},
	)
}

async function main(): Promise<void> {
	const names = process.argv.slice(2).filter((name) => !name.startsWith("-"))
	if (process.argv.includes("--clean")) rmSync(join(ROOT, "dist"), { recursive: true, force: true })
	try {
		await build(names.length > 0 ? names : Object.keys(PARTS), (line) => console.error(line))
	} catch (error) {
		console.error(error instanceof Error ? error.message : error)
		process.exitCode = 1
	}
}

if (import.meta.main) await main()
