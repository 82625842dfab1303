// The gate of an allow-list: an HTTP proxy on a Unix socket, outside of what it holds in. It lets through by host name and
// port, looks names up itself, and never reads what is encrypted but the name that a client says in the clear.

import { lookup } from "node:dns/promises"
import { chmodSync, rmSync } from "node:fs"
import { createServer, type IncomingMessage, request as requestOf, type ServerResponse } from "node:http"
import { connect, isIP, type LookupFunction, type Socket } from "node:net"
import type { Duplex } from "node:stream"
import { pipeline } from "node:stream/promises"
import { privately } from "../../private-file.ts"
import { Allowed } from "./allowed.ts"
import { readHello } from "./client-hello.ts"
import type { DeniedLog } from "./denied.ts"

/** The init inside forwards no more at once either. */
const CONNECTIONS = 256
const HEAD_BYTES = 16 * 1024
/** What has been begun, a head or a hello, is whole within this. */
const HEAD_MS = 10_000
const CONNECT_MS = 30_000
/** Between requests on one connection. */
const KEEP_ALIVE_MS = 60_000
/** A far end that has vanished is found out about. */
const PROBE_MS = 60_000

export interface Gate {
	/** Ends every connection, too. */
	close(): void
}

interface Options {
	/** The socket's path; whatever lies there is replaced. Nobody but this person can connect to it. */
	socket: string
	/** Each a HostPattern. */
	hosts: readonly string[]
	denied: DeniedLog
	headMs?: number
}

/** Resolves when it listens. Closing it closes `denied`. */
export async function openGate({ socket, hosts, denied, headMs = HEAD_MS }: Options): Promise<Gate> {
	const gate = new Passage(new Allowed(hosts), denied, headMs)
	const server = createServer(
		{
			maxHeaderSize: HEAD_BYTES,
			headersTimeout: headMs,
			connectionsCheckingInterval: headMs,
			requestTimeout: 0,
			keepAliveTimeout: KEEP_ALIVE_MS,
		},
		(request, response) => void gate.forward(request, response),
	)
	server.maxConnections = CONNECTIONS
	server.on("connect", (request, near, head) => void gate.tunnel(request, near, head))
	const open = new Set<Socket>()
	server.on("connection", (near: Socket) => {
		open.add(near)
		near.once("close", () => open.delete(near))
	})
	rmSync(socket, { force: true })
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject)
		privately(() => server.listen(socket, resolve))
	})
	chmodSync(socket, 0o600)
	return {
		close() {
			server.close()
			for (const near of open) near.destroy()
			denied.close()
		},
	}
}

/** Where a connection wants to go. */
interface Target {
	host: string
	port: number
}

/** A "no" to whoever is held in, as an HTTP answer. */
class No extends Error {
	readonly status: number

	constructor(status: number, sentence: string) {
		super(sentence)
		this.status = status
	}
}

class Passage {
	readonly #allowed: Allowed
	readonly #denied: DeniedLog
	readonly #headMs: number

	constructor(allowed: Allowed, denied: DeniedLog, headMs: number) {
		this.#allowed = allowed
		this.#denied = denied
		this.#headMs = headMs
	}

