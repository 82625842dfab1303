// A home as its people, programs and machines see it: every call goes through the Worker's own door.
import { env, exports } from "cloudflare:workers"
import { exportJWK, generateKeyPair, SignJWT } from "jose"
import { type Client, client } from "../../protocol/client.ts"
import { type MachineId, newSessionId, type SessionId } from "../../protocol/ids.ts"
import { PROTOCOL_VERSION } from "../../protocol/limits.ts"
import type { Role } from "../../protocol/roles.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import { signSignInLink } from "../../protocol/sign-in-link.ts"
import { hash } from "../../worker/hash.ts"

export const HOME = "https://home.example"

/** One request, as it comes in: from an address of its own, as different people's do, where it does not say from which. */
export function ask(path: string, init: RequestInit = {}, origin = HOME): Promise<Response> {
	const request = new Request(origin + path, { redirect: "manual", ...init })
	if (!request.headers.has(ADDRESS)) request.headers.set(ADDRESS, newAddress())
	return exports.default.fetch(request)
}

/** Where Cloudflare says from which address a request comes. */
export const ADDRESS = "cf-connecting-ip"

/** An address that nobody has called from. */
export function newAddress(): string {
	return `2001:db8:${crypto.randomUUID().slice(0, 4)}:${crypto.randomUUID().slice(0, 4)}::1`
}

export function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
	return ask(path, {
		method: "POST",
		body: JSON.stringify(body),
		headers: { "content-type": "application/json", ...headers },
	})
}

/** The code with which an answer refuses; undefined when it does not. */
export async function codeOf(response: Response): Promise<string | undefined> {
	if (response.ok) return undefined
	const { error } = (await response.json()) as { error: { code: string } }
	return error.code
}

export function newLink(now = Date.now()): Promise<string> {
	return signSignInLink(env.SIGN_IN_KEY, now)
}

/** A browser in which the owner is signed in: its cookie. */
export async function signIn(): Promise<string> {
	return cookieOf(await post("/api/sign-in", { token: await newLink() }))
}

/** The cookie that an answer signs a browser in with. */
export function cookieOf(response: Response): string {
	const cookie = response.headers.getSetCookie().find((line) => /session_token=[^;]/.test(line))
	if (cookie === undefined) throw new Error(`not signed in: ${response.status}`)
	return cookie.split(";", 1)[0] ?? ""
}

/** A program with a token of its own. */
export interface Program {
	secret: string
	headers: { authorization: string }
	call: Client
}

/** The owner's. */
export async function owner(): Promise<Program> {
	const { call } = browser(await signIn())
	const { secret } = await call("createToken", { body: { name: `owner ${crypto.randomUUID()}` } })
	return program(secret)
}

export interface Somebody extends Program {
	id: string
	workspace: string
}

/** Somebody's with this role: in the owner's workspace, in one of their own, or in another's. */
export async function somebody(role: Role, where: "here" | "elsewhere" | Somebody = "here"): Promise<Somebody> {
	const me = crypto.randomUUID()
	const secret = `hp_${me}`
	const workspace = where === "here" ? await homeId() : where === "elsewhere" ? me : where.workspace
	const add = (sql: string, ...values: unknown[]) => env.DB.prepare(sql).bind(...values)
	await env.DB.batch([
		add(
			"INSERT INTO user (id, name, email, created_at, updated_at) VALUES (?, ?, ?, 0, 0)",
			me,
			role,
			`${me}@x.invalid`,
		),
		...(where === "elsewhere"
			? [add("INSERT INTO workspace (id, name, slug, created_at) VALUES (?, 'Elsewhere', ?, 0)", me, me)]
			: []),
		add(
			"INSERT INTO member (id, workspace_id, user_id, role, created_at) VALUES (?, ?, ?, ?, 1)",
			me,
			workspace,
			me,
			role,
		),
		add(
			"INSERT INTO token (id, workspace_id, user_id, name, prefix, hash, created_at) VALUES (?, ?, ?, ?, 'hp_', ?, 0)",
			`tok_${me.replaceAll("-", "").slice(0, 20)}`,
			workspace,
			me,
			role,
			await hash(secret),
		),
	])
	return { ...program(secret), id: me, workspace }
}

/** The first workspace's id. */
async function homeId(): Promise<string> {
	await signIn()
	const id = await env.DB.prepare("SELECT id FROM workspace WHERE slug = 'home'").first<string>("id")
	if (id === null) throw new Error("invariant: the first sign-in makes the first workspace")
	return id
}

/** A console that the person of this cookie has open. */
export function browser(cookie: string, origin = HOME): { cookie: string; call: Client } {
	const call = client((path, init) => ask(path, { ...init, headers: { ...init.headers, cookie, origin } }, origin))
	return { cookie, call }
}

/** A person in a browser. */
export interface Person {
	id: string
	email: string
	cookie: string
	call: Client
}

/** Somebody new, who has taken an invitation of this owner's. */
export async function newcomer(by: { call: Client }, role: Role): Promise<Person> {
	const { url } = await by.call("createInvitation", { body: { role } })
	const email = `${crypto.randomUUID()}@people.example`
	const accepting = post("/api/invitations/accept", { token: tokenIn(url), name: `A ${role}`, email })
	const { cookie, call } = browser(cookieOf(await accepting))
	return { id: (await call("me")).id, email, cookie, call }
}

/** What a link carries behind its #. */
export function tokenIn(link: string): string {
	return new URL(link).hash.slice(1)
}

