// A VM's full network: QEMU runs in a network namespace of its own, which slirp4netns joins to the machine's network without
// the machine's own loopback. QEMU's user network alone would lead its guest to every service on 127.0.0.1 of the machine.
import { spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createConnection, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { toolEnvironment } from "./disks.ts"
import { startOwn } from "./own-process.ts"

const SUBNET = "10.0.3.0/24"
/** The namespace's own address in it. */
const INNER = "10.0.3.100"
const RESOLVER = "nameserver 10.0.3.3\n"
/** It has a namespace to join and a device to make there, which takes it some milliseconds. */
const JOIN_MS = 10_000
/** A free port may be taken by another process before it is used. */
const TRIES = 5

/** The words that run the command after them in a namespace of its own. `folder` keeps what that needs. */
export async function inNamespace(folder: string): Promise<string[]> {
	const resolver = join(folder, "resolv.conf")
	await writeFile(resolver, RESOLVER, { mode: 0o644 })
	const user = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]
	const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
	return ["unshare", ...user, "--net", "--mount", "--", "sh", "-c", script, resolver]
}

/** Joins the namespace of a process to the network; answers the id of the process that does it. */
export async function joinNetwork(pid: number, socket: string, log: string): Promise<number> {
	await rm(socket, { force: true })
	const joiner = await startOwn("slirp4netns", joinArguments(pid, socket), log)
	await untilJoined(socket)
	return joiner
}

async function untilJoined(socket: string): Promise<void> {
	const until = Date.now() + JOIN_MS
	while (!(await isJoined(socket))) {
		if (Date.now() > until) throw new Error("slirp4netns did not join it to the network")
		await pause(50)
	}
}

/** Whether whoever joins a namespace to the network lives. */
export async function isJoined(socket: string): Promise<boolean> {
	return ask(socket, { execute: "list_hostfwd" }).then(
		() => true,
		() => false,
	)
}

/** A port of 127.0.0.1 here that leads to this one of the namespace; `wanted` where that is free. */
export async function forwardTo(socket: string, inner: number, wanted?: number): Promise<number> {
	let port = wanted ?? (await freePort())
	for (let tried = 1; ; tried++) {
		const where = { proto: "tcp", host_addr: "127.0.0.1", host_port: port, guest_addr: INNER, guest_port: inner }
		try {
			await ask(socket, { execute: "add_hostfwd", arguments: where })
			return port
		} catch (error) {
			if (tried === TRIES) throw error
			port = await freePort()
		}
	}
}

/** Null where this machine can give a VM the full network, else why it cannot, and what to do. */
export async function tryNamespace(): Promise<string | null> {
	const folder = await mkdtemp(join(tmpdir(), "homeport-trial-"))
	const socket = join(folder, "api.sock")
	let ends = () => {}
	try {
		const [program = "", ...args] = [...(await inNamespace(folder)), "sh", "-c", "echo ready; exec sleep 60"]
		const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: toolEnvironment() })
		ends = () => child.kill("SIGKILL")
		let said = ""
		await new Promise<void>((resolve, reject) => {
			child.once("error", reject)
			child.stderr.on("data", (data) => {
				said += data
			})
			child.stdout.once("data", () => resolve())
			child.once("exit", () => reject(new Error(said.trim())))
		})
		const joiner = spawn("slirp4netns", joinArguments(child.pid ?? 0, socket), {
			stdio: "ignore",
			env: toolEnvironment(),
		})
		ends = () => {
			joiner.kill("SIGKILL")
			child.kill("SIGKILL")
		}
		await new Promise<void>((resolve, reject) => {
			joiner.once("error", reject)
			joiner.once("exit", () => reject(new Error("slirp4netns ends at once")))
			void untilJoined(socket).then(resolve, reject)
		})
		return null
	} catch (error) {
		return `VMs have no full network here (${(error as Error).message}): it needs slirp4netns and network namespaces. On Debian and Ubuntu: sudo apt-get install slirp4netns`
	} finally {
		ends()
		await rm(folder, { recursive: true, force: true })
	}
}

function joinArguments(pid: number, socket: string): string[] {
	const safe = ["--disable-host-loopback", "--enable-sandbox", "--enable-seccomp"]
	return ["--configure", "--mtu=65520", ...safe, `--cidr=${SUBNET}`, `--api-socket=${socket}`, String(pid), "tap0"]
}

/** One question to slirp4netns, which answers with one JSON value and hangs up. */
function ask(socket: string, question: unknown): Promise<unknown> {
	return new Promise((resolve, reject) => {
		let said = ""
		const connection = createConnection(socket, () => connection.end(JSON.stringify(question)))
		connection.setTimeout(JOIN_MS, () => connection.destroy(new Error("slirp4netns does not answer.")))
		connection.once("error", reject)
		connection.on("data", (data) => {
			said += data
		})
		connection.once("close", () => {
			try {
				const answer = JSON.parse(said) as { return?: unknown; error?: { desc?: string } }
				if (answer.error === undefined) resolve(answer.return)
				else reject(new Error(answer.error.desc ?? "slirp4netns refuses"))
			} catch (error) {
				reject(error)
			}
		})
	})
}

function freePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const server = createServer()
		server.once("error", reject)
		server.listen(0, "127.0.0.1", () => {
			const address = server.address()
			server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
		})
	})
}
