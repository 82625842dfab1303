// How esbuild bundles the worker and the connector: once for a build, watched for development.
import { mkdirSync, renameSync, writeFileSync } from "node:fs"
import { basename, dirname } from "node:path"
import { type BuildOptions, build, type Plugin } from "esbuild"
import { ROOT } from "./root.ts"

const shared = {
	absWorkingDir: ROOT,
	bundle: true,
	format: "esm",
	logLevel: "warning",
	sourcemap: true,
	// Stack traces of bundles name the functions as the sources do.
	keepNames: true,
} satisfies BuildOptions

/**
 * Bundles, and puts each file in its place whole: a home that runs from here may start a process of it at any moment. What
 * a program loads comes before the program. Answers with the names of all files.
 */
export async function bundle(options: BuildOptions): Promise<string[]> {
	const { outputFiles } = await build({ ...options, write: false })
	const programs = Object.keys(options.entryPoints ?? {}).map((name) => `${name}.js`)
	const files = outputFiles.map(({ path, contents }) => ({ path, contents, name: basename(path) }))
	files.sort((a, b) => Number(programs.includes(a.name)) - Number(programs.includes(b.name)))
	for (const { path, contents } of files) {
		mkdirSync(dirname(path), { recursive: true })
		writeFileSync(`${path}.new`, contents)
		renameSync(`${path}.new`, path)
	}
	return files.map(({ name }) => name)
}

export function workerOptions(): BuildOptions {
	return {
		...shared,
		entryPoints: { index: "worker/index.ts" },
		outdir: "dist/worker",
		target: "es2024",
		platform: "browser",
		conditions: ["workerd", "worker", "browser"],
		mainFields: ["browser", "module", "main"],
		external: ["cloudflare:*", "node:*"],
		loader: { ".sql": "text" },
		define: { "process.env.NODE_ENV": '"production"' },
		// The source map of the worker would be served as a module; errors name functions without it.
		sourcemap: false,
	}
}

/** Two bundles of the same folder: the programs that need little hold all of it, and the others load what they come to need. */
export function connectorOptions(): BuildOptions[] {
	const connector: BuildOptions = {
		...shared,
		outdir: "dist/connector",
		platform: "node",
		target: "node20",
		// Programs and native files lie outside of the bundle; the others are optional speed-ups of ws and ssh2.
		external: ["workerd", "@lydell/node-pty", "bufferutil", "utf-8-validate", "cpu-features", "*.node"],
		// ssh2 asks for its place, only to find a program of Windows there.
		define: { __dirname: '"."' },
		plugins: [http],
		// CommonJS packages inside of a module bundle call require for Node's own modules.
		banner: {
			js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
		},
	}
	return [
		{
			...connector,
			entryPoints: { holder: "connector/holder/main.ts", "vm-keeper": "connector/substrates/vm/keeper/main.ts" },
		},
		{
			...connector,
			entryPoints: { homeport: "connector/main.ts", warden: "connector/warden/main.ts" },
			// Named by what is in it: a program that runs goes on to load those that it was built with.
			splitting: true,
			chunkNames: "[name]-[hash]",
		},
	]
}

/**
 * Node reads every name of a module of its own that is imported, and with some of node:http's loads all of fetch, which takes
 * longer than the rest of a start. Of what is required it reads those that are used.
 */
const http: Plugin = {
	name: "http",
	setup(build) {
		build.onResolve({ filter: /^node:https?$/ }, ({ path, namespace }) =>
			namespace === http.name ? { path, external: true } : { path, namespace: http.name },
		)
		build.onLoad({ filter: /.*/, namespace: http.name }, ({ path }) => ({
			contents: `module.exports = require(${JSON.stringify(path)})`,
		}))
	},
}
