// The holder: `holder [--ended] FOLDER SOCKET KEY`. The detached process of one session; it outlives whoever calls.
import { appendFileSync, readFileSync, rmSync, statSync } from "node:fs"
import { createServer, type Socket } from "node:net"
import { join } from "node:path"
import { Refusal } from "../../protocol/errors.ts"
import { maskTokens } from "../../protocol/token-shapes.ts"
import { readToHolder } from "./door.ts"
import { closeInherited } from "./inherited.ts"
import { HOLDER_VERSION, packFrame, packMessage, Unpacker } from "./packets.ts"
import { type Client, INFO, Session } from "./session.ts"
import type { FromHolder, SavedInfo, ToHolder } from "./wire.ts"

type Failure = Extract<FromHolder, { type: "failed" }>

const words = process.argv.slice(2)
const isEnded = words[0] === "--ended"
const [folder = "", socketPath = "", keyPath = ""] = isEnded ? words.slice(1) : words
if (folder === "" || socketPath === "" || keyPath === "") {
	process.stderr.write("usage: holder [--ended] FOLDER SOCKET KEY\n")
	process.exit(2)
}

/** Whoever started this may be gone before it connects. */
const FIRST_CALL_MS = 60_000
/** An ended session that nobody watches is held on for the questions that follow an end; then its memory is freed. */
const LINGER_MS = 5_000
/** With more than this on its way to the link process, output waits in the log. */
const BACKLOG_BYTES = 512 * 1024

// A holder has no terminal of its own, and must not end with the one that it was started from.
process.on("SIGHUP", () => {})
process.on("SIGTERM", () => {
	if (!isEnded) session?.stopped()
	process.exit()
})
closeInherited()

/** Why an ended session cannot be served. */
let failure: Failure | null = null
let session: Session | null = isEnded ? open() : null
/** The newest connection; an older one is a link process that has died, or soon will. */
let current: Socket | null = null
let ending = setTimeout(end, FIRST_CALL_MS)

rmSync(socketPath, { force: true })
let inode = 0
// Only this user's processes may connect. The program gets the mask that the person has.
const mask = process.umask(0o077)
createServer(serve).listen(socketPath, () => {
	inode = statSync(socketPath).ino
})
process.umask(mask)

function serve(socket: Socket): void {
	clearTimeout(ending)
	if (hasEnded()) linger()
	current?.destroy()
	current = socket
	const client: Client = {
		isWritable: () => socket.writableLength < BACKLOG_BYTES,
		tell: (message) => void socket.write(packMessage(message)),
		send: (frame) => void socket.write(packFrame(frame)),
	}
	const unpacker = new Unpacker(
		(text) => onMessage(readToHolder(text), client),
		(frame) => session?.frame(frame),
	)
	socket.on("data", (chunk) => {
		try {
			unpacker.push(chunk)
		} catch (error) {
			// Only the connection that spoke wrongly pays for it; a fault of ours ends it, too, but never the session.
			if (!(error instanceof Refusal)) report(error)
			socket.destroy()
		}
	})
	socket.on("drain", () => {
		if (current === socket) session?.writable()
	})
	// The close event follows and says all.
	socket.on("error", () => {})
	socket.on("close", () => {
		if (current !== socket) return
		current = null
		if (session === null || isEnded) end()
		else session.disconnected()
	})
	if (session !== null) return session.connected(client)
	client.tell({ type: "hello", version: HOLDER_VERSION, session: null })
	if (failure === null) return
	client.tell(failure)
	end()
}

function onMessage(message: ToHolder, client: Client): void {
	if (message.type !== "start") {
		if (hasEnded()) linger()
		return session?.message(message)
	}
	if (session !== null) return
	try {
		const begin = message.execution.about.run === 1 ? Session.start : Session.again
		session = begin({ folder, key: keyPath }, message.execution, linger)
	} catch (error) {
		client.tell(failed(error))
		return end()
	}
	session.connected(client)
	client.tell({ type: "session", session: session.info })
}

function hasEnded(): boolean {
	return session !== null && session.info.state.is !== "running"
}

/** The session has ended, and its folder says how: this process ends, too, unless something comes up. */
function linger(): void {
	clearTimeout(ending)
	ending = setTimeout(() => {
		if (session === null || session.isUnwatched) end()
	}, LINGER_MS)
}

function end(): void {
	// Another holder of this folder may listen there by now.
	if (statSync(socketPath, { throwIfNoEntry: false })?.ino === inode) rmSync(socketPath, { force: true })
	if (current === null) return process.exit()
	// What has been said must arrive first.
	current.end(() => process.exit())
}

function open(): Session | null {
	try {
		return Session.open({ folder, key: keyPath }, readInfo(), linger)
	} catch (error) {
		failure = failed(error)
		return null
	}
}

function failed(error: unknown): Failure {
	if (error instanceof Refusal)
		return { type: "failed", code: error.code, ...(error.detail === undefined ? {} : { detail: error.detail }) }
	const said = error instanceof Error ? error.message : String(error)
	return { type: "failed", code: isEnded ? "internal" : "start_failed", detail: maskTokens(said) }
}

/** The link process has parsed the same file a moment ago. */
function readInfo(): SavedInfo {
	return JSON.parse(readFileSync(join(folder, INFO), "utf8")) as SavedInfo
}

/** Nobody hears a detached process. */
function report(error: unknown): void {
	appendFileSync(
		join(folder, "faults"),
		`${new Date().toISOString()} ${maskTokens(String(error instanceof Error ? error.stack : error))}\n`,
	)
}
