// `homeport diff`: what has changed in a session's working directory since it was started.
import type { Diff } from "../../protocol/ask.ts"
import { findSession } from "../lookup.ts"
import { style } from "../output.ts"
import { action, verb } from "../verb.ts"

interface Options {
	stat?: boolean
}

export function diff() {
	return verb("diff", {
		summary: "show what has changed in a session's working directory since it was started",
		description:
			"Committed or not, new files included, ignored ones left out. It is looked at where the session runs, by git without any of the repository's own settings, hooks, filters or drivers.",
		examples: [
			["homeport diff fix-login", "the patch"],
			["homeport diff fix-login --stat", "the files, with their lines"],
			["homeport diff fix-login > fix.patch", "for git apply"],
		],
	})
		.argument("<name>", "the session: NAME, MACHINE/NAME or its id")
		.option("--stat", "the files alone")
		.action(
			action<[string], Options>(async ({ out, signIn }, { stat }, name) => {
				const { call } = await signIn()
				const session = await findSession(call, name)
				const changes = await call("readDiff", { params: { machine: session.machine, session: session.id } })
				out.result(changes, () => (stat ? summary(changes) : shown(changes.patch.trimEnd())))
				if (changes.isCut) out.note("This is only its beginning: the rest is too long to be shown.")
			}),
		)
}

function summary({ files }: Diff): string {
	if (files.length === 0) return "Nothing has changed."
	return files
		.map(({ path, is, added, removed }) => {
			const lines = added === null ? "not text" : `${style("green", `+${added}`)} ${style("red", `-${removed}`)}`
			return `${is.padEnd(WIDEST)}  ${/[\x00-\x1f\x7f-\x9f]/.test(path) ? JSON.stringify(path) : path}  ${lines}`
		})
		.join("\n")
}

/** A terminal does not obey what a file holds; a patch that is written elsewhere is exact. */
function shown(patch: string): string {
	if (!process.stdout.isTTY) return patch
	return patch.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (character) =>
		style("inverse", `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`),
	)
}

const WIDEST = "removed".length
