// Viewing: one viewer's side of one session, driven message by message without a socket.
import { beforeEach, describe, expect, test } from "vitest"
import { decodeFrame, type Frame, type InputFrame, KIND } from "../../protocol/frames.ts"
import { EVERYONE, newSessionId, newViewerId } from "../../protocol/ids.ts"
import {
	ACK_EVERY,
	CREDIT_WINDOW,
	INPUT_FRAME_BYTES,
	INPUT_UNACKED_BYTES,
	RESEND_WITHIN_MS,
	STUCK_AFTER_MS,
} from "../../protocol/limits.ts"
import type { FromViewer } from "../../protocol/messages.ts"
import { type Pending, Viewing } from "../../protocol/viewing.ts"

const session = newSessionId()
const viewer = newViewerId()

/** A screen of text, which parses when it is told to. */
class TextScreen {
	text = ""
	size = ""
	resets = 0
	/** Parsed at once unless held. */
	held: (() => void)[] | null = null

	reset(cols: number, rows: number) {
		this.text = ""
		this.size = `${cols}x${rows}`
		this.resets++
	}

	resize(cols: number, rows: number) {
		this.size = `${cols}x${rows}`
		this.text += "|"
	}

	write(bytes: Uint8Array, parsed: () => void) {
		this.text += new TextDecoder().decode(bytes)
		if (this.held === null) parsed()
		else this.held.push(parsed)
	}
}

let screen: TextScreen
let viewing: Viewing
let now: number
let said: FromViewer[]
let frames: Frame[]

function make(pending?: Pending[]) {
	screen = new TextScreen()
	now = 1_000_000
	said = []
	frames = []
	const options = { session, viewer, screen, cols: 80, rows: 24, now: () => now, changed: () => {} }
	viewing = new Viewing(pending === undefined ? options : { ...options, pending })
}

const send = (data: string | Uint8Array) => {
	if (typeof data === "string") said.push(JSON.parse(data))
	else frames.push(decodeFrame(data))
}
const bytesOf = (text: string) => new TextEncoder().encode(text)
const output = (sequence: number, text: string) =>
	viewing.frame({ kind: KIND.OUTPUT, session, viewer: EVERYONE, sequence, bytes: bytesOf(text) })
const snapshot = (sequence: number, text: string, cols = 80, rows = 24) =>
	viewing.frame({ kind: KIND.SNAPSHOT, session, viewer, sequence, cols, rows, bytes: bytesOf(text) })
const resize = (sequence: number, cols: number, rows = 24) =>
	viewing.frame({ kind: KIND.RESIZE, session, viewer: EVERYONE, sequence, cols, rows })
const written = (sequence: number) => viewing.frame({ kind: KIND.WRITTEN, session, viewer, sequence })
const attached = (live = true) => viewing.message({ type: "attached", session, live })
const expects = (sequence: number) => viewing.message({ type: "expects", session, sequence })
const type = (text: string) => viewing.type(bytesOf(text))
const attaches = () => said.flatMap((message) => (message.type === "attach" ? [message.have] : []))
const inputs = () =>
	frames
		.filter((frame): frame is InputFrame => frame.kind === KIND.INPUT)
		.map(({ sequence, bytes }) => [sequence, new TextDecoder().decode(bytes)])
const acks = () => frames.flatMap((frame) => (frame.kind === KIND.ACK ? [frame.sequence] : []))

/** Opened, attached, at `sequence`, and told that input stands at `input`. */
function live(sequence = 100, input = 0) {
	viewing.opened(send)
	attached()
	expects(input)
	snapshot(sequence, "")
	viewing.message({ type: "caught-up", session, sequence })
	said.length = 0
	frames.length = 0
}

beforeEach(() => make())

