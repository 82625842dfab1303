// Every parser of the protocol under seeded dice: whatever arrives, it answers with a value or a Refusal, within bounds.
import { describe, expect, test } from "vitest"
import type * as z from "zod"
import { ASKS } from "../../protocol/ask.ts"
import { Refusal, refusalCode } from "../../protocol/errors.ts"
import { decodeFrame, encodeFrame, type Frame, HEADER_BYTES, KIND } from "../../protocol/frames.ts"
import { MachineId, newMachineId, newSessionId, newViewerId, SessionId } from "../../protocol/ids.ts"
import { MAX_COLS, MAX_ROWS } from "../../protocol/limits.ts"
import { FromConnector, FromFeed, FromViewer, parseMessage, ToConnector, ToViewer } from "../../protocol/messages.ts"
import { ROUTES } from "../../protocol/routes.ts"
import { SessionInfo, StartSpec } from "../../protocol/session.ts"
import { Viewing } from "../../protocol/viewing.ts"
import { Dice, runSeed } from "../support/dice.ts"

const seed = runSeed()
const ROUNDS = 4_000
const session = newSessionId()
const viewer = newViewerId()

describe(`with seed ${seed}`, () => {
	test("[TRU4] any bytes are a frame or a refusal, and a frame that is taken is encoded as it came", () => {
		const dice = new Dice(seed)
		for (let round = 0; round < ROUNDS; round++) {
			const data = dice.chance(0.3) ? dice.bytes(dice.below(90)) : mutate(dice, encodeFrame(anyFrame(dice)))
			const frame = takenOrRefused(() => decodeFrame(data))
			if (frame !== null) expect(Buffer.from(encodeFrame(frame)).equals(Buffer.from(data))).toBe(true)
		}
	})

	test("[TRU4] any frame survives the wire", () => {
		const dice = new Dice(seed + 1)
		for (let round = 0; round < ROUNDS; round++) {
			const frame = anyFrame(dice)
			expect(decodeFrame(encodeFrame(frame))).toEqual(frame)
		}
	})

	const directions: [string, z.ZodType][] = [
		["object to connector", ToConnector],
		["connector to object", FromConnector],
		["viewer to object", FromViewer],
		["object to viewer", ToViewer],
		["feed to console", FromFeed],
	]
	test.each(directions)("[TRU4] any text from %s is a message or a refusal", (_, direction) => {
		const dice = new Dice(seed + 2)
		for (let round = 0; round < ROUNDS; round++) {
			const text = JSON.stringify(anyMessage(dice)) ?? "undefined"
			takenOrRefused(() => parseMessage(direction, dice.chance(0.3) ? mutateText(dice, text) : text))
		}
	})

	const shapes: [string, z.ZodType][] = [
		["a start", StartSpec],
		["a session", SessionInfo],
		...Object.entries(ASKS).flatMap(([name, { asked, answered }]): [string, z.ZodType][] => [
			[`what is asked by ${name}`, asked],
			[`the answer to ${name}`, answered],
		]),
		...Object.entries(ROUTES).flatMap(([name, route]): [string, z.ZodType][] => [
			...("body" in route ? [[`the body of ${name}`, route.body] as [string, z.ZodType]] : []),
			...("query" in route ? [[`the query of ${name}`, route.query] as [string, z.ZodType]] : []),
			...("params" in route ? [[`the parameters of ${name}`, route.params] as [string, z.ZodType]] : []),
		]),
	]
	test.each(shapes)("[TRU4] any value for %s is taken or refused, never thrown at", (_, shape) => {
		const dice = new Dice(seed + 3)
		for (let round = 0; round < ROUNDS / 20; round++) {
			const parsed = shape.safeParse(dice.chance(0.5) ? anyMessage(dice) : anyValue(dice, 3))
			if (parsed.success) expect(() => JSON.stringify(parsed.data)).not.toThrow()
		}
	})

	test("[TRU4] any text is an id of its kind or none, and any close reason is a code", () => {
		const dice = new Dice(seed + 4)
		for (let round = 0; round < ROUNDS; round++) {
			const text = mutateText(dice, dice.pick([newMachineId(), session, viewer]))
			if (SessionId.safeParse(text).success) expect(text).toMatch(/^ses_[0-9a-f]{20}$/)
			if (MachineId.safeParse(text).success) expect(text).toMatch(/^mch_[0-9a-f]{20}$/)
			expect(new Refusal(refusalCode(text)).status).toBeGreaterThanOrEqual(400)
		}
		for (const name of ["__proto__", "constructor", "toString", ""]) expect(refusalCode(name)).toBe("internal")
	})

	test("[OUT1] a viewer under frames of any order never shows a byte twice or out of place", () => {
		for (let game = 0; game < 60; game++) {
			const dice = new Dice(seed + 1_000 + game)
			const truth = dice.bytes(4_000)
			let shown = new Uint8Array()
			let from = 0
			const viewing = new Viewing({
				session,
				viewer,
				cols: 80,
				rows: 24,
				now: () => 0,
				changed: () => {},
				screen: {
					reset: () => {
						shown = new Uint8Array()
						from = -1
					},
					resize: () => {},
					write: (bytes, parsed) => {
						// A snapshot is as many bytes as its sequence says, so that what is shown is always a prefix.
						if (from === -1) from = bytes.length
						shown = Uint8Array.of(...shown, ...bytes)
						parsed()
					},
				},
			})
			let asked: number | null = null
			viewing.opened((data) => {
				if (typeof data !== "string") return
				const message = JSON.parse(data)
				if (message.type === "attach") asked = message.have
			})
			for (let step = 0; step < 120; step++) {
				if (dice.chance(0.5)) viewing.message({ type: "attached", session, live: dice.chance(0.9) })
				const start = dice.chance(0.6) ? (asked ?? viewing.sequence) : dice.below(truth.length)
				const end = Math.min(truth.length, start + dice.below(300))
				const bytes = truth.subarray(start, end)
				if (dice.chance(0.15))
					viewing.frame({
						kind: KIND.SNAPSHOT,
						session,
						viewer,
						sequence: end,
						cols: 80,
						rows: 24,
						bytes: truth.subarray(0, end),
					})
				else if (dice.chance(0.1))
					viewing.frame({ kind: KIND.RESIZE, session, viewer, sequence: start, cols: 90, rows: 24 })
				else viewing.frame({ kind: KIND.OUTPUT, session, viewer, sequence: start, bytes })
				if (dice.chance(0.05)) viewing.linked(dice.chance(0.5))
				expect(Buffer.from(shown).equals(Buffer.from(truth.subarray(0, viewing.sequence)))).toBe(true)
			}
		}
	})
})

