// The API as one table: method, path, who may, and the shapes. Worker, CLI, console and OpenAPI all come from it.
import * as z from "zod"
import { ASKS, Input, SIGNALS } from "./ask.ts"
import { MachineId, SessionId, TokenId } from "./ids.ts"
import { LOG_CHUNK_BYTES } from "./limits.ts"
import { type Action, ROLES } from "./roles.ts"
import { Name, Platform, Presence, Sequence, SessionInfo, StartSpec, Time } from "./session.ts"

/** Who may use a route: anybody, a machine by its dial token, or a principal whose role has the action. */
export type Permission = "anybody" | "machine" | Action

/** One row of the table. */
export interface Shape {
	method: "GET" | "POST" | "PATCH" | "DELETE"
	/** hono's notation: `:name` for a parameter. */
	path: string
	may: Permission
	summary: string
	params?: z.ZodObject
	query?: z.ZodObject
	body?: z.ZodObject
	/** The JSON answer; absent for a socket or a file. */
	answer?: z.ZodType
	/** What comes in place of JSON. */
	kind?: "socket" | "file"
}

export const Machine = z
	.object({
		id: MachineId,
		name: Name,
		platform: Platform.nullable(),
		/** The machine's Ed25519 public key as a did:key. */
		key: z.string(),
		createdAt: Time,
		presence: Presence,
		/** Sessions that run there, as last known. */
		running: z.int(),
	})
	.meta({ id: "Machine" })
export type Machine = z.infer<typeof Machine>

export const Session = SessionInfo.extend({ machine: MachineId, machineName: Name, machinePresence: Presence }).meta({
	id: "Session",
})
export type Session = z.infer<typeof Session>

export const Token = z
	.object({
		id: TokenId,
		name: z.string(),
		/** The first characters, to recognise it by. */
		prefix: z.string(),
		createdAt: Time,
		lastUsedAt: Time.nullable(),
	})
	.meta({ id: "Token" })
export type Token = z.infer<typeof Token>

export const Me = z
	.object({
		name: z.string(),
		role: z.enum(ROLES),
		workspace: z.object({ id: z.string(), name: z.string() }),
		version: z.string(),
	})
	.meta({ id: "Me" })
export type Me = z.infer<typeof Me>

const ofMachine = z.object({ machine: MachineId })
const ofSession = z.object({ machine: MachineId, session: SessionId })
const done = z.object({})

