// Runs a program as if it stood in this one's place: same terminal, signals passed on, its exit code answered.
import { spawn } from "node:child_process"
import { constants } from "node:os"

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, stdout?: "inherit" | "stderr" }} [options] `stderr` keeps this process's own output clean.
 * @returns {Promise<number>}
 */
export function run(program, args, options = {}) {
	const { stdout = "inherit", ...rest } = options
	const child = spawn(program, args, { stdio: ["inherit", stdout === "stderr" ? 2 : "inherit", "inherit"], ...rest })
	const pass = (/** @type {NodeJS.Signals} */ signal) => {
		// Ctrl-C in a terminal reaches the child without our help.
		if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal)
	}
	for (const signal of SIGNALS) process.on(signal, pass)
	return new Promise((resolve) => {
		const done = (/** @type {number} */ code) => {
			for (const signal of SIGNALS) process.off(signal, pass)
			resolve(code)
		}
		child.once("error", (error) => {
			process.stderr.write(`${program} could not be started: ${error.message}\n`)
			done(127)
		})
		child.once("exit", (code, signal) => done(signal === null ? (code ?? 1) : 128 + constants.signals[signal]))
	})
}

const SIGNALS = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])