describe("output", () => {
	test("[OUT2] a viewer that has nothing attaches from nothing, and shows the snapshot and then the bytes after it", () => {
		viewing.opened(send)
		expect(said).toEqual([{ type: "attach", session, have: null, cols: 80, rows: 24 }])
		expect(viewing.status.is).toBe("connecting")
		attached()
		expect(viewing.status.is).toBe("catching-up")
		snapshot(50, "screen ", 120, 40)
		output(50, "and more")
		viewing.message({ type: "caught-up", session, sequence: 58 })
		expect(viewing.status.is).toBe("live")
		expect(screen).toMatchObject({ text: "screen and more", size: "120x40" })
		expect(viewing.sequence).toBe(58)
	})

	test("[OUT1] bytes that the viewer has already are trimmed, whatever the overlap", () => {
		live()
		output(100, "abcdef")
		output(100, "abcdef")
		output(98, "..ab")
		output(103, "defgh")
		output(95, ".....abcdefghij")
		expect(screen.text).toBe("abcdefghij")
		expect(viewing.sequence).toBe(110)
		expect(said).toEqual([])
	})

	test("[OUT1] a gap makes the viewer ask again from what it has, and nothing of the gap's far side is shown", () => {
		live()
		output(100, "abc")
		output(104, "e")
		expect(attaches()).toEqual([103])
		output(105, "f")
		attached()
		output(103, "def")
		expect(screen.text).toBe("abcdef")
		expect(attaches()).toEqual([103])
	})

	test("[OUT1] output before any snapshot is a gap", () => {
		viewing.opened(send)
		attached()
		output(0, "abc")
		expect(attaches()).toEqual([null, null])
		expect(screen.text).toBe("")
	})

	test("[OUT1] until an attach is answered, frames that follow on are taken, and a gap asks nothing more", () => {
		live()
		output(100, "abc")
		viewing.message({ type: "again", session })
		expect(viewing.status.is).toBe("live")
		output(103, "def")
		output(110, "gap")
		expect(attaches()).toEqual([103])
		attached()
		output(103, "defghi")
		expect(screen.text).toBe("abcdefghi")
	})

	test("[OUT3] a reconnect asks from the sequence that the terminal has", () => {
		live()
		output(100, "abc")
		viewing.closed()
		expect(viewing.status.is).toBe("connecting")
		viewing.opened(send)
		expect(attaches()).toEqual([103])
		attached()
		output(103, "def")
		expect(screen).toMatchObject({ text: "abcdef", resets: 1 })
	})

	test("[OUT3] a snapshot ahead of the terminal replaces it; one that is older changes nothing", () => {
		live()
		output(100, "abc")
		snapshot(500, "later", 90, 30)
		expect(screen).toMatchObject({ text: "later", size: "90x30", resets: 2 })
		snapshot(499, "earlier")
		expect(screen).toMatchObject({ text: "later", resets: 2 })
		output(500, "!")
		expect(screen.text).toBe("later!")
	})

	test("[OUT3] a snapshot of the very sequence is shown, since sizes may have changed without a byte", () => {
		live()
		output(100, "abc")
		snapshot(103, "abc again", 60, 20)
		expect(screen).toMatchObject({ text: "abc again", size: "60x20" })
		expect(viewing.sequence).toBe(103)
	})

	test("[OUT3] a resize takes effect at its byte, once, and not when it lies behind", () => {
		live()
		output(100, "abc")
		resize(103, 60)
		output(103, "def")
		resize(103, 60)
		expect(screen).toMatchObject({ text: "abc|def", size: "60x24" })
	})

	test("[OUT1] a resize ahead of the terminal is a gap", () => {
		live()
		resize(101, 60)
		expect(attaches()).toEqual([100])
		expect(screen.size).toBe("80x24")
	})

	test("[OUT4] parsed output is acknowledged by its absolute sequence, at every step of ACK_EVERY at the latest", () => {
		live(0)
		const step = ACK_EVERY / 2
		for (let sequence = 0; sequence < 3 * ACK_EVERY; sequence += step) output(sequence, "x".repeat(step))
		expect(acks()).toEqual([ACK_EVERY, 2 * ACK_EVERY, 3 * ACK_EVERY])
		expect(CREDIT_WINDOW).toBeGreaterThanOrEqual(2 * ACK_EVERY)
	})

	test("[OUT4] what the terminal has not parsed is not acknowledged, and acknowledgements never go back", () => {
		live(0)
		screen.held = []
		output(0, "x".repeat(ACK_EVERY))
		output(ACK_EVERY, "x".repeat(ACK_EVERY))
		expect(acks()).toEqual([])
		const [first, second] = screen.held
		screen.held = null
		second?.()
		first?.()
		expect(acks()).toEqual([2 * ACK_EVERY])
	})

	test("[OUT4] a snapshot is acknowledged at once, so that the sender's window opens", () => {
		live()
		snapshot(10 * CREDIT_WINDOW, "skipped")
		expect(acks()).toEqual([10 * CREDIT_WINDOW])
	})

	test("[OUT6] a key goes and its echo is shown in the same turn of the loop, with no timer between", () => {
		live()
		type("k")
		expect(inputs()).toEqual([[0, "k"]])
		output(100, "k")
		expect(screen.text).toBe("k")
	})

	test("[LNK4] a machine that goes away is said to be away, and its return attaches again from the same byte", () => {
		live()
		output(100, "abc")
		viewing.linked(false)
		expect(viewing.status.is).toBe("away")
		viewing.linked(true)
		expect(attaches()).toEqual([103])
	})

	test("[OUT2] a kept snapshot is shown while the machine is away, and continued when it is back", () => {
		viewing.opened(send)
		attached(false)
		snapshot(70, "as it was")
		expect(viewing.status.is).toBe("away")
		viewing.linked(true)
		expect(attaches()).toEqual([null, 70])
		attached()
		output(70, ", and as it is")
		expect(screen.text).toBe("as it was, and as it is")
	})
})

