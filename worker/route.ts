// One row of the route table at work: who asks, may they, what do they say, do it, answer.
import * as z from "zod"
import type { Env } from "../durable-objects/env.ts"
import { Refusal } from "../protocol/errors.ts"
import { ROUTES, type RouteName } from "../protocol/routes.ts"
import type { Shape } from "../protocol/route.ts"
import { bearer, mustBeAllowed, mustBeOwnPage, whoAsks } from "./access.ts"
import { readJson } from "./body.ts"
import type { Call, Handler } from "./call.ts"
import { whoDials } from "./dial.ts"
import { refusalOf, refuse, refuseUpgrade } from "./errors.ts"
import { dress } from "./headers.ts"
import { migrate } from "./migrate.ts"
import { originOf } from "./origin.ts"
import { Registry } from "./registry.ts"

type Answerer = (request: Request, env: Env, params: Record<string, string>) => Promise<Response>

export function answerRoute<N extends RouteName>(name: N, handle: Handler<N>): Answerer {
	const row: Shape = ROUTES[name]
	const Said = saidBy(row)
	return async (request, env, params) => {
		const cookies: string[] = []
		const upgrades = row.kind === "socket" && request.headers.get("upgrade")?.toLowerCase() === "websocket"
		try {
			if (env.SELF_MIGRATE !== undefined) await migrate(env.DB)
			if (row.kind === "socket" && !upgrades) throw new Refusal("invalid_request", "This route is a WebSocket.")
			if (row.kind === "socket" || row.method !== "GET") mustBeOwnPage(request)
			const registry = new Registry(env.DB)
			const caller = await admit(row, request, env, registry, cookies)
			const query = Object.fromEntries(new URL(request.url).searchParams)
			const said = Said.parse({ params, query, ...(row.body && { body: await readJson(request) }) })
			// The pieces are what the row says; the compiler cannot follow a row that it does not know by name.
			const call = {
				...said,
				...caller,
				env,
				registry,
				request,
				origin: originOf(request),
				cookies,
			} as unknown as Call<N>
			const answer = await handle(call)
			return dress(answer instanceof Response ? answer : Response.json(answer), cookies)
		} catch (error) {
			const refusal = refusalOf(error)
			return upgrades ? refuseUpgrade(refusal) : dress(refuse(refusal), cookies)
		}
	}
}

async function admit({ may }: Shape, request: Request, env: Env, registry: Registry, cookies: string[]) {
	switch (may) {
		case "anybody":
			return {}
		case "machine":
			return { dialler: await whoDials(bearer(request.headers.get("authorization")), registry) }
		default: {
			const principal = await whoAsks(request, env, registry)
			cookies.push(...principal.cookies)
			mustBeAllowed(principal, may)
			return { principal }
		}
	}
}

/** Parameters, query and body under one schema, so that a fault is named by its place. */
function saidBy({ params, query, body }: Shape) {
	return z.object({ ...(params && { params }), ...(query && { query }), ...(body && { body }) })
}
