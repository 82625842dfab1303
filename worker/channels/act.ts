// What a bot does for a member: the same handlers as the API's, by the same table of permissions, told to the same trail.
import * as z from "zod"
import type { Env } from "../../durable-objects/env.ts"
import { Refusal } from "../../protocol/errors.ts"
import type { Shape } from "../../protocol/route.ts"
import { type Answer, type Request as Asked, type JsonRouteName, ROUTES } from "../../protocol/routes.ts"
import { mustBeAllowed, type Principal } from "../access.ts"
import type { Call, Handlers } from "../call.ts"
import { refusalOf } from "../errors.ts"
import { count } from "../rates.ts"
import type { Registry } from "../registry.ts"
import { attention } from "../routes/attention.ts"
import { machines } from "../routes/machines.ts"
import { sessions } from "../routes/sessions.ts"
import { record, type Traced } from "../trail.ts"

type Deed = Extract<keyof typeof sessions | keyof typeof machines | keyof typeof attention, JsonRouteName>

/** Whose deed it is, and which service it came by. */
export interface Doer {
	env: Env
	registry: Registry
	principal: Principal
	via: "telegram" | "wechat"
}

/** Throws whatever the route refuses with. */
export async function act<N extends Deed>(by: Doer, name: N, asked: Asked<N>): Promise<Answer<N>> {
	const { env, registry, principal, via } = by
	const row: Shape = ROUTES[name]
	const { id, name: person, membership } = principal
	const said = saidBy(row).parse({ params: {}, query: {}, body: {}, ...(asked as object) })
	const traced: Traced = {
		workspaceId: membership.workspaceId,
		actor: { is: "person", id, name: person },
		target: { ...(said.params as Record<string, string>) },
	}
	const run = async () => {
		await count(env, "api", id)
		// Whoever the table knows no action of is no member.
		if (row.may === "anybody" || row.may === "machine" || row.may === "person") throw new Refusal("not_allowed")
		mustBeAllowed(principal, row.may)
		const origin = "https://homeport.invalid"
		const request = new Request(origin + row.path)
		const call = { ...said, principal, env, registry, request, origin, address: null, cookies: [], traced, via }
		// The pieces are what the row says; the compiler cannot follow a row that it does not know by name.
		return (await HANDLERS[name](call as unknown as Call<N>)) as Answer<N>
	}
	let outcome = "done"
	try {
		return await run()
	} catch (error) {
		outcome = refusalOf(error).code
		throw error
	} finally {
		if ((row.audited ?? row.method !== "GET") && traced.isTold !== true) {
			const body: Record<string, unknown> = typeof said.body === "object" ? { ...said.body } : {}
			const shown = Object.fromEntries((row.shown ?? []).flatMap((key) => (key in body ? [[key, body[key]]] : [])))
			await record(env, registry, traced, { action: name, outcome, address: null, detail: { ...shown, via } })
		}
	}
}

const HANDLERS: Handlers<Deed> = { ...machines, ...sessions, ...attention }

function saidBy({ params, query, body }: Shape): z.ZodType<{ params?: unknown; query?: unknown; body?: unknown }> {
	return z.object({ ...(params && { params }), ...(query && { query }), ...(body && { body }) })
}
