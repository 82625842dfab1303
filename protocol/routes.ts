// The API as one table: method, path, who may, and the shapes. Worker, CLI, console and OpenAPI all come from it.
import * as z from "zod"
import { REFUSALS } from "./errors.ts"
import type { Shape } from "./route.ts"
import { accountRoutes } from "./routes/account.ts"
import { attentionRoutes } from "./routes/attention.ts"
import { auditRoutes } from "./routes/audit.ts"
import { channelRoutes } from "./routes/channels.ts"
import { homeRoutes } from "./routes/home.ts"
import { machineRoutes } from "./routes/machines.ts"
import { secretRoutes } from "./routes/secrets.ts"
import { sessionRoutes } from "./routes/sessions.ts"
import { signInRoutes } from "./routes/sign-in.ts"
import { substrateRoutes } from "./routes/substrates.ts"
import { tokenRoutes } from "./routes/tokens.ts"
import { workspaceRoutes } from "./routes/workspace.ts"

export const ROUTES = {
	...homeRoutes,
	...signInRoutes,
	...accountRoutes,
	...workspaceRoutes,
	...tokenRoutes,
	...machineRoutes,
	...sessionRoutes,
	...substrateRoutes,
	...attentionRoutes,
	...channelRoutes,
	...secretRoutes,
	...auditRoutes,
} as const satisfies Record<string, Shape>

export type RouteName = keyof typeof ROUTES
export type Route<N extends RouteName = RouteName> = (typeof ROUTES)[N]

type In<N extends RouteName, Part extends string> =
	Route<N> extends { [K in Part]: infer S extends z.ZodType } ? { [K in Part]: z.input<S> } : unknown
type Out<N extends RouteName, Part extends string> =
	Route<N> extends { [K in Part]: infer S extends z.ZodType } ? { [K in Part]: z.output<S> } : unknown

/** A query of which nothing must be said need not be there. */
type InQuery<N extends RouteName> =
	In<N, "query"> extends { query: infer Q } ? (Record<never, never> extends Q ? { query?: Q } : { query: Q }) : unknown

/** What a caller passes: params, query and body, where the route has them. */
export type Request<N extends RouteName> = In<N, "params"> & InQuery<N> & In<N, "body">
/** What a handler gets, parsed. */
export type Parsed<N extends RouteName> = Out<N, "params"> & Out<N, "query"> & Out<N, "body">
/** What a caller gets. */
export type Answer<N extends RouteName> = Route<N> extends { answer: infer S extends z.ZodType } ? z.output<S> : never
export type JsonRouteName = { [N in RouteName]: Route<N> extends { answer: z.ZodType } ? N : never }[RouteName]

/** One of the table, as its readers are told; a newer server may have one that this version does not know. */
const Code = z.string().meta({ enum: Object.keys(REFUSALS) })

/** The body of every HTTP refusal. */
export const RefusalBody = z
	.object({ error: z.object({ code: Code, message: z.string(), mayRetry: z.boolean() }) })
	.meta({ id: "Refusal" })

/** The route's path with its parameters filled in. */
export function routePath(name: RouteName, params: Record<string, string> = {}): string {
	return ROUTES[name].path.replace(/:(\w+)/g, (_, key: string) => {
		const value = params[key]
		if (value === undefined) throw new Error(`invariant: ${name} needs ${key}`)
		return encodeURIComponent(value)
	})
}