export const ROUTES = {
	health: {
		method: "GET",
		path: "/api/health",
		may: "anybody",
		summary: "Whether the control plane answers, and its version",
		answer: z.object({ ok: z.literal(true), version: z.string(), now: Time }),
	},
	signIn: {
		method: "POST",
		path: "/api/sign-in",
		may: "anybody",
		summary: "Trade a one-time sign-in link's token for a session cookie",
		body: z.object({ token: z.string().min(1).max(512) }),
		answer: done,
	},
	signOut: {
		method: "POST",
		path: "/api/sign-out",
		may: "anybody",
		summary: "End this cookie's session",
		answer: done,
	},
	me: { method: "GET", path: "/api/me", may: "workspace:read", summary: "Who I am here", answer: Me },
	feed: {
		method: "GET",
		path: "/api/feed",
		may: "workspace:read",
		summary: "Socket: told when the registry changes",
		kind: "socket",
	},
	listTokens: {
		method: "GET",
		path: "/api/tokens",
		may: "token:manage",
		summary: "My tokens for programs",
		answer: z.object({ tokens: z.array(Token) }),
	},
	createToken: {
		method: "POST",
		path: "/api/tokens",
		may: "token:manage",
		summary: "Make a token; its secret is shown in this answer only",
		body: z.object({ name: Name }),
		answer: z.object({ token: Token, secret: z.string() }),
	},
	revokeToken: {
		method: "DELETE",
		path: "/api/tokens/:token",
		may: "token:manage",
		summary: "Revoke a token at once",
		params: z.object({ token: TokenId }),
		answer: done,
	},
	createEnrollment: {
		method: "POST",
		path: "/api/enrollments",
		may: "machine:enroll",
		summary: "Make a single-use code, good for ten minutes, with which a machine enrolls",
		answer: z.object({ code: z.string(), expiresAt: Time }),
	},
	enroll: {
		method: "POST",
		path: "/api/enroll",
		may: "anybody",
		summary: "Trade a code and a public key for a place in the workspace",
		body: z.object({
			code: z.string().min(1).max(64),
			/** The machine's Ed25519 public key: 32 bytes, base64url. */
			publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
			name: Name,
			platform: Platform,
		}),
		answer: z.object({ machine: MachineId, name: Name }),
	},
	link: {
		method: "GET",
		path: "/api/link",
		may: "machine",
		summary: "Socket: the connector's link; Authorization carries a dial token signed with the machine's key",
		kind: "socket",
	},
	listMachines: {
		method: "GET",
		path: "/api/machines",
		may: "machine:read",
		summary: "Machines with their presence",
		answer: z.object({ machines: z.array(Machine) }),
	},
	renameMachine: {
		method: "PATCH",
		path: "/api/machines/:machine",
		may: "machine:manage",
		summary: "Rename a machine",
		params: ofMachine,
		body: z.object({ name: Name }),
		answer: done,
	},
	removeMachine: {
		method: "DELETE",
		path: "/api/machines/:machine",
		may: "machine:manage",
		summary: "Revoke a machine's key at once and forget the machine",
		params: ofMachine,
		answer: done,
	},
	view: {
		method: "GET",
		path: "/api/machines/:machine/view",
		may: "session:watch",
		summary: "Socket: a viewer of this machine and its sessions",
		params: ofMachine,
		kind: "socket",
	},
	ping: {
		method: "POST",
		path: "/api/machines/:machine/ping",
		may: "machine:read",
		summary: "Ask the connector for a sign of life, through the whole link",
		params: ofMachine,
		answer: ASKS.ping.answered,
	},
	listRuntimes: {
		method: "GET",
		path: "/api/machines/:machine/runtimes",
		may: "machine:read",
		summary: "Which runtimes the machine has, and what the others lack",
		params: ofMachine,
		answer: ASKS.runtimes.answered,
	},
	listFolders: {
		method: "GET",
		path: "/api/machines/:machine/folders",
		may: "session:start",
		summary: "Folders on the machine that begin with a path",
		params: ofMachine,
		query: z.object({ path: z.string().max(4096).default("") }),
		answer: ASKS.folders.answered,
	},
	listSessions: {
		method: "GET",
		path: "/api/sessions",
		may: "session:watch",
		summary: "Sessions on all machines",
		answer: z.object({ sessions: z.array(Session) }),
	},
	startSession: {
		method: "POST",
		path: "/api/machines/:machine/sessions",
		may: "session:start",
		summary: "Start a session; the same id again answers with the same session",
		params: ofMachine,
		body: StartSpec,
		answer: SessionInfo,
	},
	renameSession: {
		method: "PATCH",
		path: "/api/machines/:machine/sessions/:session",
		may: "session:start",
		summary: "Rename a session",
		params: ofSession,
		body: z.object({ name: Name }),
		answer: SessionInfo,
	},
	removeSession: {
		method: "DELETE",
		path: "/api/machines/:machine/sessions/:session",
		may: "session:end",
		summary: "Forget an ended session and its log",
		params: ofSession,
		answer: done,
	},
	signalSession: {
		method: "POST",
		path: "/api/machines/:machine/sessions/:session/signal",
		may: "session:end",
		summary: "Signal a session's processes",
		params: ofSession,
		body: z.object({ signal: z.enum(SIGNALS).default("SIGHUP") }),
		answer: done,
	},
	sendInput: {
		method: "POST",
		path: "/api/machines/:machine/sessions/:session/input",
		may: "session:type",
		summary: "Write text to a session; answered when the PTY has it",
		params: ofSession,
		body: Input,
		answer: ASKS.write.answered,
	},
	readScreen: {
		method: "GET",
		path: "/api/machines/:machine/sessions/:session/screen",
		may: "session:watch",
		summary: "The rendered screen as text",
		params: ofSession,
		answer: ASKS.screen.answered,
	},
	readLog: {
		method: "GET",
		path: "/api/machines/:machine/sessions/:session/log",
		may: "session:watch",
		summary: "Raw output from a sequence",
		params: ofSession,
		query: z.object({
			from: z.coerce.number().pipe(Sequence).default(0),
			limit: z.coerce.number().pipe(z.int().min(1).max(LOG_CHUNK_BYTES)).default(LOG_CHUNK_BYTES),
		}),
		answer: ASKS.log.answered,
	},
	installScript: {
		method: "GET",
		path: "/install",
		may: "anybody",
		summary: "The shell script that installs the connector of this control plane's version",
		kind: "file",
	},
} as const satisfies Record<string, Shape>

export type RouteName = keyof typeof ROUTES
export type Route<N extends RouteName = RouteName> = (typeof ROUTES)[N]

type In<N extends RouteName, Part extends string> =
	Route<N> extends { [K in Part]: infer S extends z.ZodType } ? { [K in Part]: z.input<S> } : unknown
type Out<N extends RouteName, Part extends string> =
	Route<N> extends { [K in Part]: infer S extends z.ZodType } ? { [K in Part]: z.output<S> } : unknown

/** What a caller passes: params, query and body, where the route has them. */
export type Request<N extends RouteName> = In<N, "params"> & In<N, "query"> & In<N, "body">
/** What a handler gets, parsed. */
export type Parsed<N extends RouteName> = Out<N, "params"> & Out<N, "query"> & Out<N, "body">
/** What a caller gets. */
export type Answer<N extends RouteName> = Route<N> extends { answer: infer S extends z.ZodType } ? z.output<S> : never
export type JsonRouteName = { [N in RouteName]: Route<N> extends { answer: z.ZodType } ? N : never }[RouteName]

/** The body of every HTTP refusal. */
export const RefusalBody = z
	.object({ error: z.object({ code: z.string(), message: z.string(), mayRetry: z.boolean() }) })
	.meta({ id: "Refusal" })

/** The route's path with its parameters filled in. */
export function routePath(name: RouteName, params: Record<string, string> = {}): string {
	return ROUTES[name].path.replace(/:(\w+)/g, (_, key: string) => {
		const value = params[key]
		if (value === undefined) throw new Error(`invariant: ${name} needs ${key}`)
		return encodeURIComponent(value)
	})
}
