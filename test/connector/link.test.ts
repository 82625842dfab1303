// The link against a control plane of a few lines: what it dials with, how it comes back, when it gives up.

import { mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { decodeJwt, importJWK, jwtVerify } from "jose"
import { afterEach, expect, test } from "vitest"
import { type WebSocket, WebSocketServer } from "ws"
import { type Identity, newMachineKey } from "../../connector/identity.ts"
import { runLink } from "../../connector/link.ts"
import { Refusal } from "../../protocol/errors.ts"
import { newMachineId, newSessionId, newViewerId } from "../../protocol/ids.ts"
import { PING, PONG, PROTOCOL_VERSION } from "../../protocol/limits.ts"
import { FromConnector, parseMessage, type ToConnector } from "../../protocol/messages.ts"
import { Dice, runSeed } from "../support/dice.ts"
import { processesOver } from "../support/home.ts"
import { exampleOf } from "../support/tokens.ts"

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end()
})

interface Call {
	socket: WebSocket
	request: IncomingMessage
	/** The next JSON message. */
	next(): Promise<FromConnector>
	say(message: ToConnector): void
}

/** A control plane that takes every dial; `calls()` gives them one by one. */
async function plane(options: { date?: () => Date } = {}) {
	const server = createServer()
	const sockets = new WebSocketServer({ server })
	if (options.date !== undefined) {
		const { date } = options
		sockets.on("headers", (headers) => headers.push(`Date: ${date().toUTCString()}`))
	}
	const waiting: ((call: Call) => void)[] = []
	const made: Call[] = []
	sockets.on("connection", (socket, request) => {
		const messages: FromConnector[] = []
		const wanted: ((message: FromConnector) => void)[] = []
		socket.on("message", (data, isBinary) => {
			const text = data.toString()
			if (isBinary) return
			if (text === PING) return socket.send(PONG)
			const message = parseMessage(FromConnector, text)
			const want = wanted.shift()
			if (want === undefined) messages.push(message)
			else want(message)
		})
		const call: Call = {
			socket,
			request,
			next: () => {
				const message = messages.shift()
				return message === undefined ? new Promise((resolve) => wanted.push(resolve)) : Promise.resolve(message)
			},
			say: (message) => socket.send(JSON.stringify(message)),
		}
		const wait = waiting.shift()
		if (wait === undefined) made.push(call)
		else wait(call)
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	ends.push(async () => {
		for (const client of sockets.clients) client.terminate()
		await new Promise((resolve) => server.close(resolve))
	})
	const next = (): Promise<Call> => {
		const call = made.shift()
		return call === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(call)
	}
	return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, next }
}

async function connector(url: string, folder = "") {
	const dataDir = await mkdtemp(join(tmpdir(), `homeport-link-${folder}`))
	const logged: string[] = []
	const log = (line: string) => void logged.push(line)
	const identity: Identity = { machine: newMachineId(), name: "test", url, home: false, key: await newMachineKey() }
	const stop = new AbortController()
	const run = runLink({ url, identity: async () => identity, dataDir, log, signal: stop.signal })
	// The test that expects an end awaits it; for the others it is swept up at the end.
	run.catch(() => {})
	ends.push(async () => {
		stop.abort()
		await run.catch(() => {})
		await rm(dataDir, { recursive: true, force: true })
	})
	return { identity, run, stop, dataDir, logged }
}

test("[LNK1] each dial presents a fresh short-lived token signed with the machine's key", async () => {
	const control = await plane()
	const { identity } = await connector(control.url)
	const first = await control.next()
	first.socket.close()
	const second = await control.next()
	const tokens = [first, second].map(({ request }) => request.headers.authorization?.replace("Bearer ", "") ?? "")
	expect(new Set(tokens).size).toBe(2)
	for (const token of tokens) {
		const { kty, crv, x } = identity.key
		const { payload } = await jwtVerify(token, await importJWK({ kty, crv, x }, "EdDSA"), { audience: "homeport-link" })
		expect(payload.sub).toBe(identity.machine)
		expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(60)
	}
})

test("[LNK1] a machine whose clock is wrong signs by the server's", async () => {
	const ahead = 3 * 24 * 60 * 60_000
	const control = await plane({ date: () => new Date(Date.now() + ahead) })
	await connector(control.url)
	const first = await control.next()
	first.socket.close(4401, "dial_token_invalid")
	const second = await control.next()
	const issuedAt = decodeJwt(second.request.headers.authorization?.replace("Bearer ", "") ?? "").iat ?? 0
	expect(Math.abs(issuedAt * 1000 - (Date.now() + ahead))).toBeLessThan(30_000)
})

test("[LNK3] the first word on every link is hello with every session", async () => {
	const control = await plane()
	await connector(control.url)
	const call = await control.next()
	expect(await call.next()).toMatchObject({ type: "hello", version: PROTOCOL_VERSION, sessions: [] })
})

test("[LNK3] questions are answered with their number, and refused with a code", async () => {
	const control = await plane()
	await connector(control.url)
	const call = await control.next()
	await call.next()
	call.say({ type: "welcome", epoch: 1, machine: "test" })
	expect(await call.next()).toMatchObject({ type: "attention", open: [] })
	call.say({ type: "ask", number: 7, ask: "ping", of: {} })
	expect(await call.next()).toMatchObject({ type: "answer", number: 7 })
	call.say({ type: "ask", number: 8, ask: "screen", of: { session: "ses_00000000000000000000" } })
	expect(await call.next()).toMatchObject({ type: "refuse", number: 8, code: "session_not_found" })
	call.say({ type: "ask", number: 9, ask: "screen", of: { session: "../../etc" } })
	expect(await call.next()).toMatchObject({ type: "refuse", number: 9, code: "invalid_request" })
})

test("[SES4] a substrate that the machine does not have is refused, and nothing is started", async () => {
	const control = await plane()
	await connector(control.url)
	const call = await control.next()
	await call.next()
	call.say({ type: "welcome", epoch: 1, machine: "test" })
	expect(await call.next()).toMatchObject({ type: "attention", open: [] })
	const of = { id: "ses_00000000000000000001", runtime: "shell", substrate: "vm" }
	call.say({ type: "ask", number: 1, ask: "start", of })
	// A new data folder has no image to make VMs from.
	const detail = expect.stringContaining("homeport vm image build")
	expect(await call.next()).toMatchObject({ type: "refuse", number: 1, code: "substrate_unavailable", detail })
	call.socket.close()
	expect(await (await control.next()).next()).toMatchObject({ type: "hello", sessions: [] })
})

test("[TRU3] what is said and logged of a failure holds no token", async () => {
	const control = await plane()
	const { token } = exampleOf("github", new Dice(runSeed()))
	const { dataDir, logged } = await connector(control.url, `${token}-`)
	const call = await control.next()
	await call.next()
	call.say({ type: "welcome", epoch: 1, machine: "test" })
	expect(await call.next()).toMatchObject({ type: "attention", open: [] })
	const start = { id: "ses_00000000000000000001", runtime: "shell" }
	call.say({ type: "ask", number: 1, ask: "start", of: { ...start, cwd: `/nowhere/${token}` } })
	const detail = `/nowhere/${"*".repeat(token.length)}`
	expect(await call.next()).toMatchObject({ type: "refuse", number: 1, code: "directory_missing", detail })
	await rm(join(dataDir, "sessions"), { recursive: true })
	await writeFile(join(dataDir, "sessions"), "no folder")
	call.say({ type: "ask", number: 2, ask: "start", of: start })
	expect(await call.next()).toMatchObject({ type: "refuse", number: 2, code: "internal" })
	expect(logged.join("\n")).toMatch(/mkdir '.*homeport-link-\*{40}-.*sessions/)
	expect(logged.join("\n")).not.toContain(token)
})

test("[TRU3] a session is as readable as its key: gone, it is told lost; forgotten, nothing of it is left", async () => {
	const control = await plane()
	const { dataDir } = await connector(control.url)
	const call = await control.next()
	await call.next()
	const until = async (type: FromConnector["type"], holds: (message: FromConnector) => boolean = () => true) => {
		for (;;) {
			const message = await call.next()
			if (message.type === type && holds(message)) return message
		}
	}
	const session = newSessionId()
	const viewer = newViewerId()
	call.say({ type: "welcome", epoch: 1, machine: "test" })
	call.say({ type: "ask", number: 1, ask: "start", of: { id: session, argv: ["/bin/echo", "hi"], runtime: "custom" } })
	await until("session", (message) => message.type === "session" && message.session.state.is === "exited")
	expect(await readdir(join(dataDir, "keys"))).toEqual([session])
	call.say({ type: "ask", number: 2, ask: "log", of: { session, from: 0, limit: 100 } })
	expect(await until("answer", (message) => "number" in message && message.number === 2)).toMatchObject({
		answer: { base64: Buffer.from("hi\r\n").toString("base64") },
	})
	// Its holder would keep the key in its memory for a while.
	for (const pid of processesOver(dataDir)) process.kill(pid, "SIGKILL")
	await rename(join(dataDir, "keys", session), join(dataDir, "moved"))
	const refused = async () => {
		call.say({ type: "ask", number: 3, ask: "log", of: { session, from: 0, limit: 100 } })
		return until("refuse")
	}
	// What was asked before its end was noticed ends with it.
	let no = await refused()
	while ("code" in no && no.code === "machine_offline") no = await refused()
	expect(no).toMatchObject({ number: 3, code: "output_lost" })
	call.say({ type: "watch", session, viewer, have: null })
	expect(await until("unwatchable")).toMatchObject({ session, viewer, code: "output_lost" })
	await rename(join(dataDir, "moved"), join(dataDir, "keys", session))
	call.say({ type: "watch", session, viewer, have: null })
	await until("joined")
	call.say({ type: "ask", number: 4, ask: "remove", of: { session } })
	await until("removed")
	expect(await readdir(join(dataDir, "keys"))).toEqual([])
	expect(await readdir(join(dataDir, "sessions"))).toEqual([])
})

test("[LNK1] a machine that was removed stops dialling", async () => {
	const control = await plane()
	const { run } = await connector(control.url)
	const call = await control.next()
	call.socket.close(4401, "machine_revoked")
	await expect(run).rejects.toMatchObject(new Refusal("machine_revoked"))
})

test("[TRU4] a malformed message from the edge closes only that socket, with a code that says why", async () => {
	const control = await plane()
	await connector(control.url)
	const call = await control.next()
	const closed = new Promise((resolve) => call.socket.on("close", (code, reason) => resolve([code, reason.toString()])))
	call.socket.send("{")
	expect(await closed).toEqual([4400, "malformed"])
	expect(await (await control.next()).next()).toMatchObject({ type: "hello" })
})

test("a stop is clean: the socket closes with 1000 and the link returns", async () => {
	const control = await plane()
	const { run, stop } = await connector(control.url)
	const call = await control.next()
	await call.next()
	const closed = new Promise((resolve) => call.socket.on("close", resolve))
	stop.abort()
	expect(await closed).toBe(1000)
	await run
})
