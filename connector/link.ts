// The link: dials the machine's object, greets, beats, and dials again for ever. What it carries, machine.ts decides.
import WebSocket from "ws"
import { client } from "../protocol/client.ts"
import { REFUSALS, Refusal, type RefusalCode, refusalCode } from "../protocol/errors.ts"
import type { SessionId } from "../protocol/ids.ts"
import {
	FRAME_BYTES,
	GONE_AFTER_MS,
	HEARTBEAT_MS,
	PING,
	PONG,
	PROTOCOL_VERSION,
	REDIAL_PATIENT_MS,
} from "../protocol/limits.ts"
import { type FromConnector, parseMessage, ToConnector } from "../protocol/messages.ts"
import { Redial } from "../protocol/redial.ts"
import { ROUTES } from "../protocol/routes.ts"
import { maskTokens } from "../protocol/token-shapes.ts"
import { dataFolder } from "./data-folder.ts"
import { type Running, readRunning } from "./home/running.ts"
import { dialToken, type Identity } from "./identity.ts"
import { Machine } from "./machine.ts"
import { onlyLink } from "./only-link.ts"
import { thisPlatform } from "./platform.ts"

interface Options {
	/** The control plane, such as https://homeport.example. */
	url: string
	/** Asked for each dial: the key may be another one by then. */
	identity: () => Promise<Identity>
	dataDir: string
	/** No other process links this machine, or none does any more: this one dials now. */
	began?: () => void
	log: (line: string) => void
	/** Ends the link; sessions stay. */
	signal: AbortSignal
}

/** Keeps this machine linked until `signal`. Throws Refusal when the control plane refuses it for good. */
export async function runLink(options: Options): Promise<void> {
	const { dataDir, began, signal } = options
	// What is said here is kept in a file, where no token should be.
	const log = (line: string) => options.log(maskTokens(line))
	const running = await readRunning(dataFolder(dataDir))
	const waits = () => log(`${whoLinks(running)} links this machine; this one waits until that ends.`)
	const place = await onlyLink(dataDir, waits, signal)
	try {
		if (signal.aborted) return
		began?.()
		await keepLinked({ ...options, log })
	} finally {
		place.leave()
	}
}

/** Who has this machine's place while this process waits for it. */
function whoLinks(running: Running | undefined): string {
	const isUp = running !== undefined && running.pid !== process.ppid && isAlive(running.pid)
	return isUp ? `\`homeport up\` (process ${running.pid})` : "Another process"
}

function isAlive(pid: number): boolean {
	try {
		return process.kill(pid, 0)
	} catch {
		return false
	}
}

async function keepLinked({ url, identity, dataDir, log, signal }: Options): Promise<void> {
	const clock = new ServerClock()
	const askBack = async (session: SessionId) => {
		const token = await dialToken(await identity(), clock.now())
		const call = client((path, init) =>
			fetch(url + path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } }),
		)
		await call("returnSession", { params: { session } })
	}
	const machine = await Machine.open({ dataDir, log, askBack, now: () => clock.now() })
	const redial = new Redial()
	try {
		while (!signal.aborted) {
			const token = await dialToken(await identity(), clock.now())
			const end = await new Dial(url, token, machine, clock, signal).ended
			if (signal.aborted) break
			if (end.refusal?.code === "machine_revoked") throw end.refusal
			const again = redial.next(end.upMs)
			const wait = end.refusal !== null && PATIENT.has(end.refusal.code) ? REDIAL_PATIENT_MS : again
			log(`The link is down: ${end.refusal?.message ?? end.reason}. Dialling again in ${(wait / 1000).toFixed(1)} s.`)
			await pause(wait, signal)
		}
	} finally {
		machine.stop()
	}
}

interface End {
	/** How long the link was up, in milliseconds; 0 when it never was. */
	upMs: number
	/** What the other side said; null when the network ended it. */
	refusal: Refusal | null
	reason: string
}

/** One socket, from dial to end. */
class Dial {
	readonly ended: Promise<End>
	readonly #socket: WebSocket
	readonly #machine: Machine
	readonly #beat: NodeJS.Timeout
	#heardAt = Date.now()
	#upAt: number | null = null

