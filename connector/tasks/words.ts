// A task as its runtime is begun with it: the arguments, and what its standard input is.
import { CUSTOM } from "../../protocol/session.ts"
import type { Manifest } from "../../protocol/task.ts"
import type { Runtime } from "../runtimes.ts"
import { Failed } from "./failed.ts"

export interface Words {
	argv: string[]
	/** A file within the working directory; null for the terminal. */
	stdin: string | null
}

/** An argument may have 128 KiB on Linux, all of them together 64 KiB of a session's start, and everybody sees it in `ps`. */
const ARGUMENT_BYTES = 8 * 1024

/** `promptFile`: within the working directory. Throws Failed("prepare") where the runtime cannot take the task. */
export function words(runtime: Runtime | null, manifest: Manifest, promptFile: string): Words {
	const { prompt, argv, model, interactive } = manifest
	if (/\0/.test(prompt)) throw new Failed("prepare", "The prompt has a NUL character in it.")
	const filled = (template: string[], more: string[]) =>
		template.flatMap((word) => {
			if (word === "{more}") return more
			return word === "{prompt}" ? [prompt] : word === "{file}" ? [promptFile] : [word]
		})
	const id = runtime?.id ?? CUSTOM
	if (interactive && (runtime?.conversing ?? null) === null)
		throw new Failed("prepare", `The runtime ${id} does not say when it is done: leave out interactive.`)
	if (runtime === null || runtime.oneShot === null) {
		if (model !== undefined) throw new Failed("prepare", `The runtime ${id} takes no model: put it into argv.`)
		if (argv.includes("{prompt}") && !isShort(prompt))
			throw new Failed(
				"prepare",
				"The prompt is too long for an argument: take {file}, its file, in place of {prompt}.",
			)
		if (prompt !== "" && !argv.some((word) => word === "{prompt}" || word === "{file}"))
			throw new Failed(
				"prepare",
				`The runtime ${id} finds its prompt where argv says {prompt} or {file}: it says neither.`,
			)
		return { argv: filled(argv, []), stdin: null }
	}
	const { argument, long, model: option } = runtime.oneShot
	if (model !== undefined && option === null) throw new Failed("prepare", `The runtime ${runtime.id} takes no model.`)
	if (prompt === "") throw new Failed("prepare", `The runtime ${runtime.id} needs a prompt.`)
	const more = [...(model === undefined || option === null ? [] : [option, model]), ...argv]
	if (interactive && runtime.conversing !== null) {
		const asked = isShort(prompt) && !prompt.startsWith("-") ? prompt : `Read ${promptFile} and do what it says.`
		return { argv: runtime.conversing.flatMap((word) => (word === "{more}" ? more : asked)), stdin: null }
	}
	if (isShort(prompt) && !prompt.startsWith("-")) return { argv: filled(argument, more), stdin: null }
	if (long === null)
		throw new Failed("prepare", `The runtime ${runtime.id} takes no prompt that is so long, or begins with a dash.`)
	return { argv: filled(long.words, more), stdin: long.by === "stdin" ? promptFile : null }
}

function isShort(prompt: string): boolean {
	return Buffer.byteLength(prompt) <= ARGUMENT_BYTES
}
