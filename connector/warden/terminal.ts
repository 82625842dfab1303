// The terminal that a warden has from its holder: lines for the person first, then the program's bytes as they are.
import type { Terminal } from "../substrates/substrate.ts"

export function ownTerminal(): Terminal {
	const { stdin, stdout } = process
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
			stdin.setRawMode(true)
			stdin.on("data", take)
		},
	}
}

const DIM = "\x1b[2m"
const PLAIN = "\x1b[22m"
