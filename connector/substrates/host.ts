// The host itself as a place for commands beside a session: what the other substrates do inside, done here.
import { spawn } from "node:child_process"
import { sessionEnvironment } from "../runtimes.ts"
import type { Command, Done, Ended } from "./substrate.ts"

/** Runs a command in `cwd` as this person. */
export function execOnHost(cwd: string, command: Command): Promise<Done> {
	const { argv, environment, input, timeoutMs, limit = Number.POSITIVE_INFINITY } = command
	const [program = "", ...args] = argv
	const child = spawn(program, args, {
		cwd: command.cwd ?? cwd,
		env: { ...sessionEnvironment(), ...environment },
		stdio: "pipe",
		// So that what it has started can be killed with it.
		detached: true,
	})
	const kill = () => {
		try {
			if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL")
		} catch {
			// It has ended by itself.
		}
	}
	const timer = setTimeout(kill, timeoutMs)
	const chunks: Buffer[] = []
	let length = 0
	let isCut = false
	child.stdout.on("data", (bytes: Buffer) => {
		chunks.push(bytes)
		length += bytes.length
		if (length <= limit) return
		isCut = true
		kill()
	})
	let errors = ""
	child.stderr.on("data", (bytes: Buffer) => {
		errors = (errors + bytes.toString()).slice(-ERRORS_CHARS)
	})
	// A command that ends without reading all of its input says by its exit code whether that was right.
	child.stdin.on("error", () => {})
	child.stdin.end(input ?? "")
	return new Promise((resolve) => {
		const done = (ended: Ended) => {
			clearTimeout(timer)
			const output = Buffer.concat(chunks)
			resolve({ ended, output: isCut ? output.subarray(0, limit) : output, errors, isCut })
		}
		child.once("error", (error) => {
			errors = error.message
			done({ code: NOT_FOUND, signal: null })
		})
		child.once("close", (code, signal) =>
			done(code === null ? { code, signal: signal ?? "SIGKILL" } : { code, signal: null }),
		)
	})
}

const ERRORS_CHARS = 4096
/** As a shell says it. */
const NOT_FOUND = 127
