// The HTTP edge: who handles which row of the route table, and the classes of the objects. Read this first.
import { Hono } from "hono"
import { TrieRouter } from "hono/router/trie-router"
import type { Env } from "../durable-objects/env.ts"
import { Refusal } from "../protocol/errors.ts"
import { ROUTES, type RouteName } from "../protocol/routes.ts"
import type { Handlers } from "./call.ts"
import { refusalOf, refuse } from "./errors.ts"
import { dress } from "./headers.ts"
import { answerRoute } from "./route.ts"
import { account } from "./routes/account.ts"
import { attention } from "./routes/attention.ts"
import { audit } from "./routes/audit.ts"
import { channels } from "./routes/channels.ts"
import { devices } from "./routes/devices.ts"
import { enrollments } from "./routes/enrollments.ts"
import { home } from "./routes/home.ts"
import { hooks } from "./routes/hooks.ts"
import { wechatHooks } from "./routes/hooks-wechat.ts"
import { install } from "./routes/install.ts"
import { invitations } from "./routes/invitations.ts"
import { machines } from "./routes/machines.ts"
import { members } from "./routes/members.ts"
import { push } from "./routes/push.ts"
import { schedules } from "./routes/schedules.ts"
import { secrets } from "./routes/secrets.ts"
import { sessions } from "./routes/sessions.ts"
import { signIn } from "./routes/sign-in.ts"
import { signInChannel } from "./routes/sign-in-channel.ts"
import { substrates } from "./routes/substrates.ts"
import { tasks } from "./routes/tasks.ts"
import { tokens } from "./routes/tokens.ts"
import { triggers } from "./routes/triggers.ts"
import { workspaces } from "./routes/workspaces.ts"
import { sockets } from "./sockets.ts"

export { MachineObject } from "../durable-objects/machine-object.ts"
export { WorkspaceObject } from "../durable-objects/workspace-object.ts"
export { Outside } from "./outside.ts"

const HANDLERS: Handlers<RouteName> = {
	...home,
	...signIn,
	...account,
	...workspaces,
	...members,
	...invitations,
	...tokens,
	...devices,
	...enrollments,
	...machines,
	...sessions,
	...substrates,
	...secrets,
	...attention,
	...channels,
	...push,
	...hooks,
	...wechatHooks,
	...signInChannel,
	...tasks,
	...schedules,
	...triggers,
	...audit,
	...sockets,
	...install,
}

// The default router compiles all paths at the first request, which takes longer than all requests of an isolate save.
const app = new Hono<{ Bindings: Env }>({ router: new TrieRouter() })
for (const name of Object.keys(ROUTES) as RouteName[]) mount(name)
for (const path of ["/api/openapi.json", "/api/docs", "/api/docs/*"])
	app.get(path, async ({ env, req }) => dress(await env.ASSETS.fetch(req.raw)))
for (const [path, methods] of methodsByPath()) app.all(path, () => refuseMethod(methods))
app.notFound(() => dress(refuse(new Refusal("not_found"))))
app.onError((error) => dress(refuse(refusalOf(error))))

export default app

function mount<N extends RouteName>(name: N): void {
	const { method, path } = ROUTES[name]
	const answer = answerRoute(name, HANDLERS[name])
	app.on(method, path, ({ env, req }) => answer(req.raw, env, req.param()))
}

/** After every route: what comes here has a path of the table and a method that the path does not have. */
function methodsByPath(): Map<string, string[]> {
	const methods = new Map<string, string[]>()
	for (const { path, method } of Object.values(ROUTES)) {
		// A GET route answers HEAD as well.
		const own = method === "GET" ? [method, "HEAD"] : [method]
		methods.set(path, [...(methods.get(path) ?? []), ...own])
	}
	return methods
}

function refuseMethod(allowed: string[]): Response {
	const response = refuse(new Refusal("method_not_allowed"))
	response.headers.set("allow", allowed.join(", "))
	return dress(response)
}
