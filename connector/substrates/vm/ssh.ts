// A connection to a VM by SSH: its host key is always verified, and it stays while the VM is paused.
import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { createConnection, type Socket } from "node:net"
import { setTimeout as after } from "node:timers/promises"
import { Client, type ClientChannel, type ExecOptions, type SFTPWrapper } from "ssh2"
import { Refusal } from "../../../protocol/errors.ts"
import type { Ended } from "../substrate.ts"
import type { Reach } from "./vms.ts"

/** A program at the other end. */
export interface Remote {
	channel: ClientChannel
	/** How it ended; null where the connection broke before that was told. Once nothing more comes from it. */
	closed: Promise<Ended | null>
	/** The same as soon as it is told: others may still hold its output. */
	exited: Promise<Ended | null>
}

/**
 * Throws Refusal("substrate_unavailable"): at once where the host key or our own key is not the right one, else when
 * nothing has answered in `patienceMs`.
 */
export async function connect(reach: Reach, patienceMs = PATIENCE_MS): Promise<Connection> {
	const until = Date.now() + patienceMs
	const privateKey = await readFile(reach.privateKey)
	for (let bannerMs = BANNER_MS; ; bannerMs = Math.min(bannerMs * 1.5, BANNER_MOST_MS)) {
		try {
			const socket = await answering(reach.port, bannerMs)
			return await Connection.open(socket, reach, privateKey, Math.max(HANDSHAKE_MS, until - Date.now()))
		} catch (error) {
			if (error instanceof Refusal) throw error
			if (Date.now() > until)
				throw new Refusal("substrate_unavailable", `The VM's SSH does not answer (${said(error)}). Start the VM again.`)
			await after(RETRY_MS)
		}
	}
}

export class Connection {
	readonly #client: Client
	readonly #socket: Socket
	#files: Promise<SFTPWrapper> | null = null
	/** Resolves when it is gone. */
	readonly closed: Promise<void>
	isOpen = true

	private constructor(client: Client, socket: Socket) {
		this.#client = client
		this.#socket = socket
		this.closed = new Promise((resolve) => {
			socket.once("close", () => {
				this.isOpen = false
				resolve()
			})
		})
	}

	static open(socket: Socket, reach: Reach, privateKey: Buffer, patienceMs: number): Promise<Connection> {
		const client = new Client()
		const connection = new Connection(client, socket)
		const expected = Buffer.from(reach.hostKey.split(" ")[1] ?? "", "base64")
		return new Promise((resolve, reject) => {
			let isVerified = false
			client.on("ready", () => resolve(connection))
			client.on("error", (error) => {
				socket.destroy()
				if ("level" in error && error.level === "client-authentication") reject(new Refusal(...NO_ENTRY))
				else reject(isVerified ? error : wrongKey(error))
			})
			client.on("close", () => reject(new Error("it hung up")))
			client.connect({
				sock: socket,
				username: reach.user,
				privateKey,
				// No other kind of key can be the right one.
				algorithms: { serverHostKey: ["ssh-ed25519"] },
				hostVerifier: (key: Buffer) => {
					isVerified = expected.length > 0 && key.equals(expected)
					return isVerified
				},
				readyTimeout: patienceMs,
				// It tells of a system that was started anew. A paused one answers all of them when it goes on, so their count
				// ends nothing.
				keepaliveInterval: KEEPALIVE_MS,
				keepaliveCountMax: Number.MAX_SAFE_INTEGER,
			})
		})
	}

	/** Bytes that have come, to see whether anything comes. */
	get received(): number {
		return this.#socket.bytesRead
	}

