// `homeport machines`: the computers that call this home.
import type { Machine } from "../../protocol/routes/machines.ts"
import { pickMachine } from "../lookup.ts"
import { ago, style, table } from "../output.ts"
import { action, verb } from "../verb.ts"

export function machines() {
	const list = verb("machines", {
		summary: "list, add, rename and remove machines",
		examples: [
			["homeport machines", "who is linked, and how fresh that is"],
			["homeport machines add", "a line to paste on another computer"],
			["homeport machines rename laptop desk", "another name"],
			["homeport machines remove desk", "revoke its key at once"],
		],
	}).action(
		action(async ({ out, signIn }) => {
			const { call } = await signIn()
			out.result(await call("listMachines"), ({ machines }) =>
				machines.length === 0
					? "No machines. `homeport machines add` shows how to add one."
					: table(HEAD, machines.map(row)),
			)
		}),
	)
	for (const command of [add(), rename(), remove()]) list.addCommand(command)
	return list
}

const HEAD = ["NAME", "PRESENCE", "LAST PROOF", "RUNNING", "PLATFORM"]

function row({ name, presence, running, platform }: Machine): string[] {
	const is = presence.is === "linked" ? style("green", "linked") : style("yellow", "away")
	const proof = presence.provenAt === null ? "never" : ago(presence.now - presence.provenAt)
	const system = platform === null ? "-" : `${platform.release} (${platform.os}-${platform.arch})`
	return [style("bold", name), is, proof, String(running), system]
}

function add() {
	return verb("add", {
		summary: "make a single-use code for another computer",
		examples: [["homeport machines add", "prints the lines to paste there, good for ten minutes"]],
	}).action(
		action(async ({ out, signIn }) => {
			const { call, credentials } = await signIn()
			const made = { url: credentials.url, ...(await call("createEnrollment")) }
			out.result(made, ({ url, code }) =>
				[
					"Paste one of these on the other computer within ten minutes:",
					"",
					`  curl -fsSL ${url}/install | sh -s -- ${code}`,
					`  homeport connect ${url} --code ${code} --service`,
				].join("\n"),
			)
		}),
	)
}

function rename() {
	return verb("rename", {
		summary: "give a machine another name",
		examples: [["homeport machines rename laptop desk", "from now on it is desk"]],
	})
		.argument("<name>", "the machine's name or id")
		.argument("<new>", "its new name")
		.action(
			action<[string, string], object>(async ({ out, signIn }, _options, name, wanted) => {
				const { call } = await signIn()
				const machine = pickMachine((await call("listMachines")).machines, name)
				await call("changeMachine", { params: { machine: machine.id }, body: { name: wanted } })
				out.result({ machine: machine.id, name: wanted }, () => "")
			}),
		)
}

function remove() {
	return verb("remove", {
		summary: "revoke a machine's key at once and forget the machine",
		description: "Its sessions go on there, out of reach.",
		examples: [["homeport machines remove desk", "it can no longer call home"]],
	})
		.alias("rm")
		.argument("<name>", "the machine's name or id")
		.action(
			action<[string], object>(async ({ out, signIn }, _options, name) => {
				const { call } = await signIn()
				const machine = pickMachine((await call("listMachines")).machines, name)
				await call("removeMachine", { params: { machine: machine.id } })
				out.result({ removed: machine.id }, () => "")
			}),
		)
}
