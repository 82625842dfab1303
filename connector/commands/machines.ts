// `homeport machines`: the computers that call this home.
import { isLocal } from "../../protocol/local-address.ts"
import type { Machine } from "../../protocol/routes/machines.ts"
import { commas } from "../commas.ts"
import type { DataFolder } from "../data-folder.ts"
import { reachedAt } from "../home/reach.ts"
import { readRunning } from "../home/running.ts"
import { readIdentity } from "../identity.ts"
import { typed } from "../invocation.ts"
import { leftHere } from "../local-sessions.ts"
import { pickMachine, pickMember } from "../lookup.ts"
import { ago, style, table } from "../output.ts"
import { rotateMachineKey } from "../rotate-key.ts"
import { action, verb } from "../verb.ts"

export function machines() {
	const list = verb("machines", {
		summary: "list, add, name, tag, restrict and remove machines",
		examples: [
			["homeport machines", "who is linked, and how fresh that is"],
			["homeport machines add", "a line to paste on another computer"],
			["homeport machines rename laptop desk", "another name"],
			["homeport machines tag desk lab gpu", "words to group by, and to narrow tokens to"],
			["homeport machines restrict desk --to ada@home.example", "only for her, and the owners"],
			["homeport machines attachments desk", "who ever opened its sessions"],
			["homeport machines remove desk", "revoke its key at once"],
		],
	}).action(
		action(async ({ out, signIn }) => {
			const { call } = await signIn()
			out.result(await call("listMachines"), ({ machines }) =>
				machines.length === 0
					? `No machines. \`${typed("machines", "add")}\` shows how to add one.`
					: table(HEAD, machines.map(row)),
			)
		}),
	)
	for (const command of [add(), rename(), tag(), restrict(), attachments(), rotateKey(), remove()])
		list.addCommand(command)
	return list
}

const HEAD = ["NAME", "PRESENCE", "LAST PROOF", "RUNNING", "TAGS", "PLATFORM"]

function row({ name, presence, running, tags, platform }: Machine): string[] {
	const is = presence.is === "linked" ? style("green", "linked") : style("yellow", "away")
	const proof = presence.provenAt === null ? "never" : ago(presence.now - presence.provenAt)
	const system = platform === null ? "-" : `${platform.release} (${platform.os}-${platform.arch})`
	return [style("bold", name), is, proof, String(running), tags.join(",") || "-", system]
}

function add() {
	return verb("add", {
		summary: "make a single-use code for another computer",
		examples: [["homeport machines add", "prints the lines to paste there, good for ten minutes"]],
	}).action(
		action(async ({ folder, out, signIn }) => {
			const { call, credentials } = await signIn()
			const made = await call("createEnrollment")
			const urls = await addresses(folder, credentials.url)
			const url = urls[0] ?? credentials.url
			out.result({ url, ...made, isLocal: urls.length === 0 }, ({ code, isLocal }) =>
				[
					"Paste one of these on the other computer within ten minutes:",
					"",
					...(isLocal ? [url] : urls).map((at) => `  curl -fsSL ${at}/install | sh -s -- ${code}`),
					`  homeport connect ${url} --code ${code} --service`,
					...(isLocal ? onlyHere(url) : []),
				].join("\n"),
			)
		}),
	)
}

/** Where another computer reaches the home: its one address, or those of the home that listens here. */
async function addresses(folder: DataFolder, url: string): Promise<string[]> {
	if (!isLocal(url)) return [url]
	const running = await readRunning(folder)
	return running === undefined || running.url !== url ? [] : reachedAt(url, running.host)
}

function onlyHere(url: string): string[] {
	return [
		"",
		`This works on this computer only: no other one reaches ${url}. For another one, put the home behind a`,
		"name with HTTPS, open the console by that name and add the machine there. On a network that you trust,",
		`\`${typed("up", "--host", "0.0.0.0")}\` will do. docs/operations.md tells more, under "Reaching a`,
		'local home from elsewhere".',
	]
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
				out.result({ machine: machine.id, name: wanted.trim() }, () => "")
			}),
		)
}

