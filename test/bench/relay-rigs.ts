// The bare ways: a PTY and sockets with nothing between them but a Durable Object, or nothing at all.
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { WebSocket } from "ws"
import { NODE } from "../support/home.ts"
import { startCrowd } from "./crowd.ts"
import type { Output, Rig, Run, View } from "./rig.ts"
import { startRuntime } from "./runtime.ts"

/** Two sockets through an otherwise empty Durable Object, to a process with a PTY. */
export async function startObjectRelay(): Promise<Rig> {
	const runtime = await startRuntime({
		source: "test/bench/workers/relay.ts",
		objects: [{ binding: "RELAY", className: "Relay" }],
	})
	const address = runtime.url.replace("http", "ws")
	const machine = start("relay-machine.ts", address)
	let numbered = 0
	return {
		name: "object relay",
		relayPid: runtime.pid,
		async run(argv) {
			const name = `run-${++numbered}`
			machine.send({ name, argv })
			await once(machine, "message")
			return run(`${address}/${name}?as=viewer`, () => machine.send({ name }))
		},
		async stop() {
			await end(machine)
			await runtime.stop()
		},
	}
}

/** One process with PTY and sockets: what no hop at all would cost. */
export async function startPlainRelay(): Promise<Rig> {
	const server = start("plain.ts")
	const [port] = (await once(server, "message")) as [number]
	let numbered = 0
	return {
		name: "plain relay",
		relayPid: server.pid ?? 0,
		async run(argv) {
			const search = new URLSearchParams(argv.map((word) => ["argv", word]))
			return run(`ws://127.0.0.1:${port}/run-${++numbered}?${search}`)
		},
		stop: () => end(server),
	}
}

/** A viewer that no credit holds back must hold itself back: its terminal throws when more than 50 MB wait. */
const PARSING_MOST = 8 * 1024 * 1024

export async function view(address: string, output: Output): Promise<View> {
	let socket = await open(address)
	let waiting = 0
	let isStalled = false
	const listen = () =>
		socket.on("message", (data: Buffer) => {
			waiting += data.length
			if (waiting > PARSING_MOST) socket.pause()
			output.write(data, () => {
				waiting -= data.length
				if (socket.isPaused && !isStalled && waiting < PARSING_MOST / 2) socket.resume()
			})
		})
	listen()
	return {
		type: (text) => socket.send(Buffer.from(text)),
		stall() {
			isStalled = true
			socket.pause()
		},
		resume() {
			isStalled = false
			socket.resume()
		},
		async drop() {
			socket.terminate()
			socket = await open(address)
			listen()
		},
		close: () => socket.terminate(),
	}
}

/** `begin` is called when a viewer is there; only the first call counts. */
function run(address: string, begin: () => void = () => {}): Run {
	const views: View[] = []
	return {
		async view(output) {
			const made = await view(address, output)
			views.push(made)
			begin()
			return made
		},
		async crowd(count, { parses } = { parses: false }) {
			const crowd = await startCrowd({ relay: address, count, parses })
			begin()
			return crowd
		},
		async end() {
			for (const made of views) made.close()
		},
	}
}

async function open(address: string): Promise<WebSocket> {
	const socket = new WebSocket(address, { perMessageDeflate: false })
	// An end that was not asked for shows as a figure that never comes.
	socket.on("error", () => {})
	await once(socket, "open")
	return socket
}

function start(file: string, ...args: string[]): ChildProcess {
	return fork(join(import.meta.dirname, file), args, { execPath: NODE })
}

async function end(child: ChildProcess): Promise<void> {
	const over = once(child, "exit")
	child.disconnect()
	await over
}
