// Debian's Docker for tests: an engine of their own, with its own data, socket and network, which ends with them.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import {
	createReadStream,
	existsSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readFileSync,
	renameSync,
	rmSync,
} from "node:fs"
import { copyFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { withDebian } from "../../connector/substrates/container/debian.ts"
import { Engine } from "../../connector/substrates/container/engine.ts"
import { DEFAULT_IMAGE, hasImage, importImage } from "../../connector/substrates/container/images.ts"
import { until } from "./until.ts"

const CACHE = join(import.meta.dirname, "../../node_modules/.cache/homeport")
/** Enough for tests; Node would take minutes more to get. */
const PACKAGES = ["bash", "ca-certificates", "git", "less", "procps", "perl"]
/** As Docker chooses it for its bridge, in a network where nobody else chooses. */
const GATEWAY = "172.17.0.1"

export interface Docker {
	/** For DOCKER_HOST. */
	host: string
	/** An address that its containers reach when they have a network, and nobody else does. */
	gateway: string
	/** A program in the network that has this address. */
	inNetwork(argv: string[]): ChildProcess
	/** Imports the image that sessions have by default, less Node; made from Debian's packages once, and cached. */
	loadImage(): Promise<void>
	stop(): Promise<void>
}

/** Root's only: without Docker's rights there is no engine. */
export async function startDocker(): Promise<Docker> {
	const folder = mkdtempSync(join(tmpdir(), "homeport-docker-"))
	const socket = join(folder, "docker.sock")
	const log = join(folder, "log")
	const place = [
		"--data-root",
		join(folder, "data"),
		"--exec-root",
		join(folder, "exec"),
		"--pidfile",
		join(folder, "pid"),
	]
	// A network of its own: its bridge and its rules are nobody else's.
	const argv = ["--net", "--", "dockerd", ...place, "--host", `unix://${socket}`, "--shutdown-timeout", "1"]
	const output = openSync(log, "w")
	const daemon = spawn("unshare", argv, { stdio: ["ignore", output, output] })
	const exit = once(daemon, "exit")
	const host = `unix://${socket}`
	const find = () => Engine.find({ DOCKER_HOST: host })
	await until(
		"Docker answers",
		async () => {
			if (daemon.exitCode !== null) throw new Error(`Docker does not start:\n${readFileSync(log, "utf8").slice(-2000)}`)
			return (await find()) instanceof Engine
		},
		60_000,
	)
	return {
		host,
		gateway: GATEWAY,
		inNetwork: ([program = "", ...args]) =>
			spawn("nsenter", [`--net=/proc/${daemon.pid}/ns/net`, "--", program, ...args], {
				stdio: ["ignore", "pipe", "inherit"],
			}),
		async loadImage() {
			const engine = await find()
			if (!(engine instanceof Engine)) throw new Error(engine.reason)
			if (!(await hasImage(engine, DEFAULT_IMAGE)))
				await importImage(engine, DEFAULT_IMAGE, createReadStream(await debianTar()))
		},
		async stop() {
			daemon.kill("SIGTERM")
			await exit
			rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 })
		},
	}
}

async function debianTar(): Promise<string> {
	const path = join(CACHE, "container-debian-12.tar")
	if (existsSync(path)) return path
	mkdirSync(CACHE, { recursive: true })
	const teller = { say: console.error, progress: () => {} }
	await withDebian({ folder: CACHE, packages: PACKAGES }, teller, async (tar) => {
		await copyFile(tar, `${path}.${process.pid}`)
		renameSync(`${path}.${process.pid}`, path)
	})
	return path
}
