// One row of the route table at work: who asks, how often, may they, what do they say, do it, tell the trail, answer.
import * as z from "zod"
import type { Env } from "../durable-objects/env.ts"
import { Refusal } from "../protocol/errors.ts"
import type { Permission, Shape } from "../protocol/route.ts"
import { ROUTES, type RouteName } from "../protocol/routes.ts"
import { bearer, mustBeAllowed, mustBeOwnPage, whichPerson, whoAsks } from "./access.ts"
import { addressOf, networkOf } from "./address.ts"
import { readJson } from "./body.ts"
import type { Call, Handler } from "./call.ts"
import { whoDials } from "./dial.ts"
import { refusalOf, refuse, refuseUpgrade } from "./errors.ts"
import { dress } from "./headers.ts"
import { migrate } from "./migrate.ts"
import { originOf } from "./origin.ts"
import { count } from "./rates.ts"
import { Registry } from "./registry.ts"
import { NOBODY, record, type Traced } from "./trail.ts"

type Answerer = (request: Request, env: Env, params: Record<string, string>) => Promise<Response>

export function answerRoute<N extends RouteName>(name: N, handle: Handler<N>): Answerer {
	const row: Shape = ROUTES[name]
	const Said = saidBy(row)
	const isAudited = row.audited ?? row.method !== "GET"
	return async (request, env, params) => {
		const cookies: string[] = []
		const upgrades = row.kind === "socket" && request.headers.get("upgrade")?.toLowerCase() === "websocket"
		const registry = new Registry(env.DB)
		const address = addressOf(request, env)
		const traced: Traced = { workspaceId: null, actor: NOBODY, target: params }
		let body: Record<string, unknown> = {}
		let isCounted = false
		const counted = async (who: string) => {
			await count(env, row.rate ?? "api", who)
			isCounted = true
		}
		const answer = async (): Promise<Response> => {
			if (env.SELF_MIGRATE !== undefined) await migrate(env.DB)
			if (row.kind === "socket" && !upgrades) throw new Refusal("invalid_request", "This route is a WebSocket.")
			if (row.kind === "socket" || row.method !== "GET") mustBeOwnPage(request)
			const caller = await admit(row.may, { request, env, registry, address, traced, cookies, counted })
			const query = Object.fromEntries(new URL(request.url).searchParams)
			const said = Said.parse({ params, query, ...(row.body && { body: await readJson(request) }) })
			if (isObject(said.body)) body = said.body
			// The pieces are what the row says; the compiler cannot follow a row that it does not know by name.
			const call = {
				...said,
				...caller,
				env,
				registry,
				request,
				origin: originOf(request),
				address,
				cookies,
				traced,
			} as unknown as Call<N>
			const answered = await handle(call)
			return answered instanceof Response ? answered : Response.json(answered)
		}
		const outcome = await answer().catch(refusalOf)
		// Not what was refused before it was counted: the trail is no place to write for free.
		if (isAudited && isCounted && traced.isTold !== true)
			await record(env, registry, traced, {
				action: name,
				outcome: outcome instanceof Refusal ? outcome.code : (traced.refused ?? "done"),
				address,
				detail: Object.fromEntries((row.shown ?? []).flatMap((field) => (field in body ? [[field, body[field]]] : []))),
			})
		if (outcome instanceof Refusal && upgrades) return refuseUpgrade(outcome)
		return dress(outcome instanceof Refusal ? refuse(outcome) : outcome, cookies)
	}
}

interface Asking {
	request: Request
	env: Env
	registry: Registry
	address: string | null
	traced: Traced
	cookies: string[]
	/** Counts one call of whoever it is. Throws Refusal("rate_limited"). */
	counted: (who: string) => Promise<void>
}

async function admit(may: Permission, asking: Asking) {
	const { request, env, registry, address, traced, cookies, counted } = asking
	switch (may) {
		case "anybody":
			await counted(address === null ? "" : networkOf(address))
			return {}
		case "machine": {
			const dialler = await whoDials(bearer(request.headers.get("authorization")), env, registry)
			traced.workspaceId = dialler.workspaceId
			traced.actor = { is: "machine", id: dialler.id, name: dialler.name }
			await counted(dialler.id)
			return { dialler }
		}
		case "person": {
			const person = await whichPerson(request, env)
			traced.actor = { is: "person", id: person.id, name: person.name }
			cookies.push(...person.cookies)
			await counted(person.id)
			return { person }
		}
		default: {
			const principal = await whoAsks(request, env, registry)
			const { is, id, name, membership } = principal
			traced.workspaceId = membership.workspaceId
			traced.actor = { is, id, name }
			cookies.push(...principal.cookies)
			await counted(principal.id)
			mustBeAllowed(principal, may)
			return { principal }
		}
	}
}

/** Parameters, query and body under one schema, so that a fault is named by its place. */
function saidBy({ params, query, body }: Shape) {
	return z.object({ ...(params && { params }), ...(query && { query }), ...(body && { body }) })
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null
}
