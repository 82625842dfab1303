// A viewer's socket: it greets, beats, dials again, and gives up only where dialling cannot help.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { encodeFrame, KIND } from "../../protocol/frames.ts"
import { EVERYONE, newSessionId, newViewerId } from "../../protocol/ids.ts"
import {
	FRAME_BYTES,
	GONE_AFTER_MS,
	HEARTBEAT_MS,
	PING,
	PONG,
	PROTOCOL_VERSION,
	REDIAL_MAX_MS,
	REDIAL_MIN_MS,
} from "../../protocol/limits.ts"
import { MachineSocket, type Socket } from "../../protocol/machine-socket.ts"
import type { ToViewer } from "../../protocol/messages.ts"
import type { Presence } from "../../protocol/session.ts"

const session = newSessionId()
const presence: Presence = { is: "linked", since: 1, provenAt: 1, epoch: 1, now: 1 }
const machine: ToViewer = { type: "machine", name: "box", role: "owner", presence, platform: null, sessions: [] }

/** The near end of a socket whose far end is the test. */
class FakeSocket implements Socket {
	binaryType = ""
	readyState = 0
	sent: (string | Uint8Array)[] = []
	closedWith: [number | undefined, string | undefined] | null = null
	onopen: Socket["onopen"] = null
	onmessage: Socket["onmessage"] = null
	onclose: Socket["onclose"] = null
	onerror: Socket["onerror"] = null

	send(data: string | Uint8Array) {
		this.sent.push(data)
	}

	close(code?: number, reason?: string) {
		if (this.readyState !== 3) this.closedWith = [code, reason]
		this.readyState = 3
	}

	open() {
		this.readyState = 1
		this.onopen?.({} as never)
	}

	hears(message: ToViewer | string | Uint8Array<ArrayBuffer>) {
		if (message instanceof Uint8Array) this.onmessage?.({ data: message.buffer })
		else this.onmessage?.({ data: typeof message === "string" ? message : JSON.stringify(message) })
	}

	dies(reason = "", code = 1006) {
		this.readyState = 3
		this.onclose?.({ code, reason })
	}

	get said() {
		return this.sent.flatMap((data) => (typeof data === "string" && data !== PING ? [JSON.parse(data)] : []))
	}
}

const screen = { reset() {}, resize() {}, write: (_: Uint8Array, parsed: () => void) => parsed() }
let sockets: FakeSocket[]
let socket: MachineSocket
const newest = () => sockets.at(-1) as FakeSocket

beforeEach(() => {
	vi.useFakeTimers()
	sockets = []
	socket = new MachineSocket({
		viewer: newViewerId(),
		dial: () => {
			sockets.push(new FakeSocket())
			return newest()
		},
		changed: () => {},
	})
})

afterEach(() => {
	socket.close()
	vi.useRealTimers()
})

function welcomed() {
	newest().open()
	newest().hears(machine)
}