	constructor(url: string, token: string, machine: Machine, clock: ServerClock, signal: AbortSignal) {
		this.#machine = machine
		const address = new URL(ROUTES.link.path, url)
		address.protocol = address.protocol.replace("http", "ws")
		this.#socket = new WebSocket(address, {
			headers: { authorization: `Bearer ${token}` },
			handshakeTimeout: GONE_AFTER_MS / 2,
			maxPayload: FRAME_BYTES,
			// Bursts of a terminal are small, and compressing them costs more time than it saves.
			perMessageDeflate: false,
		})
		this.#socket.binaryType = "nodebuffer"
		this.#beat = setInterval(() => this.#heartbeat(), HEARTBEAT_MS)
		const stop = () => void this.#leave()
		signal.addEventListener("abort", stop)
		this.ended = new Promise((resolve) => {
			let reason = "the connection was cut"
			let refusal: Refusal | null = null
			const end = () => {
				clearInterval(this.#beat)
				signal.removeEventListener("abort", stop)
				machine.unlinked()
				resolve({ upMs: this.#upAt === null ? 0 : Date.now() - this.#upAt, refusal, reason })
			}
			this.#socket.on("upgrade", ({ headers }) => clock.heard(headers.date))
			this.#socket.on("unexpected-response", (_request, response) => {
				clock.heard(response.headers.date)
				reason = `the control plane answered ${response.statusCode}`
				// Something between here and the control plane refused; what it says is not ours to parse.
				response.resume()
				this.#socket.terminate()
			})
			this.#socket.on("error", (error) => {
				reason = error.message
			})
			this.#socket.on("close", (_code, said) => {
				const name = said.toString()
				if (name in REFUSALS) refusal = new Refusal(refusalCode(name))
				end()
			})
			this.#socket.on("open", () => this.#open())
			this.#socket.on("message", (data, isBinary) => this.#message(data, isBinary))
		})
	}

	#open(): void {
		const hello: FromConnector = {
			type: "hello",
			version: PROTOCOL_VERSION,
			platform: thisPlatform(),
			sessions: this.#machine.sessions(),
		}
		this.#socket.send(JSON.stringify(hello))
	}

	#message(data: WebSocket.RawData, isBinary: boolean): void {
		this.#heardAt = Date.now()
		if (!Buffer.isBuffer(data)) return
		try {
			if (isBinary) return this.#machine.frame(data)
			const text = data.toString()
			if (text === PONG) return
			const message = parseMessage(ToConnector, text)
			if (message.type !== "welcome") return this.#machine.message(message)
			this.#upAt = Date.now()
			this.#machine.linked({
				tell: (said) => this.#socket.send(JSON.stringify(said)),
				send: (frame) => this.#socket.send(frame),
			})
		} catch (error) {
			if (!(error instanceof Refusal)) throw error
			this.#socket.close(error.closeCode, error.code)
		}
	}

	/** A timer that fires late after the machine slept finds the silence and dials again at once. */
	#heartbeat(): void {
		if (Date.now() - this.#heardAt > GONE_AFTER_MS) this.#socket.terminate()
		else if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(PING)
	}

	/** A stop on purpose leaves the last screens with the object, for who looks while the machine is away. */
	async #leave(): Promise<void> {
		await this.#machine.keepAll()
		this.#socket.close(1000)
	}
}

/** The server's clock as its Date headers tell it: a machine whose own is wrong can still sign tokens that hold. */
class ServerClock {
	#ahead = 0

	now(): number {
		return Date.now() + this.#ahead
	}

	heard(date: string | undefined): void {
		const time = date === undefined ? Number.NaN : Date.parse(date)
		// The header counts whole seconds, so less than that is no difference.
		if (!Number.isNaN(time)) this.#ahead = Math.abs(time - Date.now()) > 2_000 ? time - Date.now() : 0
	}
}

/** Refusals that dialling again soon would only repeat. */
const PATIENT = new Set<RefusalCode>(["link_replaced", "version_too_old"])

function pause(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			clearTimeout(timer)
			signal.removeEventListener("abort", done)
			resolve()
		}
		const timer = setTimeout(done, ms)
		signal.addEventListener("abort", done)
	})
}
