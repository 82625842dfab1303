// A container engine, Docker or Podman, by the API that both speak on a Unix socket.
import { existsSync } from "node:fs"
import { type IncomingMessage, request } from "node:http"
import type { Socket } from "node:net"
import { homedir } from "node:os"
import { delimiter, join } from "node:path"
import { pipeline, type Readable } from "node:stream"
import { Refusal } from "../../../protocol/errors.ts"
import { whoAmI } from "../sandbox/survey.ts"

/** What the engine says of itself. */
export interface About {
	/** Such as "Docker 20.10.24" or "Podman 4.3.1 (rootless)". */
	name: string
	isPodman: boolean
	/** It runs as this person: user 0 inside is this person outside, unless a container asks for another map. */
	isRootless: boolean
	/** Users inside are others outside, unless a container asks for the machine's. */
	shiftsUsers: boolean
	/** As Node says it. */
	arch: string
	/** Processors that it has. */
	cpus: number
	/** It can keep containers from swapping. */
	hasSwapLimit: boolean
}

/** Why there is no engine, and what to do: a sentence each. */
export interface NoEngine {
	reason: string
	remedy: string
}

/** What the engine says no with, in its own words. */
export class EngineError extends Error {
	override readonly name = "EngineError"
	readonly status: number

	constructor(status: number, message: string) {
		super(message)
		this.status = status
	}
}

interface Ask {
	query?: Record<string, string | number | boolean>
	/** Sent as JSON. */
	body?: unknown
	/** Sent as it is, such as a tar. */
	stream?: Readable
}

/** Docker 20.10 and Podman 4 speak it; later ones may have dropped it, and say the oldest that they know. */
const API = "1.41"
/** Answers are JSON of some thousand characters. */
const ANSWER_BYTES = 16 * 1024 * 1024
/** A socket that something starts its engine by waits for that. */
const FIRST_MS = 15_000
/** An engine under load takes its time. */
const SILENCE_MS = 120_000

export class Engine {
	readonly about: About
	readonly #address: Address
	readonly #api: string

	private constructor(address: Address, api: string, about: About) {
		this.#address = address
		this.#api = api
		this.about = about
	}

	/** The first of those where engines listen that answers. Throws Refusal("substrate_unavailable"). */
	static async get(environment: NodeJS.ProcessEnv = process.env): Promise<Engine> {
		const found = await Engine.find(environment)
		if (found instanceof Engine) return found
		throw new Refusal("substrate_unavailable", `${found.reason} ${found.remedy}`)
	}

	static async find(environment: NodeJS.ProcessEnv = process.env): Promise<Engine | NoEngine> {
		const listed = addresses(environment)
		if (!Array.isArray(listed)) return listed
		const silent: Silent[] = []
		for (const address of listed) {
			const found = await Engine.#at(address)
			if (found instanceof Engine) return found
			silent.push(found)
		}
		return whyNone(silent, environment)
	}

	static async #at(address: Address): Promise<Engine | Silent> {
		try {
			const version = await answer<Version>(await send(address, "GET", "/version", { silenceMs: FIRST_MS }))
			if (isOlder(version.ApiVersion, API)) return { is: "old", address, why: version.Version }
			const api = isOlder(API, version.MinAPIVersion ?? API) ? (version.MinAPIVersion ?? API) : API
			const info = await answer<Info>(await send(address, "GET", `/v${api}/info`, { silenceMs: FIRST_MS }))
			return new Engine(address, api, aboutOf(version, info))
		} catch (error) {
			const code = error instanceof Error && "code" in error ? String(error.code) : ""
			const is = SILENT[code] ?? "broken"
			return { is, address, why: error instanceof Error ? error.message : String(error) }
		}
	}

	/** Throws EngineError where the engine says no; Refusal where it is gone. */
	async ask<T>(method: string, path: string, ask: Ask = {}): Promise<T> {
		return answer<T>(await this.#send(method, path, { ...ask, silenceMs: SILENCE_MS }))
	}

	/** What the engine goes on saying, however long. Throws as `ask` does. */
	follow(method: string, path: string, ask: Ask = {}): Promise<IncomingMessage> {
		return this.#send(method, path, { ...ask, silenceMs: 0 })
	}

	/** A connection that becomes the input and output of what runs inside; its end can be sent alone. Throws as `ask` does. */
	async join(path: string, body: unknown = {}): Promise<Socket> {
		const { socket } = await this.#send("POST", path, { body, joins: true, silenceMs: SILENCE_MS })
		// From here on nobody need say anything. One that breaks ends; whoever reads it is told.
		socket.setTimeout(0)
		socket.on("error", () => {})
		return socket
	}

	async #send(method: string, path: string, options: Options): Promise<IncomingMessage> {
		try {
			return await send(this.#address, method, `/v${this.#api}${path}`, options)
		} catch (error) {
			if (error instanceof EngineError) throw error
			const why = error instanceof Error ? error.message : String(error)
			const start = `Start it again: ${startOf(this.#address)}`
			throw new Refusal("substrate_unavailable", `${this.about.name} no longer answers: ${why}. ${start}.`)
		}
	}
}

