// `homeport here workdir FOLDER`: makes a session's working directory before its program begins, on its own terminal.
import { verb } from "../verb.ts"
import { reasonOf, writeOutcome } from "../warden/outcome.ts"
import { makeWanted } from "../workdir/make.ts"

export function workdir() {
	return verb("workdir", {
		summary: "make a session's working directory",
		examples: [["homeport here workdir FOLDER", "what a session begins with that has a copy or clone to itself"]],
	})
		.argument("<folder>", "the session's folder")
		.action(async (folder: string) => {
			try {
				await makeWanted(folder, (line) => void process.stderr.write(`\x1b[2m${line}\x1b[22m\n`))
			} catch (error) {
				const reason = reasonOf(error)
				process.stderr.write(`${reason}\n`)
				writeOutcome(folder, { is: "failed", reason })
				process.exitCode = FAILED
			}
		})
}

/** The exit code of a session that never ran its program, as container engines have it. */
const FAILED = 125