describe("a viewer's socket", () => {
	test("says hello first, and attaches when it is welcomed", () => {
		socket.attach(session, screen, { cols: 80, rows: 24 })
		newest().open()
		expect(newest().said).toMatchObject([{ type: "hello", version: PROTOCOL_VERSION }])
		newest().hears(machine)
		expect(newest().said.slice(1)).toEqual([{ type: "attach", session, have: null, cols: 80, rows: 24 }])
		expect(socket).toMatchObject({ status: { is: "open" }, name: "box", role: "owner" })
	})

	test("[OUT3] a lost socket is dialled again by itself, with growing waits, and sessions are attached again", () => {
		socket.attach(session, screen, { cols: 80, rows: 24 })
		welcomed()
		const waits: number[] = []
		for (let tries = 0; tries < 8; tries++) {
			newest().dies()
			if (socket.status.is !== "waiting") throw new Error("not waiting")
			waits.push(socket.status.at - Date.now())
			vi.advanceTimersToNextTimer()
		}
		expect(sockets).toHaveLength(9)
		expect(waits[0]).toBe(0)
		expect(waits[1]).toBeLessThanOrEqual(REDIAL_MIN_MS)
		for (const wait of waits) expect(wait).toBeLessThanOrEqual(REDIAL_MAX_MS)
		expect(Math.max(...waits)).toBeGreaterThan(REDIAL_MAX_MS / 2 - 1)
		welcomed()
		expect(newest().said.at(-1)).toMatchObject({ type: "attach", session })
		newest().dies()
		if (socket.status.is !== "waiting") throw new Error("not waiting")
		// It ended as soon as it was up, so it may again.
		expect(socket.status.at).toBeGreaterThan(Date.now())
		vi.advanceTimersToNextTimer()
		welcomed()
		vi.advanceTimersByTime(REDIAL_MAX_MS)
		newest().dies()
		expect(socket.status).toEqual({ is: "waiting", at: Date.now() })
	})

	test("[LNK4] a socket that is silent for too long is given up, though it never closed", () => {
		welcomed()
		const first = newest()
		for (let time = 0; time <= GONE_AFTER_MS + HEARTBEAT_MS; time += HEARTBEAT_MS) vi.advanceTimersByTime(HEARTBEAT_MS)
		expect(first.closedWith).not.toBeNull()
		expect(sockets.length).toBeGreaterThan(1)
		expect(GONE_AFTER_MS).toBeLessThan(45_000)
	})

	test("[LNK4] beats keep a quiet socket", () => {
		welcomed()
		for (let beats = 0; beats < 20; beats++) {
			vi.advanceTimersByTime(HEARTBEAT_MS)
			expect(newest().sent.at(-1)).toBe(PING)
			newest().hears(PONG)
		}
		expect(sockets).toHaveLength(1)
	})

	test("a dial that never answers is given up too", () => {
		vi.advanceTimersByTime(GONE_AFTER_MS + 2 * HEARTBEAT_MS + REDIAL_MIN_MS)
		expect(sockets.length).toBeGreaterThan(1)
	})

	test("[TRU4] a refusal for good ends the dialling; one that may pass does not", () => {
		newest().dies("timed_out", 4408)
		expect(socket.status.is).toBe("waiting")
		vi.advanceTimersToNextTimer()
		newest().dies("not_allowed", 4403)
		expect(socket.status).toMatchObject({ is: "refused", refusal: { code: "not_allowed" } })
		vi.advanceTimersByTime(10 * REDIAL_MAX_MS)
		expect(sockets).toHaveLength(2)
	})

	test("what a replaced socket still says and its late close change nothing", () => {
		welcomed()
		const first = newest()
		first.dies()
		vi.advanceTimersToNextTimer()
		welcomed()
		first.hears({ ...machine, name: "impostor" })
		first.dies("not_allowed", 4403)
		expect(socket).toMatchObject({ status: { is: "open" }, name: "box" })
	})

	test("waking dials at once instead of waiting, and tests a socket that has been silent", () => {
		newest().dies()
		socket.wake()
		expect(sockets).toHaveLength(2)
		welcomed()
		socket.wake()
		expect(sockets).toHaveLength(2)
		vi.setSystemTime(Date.now() + HEARTBEAT_MS + 1)
		socket.wake()
		vi.advanceTimersByTime(REDIAL_MIN_MS)
		expect(sockets).toHaveLength(3)
	})

	test("[LNK2] the machine's next link attaches every session again", () => {
		socket.attach(session, screen, { cols: 80, rows: 24 })
		welcomed()
		newest().hears({ type: "presence", presence: { ...presence, epoch: 2 } })
		newest().hears({ type: "presence", presence: { ...presence, epoch: 2, provenAt: 9 } })
		expect(newest().said.filter(({ type }) => type === "attach")).toHaveLength(2)
	})

	test("[INP4] closing says nothing to the session", () => {
		socket.attach(session, screen, { cols: 80, rows: 24 })
		welcomed()
		const before = newest().sent.length
		socket.close()
		expect(newest().sent).toHaveLength(before)
		expect(socket.status.is).toBe("closed")
	})

	const frame = encodeFrame({ kind: KIND.OUTPUT, session, viewer: EVERYONE, sequence: 0, bytes: new Uint8Array(3) })
	test.each<[string, string | Uint8Array<ArrayBuffer>, number]>([
		["no JSON", "{", 4400],
		["an unknown message", JSON.stringify({ type: "explode" }), 4400],
		["a frame cut short", frame.slice(0, 10), 4400],
		["a frame of no kind", Uint8Array.of(0, ...frame.slice(1)), 4400],
		["a frame that is too large", new Uint8Array(FRAME_BYTES + 1), 4413],
	])("[TRU4] %s closes this socket with a code that says why, and it dials again", (_, data, code) => {
		welcomed()
		const bad = newest()
		bad.hears(data)
		expect(bad.closedWith?.[0]).toBe(code)
		expect(socket.status.is).toBe("waiting")
		vi.advanceTimersByTime(REDIAL_MIN_MS)
		welcomed()
		expect(socket.status.is).toBe("open")
	})
})