	/** CONNECT: bytes both ways, until both ends have ended. */
	async tunnel(request: IncomingMessage, near: Duplex, head: Buffer): Promise<void> {
		// The far end's close follows.
		near.on("error", () => near.destroy())
		try {
			const target = authority(request.url ?? "")
			const far = await this.#reach(target, near)
			endTogether(near, far)
			near.write("HTTP/1.1 200 Connection established\r\n\r\n")
			far.pipe(near)
			if (head.length > 0) near.unshift(head)
			const first = await this.#firstBytes(near, target)
			if (first === null) {
				near.end(UNRECOGNIZED_NAME)
				far.destroy()
				return
			}
			if (first.length > 0) far.write(first)
			near.pipe(far)
		} catch (error) {
			const { status, message } = asNo(error)
			const body = `${message}\n`
			near.end(
				`HTTP/1.1 ${status} ${REASONS[status] ?? "No"}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
			)
		}
	}

	/** A request in absolute form, as proxies get those that are not encrypted. */
	async forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
		try {
			const url = absoluteUrl(request.url ?? "")
			const target = { host: hostOf(url.hostname), port: url.port === "" ? 80 : Number(url.port) }
			const addresses = await this.#addresses(target)
			const abandoned = new AbortController()
			response.once("close", () => abandoned.abort())
			const outgoing = requestOf({
				...{ host: target.host, port: target.port, lookup: answering(addresses), agent: false },
				method: request.method,
				path: url.pathname + url.search,
				// Whatever host the program names beside it, the server is told of the one that was allowed.
				headers: ["Host", url.host, "Connection", "close", ...passedOn(request, REQUEST_ONLY)],
				signal: abandoned.signal,
				timeout: CONNECT_MS,
			})
			outgoing.once("timeout", () => outgoing.destroy(new No(504, `${target.host} does not answer.`)))
			outgoing.once("socket", (far) => far.once("connect", () => far.setTimeout(0)))
			const answered = new Promise<IncomingMessage>((resolve, reject) => {
				outgoing.once("response", resolve)
				outgoing.once("error", reject)
			})
			// A server that answers before it has read all ends the upload; its answer still counts.
			pipeline(request, outgoing).catch(() => {})
			const answer = await answered
			response.writeHead(answer.statusCode ?? 502, answer.statusMessage, passedOn(answer, ANSWER_ONLY))
			await pipeline(answer, response)
		} catch (error) {
			if (response.headersSent) return void response.destroy()
			const { status, message } = asNo(error)
			response.writeHead(status, { "content-type": "text/plain", connection: "close" }).end(`${message}\n`)
		}
	}

	/** Connects to an allowed host. Throws No. */
	async #reach({ host, port }: Target, near: Duplex): Promise<Socket> {
		const addresses = await this.#addresses({ host, port })
		if (near.destroyed) throw new No(502, "Nobody waits for it.")
		const far = connect({ host, port, lookup: answering(addresses), allowHalfOpen: true, noDelay: true })
		far.setKeepAlive(true, PROBE_MS)
		const abandon = () => far.destroy(new No(502, "Nobody waits for it."))
		near.once("close", abandon)
		far.setTimeout(CONNECT_MS, () => far.destroy(new No(504, `${host}:${port} does not answer.`)))
		try {
			await new Promise<void>((resolve, reject) => {
				far.once("connect", resolve)
				far.once("error", reject)
			})
		} finally {
			near.off("close", abandon)
		}
		far.setTimeout(0)
		return far
	}

	/** Where an allowed host is, each an address that it may lead to. Throws No. */
	async #addresses({ host, port }: Target): Promise<{ address: string; family: number }[]> {
		if (!this.#allowed.allows(host, port)) throw this.#deny({ host, port }, "is not on this session's allow-list")
		const found =
			isIP(host) > 0
				? [{ address: host, family: isIP(host) }]
				: await lookup(host, { all: true }).catch((error: NodeJS.ErrnoException) => {
						throw new No(502, `${host} is not found (${error.code}).`)
					})
		const good = found.filter(({ address }) => this.#allowed.leadsTo(address, port))
		if (good.length === 0)
			throw this.#deny({ host, port }, "leads to an address near this machine, which is not on the allow-list")
		return good
	}

	/** What the program says first, once it is known to be for the host that was allowed; null when it is for another. */
	#firstBytes(near: Duplex, target: Target): Promise<Buffer | null> {
		let bytes = Buffer.alloc(0)
		let timer: NodeJS.Timeout | null = null
		return new Promise((resolve) => {
			const done = (result: Buffer | null) => {
				if (timer !== null) clearTimeout(timer)
				near.off("readable", read).off("end", over).off("close", over)
				resolve(result)
			}
			const over = () => done(bytes)
			const refuse = (wanted: string | null) => {
				this.#deny({ host: wanted ?? target.host, port: target.port }, "")
				done(null)
			}
			const read = () => {
				for (let chunk: Buffer | null = near.read(); chunk !== null; chunk = near.read())
					bytes = Buffer.concat([bytes, chunk])
				const hello = readHello(bytes)
				if (hello.is === "other") return done(bytes)
				if (hello.is === "partial") {
					if (bytes.length > 0) timer ??= setTimeout(() => refuse(null), this.#headMs)
					return
				}
				// An address has no name to ask for.
				if (hello.name === target.host || (hello.name === null && isIP(target.host) > 0)) return done(bytes)
				refuse(hello.name)
			}
			near.on("readable", read).once("end", over).once("close", over)
			read()
		})
	}

	#deny({ host, port }: Target, why: string): No {
		this.#denied.add(host, port)
		return new No(403, `${host}:${port} ${why}.`)
	}
}

/** A break of one end breaks the other. One that has ended both ways has handed everything over, and the other ends by itself. */
function endTogether(near: Duplex, far: Socket): void {
	for (const [one, other] of [
		[near, far],
		[far, near],
	] as const)
		one
			// The close that follows is what counts.
			.on("error", () => {})
			.once("close", () => {
				if (!one.readableEnded || !one.writableFinished) other.destroy()
			})
}

/** HOST:PORT. Throws No. */
function authority(text: string): Target {
	const [, host, port] = /^(\[[^\]]+\]|[^:[\]]+):(\d{1,5})$/.exec(text) ?? []
	if (host === undefined || Number(port) > 65_535) throw new No(400, "CONNECT takes HOST:PORT.")
	return { host: hostOf(host), port: Number(port) }
}

function absoluteUrl(text: string): URL {
	const url = URL.canParse(text) ? new URL(text) : null
	if (url?.protocol !== "http:") throw new No(400, "This is a proxy: it takes CONNECT, and requests for http:// URLs.")
	return url
}

/** As a list has it: lower case, without the root's dot or brackets. */
function hostOf(text: string): string {
	return text
		.toLowerCase()
		.replace(/^\[|\]$/g, "")
		.replace(/\.$/, "")
}

/** Answers with what was found and checked, so that nothing is looked up a second time. */
function answering(addresses: { address: string; family: number }[]): LookupFunction {
	return (_host, options, callback) => {
		const [first] = addresses
		if (options.all === true) callback(null, addresses)
		else callback(null, first?.address ?? "", first?.family)
	}
}

/** The headers that are for the other end, as they came: each name, then its value. */
function passedOn({ rawHeaders, headers }: IncomingMessage, only: readonly string[]): string[] {
	const named = (headers.connection ?? "").toLowerCase().split(/[\s,]+/)
	const dropped = new Set([...HOP_BY_HOP, ...only, ...named])
	return rawHeaders.filter((_, index) => !dropped.has((rawHeaders[index - (index % 2)] ?? "").toLowerCase()))
}

/** RFC 9110 §7.6.1. */
const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "proxy-authenticate", "te", "trailer", "upgrade"]
/** Our server has said 100 Continue itself. */
const REQUEST_ONLY = ["host", "expect", "proxy-authorization"]
/** Our server frames the body anew. */
const ANSWER_ONLY = ["transfer-encoding"]

function asNo(error: unknown): No {
	if (error instanceof No) return error
	const { message, code } = error as NodeJS.ErrnoException
	return new No(502, `It cannot be reached (${code ?? message}).`)
}

const REASONS: Record<number, string> = {
	400: "Bad Request",
	403: "Forbidden",
	502: "Bad Gateway",
	504: "Gateway Timeout",
}

/** A fatal TLS alert in the clear: clients say "unrecognized name". */
const UNRECOGNIZED_NAME = Buffer.from([21, 3, 1, 0, 2, 2, 112])