/** Where an engine listens. */
type Address = { socketPath: string } | { host: string; port: number }

/** A place where none answers. */
interface Silent {
	is: "absent" | "stopped" | "broken" | "old" | "forbidden"
	address: Address
	why: string
}

const SILENT: Record<string, Silent["is"]> = { ENOENT: "absent", EACCES: "forbidden", ECONNREFUSED: "stopped" }

/** The one that the person has named, else all that installations make. */
function addresses(environment: NodeJS.ProcessEnv): Address[] | NoEngine {
	const named = environment.DOCKER_HOST || environment.CONTAINER_HOST
	if (named) return parseAddress(named)
	const own = environment.XDG_RUNTIME_DIR
	return [
		"/var/run/docker.sock",
		...(own ? [join(own, "docker.sock"), join(own, "podman/podman.sock")] : []),
		join(environment.HOME ?? homedir(), ".docker/run/docker.sock"),
		"/run/podman/podman.sock",
	].map((socketPath) => ({ socketPath }))
}

function parseAddress(named: string): Address[] | NoEngine {
	const path = /^unix:\/\/(\/.+)$/.exec(named)?.[1]
	if (path !== undefined) return [{ socketPath: path }]
	const [, host, port] = /^tcp:\/\/(localhost|127(?:\.\d{1,3}){3}|\[::1\]):(\d{1,5})$/.exec(named) ?? []
	if (host !== undefined && port !== undefined) return [{ host: host.replace(/[[\]]/g, ""), port: Number(port) }]
	return {
		reason: `DOCKER_HOST is ${named}, which is not an engine of this machine: it would not see its folders.`,
		remedy: "Set it to unix:// and the path of a socket, or unset it, and start the connector again.",
	}
}

/** The nearest to an engine that there is counts. */
function whyNone(silent: Silent[], environment: NodeJS.ProcessEnv): NoEngine {
	for (const is of ["forbidden", "old", "broken", "stopped"] as const) {
		const found = silent.find((one) => one.is === is)
		if (found === undefined) continue
		const place =
			"socketPath" in found.address ? found.address.socketPath : `${found.address.host}:${found.address.port}`
		const { username } = whoAmI()
		switch (is) {
			case "forbidden":
				return {
					reason: `${username} may not use the container engine at ${place}.`,
					remedy: `Allow it (sudo usermod -aG docker ${username}), sign in anew and start the connector again; or use rootless Podman.`,
				}
			case "old":
				return {
					reason: `The container engine at ${place} is version ${found.why}, which is too old.`,
					remedy: "Use Docker 20.10 or Podman 4, or newer.",
				}
			case "broken":
				return {
					reason: `The container engine at ${place} does not answer as one: ${found.why}.`,
					remedy: `Start it again: ${startOf(found.address)}.`,
				}
			case "stopped":
				return {
					reason: `The container engine at ${place} is stopped.`,
					remedy: `Start it: ${startOf(found.address)}.`,
				}
		}
	}
	if (environment.DOCKER_HOST || environment.CONTAINER_HOST)
		return {
			reason: `No container engine listens where DOCKER_HOST says: ${environment.DOCKER_HOST || environment.CONTAINER_HOST}.`,
			remedy: "Start it, or unset DOCKER_HOST and start the connector again.",
		}
	const installed = ["dockerd", "docker", "podman"].find((program) => isOnPath(program, environment))
	if (installed !== undefined)
		return {
			reason: `${installed === "podman" ? "Podman's" : "Docker's"} service is not started.`,
			remedy: `Start it: ${installed === "podman" ? START_PODMAN : START_DOCKER}.`,
		}
	return {
		reason: "There is no container engine on this machine.",
		remedy: `Install Docker, or Podman (sudo apt-get install podman) and start its service: ${START_PODMAN}.`,
	}
}

const START_DOCKER = "sudo systemctl start docker"
const START_PODMAN = "systemctl --user enable --now podman.socket"

