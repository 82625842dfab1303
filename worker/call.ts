// What a route's handler gets, and what it must give: both follow from the route's row in the table.
import type { Env } from "../durable-objects/env.ts"
import type { Via } from "../protocol/attention.ts"
import type { Answer, JsonRouteName, Parsed, Route, RouteName } from "../protocol/routes.ts"
import type { Person, Principal } from "./access.ts"
import type { MachineEntry } from "./registry/machines.ts"
import type { Registry } from "./registry.ts"
import type { Traced } from "./trail.ts"

/** Who calls: nobody known, the machine that dials, a person, or a principal whose role allows the route. */
type Caller<N extends RouteName> = Route<N>["may"] extends "anybody"
	? unknown
	: Route<N>["may"] extends "machine"
		? { dialler: MachineEntry }
		: Route<N>["may"] extends "person"
			? { person: Person }
			: { principal: Principal }

export type Call<N extends RouteName> = Parsed<N> &
	Caller<N> & {
		env: Env
		registry: Registry
		request: Request
		/** Where the caller reached this home. */
		origin: string
		/** The address that the caller comes from; null where nobody vouches for it. */
		address: string | null
		/** Cookies that the answer sets. */
		cookies: string[]
		/** What the audit trail will say of this call. */
		traced: Traced
		/** The chat service that a bot calls for; absent where somebody calls by themselves. */
		via?: Extract<Via, "telegram" | "wechat">
	}

export type Handler<N extends RouteName> = (call: Call<N>) => Promise<N extends JsonRouteName ? Answer<N> : Response>

/** A handler for each of these routes: a new one in the table does not compile until somebody handles it. */
export type Handlers<N extends RouteName> = { [Name in N]: Handler<Name> }
