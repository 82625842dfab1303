// `homeport audit`: who did what, when, from where; and whether the trail is whole.
import { createInterface } from "node:readline/promises"
import { Readable } from "node:stream"
import { type AuditEntry, type AuditHead, auditFault, AuditEntry as Entry, NO_ENTRY } from "../../protocol/audit.ts"
import { REFUSALS, Refusal } from "../../protocol/errors.ts"
import { routePath } from "../../protocol/routes.ts"
import { type Credentials, fetchSigned } from "../credentials.ts"
import { Failure } from "../exit.ts"
import { style, table } from "../output.ts"
import { action, verb } from "../verb.ts"

interface Options {
	text: string
	limit: number
}

export function audit() {
	const list = verb("audit", {
		summary: "who did what, when and from where",
		examples: [
			["homeport audit", "the newest entries"],
			["homeport audit --text removeMachine", "those that hold a word"],
			["homeport audit export > trail.jsonl", "all of it, oldest first"],
			["homeport audit verify", "whether anything was changed or cut off"],
		],
	})
		.option("--text <words>", "only entries that hold this", "")
		.option("--limit <number>", "how many, at most 200", Number, 50)
		.action(
			action<[], Options>(async ({ out, signIn }, { text, limit }) => {
				const { call } = await signIn()
				out.result(await call("listAudit", { query: { text, limit } }), ({ entries }) =>
					entries.length === 0 ? "No entries." : table(["WHEN", "WHO", "DID", "TO", "OUTCOME"], entries.map(row)),
				)
			}),
		)
	for (const command of [exported(), verify()]) list.addCommand(command)
	return list
}

function row({ at, actor, action, target, outcome, address }: AuditEntry): string[] {
	const who = actor.is === "nobody" ? "nobody" : actor.name
	const from = address === null ? "" : ` (${address})`
	const thing = Object.values(target).join(" ") || "-"
	return [
		new Date(at).toISOString(),
		who + from,
		action,
		thing,
		outcome === "done" ? outcome : style("yellow", outcome),
	]
}

function exported() {
	return verb("export", {
		summary: "print the whole trail as JSON lines, oldest first",
		examples: [["homeport audit export > trail.jsonl", "keep it elsewhere"]],
	}).action(
		action(async ({ signIn }) => {
			const { credentials } = await signIn()
			for await (const line of trail(credentials)) process.stdout.write(`${line}\n`)
		}),
	)
}

/** Every entry's hash is computed here, and the last compared with what the trail's writer knows. */
function verify() {
	return verb("verify", {
		summary: "find out whether the trail was edited or cut",
		description:
			"The trail is read whole and its hashes computed here; the newest must be the one that its writer knows.",
		examples: [["homeport audit verify", "ends with 1 where something is wrong"]],
	}).action(
		action(async ({ out, signIn }) => {
			const { call, credentials } = await signIn()
			const before = await call("showAuditHead")
			let head: AuditHead = NO_ENTRY
			let seen = before.sequence === 0
			for await (const line of trail(credentials)) {
				const entry = Entry.parse(JSON.parse(line))
				const fault = await auditFault(head, entry)
				if (fault !== null) throw new Failure("broken", `The trail is broken. ${fault}`)
				head = entry
				if (entry.sequence === before.sequence && entry.hash === before.hash) seen = true
			}
			if (!seen)
				throw new Failure(
					"broken",
					`The trail is broken. Its writer knows entry ${before.sequence}, which is not in it.`,
				)
			const { sequence, hash } = head
			out.result({ entries: sequence, hash }, () => `The trail is whole: ${sequence} entries, the newest is ${hash}.`)
		}),
	)
}

/** The lines of the export. */
async function* trail(credentials: Credentials): AsyncGenerator<string> {
	const response = await fetchSigned(credentials)(routePath("exportAudit"), { method: "GET", headers: {} })
	if (!response.ok || response.body === null)
		throw response.status === REFUSALS.not_allowed.status
			? new Refusal("not_allowed")
			: new Failure("no_answer", `The home answered ${response.status}.`)
	yield* createInterface({ input: Readable.from(response.body) })
}