function tag() {
	return verb("tag", {
		summary: "give a machine these tags in place of those that it has",
		examples: [
			["homeport machines tag desk lab gpu", "two tags"],
			["homeport machines tag desk", "none"],
		],
	})
		.argument("<name>", "the machine's name or id")
		.argument("[tags...]", "lower-case letters, digits, dot, dash and underscore")
		.action(
			action<[string, string[]], object>(async ({ out, signIn }, _options, name, tags) => {
				const { call } = await signIn()
				const machine = pickMachine((await call("listMachines")).machines, name)
				await call("changeMachine", { params: { machine: machine.id }, body: { tags } })
				out.result({ machine: machine.id, tags }, () => "")
			}),
		)
}

function restrict() {
	return verb("restrict", {
		summary: "keep a machine to named members, or open it to all",
		examples: [
			["homeport machines restrict desk --to ada@home.example", "only for her, and the owners"],
			["homeport machines restrict desk --to all", "for every member again"],
		],
	})
		.argument("<name>", "the machine's name or id")
		.requiredOption("--to <members>", "addresses, names or ids with commas between; or all", commas)
		.action(
			action<[string], { to: string[] }>(async ({ out, signIn }, { to }, name) => {
				const { call } = await signIn()
				const machine = pickMachine((await call("listMachines")).machines, name)
				const { members: people } = await call("listMembers")
				const isAll = to.length === 1 && to[0] === "all"
				const members = isAll ? null : to.map((wanted) => pickMember(people, wanted).id)
				await call("changeMachine", { params: { machine: machine.id }, body: { members } })
				out.result({ machine: machine.id, members }, () => "")
			}),
		)
}

function attachments() {
	return verb("attachments", {
		summary: "who ever opened a machine's sessions",
		description: "For whoever enrolled the machine, and for maintainers.",
		examples: [["homeport machines attachments desk", "newest first"]],
	})
		.argument("<name>", "the machine's name or id")
		.action(
			action<[string], object>(async ({ out, signIn }, _options, name) => {
				const { call } = await signIn()
				const { id } = pickMachine((await call("listMachines")).machines, name)
				out.result(await call("listAttachments", { params: { machine: id } }), ({ attachments }) =>
					attachments.length === 0
						? "Nobody yet."
						: table(
								["WHEN", "WHO", "FROM", "SESSION"],
								attachments.map(({ at, name, address, session }) => [
									new Date(at).toISOString(),
									name,
									address ?? "-",
									session,
								]),
							),
				)
			}),
		)
}

/** The machine itself does this: nobody else has the key. */
function rotateKey() {
	return verb("rotate-key", {
		summary: "give this machine a new key; its id, name and sessions stay",
		examples: [["homeport machines rotate-key", "the old key opens nothing from now on"]],
	}).action(
		action(async ({ folder, out }) => {
			const { machine, key } = await rotateMachineKey(folder.identity)
			out.result({ machine, publicKey: key.x }, () => "This machine has a new key.")
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
			action<[string], object>(async ({ folder, out, signIn }, _options, name) => {
				const { call } = await signIn()
				const machine = pickMachine((await call("listMachines")).machines, name)
				await call("removeMachine", { params: { machine: machine.id } })
				const isHere = (await readIdentity(folder.identity))?.machine === machine.id
				out.result({ removed: machine.id, running: machine.running }, ({ running }) =>
					running === 0 ? `Removed ${machine.name}.` : leftThere(machine, isHere),
				)
			}),
		)
}

/** What is to be done about sessions that no home reaches any more. */
function leftThere({ name, running }: Machine, isHere: boolean): string {
	const sessions = running === 1 ? "The session that runs there goes" : `The ${running} sessions that run there go`
	if (isHere) return `Removed ${name}, this computer. ${leftHere()}`
	return [
		`Removed ${name}. ${sessions} on, out of reach from here. On ${name} itself:`,
		"",
		"  homeport ls --local           lists them",
		"  homeport kill NAME --local    ends one",
	].join("\n")
}
