// The terminal that a warden has from its holder: lines for the person first, then the program's bytes as they are.
import { spawnSync } from "node:child_process"
import type { Terminal } from "../substrates/substrate.ts"

/** `isPassedOn`: another terminal follows, which shows what is typed, as this one then must not. */
export function ownTerminal({ isPassedOn }: { isPassedOn: boolean }): Terminal {
	const { stdin, stdout } = process
	if (isPassedOn) stdin.setRawMode(true)
	let isProgress = false
	const end = () => {
		if (isProgress) stdout.write("\r\n")
		isProgress = false
	}
	return {
		say(line) {
			end()
			stdout.write(`${DIM}${line}${PLAIN}\r\n`)
		},
		progress(line) {
			stdout.write(`\r\x1b[K${DIM}${line}${PLAIN}`)
			isProgress = true
		},
		get cols() {
			return stdout.columns
		},
		get rows() {
			return stdout.rows
		},
		output: stdout,
		input(take) {
			end()
			// Node's raw mode still ends lines anew on their way out.
			spawnSync("stty", ["-opost"], { stdio: ["inherit", "ignore", "ignore"] })
			stdin.on("data", (bytes) => {
				const taken = take(bytes)
				if (taken === undefined) return
				// What is not read waits in the terminal, and whoever types is told so.
				stdin.pause()
				void taken.finally(() => stdin.resume())
			})
		},
	}
}

const DIM = "\x1b[2m"
const PLAIN = "\x1b[22m"
