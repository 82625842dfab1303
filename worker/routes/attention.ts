// The inbox: what waits for a person, answered once, and the policy of what is answered without one.
import { isCommandPattern } from "../../durable-objects/inbox/pattern.ts"
import { isTimeZone } from "../../durable-objects/inbox/quiet.ts"
import { judge } from "../../durable-objects/inbox/rules.ts"
import type { Via } from "../../protocol/attention.ts"
import { Refusal } from "../../protocol/errors.ts"
import type { Policy, Rule } from "../../protocol/policy.ts"
import type { Call, Handlers } from "../call.ts"
import { workspaceOf } from "../feed.ts"
import { answerRequest, dismissRequest, findRequest, listInbox } from "../inbox.ts"
import { ask, findMachine, listMachines } from "../machines.ts"

export const attention: Handlers<
	| "listInbox"
	| "listAttention"
	| "showRequest"
	| "answerRequest"
	| "dismissRequest"
	| "notify"
	| "readPolicy"
	| "writePolicy"
	| "tryPolicy"
> = {
	async listInbox({ env, registry, principal }) {
		return { items: await listInbox(env, registry, principal) }
	},

	async listAttention({ env, registry, principal, query }) {
		const { workspaceId } = principal.membership
		await workspaceOf(env, workspaceId).flushHistory()
		const machines = (await listMachines(registry, principal)).map(({ id }) => id)
		const { before = Number.MAX_SAFE_INTEGER, session, limit } = query
		return { items: await registry.attention.list(workspaceId, { before, session, limit, machines }) }
	},

	async showRequest({ env, registry, principal, params }) {
		const { item } = await findRequest(env, registry, principal, params.request)
		return { item }
	},

	async answerRequest(call) {
		const { env, registry, principal, address, traced, params, body } = call
		const found = await findRequest(env, registry, principal, params.request)
		// The inbox tells the trail what came of it, once it is known.
		traced.isTold = found.isHeld
		return { item: await answerRequest(env, principal, found, { choice: body.choice, via: viaOf(call), address }) }
	},

	async dismissRequest(call) {
		const { env, registry, principal, address, traced, params } = call
		const found = await findRequest(env, registry, principal, params.request)
		traced.isTold = found.isHeld
		return { item: await dismissRequest(env, principal, found, { via: viaOf(call), address }) }
	},

	async notify({ env, registry, principal, params, body: { text } }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "notify", { session: params.session, text })
	},

	async readPolicy({ registry, principal }) {
		return registry.policies.find(principal.membership.workspaceId)
	},

	async writePolicy({ registry, principal, body: { policy } }) {
		mustMakeSense(policy)
		await registry.policies.write(principal.membership.workspaceId, {
			policy,
			updatedAt: Date.now(),
			updatedBy: principal.name,
		})
		return {}
	},

	async tryPolicy({ body: { rules, command } }) {
		mustFit(rules)
		// Whether a rule is about a machine or a session is not what is tried.
		const about = rules.map(({ command, file, verdict }): Rule => {
			return { verdict, ...(command !== undefined && { command }), ...(file !== undefined && { file }) }
		})
		const subject = { is: "command", text: command, isWhole: true } as const
		return judge(about, { kind: "approval", subject, ...NOWHERE })
	},
}

/** A console says that it asks for a push, and our command that it is one: a program is no console whatever it says. */
function viaOf({ principal, request, via }: Pick<Call<"answerRequest">, "principal" | "request" | "via">): Via {
	if (via !== undefined) return via
	const said = request.headers.get("homeport-via")
	if (principal.is === "token") return said === "command" ? "command" : "api"
	return said === "push" ? "push" : "console"
}

/** What only looks like a policy would be found out when it is needed. Throws Refusal("invalid_request"). */
function mustMakeSense({ rules, quiet }: Policy): void {
	if (quiet !== null && !isTimeZone(quiet.timeZone))
		throw new Refusal("invalid_request", "policy.quiet.timeZone: must be a time zone, such as Europe/Berlin.")
	mustFit(rules)
}

/** A rule that can never fit says less than somebody thinks. Throws Refusal("invalid_request"). */
function mustFit(rules: readonly Rule[]): void {
	for (const [index, { command }] of rules.entries())
		if (command !== undefined && !isCommandPattern(command))
			throw new Refusal(
				"invalid_request",
				`Rule ${index + 1} fits no command: ${command}. It must be one command in words, such as npm test *.`,
			)
}

const NOWHERE = { machine: "", session: "" as never, tags: [], runtime: "", cwd: "/" }
