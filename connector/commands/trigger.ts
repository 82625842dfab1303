// `homeport trigger`: webhooks that become tasks.

import { describeTrigger, triggerTable } from "../describe-trigger.ts"
import { Failure } from "../exit.ts"
import { typed } from "../invocation.ts"
import { findTrigger } from "../lookup.ts"
import { style } from "../output.ts"
import { plainLine } from "../requests.ts"
import { readTrigger, specOf } from "../trigger-file.ts"
import { action, verb } from "../verb.ts"
import { asYaml } from "../written-file.ts"
import { deliveries, repeat } from "./trigger/deliveries.ts"
import { preview } from "./trigger/preview.ts"

export function trigger() {
	const group = verb("trigger", {
		summary: "webhooks that become tasks: of GitHub, GitLab and whatever else signs what it sends",
		description: "docs/tasks.md teaches what may stand in a trigger's file.",
		examples: [
			["homeport trigger ls", "each with the address for its service"],
			["homeport trigger add -f issues.yaml", "its secret is one of the workspace: `homeport secrets set`"],
			["homeport trigger preview -f issues.yaml --of issues", "what it makes of the last real deliveries"],
			["homeport trigger deliveries issues", "what came, and what became of it"],
			["homeport trigger repeat issues 12", "one of them once more"],
			["homeport trigger edit issues --pause", "deliveries are kept, and make no task"],
		],
	})
	for (const command of [ls(), add(), show(), edit(), remove(), deliveries(), repeat(), preview()])
		group.addCommand(command)
	return group
}

const NAME = ["<trigger>", "its name or id"] as const

function ls() {
	return verb("ls", {
		summary: "list triggers, each with the address for its service",
		examples: [["homeport trigger ls", "by name"]],
	}).action(
		action(async ({ out, signIn }) => {
			const { call } = await signIn()
			out.result(await call("listTriggers"), ({ triggers }) =>
				triggers.length === 0
					? `No triggers. \`${typed("trigger", "add", "-f", "FILE")}\` makes one.`
					: triggerTable(triggers, Date.now()),
			)
		}),
	)
}

function add() {
	return verb("add", {
		summary: "make a trigger from a file; prints the address for its service",
		examples: [["homeport trigger add -f issues.yaml", "the file is YAML or JSON"]],
	})
		.requiredOption("-f, --file <file>", "the trigger, in YAML or JSON; - for standard input")
		.action(
			action<[], { file: string }>(async ({ out, signIn }, { file }) => {
				const spec = await readTrigger(file)
				const { call } = await signIn()
				out.result(await call("createTrigger", { body: { trigger: spec } }), ({ name, url, secret }) =>
					[`${style("bold", plainLine(name))} takes deliveries, signed with the secret ${secret}, at:`, url].join("\n"),
				)
			}),
		)
}

function show() {
	return verb("show", {
		summary: "show a trigger",
		examples: [
			["homeport trigger show issues", "its address and what it is about"],
			["homeport trigger show issues --file > issues.yaml", "as a file, to be edited"],
		],
	})
		.argument(...NAME)
		.option("--file", "as the file that would make it")
		.action(
			action<[string], { file?: boolean }>(async ({ out, signIn }, { file }, wanted) => {
				const { call } = await signIn()
				const found = await findTrigger(call, wanted)
				if (file) out.result(specOf(found), asYaml)
				else out.result(found, (found) => describeTrigger(found, Date.now()))
			}),
		)
}

interface Edit {
	file?: string
	pause?: boolean
	resume?: boolean
}

function edit() {
	return verb("edit", {
		summary: "change a trigger: all of it from a file, or whether it is paused",
		description: "Its address stays.",
		examples: [
			["homeport trigger edit issues -f issues.yaml", "what the file says, in place of what it said"],
			["homeport trigger edit issues --pause", "deliveries are kept, and make no task"],
		],
	})
		.argument(...NAME)
		.option("-f, --file <file>", "the trigger, in YAML or JSON; - for standard input")
		.option("--pause", "deliveries are kept, and make no task")
		.option("--resume", "deliveries make tasks again")
		.action(
			action<[string], Edit>(async ({ out, signIn }, { file, pause, resume }, wanted) => {
				if ([file !== undefined, pause, resume].filter((said) => said === true).length !== 1)
					throw new Failure("usage", "Say one of --file, --pause and --resume.")
				const said = file === undefined ? undefined : await readTrigger(file)
				const { call } = await signIn()
				const found = await findTrigger(call, wanted)
				const spec = said ?? { ...specOf(found), isPaused: pause === true }
				const edited = await call("editTrigger", { params: { trigger: found.id }, body: { trigger: spec } })
				out.result(edited, (edited) => describeTrigger(edited, Date.now()))
			}),
		)
}

function remove() {
	return verb("rm", {
		summary: "remove a trigger and its deliveries; tasks that it has made go on",
		examples: [["homeport trigger rm issues", "its address takes nothing any more"]],
	})
		.argument(...NAME)
		.action(
			action<[string], object>(async ({ out, signIn }, _options, wanted) => {
				const { call } = await signIn()
				const { id } = await findTrigger(call, wanted)
				await call("removeTrigger", { params: { trigger: id } })
				out.result({ removed: id }, () => "")
			}),
		)
}