describe("input", () => {
	test("[INP1] keys wait until the holder has said which it expects, and are counted from there", () => {
		viewing.opened(send)
		attached()
		type("ab")
		type("c")
		expect(inputs()).toEqual([])
		expects(40)
		expect(inputs()).toEqual([
			[40, "ab"],
			[42, "c"],
		])
		type("d")
		expect(inputs().at(-1)).toEqual([43, "d"])
	})

	test("[INP1] keys are pending until they are written, byte by byte", () => {
		live()
		type("abc")
		type("de")
		written(2)
		expect(viewing.pending.map(({ sequence, bytes }) => [sequence, bytes.length])).toEqual([
			[2, 1],
			[3, 2],
		])
		written(5)
		expect(viewing.pending).toEqual([])
	})

	test("[INP1][LNK4] keys that nobody acknowledges are told to stall, until one is", () => {
		live()
		now += 60_000
		type("abc")
		now += STUCK_AFTER_MS - 1
		viewing.tick()
		expect(viewing.stalledSince).toBeNull()
		const typedAt = now - STUCK_AFTER_MS + 1
		now += 1
		viewing.tick()
		expect(viewing).toMatchObject({ stalledSince: typedAt, status: { is: "live" } })
		// It has asked whether the keys are there; that a socket answers is no proof that they are.
		attached()
		viewing.tick()
		expect(viewing.stalledSince).toBe(typedAt)
		written(1)
		expect(viewing.stalledSince).toBeNull()
		now += STUCK_AFTER_MS
		viewing.tick()
		expect(viewing.stalledSince).toBe(now - STUCK_AFTER_MS)
		written(3)
		expect(viewing.stalledSince).toBeNull()
		now += 60_000
		viewing.tick()
		expect(viewing.stalledSince).toBeNull()
	})

	test("[INP1] keys that are sent again after an outage do not stall yet", () => {
		live()
		type("abc")
		viewing.closed()
		now += RESEND_WITHIN_MS
		viewing.opened(send)
		attached()
		expects(0)
		viewing.tick()
		expect(viewing.stalledSince).toBeNull()
	})

	test("[INP1] after a short outage only what is unwritten is sent again", () => {
		live()
		type("abc")
		viewing.closed()
		type("de")
		frames.length = 0
		now += RESEND_WITHIN_MS
		viewing.opened(send)
		attached()
		expects(2)
		expect(inputs()).toEqual([
			[2, "c"],
			[3, "de"],
		])
		expect(viewing.holding).toBe(false)
	})

	test("[INP1] after a longer outage nothing is sent until the person says so", () => {
		live()
		type("rm -rf build\r")
		viewing.closed()
		frames.length = 0
		now += RESEND_WITHIN_MS + 1
		viewing.opened(send)
		attached()
		expects(3)
		type("x")
		expect(viewing.holding).toBe(true)
		expect(inputs()).toEqual([])
		viewing.sendHeld()
		expect(viewing.holding).toBe(false)
		expect(inputs()).toEqual([
			[3, "-rf build\r"],
			[13, "x"],
		])
	})

	test("[INP1] what the person has released is not held again when the holder asks for it once more", () => {
		live()
		type("abc")
		viewing.closed()
		now += RESEND_WITHIN_MS + 1
		viewing.opened(send)
		attached()
		expects(0)
		viewing.sendHeld()
		frames.length = 0
		expects(0)
		expect(viewing.holding).toBe(false)
		expect(inputs()).toEqual([[0, "abc"]])
	})

	test("[INP1] discarded keys are never sent, and the next keys take their place in the count", () => {
		live()
		type("abc")
		viewing.closed()
		frames.length = 0
		now += RESEND_WITHIN_MS + 1
		viewing.opened(send)
		attached()
		expects(1)
		viewing.discardHeld()
		expect(viewing.pending).toEqual([])
		type("z")
		expect(inputs()).toEqual([[1, "z"]])
	})

	test("[INP1] whoever may not type any more: what is held is dropped at once, counted, and never sent", () => {
		live()
		type("abc")
		viewing.closed()
		now += RESEND_WITHIN_MS + 1
		viewing.opened(send)
		attached()
		expects(0)
		frames.length = 0
		viewing.allowTyping(false)
		expect([viewing.pending, viewing.holding, viewing.dropped]).toEqual([[], false, 3])
		type("de")
		expect(viewing.dropped).toBe(5)
		viewing.allowTyping(true)
		expect(viewing.dropped).toBe(0)
		viewing.sendHeld()
		type("z")
		expect(inputs()).toEqual([[0, "z"]])
	})

	test("[INP1] of keys under way when the role changes, those count as dropped that were not written", () => {
		live()
		type("abc")
		viewing.closed()
		frames.length = 0
		viewing.allowTyping(false)
		viewing.opened(send)
		attached()
		expects(1)
		expect([viewing.pending, viewing.dropped, inputs()]).toEqual([[], 2, []])
	})

	test("[INP1] keys that the edge refuses are dropped, and watching goes on", () => {
		live()
		type("abc")
		viewing.message({ type: "refused", session, code: "not_allowed", message: "" })
		expect([viewing.pending, viewing.dropped, viewing.status.is]).toEqual([[], 3, "live"])
	})

	test("[INP1] keys that wait for a machine that is away are dropped with the role", () => {
		make([{ sequence: 0, at: 0, bytes: bytesOf("kept") }])
		viewing.allowTyping(false)
		viewing.opened(send)
		attached(false)
		expect([viewing.pending, viewing.dropped]).toEqual([[], 4])
	})

	test("[INP1] keys that were written while nobody could say so end the holding", () => {
		live()
		type("abc")
		viewing.closed()
		now += RESEND_WITHIN_MS + 1
		viewing.opened(send)
		attached()
		expects(3)
		expect(viewing.holding).toBe(false)
		expect(viewing.pending).toEqual([])
	})

	test("[INP1] a holder that has forgotten this viewer begins its count anew, and no key is lost", () => {
		live(100, 1_000)
		type("abc")
		written(1_001)
		viewing.closed()
		frames.length = 0
		viewing.opened(send)
		attached()
		expects(0)
		expect(inputs()).toEqual([[0, "bc"]])
		type("d")
		expect(inputs().at(-1)).toEqual([2, "d"])
	})

	test("[INP1] an acknowledgement of an earlier page does not swallow keys that have no number yet", () => {
		viewing.opened(send)
		attached()
		type("ab")
		written(500)
		expects(500)
		expect(inputs()).toEqual([[500, "ab"]])
	})

	test("[INP1] keys kept over a reload go on in their own numbers", () => {
		make([{ sequence: 7, bytes: bytesOf("hij"), at: 1_000_000 }])
		viewing.opened(send)
		attached()
		expects(8)
		type("k")
		expect(inputs()).toEqual([
			[8, "ij"],
			[10, "k"],
		])
	})

	test("[INP1] a paste is cut into frames that stay in order", () => {
		live()
		const paste = bytesOf("0123456789".repeat(20_000))
		expect(viewing.type(paste)).toBe(true)
		const parts = frames.filter((frame): frame is InputFrame => frame.kind === KIND.INPUT)
		expect(parts.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3].map((n) => n * INPUT_FRAME_BYTES))
		expect(Buffer.concat(parts.map(({ bytes }) => bytes)).equals(Buffer.from(paste))).toBe(true)
	})

	test("[INP1] more than the bound is not taken, and takes nothing from what waits", () => {
		live()
		expect(viewing.type(new Uint8Array(INPUT_UNACKED_BYTES))).toBe(true)
		expect(viewing.type(bytesOf("x"))).toBe(false)
		written(1)
		expect(viewing.type(bytesOf("x"))).toBe(true)
		expect(viewing.pending.at(-1)?.sequence).toBe(INPUT_UNACKED_BYTES)
	})

	test("[INP4] detaching says so and sends no byte of input", () => {
		live()
		viewing.detach()
		expect(said).toEqual([{ type: "detach", session }])
		expect(frames).toEqual([])
	})

	test("[INP3] a window's size is said when it changes or is claimed, and not otherwise", () => {
		live()
		viewing.size(80, 24)
		expect(said).toEqual([])
		viewing.size(100, 30)
		viewing.size(100, 30, true)
		expect(said).toEqual([
			{ type: "size", session, cols: 100, rows: 30, claim: false },
			{ type: "size", session, cols: 100, rows: 30, claim: true },
		])
	})
})

