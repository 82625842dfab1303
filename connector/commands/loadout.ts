// `homeport loadout`: what machines shall have installed, as files; checked, shown with who says what, and applied.
import { readFile } from "node:fs/promises"
import { Option } from "commander"
import type { Loadout, Problem } from "../../protocol/ask.ts"
import type { Client } from "../../protocol/client.ts"
import { EXIT, Failure } from "../exit.ts"
import { runJob } from "../job.ts"
import { APPLIED_TO, type ApplyOptions } from "../jobs/loadout-apply.ts"
import { checkFile, toldOf } from "../loadouts/store.ts"
import { findMachine } from "../lookup.ts"
import { style, table } from "../output.ts"
import { action, type Context, verb } from "../verb.ts"

interface On {
	machine?: string
}

const MACHINE = ["--machine <name>", "on which machine (default: this computer, or the only machine)"] as const

export function loadout() {
	const list = verb("loadout", {
		summary: "what machines shall have installed, as files that are checked and applied",
		description: "docs/loadouts.md teaches what may stand in one.",
		examples: [
			["homeport loadout ls", "those of a machine"],
			["homeport loadout check base.yaml", "every mistake in a file, by line; needs no home"],
			["homeport loadout save base.yaml", "keep it on the machine"],
			["homeport loadout show base", "what it will do, and which loadout says so"],
			["homeport loadout apply base", "install it on the machine itself"],
			["homeport loadout apply base --substrate container", "make the image of its containers"],
			["homeport loadout rm base", "forget it; what it has installed stays"],
		],
	})
	for (const command of [ls(), show(), check(), save(), remove(), apply()]) list.addCommand(command)
	return list
}

function ls() {
	return verb("ls", {
		summary: "the loadouts of a machine",
		examples: [["homeport loadout ls --machine server", "with their mistakes, where they have some"]],
	})
		.option(...MACHINE)
		.action(
			action<[], On>(async (context, options) => {
				const { call, params } = await on(context, options)
				const answer = await call("listLoadouts", { params })
				context.out.result(answer, ({ loadouts }) => {
					if (loadouts.length === 0) return "No loadouts."
					const rows = loadouts.map(({ name, description, problems }) => [
						style("bold", name),
						problems.length === 0 ? "right" : style("red", `${problems.length} mistakes`),
						description,
					])
					return [
						table(["NAME", "", "DESCRIPTION"], rows),
						...loadouts.flatMap(({ problems }) => problems.map((problem) => line(problem))),
					].join("\n")
				})
			}),
		)
}

function show() {
	return verb("show", {
		summary: "what a loadout does, each step with the loadout that it comes from",
		examples: [
			["homeport loadout show base", "phase by phase"],
			["homeport loadout show base --text", "the file as it was saved"],
		],
	})
		.argument("<name>", "the loadout")
		.option("--text", "the file itself")
		.option(...MACHINE)
		.action(
			action<[string], On & { text?: boolean }>(async (context, options, name) => {
				const { call, params } = await on(context, options)
				const loadout = await call("readLoadout", { params: { ...params, loadout: name } })
				context.out.result(loadout, () => (options.text ? loadout.text.trimEnd() : described(loadout)))
				if (loadout.problems.length > 0) process.exitCode = EXIT.failed
			}),
		)
}

function check() {
	return verb("check", {
		summary: "tell every mistake in a loadout's file, by line and column",
		description: "What it extends is looked for beside the file, then among this computer's loadouts. Needs no home.",
		examples: [["homeport loadout check base.yaml", "exit code 1 where it cannot be applied"]],
	})
		.argument("<file>", "the file")
		.action(
			action<[string], object>(async ({ folder, out }, _options, file) => {
				const loadout = toldOf(await checkFile(folder.path, file).catch((error: unknown) => cannotRead(file, error)))
				out.result(loadout, () =>
					loadout.problems.length > 0
						? loadout.problems.map((problem) => line(problem, loadout.name, file)).join("\n")
						: described(loadout),
				)
				if (loadout.problems.length > 0) process.exitCode = EXIT.failed
			}),
		)
}