/** The sign-in that this person's cookie stands for was made so long ago. */
export async function age({ call }: { call: Client }, byMs: number): Promise<void> {
	const { signIns } = await call("listSignIns")
	const id = signIns.find(({ isThis }) => isThis)?.id
	await env.DB.prepare("UPDATE session SET created_at = created_at - ? WHERE id = ?").bind(byMs, id).run()
}

export function program(secret: string): Program {
	const headers = { authorization: `Bearer ${secret}` }
	const call = client((path, init) => ask(path, { ...init, headers: { ...init.headers, ...headers } }))
	return { secret, headers, call }
}

export const PLATFORM = { os: "linux", arch: "x64", release: "Debian 12", hostname: "box", connector: "0.1.0" }

export interface Keys {
	/** As an enrollment carries it. */
	publicKey: string
	privateKey: CryptoKey
}

export async function newKeys(): Promise<Keys> {
	const { publicKey, privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true })
	const { x } = await exportJWK(publicKey)
	if (x === undefined) throw new Error("invariant: an Ed25519 key has its x")
	return { publicKey: x, privateKey: privateKey as CryptoKey }
}

/** A machine that has just enrolled. */
export async function enrolled(by: Program, name = "box"): Promise<Keys & { id: MachineId; name: string }> {
	const { code } = await by.call("createEnrollment")
	const keys = await newKeys()
	const response = await post("/api/enroll", { code, publicKey: keys.publicKey, name, platform: PLATFORM })
	const { machine, name: given } = (await response.json()) as { machine: MachineId; name: string }
	return { ...keys, id: machine, name: given }
}

/** The machine's side of its link, after the welcome. */
export async function linked(
	machine: Keys & { id: MachineId },
	version = PROTOCOL_VERSION,
	sessions: SessionInfo[] = [],
): Promise<Dialled> {
	const link = await dial("/api/link", { authorization: `Bearer ${await dialToken(machine)}` })
	link.send({ type: "hello", version, platform: PLATFORM, sessions })
	await link.next()
	return link
}

/** A session as its machine tells of it. */
export function runningSession(): SessionInfo {
	return {
		id: newSessionId(),
		name: "shell",
		runtime: "shell",
		argv: [],
		cwd: "/",
		substrate: "host",
		...{ network: { is: "full" }, image: null, vm: null, loadout: null },
		...{ tags: [], comesBack: false, run: 1, beganAt: null },
		cols: 80,
		rows: 24,
		state: { is: "running" },
		title: "",
		createdAt: 1,
		lastOutputAt: null,
		sequence: 0,
	}
}

/** Attaches a viewer that has said hello, and waits for the answer; what else comes is passed over. */
export async function attach(screen: Dialled, session: SessionId): Promise<void> {
	screen.send({ type: "attach", session, have: null, cols: 80, rows: 24 })
	for (;;) {
		const { type } = (await screen.next()) as { type: string }
		if (type === "attached") return
	}
}

/** The next question to the machine; what else comes is passed over. */
export async function asked(link: Dialled): Promise<{ number: number; ask: string; of: Record<string, unknown> }> {
	for (;;) {
		const message = (await link.next()) as { type: string; number: number; ask: string; of: Record<string, unknown> }
		if (message.type === "ask") return message
	}
}

/** A dial token; `claims` in seconds and by their JWT names replace what an honest connector says. */
export function dialToken(
	machine: { id: string; privateKey: CryptoKey },
	claims: { iat?: number; exp?: number; aud?: string; sub?: string } = {},
): Promise<string> {
	const iat = claims.iat ?? Math.floor(Date.now() / 1000)
	return new SignJWT()
		.setProtectedHeader({ alg: "EdDSA" })
		.setSubject(claims.sub ?? machine.id)
		.setAudience(claims.aud ?? "homeport-link")
		.setIssuedAt(iat)
		.setExpirationTime(claims.exp ?? iat + 60)
		.setJti(crypto.randomUUID())
		.sign(machine.privateKey)
}

/** A socket of this home, or the close that refused it. */
export async function dial(path: string, headers: Record<string, string> = {}): Promise<Dialled> {
	const response = await ask(path, { headers: { upgrade: "websocket", ...headers } })
	if (response.webSocket === null) throw new Error(`no socket: ${response.status} ${await response.text()}`)
	return new Dialled(response.webSocket, response.headers)
}

export class Dialled {
	readonly headers: Headers
	/** Settles when the other side closes. */
	readonly closed: Promise<{ code: number; reason: string }>
	readonly #socket: WebSocket
	readonly #waiting: ((text: string) => void)[] = []
	readonly #heard: string[] = []

	constructor(socket: WebSocket, headers: Headers) {
		this.#socket = socket
		this.headers = headers
		this.closed = new Promise((resolve) =>
			socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason })),
		)
		socket.addEventListener("message", ({ data }) => {
			if (typeof data !== "string") return
			const next = this.#waiting.shift()
			if (next === undefined) this.#heard.push(data)
			else next(data)
		})
		socket.accept()
	}

	send(message: unknown): void {
		this.#socket.send(typeof message === "string" ? message : JSON.stringify(message))
	}

	/** The next text message. */
	async next(): Promise<unknown> {
		const text = this.#heard.shift() ?? (await new Promise<string>((resolve) => this.#waiting.push(resolve)))
		return text.startsWith("{") ? JSON.parse(text) : text
	}

	close(): void {
		this.#socket.close(1000)
	}
}