	/** Runs a command line by the shell there. */
	run(line: string, options: ExecOptions = {}): Promise<Remote> {
		return new Promise((resolve, reject) => {
			if (!this.isOpen) return reject(new Error("The connection to the VM is closed."))
			this.closed.then(() => reject(new Error("The connection to the VM has broken.")))
			this.#client.exec(line, options, (error, channel) => {
				if (error) return reject(error)
				const exited = new Promise<Ended | null>((tell) => {
					channel.once("exit", (code: number | null, signal?: string) => tell(ended(code, signal)))
					channel.once("close", () => tell(null))
				})
				const closed = new Promise<void>((tell) => channel.once("close", () => tell())).then(() => exited)
				resolve({ channel, exited, closed })
			})
		})
	}

	/** What a command line says, which must succeed, in this time. */
	async say(line: string, patienceMs = PATIENCE_MS): Promise<string> {
		const { channel, closed } = await this.run(line)
		let said = ""
		let errors = ""
		channel.on("data", (bytes: Buffer) => {
			said += bytes
		})
		channel.stderr.on("data", (bytes: Buffer) => {
			errors = (errors + bytes).slice(-ERRORS_CHARS)
		})
		channel.end()
		const late = AbortSignal.timeout(patienceMs)
		const ended = await Promise.race([closed, this.closed.then(() => null), once(late, "abort").then(() => null)])
		if (ended?.code !== 0) throw new Error(`The VM did not do what it was asked to: ${errors.trim() || "no answer"}.`)
		return said
	}

	files(): Promise<SFTPWrapper> {
		this.#files ??= new Promise((resolve, reject) => {
			this.closed.then(() => reject(new Error("The connection to the VM has broken.")))
			this.#client.sftp((error, files) => {
				if (error) return reject(error)
				// An answer that is no SFTP ends it, and the next question has another.
				const forget = () => {
					this.#files = null
				}
				files.on("error", forget).once("close", forget)
				resolve(files)
			})
		})
		return this.#files
	}

	/** The process need not stay for it. */
	unref(): void {
		this.#socket.unref()
	}

	close(): void {
		this.#client.end()
	}

	destroy(): void {
		this.#socket.destroy()
	}
}

/** A socket on which SSH has greeted. QEMU takes connections before anybody in the VM does, and then says nothing. */
function answering(port: number, patienceMs: number): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket = createConnection({ host: "127.0.0.1", port, noDelay: true })
		const fail = (error: Error) => {
			socket.destroy()
			reject(error)
		}
		socket.setTimeout(patienceMs, () => fail(new Error("it accepts, and says nothing")))
		socket.once("error", fail)
		socket.once("close", () => fail(new Error("it hung up")))
		socket.once("data", (greeting) => {
			socket.pause()
			socket.setTimeout(0)
			socket.removeAllListeners("timeout").removeAllListeners("close").removeListener("error", fail)
			socket.unshift(greeting)
			resolve(socket)
		})
	})
}

function ended(code: number | null, signal: string | undefined): Ended {
	if (code !== null) return { code, signal: null }
	// OpenSSH has names for the usual signals only.
	return { code: null, signal: (signal?.includes("@") ? "SIGUNUSED" : signal) as NodeJS.Signals }
}

/** No key was shown that is the VM's. */
function wrongKey(error: Error): Error {
	const isDenied = "level" in error && error.level === "handshake"
	if (!isDenied || !/verification|no matching host key/i.test(error.message)) return error
	return new Refusal(
		"substrate_unavailable",
		"Who answers in place of the VM does not have its host key, so nothing was sent there. Start the VM again.",
	)
}

const NO_ENTRY = [
	"substrate_unavailable",
	"The VM does not take its own key. Rebuild it: its home folder stays.",
] as const

function said(error: unknown): string {
	return error instanceof Error ? error.message : String(error)
}

/** Until the VM's SSH must have answered: it has, when this is called, unless it is very busy. */
const PATIENCE_MS = 30_000
/** The first wait for a greeting, and the longest. */
const BANNER_MS = 700
const BANNER_MOST_MS = 8_000
const RETRY_MS = 200
/** Where processors are emulated, it takes a second. */
const HANDSHAKE_MS = 20_000
const KEEPALIVE_MS = 15_000
const ERRORS_CHARS = 500
