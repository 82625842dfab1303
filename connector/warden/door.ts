// The warden's door: a Unix socket in the session's folder, over which the link process sends signals inside.
import { rmSync } from "node:fs"
import { createConnection, createServer } from "node:net"
import { privately } from "../private-file.ts"
import { socketPath } from "../socket-path.ts"

/** Calls `signalled` with each signal, and answers when that has been done. */
export function openDoor(folder: string, signalled: (signal: NodeJS.Signals) => Promise<void>): void {
	const path = socketPath(folder, NAME)
	rmSync(path, { force: true })
	const server = createServer((socket) => {
		// Whoever asked may be gone before the answer.
		socket.on("error", () => {})
		socket.once("data", (data) => {
			signalled(data.toString() as NodeJS.Signals).then(
				() => socket.end("done"),
				() => socket.destroy(),
			)
		})
	})
	server.unref()
	privately(() => server.listen(path))
}

/** False where there is no warden, or it does not do it in time. */
export function signalWarden(folder: string, signal: NodeJS.Signals): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = createConnection(socketPath(folder, NAME), () => socket.write(signal))
		const done = (isDone: boolean) => {
			socket.destroy()
			resolve(isDone)
		}
		socket.setTimeout(PATIENCE_MS, () => done(false))
		socket.once("data", () => done(true))
		socket.once("error", () => done(false))
		socket.once("close", () => done(false))
	})
}

const NAME = "warden.sock"
/** A warden only passes it on. */
const PATIENCE_MS = 5_000
