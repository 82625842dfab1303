// The holder: `holder [--ended] FOLDER SOCKET`. The detached process of one session; listens, and outlives whoever calls.
import { readFileSync, rmSync } from "node:fs"
import { createServer, type Socket } from "node:net"
import { join } from "node:path"
import { Refusal } from "../../protocol/errors.ts"
import { parseMessage } from "../../protocol/messages.ts"
import { SessionInfo } from "../../protocol/session.ts"
import { type Client, HeldSession, INFO } from "./session.ts"
import { HOLDER_VERSION, packFrame, packMessage, ToHolder, Unpacker } from "./wire.ts"

const words = process.argv.slice(2)
const isEnded = words[0] === "--ended"
const [folder, socketPath] = isEnded ? words.slice(1) : words
if (folder === undefined || socketPath === undefined) {
	process.stderr.write("usage: holder [--ended] FOLDER SOCKET\n")
	process.exit(2)
}

/** Whoever started this may be gone before it connects. */
const FIRST_CALL_MS = 60_000

let session: HeldSession | null = isEnded ? HeldSession.open(folder, readInfo(), end) : null
/** The newest connection; an older one is a link process that has died, or soon will. */
let current: Socket | null = null

// A holder has no terminal of its own, and must not end with the one that it was started from.
process.on("SIGHUP", () => {})

rmSync(socketPath, { force: true })
const server = createServer(serve)
server.listen(socketPath)
const unused = setTimeout(end, FIRST_CALL_MS)

function serve(socket: Socket): void {
	clearTimeout(unused)
	current?.destroy()
	current = socket
	const client: Client = {
		tell: (message) => void socket.write(packMessage(message)),
		send: (frame) => void socket.write(packFrame(frame)),
	}
	const unpacker = new Unpacker(
		(text) => onMessage(parseMessage(ToHolder, text), client),
		(frame) => session?.frame(frame),
	)
	socket.on("data", (chunk) => {
		try {
			unpacker.push(chunk)
		} catch (error) {
			if (!(error instanceof Refusal)) throw error
			// Only the connection that spoke wrongly pays for it.
			socket.destroy()
		}
	})
	// The close event follows and says all.
	socket.on("error", () => {})
	socket.on("close", () => {
		if (current !== socket) return
		current = null
		if (session === null || isEnded) end()
		else session.disconnected()
	})
	if (session === null) client.tell({ type: "hello", version: HOLDER_VERSION, session: null })
	else session.connected(client)
}

function onMessage(message: ToHolder, client: Client): void {
	if (message.type !== "start") return session?.message(message)
	if (session !== null) return
	try {
		session = HeldSession.start(folder as string, message.execution, end)
	} catch (error) {
		client.tell({ type: "failed", detail: error instanceof Error ? error.message : String(error) })
		return end()
	}
	session.connected(client)
	client.tell({ type: "session", session: session.info })
}

/** The session has ended, its folder says how, and nobody watches: there is nothing left to hold. */
function end(): void {
	server.close()
	if (current === null) return process.exit()
	// What has been said must arrive first.
	current.end(() => process.exit())
}

function readInfo(): SessionInfo {
	return SessionInfo.parse(JSON.parse(readFileSync(join(folder as string, INFO), "utf8")))
}
