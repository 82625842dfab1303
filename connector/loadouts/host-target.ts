// This machine itself as what a loadout is applied to: programs go under the person's home directory.
import { spawn } from "node:child_process"
import { homedir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { sessionEnvironment } from "../runtimes.ts"
import { ERRORS_CHARS, OUTPUT_BYTES, type Ran, type Run, type Target } from "./target.ts"

export function hostTarget(dataDir: string): Target {
	const environment = sessionEnvironment()
	const home = environment.HOME ?? homedir()
	const prefix = join(home, ".local")
	return {
		is: "host",
		home,
		prefix,
		state: { folder: join(dataDir, "loadouts", "applied"), within: dataDir },
		asRoot: process.getuid?.() === 0 ? [] : null,
		path: environment.PATH ?? "",
		run: (argv, run) => runHere(argv, { cwd: home, env: environment }, run),
		close: async () => {},
	}
}

/** In this process's own group, so that it ends with the job's terminal. */
export function runHere(
	[program = "", ...args]: string[],
	options: { cwd: string; env: Record<string, string>; uid?: number; gid?: number },
	{ input, live }: Run = {},
): Promise<Ran> {
	const child = spawn(program, args, { ...options, stdio: "pipe" })
	const output: Buffer[] = []
	let length = 0
	let errors = ""
	child.stdout.on("data", (bytes: Buffer) => {
		live?.(bytes)
		if (length < OUTPUT_BYTES) output.push(bytes.subarray(0, OUTPUT_BYTES - length))
		length += bytes.length
	})
	child.stderr.on("data", (bytes: Buffer) => {
		live?.(bytes)
		errors = (errors + bytes.toString()).slice(-ERRORS_CHARS)
	})
	// A command that ends without reading all of its input says by its exit code whether that was right.
	pipeline(input instanceof Readable ? input : Readable.from(input === undefined ? [] : [input]), child.stdin).catch(
		() => {},
	)
	return new Promise((resolve) => {
		child.once("error", (error) => resolve({ code: 127, output: Buffer.alloc(0), errors: error.message }))
		child.once("close", (code) => resolve({ code, output: Buffer.concat(output), errors }))
	})
}
