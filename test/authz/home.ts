// A home in the Workers runtime, used from Node: asked from any address, its registry at hand, its own calls answered here.
import { generateKeyPairSync } from "node:crypto"
import { mkdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import {
	convertV4MiniflareOptions,
	type MessageEvent,
	Miniflare,
	type Request,
	type RequestInit,
	Response,
} from "miniflare"
import { MIGRATIONS } from "../../migrations/sql.ts"

const ROOT = join(import.meta.dirname, "../..")
const WORKER = join(ROOT, "dist/worker/index.js")
/** Where people and programs reach it. */
export const HOME = "https://home.example"
export const AUTH_SECRET = "an-auth-secret-for-the-tests-of-access"
export const SIGN_IN_KEY = "a-sign-in-key-for-the-tests-of-access"

/** What a browser says of a request that a page of this home makes. */
export const OWN_PAGE = { origin: HOME, "sec-fetch-site": "same-origin" }

/** Every way to sign in is on. */
export const EVERY_WAY = {
	PASSWORDS: "on",
	GITHUB_CLIENT_ID: "github-client",
	GITHUB_CLIENT_SECRET: "github-secret",
	OIDC_ISSUER: "https://issuer.example",
	OIDC_CLIENT_ID: "oidc-client",
	OIDC_CLIENT_SECRET: "oidc-secret",
}

interface Options {
	/** Bindings beside those that every home has. */
	settings?: Record<string, string>
	/** Changes the Worker's source. */
	change?: (source: string) => string
	/** Makes the platform count sign-ins, as it does on Cloudflare. */
	signInsAMinute?: number
	/** Stands in for the internet. */
	internet?: (request: Request) => Response | Promise<Response>
}

export type Database = Awaited<ReturnType<Miniflare["getD1Database"]>>

export class Home {
	readonly db: Database
	/** Where the home itself called so far. */
	readonly called: string[]
	readonly #miniflare: Miniflare
	#addresses = 0

	private constructor(miniflare: Miniflare, db: Database, called: string[]) {
		this.#miniflare = miniflare
		this.db = db
		this.called = called
	}

	static async start({
		settings = {},
		change = (source) => source,
		signInsAMinute,
		internet,
	}: Options = {}): Promise<Home> {
		const called: string[] = []
		// wrangler.toml serves this folder; the tests need nothing in it.
		mkdirSync(join(ROOT, "dist/web"), { recursive: true })
		const miniflare = new Miniflare(
			convertV4MiniflareOptions({
				name: "homeport",
				modules: [{ type: "ESModule", path: WORKER, contents: change(readFileSync(WORKER, "utf8")) }],
				modulesRoot: dirname(WORKER),
				compatibilityDate: "2026-10-01",
				compatibilityFlags: ["nodejs_compat"],
				bindings: { AUTH_SECRET, SIGN_IN_KEY, SECRET_KEYS, PUSH_KEY, VERSION: "0.0.0", ...settings },
				durableObjects: {
					MACHINE: { className: "MachineObject", useSQLite: true },
					WORKSPACE: { className: "WorkspaceObject", useSQLite: true },
				},
				d1Databases: { DB: "homeport" },
				...(signInsAMinute !== undefined && {
					ratelimits: { RATE_SIGN_IN: { namespace_id: "1", simple: { limit: signInsAMinute, period: 60 as const } } },
				}),
				assets: {
					directory: join(ROOT, "dist/web"),
					binding: "ASSETS",
					run_worker_first: ["/api/*", "/install"],
					routerConfig: { has_user_worker: true },
				},
				outboundService: (request: Request) => {
					called.push(request.url)
					return internet?.(request) ?? new Response(null, { status: 502 })
				},
				telemetry: { enabled: false },
			}),
		)
		const db = await miniflare.getD1Database("DB")
		await db.batch(MIGRATIONS.flatMap(({ statements }) => statements.map((statement) => db.prepare(statement))))
		return new Home(miniflare, db, called)
	}

	/** One request. It comes from an address of its own where it does not say from which, and follows no redirect. */
	ask(path: string, init: RequestInit & { headers?: Record<string, string> } = {}, origin = HOME) {
		const headers = { "cf-connecting-ip": this.newAddress(), "accept-encoding": "identity", ...init.headers }
		return this.#miniflare.dispatchFetch(origin + path, { redirect: "manual", ...init, headers })
	}

	post(path: string, body: unknown, headers: Record<string, string> = {}) {
		return this.ask(path, {
			method: "POST",
			body: JSON.stringify(body),
			headers: { "content-type": "application/json", ...headers },
		})
	}

	/** A socket of this home, or the close that refused it. */
	async dial(path: string, headers: Record<string, string> = {}, origin = HOME): Promise<Dialled> {
		const response = await this.ask(path, { headers: { upgrade: "websocket", ...headers } }, origin)
		if (response.webSocket === null) throw new Error(`no socket: ${response.status} ${await response.text()}`)
		return new Dialled(response.webSocket)
	}

	/** Where programs of this computer reach it. */
	async url(): Promise<string> {
		return (await this.#miniflare.ready).origin
	}

	/** An address that nobody has called from. */
	newAddress(): string {
		const n = ++this.#addresses
		return `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`
	}

	stop(): Promise<void> {
		return this.#miniflare.dispose()
	}
}

const SECRET_KEYS = JSON.stringify({ 1: Buffer.alloc(32, 7).toString("base64") })
const PUSH_KEY = JSON.stringify(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }))

type WebSocket = NonNullable<Response["webSocket"]>

export class Dialled {
	/** Settles when the other side closes. */
	readonly closed: Promise<{ code: number; reason: string }>
	readonly #socket: WebSocket
	readonly #waiting: ((text: string) => void)[] = []
	readonly #heard: string[] = []

	constructor(socket: WebSocket) {
		this.#socket = socket
		this.closed = new Promise((resolve) =>
			socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason })),
		)
		socket.addEventListener("message", ({ data }: MessageEvent) => {
			if (typeof data !== "string") return
			const next = this.#waiting.shift()
			if (next === undefined) this.#heard.push(data)
			else next(data)
		})
		socket.accept()
	}

	/** Text and bytes as they are, anything else as JSON. */
	send(message: object | string | Uint8Array<ArrayBuffer>): void {
		const isRaw = typeof message === "string" || message instanceof Uint8Array
		this.#socket.send(isRaw ? message : JSON.stringify(message))
	}

	/** The next text message. */
	async next(): Promise<unknown> {
		const text = this.#heard.shift() ?? (await new Promise<string>((resolve) => this.#waiting.push(resolve)))
		return text.startsWith("{") ? JSON.parse(text) : text
	}

	/** Says something that is always answered where the socket is let in: undefined then, else why it was closed. */
	async refusal(hello: object | string): Promise<string | undefined> {
		this.send(hello)
		const answered = this.next().then(() => undefined)
		const refused = this.closed.then(({ reason }) => reason)
		return Promise.race([refused, answered])
	}

	close(): void {
		this.#socket.close(1000)
	}
}

/** The code with which an answer refuses; undefined when it does not. */
export async function codeOf(response: { status: number; text(): Promise<string> }): Promise<string | undefined> {
	const text = await response.text()
	if (response.status < 400) return undefined
	try {
		return (JSON.parse(text) as { error: { code: string } }).error.code
	} catch {
		return `${response.status} ${text.slice(0, 80)}`
	}
}