function takenOrRefused<T>(parse: () => T): T | null {
	try {
		return parse()
	} catch (error) {
		if (!(error instanceof Refusal)) throw error
		expect(["malformed", "too_large"]).toContain(error.code)
		expect(error.message.length).toBeLessThan(1_000)
		return null
	}
}

function anyFrame(dice: Dice): Frame {
	const sequence = dice.pick([0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, dice.next() * 2 ** 20])
	const header = { session: newSessionId(), viewer: newViewerId(), sequence }
	const size = { cols: dice.between(1, MAX_COLS), rows: dice.between(1, MAX_ROWS) }
	const bytes = dice.bytes(dice.below(60))
	return dice.pick<Frame>([
		{ kind: KIND.OUTPUT, ...header, bytes },
		{ kind: KIND.INPUT, ...header, bytes },
		{ kind: KIND.SNAPSHOT, ...header, ...size, bytes },
		{ kind: KIND.RESIZE, ...header, ...size },
		{ kind: KIND.ACK, ...header },
		{ kind: KIND.WRITTEN, ...header },
	])
}

function mutate(dice: Dice, data: Uint8Array): Uint8Array {
	const copy = data.slice()
	switch (dice.below(4)) {
		case 0:
			return copy.subarray(0, dice.below(copy.length + 1))
		case 1:
			return Uint8Array.of(...copy, ...dice.bytes(dice.below(8)))
		case 2:
			copy[dice.below(Math.min(copy.length, HEADER_BYTES + 4))] = dice.below(256)
			return copy
		default:
			for (let flips = dice.below(6); flips > 0; flips--) copy[dice.below(copy.length)] = dice.below(256)
			return copy
	}
}

function mutateText(dice: Dice, text: string): string {
	const at = dice.below(text.length + 1)
	switch (dice.below(4)) {
		case 0:
			return text.slice(0, at)
		case 1:
			return text.slice(0, at) + String.fromCharCode(dice.below(0x10000)) + text.slice(at)
		case 2:
			return text.slice(0, at) + text.slice(at + 1)
		default:
			return text.slice(0, at) + dice.pick(["{", "}", "[", '"', "\\u0000", "1e999", "null"]) + text.slice(at)
	}
}

const FIELDS = [
	...["type", "session", "viewer", "sequence", "have", "cols", "rows", "on", "number", "ask", "of", "answer", "code"],
	...["version", "platform", "sessions", "presence", "claim", "live", "name", "role", "watchers", "message", "id"],
	...["argv", "cwd", "environment", "runtime", "substrate", "state", "text", "from", "limit", "path", "__proto__"],
]
const TYPES = [
	...["hello", "welcome", "watch", "unwatch", "keep", "resize", "observe", "ask", "session", "removed", "joined"],
	...["unwatchable", "expects", "answer", "refuse", "attach", "detach", "size", "machine", "presence", "attached"],
	...["caught-up", "again", "watchers", "refused", "changed"],
]

/** Something like a message: a known type, and known fields with values that may or may not fit. */
function anyMessage(dice: Dice): unknown {
	const message: Record<string, unknown> = { type: dice.pick(TYPES) }
	for (let fields = dice.below(12); fields > 0; fields--) message[dice.pick(FIELDS)] = anyValue(dice, 3)
	return message
}

function anyValue(dice: Dice, depth: number): unknown {
	switch (dice.below(depth > 0 ? 13 : 10)) {
		case 0:
			return session
		case 1:
			return viewer
		case 2:
			return dice.below(1_000)
		case 3:
			return dice.pick([-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, -0, 1e300])
		case 4:
			return null
		case 5:
			return dice.chance(0.5)
		case 6:
			return String.fromCharCode(...Array.from({ length: dice.below(12) }, () => dice.below(0x10000)))
		case 7:
			return "x".repeat(dice.below(100_000))
		case 8:
			return dice.pick([...FIELDS, ...TYPES])
		case 9:
			return undefined
		case 10:
			return Array.from({ length: dice.below(5) }, () => anyValue(dice, depth - 1))
		case 11:
			return anyMessage(dice)
		default: {
			const value: Record<string, unknown> = {}
			for (let fields = dice.below(5); fields > 0; fields--) value[dice.pick(FIELDS)] = anyValue(dice, depth - 1)
			return value
		}
	}
}