function startOf(address: Address): string {
	if (!("socketPath" in address)) return "as you have installed it"
	if (!address.socketPath.includes("podman")) return START_DOCKER
	return address.socketPath.startsWith("/run/podman/") ? "sudo systemctl start podman.socket" : START_PODMAN
}

function isOnPath(program: string, { PATH = "" }: NodeJS.ProcessEnv): boolean {
	return [...PATH.split(delimiter), "/usr/sbin"].some((folder) => existsSync(join(folder, program)))
}

interface Version {
	Version: string
	ApiVersion: string
	MinAPIVersion?: string
	Arch: string
	Components?: { Name: string }[]
}

interface Info {
	SecurityOptions: string[] | null
	/** Podman's word for it. */
	Rootless?: boolean
	SwapLimit: boolean
	NCPU: number
}

function aboutOf({ Version, Arch, Components }: Version, info: Info): About {
	const isPodman = Components?.some(({ Name }) => Name === "Podman Engine") ?? false
	const has = (name: string) =>
		info.SecurityOptions?.some((option) => option.split(",").includes(`name=${name}`)) ?? false
	const isRootless = has("rootless") || info.Rootless === true
	const version = Version.replace(/[+-].*$/, "")
	return {
		name: `${isPodman ? "Podman" : "Docker"} ${version}${isRootless ? " (rootless)" : ""}`,
		isPodman,
		isRootless,
		shiftsUsers: has("userns"),
		arch: ARCHITECTURES[Arch] ?? Arch,
		cpus: info.NCPU,
		hasSwapLimit: info.SwapLimit,
	}
}

const ARCHITECTURES: Record<string, string> = { amd64: "x64", x86_64: "x64", aarch64: "arm64" }

function isOlder(version: string, than: string): boolean {
	const [major = 0, minor = 0] = version.split(".").map(Number)
	const [thanMajor = 0, thanMinor = 0] = than.split(".").map(Number)
	return major < thanMajor || (major === thanMajor && minor < thanMinor)
}

interface Options extends Ask {
	/** The connection becomes what runs inside. */
	joins?: boolean
	/** 0 for any. */
	silenceMs: number
}

/** Resolves with the head of an answer that is a yes. Throws EngineError for any other. */
function send(address: Address, method: string, path: string, options: Options): Promise<IncomingMessage> {
	const { query, body, stream, joins = false, silenceMs } = options
	const words = new URLSearchParams(
		Object.entries(query ?? {}).map(([name, value]) => [name, String(value)]),
	).toString()
	const separator = words === "" ? "" : path.includes("?") ? "&" : "?"
	const json = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
	return new Promise((resolve, reject) => {
		const asking = request({
			...address,
			method,
			path: `${path}${separator}${words}`,
			agent: false,
			timeout: silenceMs,
			headers: {
				// A Unix socket has no name; Docker wants one all the same.
				Host: "localhost",
				...(json === undefined ? {} : { "Content-Type": "application/json", "Content-Length": json.length }),
				...(stream === undefined ? {} : { "Content-Type": "application/x-tar" }),
				...(joins ? { Connection: "Upgrade", Upgrade: "tcp" } : {}),
			},
		})
		asking.once("timeout", () => asking.destroy(new Error(`it has said nothing for ${silenceMs / 1000} s`)))
		asking.once("error", reject)
		asking.once("response", (message) => {
			if ((message.statusCode ?? 500) < 400 && !joins) return resolve(message)
			refusalOf(message).then(reject, reject)
		})
		asking.once("upgrade", (message, socket, head) => {
			if (head.length > 0) socket.unshift(head)
			resolve(message)
		})
		if (stream === undefined) asking.end(json)
		// Why it broke is told by the request's own error, or by the engine's answer.
		else pipeline(stream, asking, () => {})
	})
}

async function answer<T>(message: IncomingMessage): Promise<T> {
	const text = await read(message)
	try {
		return (text === "" ? undefined : JSON.parse(text)) as T
	} catch {
		throw new Error("its answer is not JSON")
	}
}

async function refusalOf(message: IncomingMessage): Promise<EngineError> {
	const text = await read(message)
	let said = text.trim()
	try {
		said = (JSON.parse(text) as { message?: string }).message ?? said
	} catch {
		// Not every part of an engine answers with JSON.
	}
	return new EngineError(message.statusCode ?? 500, said)
}

async function read(message: IncomingMessage): Promise<string> {
	const parts: Buffer[] = []
	let bytes = 0
	for await (const part of message as AsyncIterable<Buffer>) {
		bytes += part.length
		if (bytes > ANSWER_BYTES) throw new Error("its answer is too large")
		parts.push(part)
	}
	return Buffer.concat(parts).toString()
}