describe("refusals", () => {
	test("[LNK3] a refusal is shown until the machine's next link, or the next socket, is asked again", () => {
		live()
		viewing.message({ type: "refused", session, code: "session_not_found", message: "There is no such session." })
		expect(viewing.status).toMatchObject({ is: "refused", refusal: { code: "session_not_found" } })
		viewing.linked(false)
		expect(viewing.status.is).toBe("refused")
		viewing.linked(true)
		expect(attaches()).toEqual([100])
		viewing.message({ type: "refused", session, code: "session_not_found", message: "There is no such session." })
		viewing.closed()
		viewing.opened(send)
		expect(attaches()).toEqual([100, 100])
	})
})

describe("a session that begins again", () => {
	const attached = () => viewing.message({ type: "attached", session, live: true })
	const expects = (sequence: number) => viewing.message({ type: "expects", session, sequence })

	test("[OUT3] is shown anew, also where its machine has less of the output than this viewer", () => {
		make()
		viewing.opened(send)
		attached()
		snapshot(100, "before")
		output(106, " more")
		viewing.beganAgain()
		viewing.message({ type: "again", session })
		expect(said.at(-1)).toMatchObject({ type: "attach", have: null })
		attached()
		snapshot(90, "again")
		output(90, "!")
		expect(screen.text).toBe("again!")
		expect(viewing.sequence).toBe(91)
	})

	test("[INP1] takes what was typed for its program, and waits for the person with what was typed for the one before", () => {
		make()
		viewing.opened(send)
		attached()
		expects(0)
		viewing.type(bytesOf("rm it"))
		frames = []
		viewing.beganAgain()
		viewing.message({ type: "again", session })
		attached()
		expects(0)
		expect(viewing.holding).toBe(true)
		expect(frames.filter(({ kind }) => kind === KIND.INPUT)).toEqual([])
		viewing.discardHeld()
		viewing.type(bytesOf("ls"))
		expect(frames.at(-1)).toMatchObject({ kind: KIND.INPUT, sequence: 0, bytes: bytesOf("ls") })
	})
})
