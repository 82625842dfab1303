// `homeport profiles`: programs that people made runtimes of on a machine.
import { readFile } from "node:fs/promises"
import type { Client } from "../../protocol/client.ts"
import { explain } from "../../protocol/explain.ts"
import { Profile } from "../../protocol/profile.ts"
import type { Machine } from "../../protocol/routes/machines.ts"
import { Failure } from "../exit.ts"
import { findMachine } from "../lookup.ts"
import { style, table } from "../output.ts"
import { action, type Context, verb } from "../verb.ts"

interface Options {
	machine?: string
}

export function profiles() {
	const group = verb("profiles", {
		summary: "programs that people made runtimes of",
		examples: [
			["homeport profiles ls", "those of this computer"],
			["homeport profiles save goose.json --machine server", "make or replace one there"],
			["homeport spawn --runtime goose", "start it"],
		],
	})
	for (const command of [ls(), show(), save(), rm()]) group.addCommand(command)
	return group
}

function ls() {
	return onMachine(
		verb("ls", { summary: "list a machine's profiles", examples: [["homeport profiles ls", "this computer's"]] }),
	).action(
		action<[], Options>(async (context, options) => {
			const { call, machine } = await where(context, options)
			const { profiles } = await call("listProfiles", { params: { machine: machine.id } })
			context.out.result({ profiles }, () =>
				profiles.length === 0
					? "No profiles here."
					: table(
							["RUNTIME", "LABEL", "COMMAND"],
							profiles.map(({ id, label, program, arguments: args }) => [
								style("bold", id),
								label,
								[program, ...args].join(" "),
							]),
						),
			)
		}),
	)
}

function show() {
	return onMachine(
		verb("show", {
			summary: "print a profile, as `profiles save` takes it",
			examples: [["homeport profiles show goose > goose.json", "to change it"]],
		}),
	)
		.argument("<id>", "the profile")
		.action(
			action<[string], Options>(async (context, options, id) => {
				const { call, machine } = await where(context, options)
				const { profiles } = await call("listProfiles", { params: { machine: machine.id } })
				const profile = profiles.find((one) => one.id === id)
				if (profile === undefined) throw new Failure("not_found", `${machine.name} has no profile "${id}".`)
				context.out.result(profile, () => JSON.stringify(profile, null, "\t"))
			}),
		)
}

function save() {
	return onMachine(
		verb("save", {
			summary: "make a profile, or replace it",
			description:
				"The file is JSON: `id`, `label` and `program`, and where they are wanted `arguments`, `resume`, `install`, `environment`, `secrets`, `keys`, `signsIn`, `configuration`, `mounts`, `image`, `waits` and `oneShot`. `homeport profiles show` prints one.",
			examples: [["homeport profiles save goose.json", "on this computer"]],
		}),
	)
		.argument("<file>", "the profile as JSON")
		.action(
			action<[string], Options>(async (context, options, path) => {
				const { id, ...profile } = await readProfile(path)
				const { call, machine } = await where(context, options)
				await call("saveProfile", { params: { machine: machine.id, profile: id }, body: profile })
				context.out.result({ machine: machine.id, profile: id }, () => `${machine.name} has the runtime ${id}.`)
			}),
		)
}

function rm() {
	return onMachine(
		verb("rm", {
			summary: "forget a profile; its sessions go on",
			examples: [["homeport profiles rm goose", "on this computer"]],
		}),
	)
		.argument("<id>", "the profile")
		.action(
			action<[string], Options>(async (context, options, id) => {
				const { call, machine } = await where(context, options)
				const { profiles } = await call("listProfiles", { params: { machine: machine.id } })
				const profile = profiles.find((one) => one.id === id)
				if (profile === undefined) throw new Failure("not_found", `${machine.name} has no profile "${id}".`)
				await call("removeProfile", { params: { machine: machine.id, profile: profile.id } })
				context.out.result({ machine: machine.id, removed: id }, () => "")
			}),
		)
}

async function readProfile(path: string): Promise<Profile> {
	const text = await readFile(path, "utf8").catch((error: Error) => {
		throw new Failure("file", `${path} cannot be read (${error.message}).`)
	})
	let value: unknown
	try {
		value = JSON.parse(text)
	} catch (error) {
		throw new Failure("file", `${path} is not JSON (${error instanceof Error ? error.message : String(error)}).`)
	}
	// A word that no profile has is a mistake that a person wants to be told of.
	const unknown = Object.keys(Object(value)).find((word) => !Object.hasOwn(Profile.shape, word))
	if (unknown !== undefined) throw new Failure("file", `${path}: no profile has "${unknown}".`)
	const profile = Profile.safeParse(value)
	if (!profile.success) throw new Failure("file", `${path}: ${explain(profile.error)}`)
	return profile.data
}

function onMachine<C extends ReturnType<typeof verb>>(command: C) {
	return command.option("--machine <name>", "which machine (default: this computer, or the only machine)")
}

async function where({ folder, signIn }: Context, options: Options): Promise<{ call: Client; machine: Machine }> {
	const { call } = await signIn()
	return { call, machine: await findMachine(call, options.machine, folder.identity) }
}