function save() {
	return verb("save", {
		summary: "keep a loadout on a machine; one with a mistake is refused",
		examples: [
			["homeport loadout save base.yaml", "under the file's name"],
			["homeport loadout save base.yaml --name tools", "under another"],
		],
	})
		.argument("<file>", "the file")
		.option("--name <name>", "what it is called (default: as the file)")
		.option(...MACHINE)
		.action(
			action<[string], On & { name?: string }>(async (context, options, file) => {
				const text = await readFile(file, "utf8").catch((error: unknown) => cannotRead(file, error))
				const name = options.name ?? (file.split("/").at(-1) ?? "").replace(/\.ya?ml$/, "")
				const { call, params } = await on(context, options)
				const saved = await call("saveLoadout", { params: { ...params, loadout: name }, body: { text } })
				context.out.result(saved, () => `Saved ${name}.\n${described(saved)}`)
			}),
		)
}

function remove() {
	return verb("rm", {
		summary: "forget a loadout; what it has installed stays",
		description: "One that others extend is refused.",
		examples: [["homeport loadout rm base", "its name is free again"]],
	})
		.argument("<name>", "the loadout")
		.option(...MACHINE)
		.action(
			action<[string], On>(async (context, options, name) => {
				const { call, params } = await on(context, options)
				await call("removeLoadout", { params: { ...params, loadout: name } })
				context.out.result({ removed: name }, () => "")
			}),
		)
}

function apply() {
	return verb("apply", {
		summary: "install what a loadout says",
		description: `It runs as a session of the machine, which goes on when this command is ended. What is as it should be is left alone, so that a run that was ended goes on where it was. Exit code ${EXIT.failed} where a step of a core phase failed.`,
		examples: [
			["homeport loadout apply base", "on the machine itself"],
			["homeport loadout apply base --substrate container", "an image for its containers"],
			["homeport loadout apply base --substrate vm --vm dev", "in a VM"],
		],
	})
		.argument("<name>", "the loadout")
		.addOption(new Option("--substrate <kind>", "what it is applied to").choices(APPLIED_TO).default("host"))
		.option("--vm <name>", "which VM")
		.option("--image <name>", "what the container's image is made from (default: the machine's)")
		.option("--again", "do every step, also those that are done")
		.option(...MACHINE)
		.action(
			action<[string], On & ApplyOptions>(async (context, options, name) => {
				const { substrate, vm, image, again } = options
				if ((substrate === "vm") !== (vm !== undefined))
					throw new Failure("usage", "Say --vm with --substrate vm, and with no other.")
				if (image !== undefined && substrate !== "container")
					throw new Failure("usage", "Only a container has an image.")
				const { call, credentials, machine, params } = await on(context, options)
				const { problems } = await call("readLoadout", { params: { ...params, loadout: name } })
				const [problem] = problems
				if (problem !== undefined) throw new Failure("usage", `It cannot be applied: ${line(problem)}`)
				const argv = [
					...["loadout-apply", name, "--substrate", substrate],
					...(vm === undefined ? [] : ["--vm", vm]),
					...(image === undefined ? [] : ["--image", image]),
					...(again ? ["--again"] : []),
				]
				await runJob({ call, credentials, out: context.out, machine, argv, loadout: name })
			}),
		)
}

async function on({ folder, signIn }: Context, { machine: wanted }: On) {
	const { call, credentials } = await signIn()
	const machine = await findMachine(call, wanted, folder.identity)
	return { call: call as Client, credentials, machine, params: { machine: machine.id } }
}

function described({ name, problems, phases }: Loadout): string {
	if (problems.length > 0) return problems.map((problem) => line(problem)).join("\n")
	if (phases.length === 0) return `${name} is right, and installs nothing.`
	const rows = phases.flatMap((phase) =>
		phase.steps.map(({ does, from }, index) => [
			index === 0 ? style("bold", phase.name) : "",
			index === 0 && !phase.isCore ? "best effort" : "",
			does,
			style("dim", from),
		]),
	)
	return table(["PHASE", "", "STEP", "FROM"], rows)
}

/** `file`: where the loadout of this name was read from. */
function line({ loadout, line, column, message }: Problem, name?: string, file?: string): string {
	return `${loadout === name && file !== undefined ? file : `${loadout}.yaml`}:${line}:${column}: ${message}`
}

function cannotRead(file: string, error: unknown): never {
	const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : ""
	throw new Failure("file", `${file} cannot be read${code}.`)
}
