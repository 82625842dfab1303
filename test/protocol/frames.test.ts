// Frames: what is encoded is decoded, and what is bad is refused.
import { describe, expect, test } from "vitest"
import { Refusal } from "../../protocol/errors.ts"
import { decodeFrame, encodeFrame, type Frame, HEADER_BYTES, KIND, readdress } from "../../protocol/frames.ts"
import { EVERYONE, KEEPER, newSessionId, newViewerId } from "../../protocol/ids.ts"
import { FRAME_BYTES, INPUT_FRAME_BYTES, MAX_COLS, MAX_ROWS } from "../../protocol/limits.ts"

const session = newSessionId()
const viewer = newViewerId()
const bytes = new TextEncoder().encode("naïve 漢字 \x1b[31m")

const frames: Frame[] = [
	{ kind: KIND.OUTPUT, session, viewer: EVERYONE, sequence: 0, bytes },
	{ kind: KIND.OUTPUT, session, viewer, sequence: Number.MAX_SAFE_INTEGER, bytes: new Uint8Array() },
	{ kind: KIND.SNAPSHOT, session, viewer: KEEPER, sequence: 2 ** 32, cols: 1, rows: MAX_ROWS, bytes },
	{ kind: KIND.SNAPSHOT, session, viewer, sequence: 7, cols: 80, rows: 24, bytes: new Uint8Array(2 ** 16) },
	{ kind: KIND.RESIZE, session, viewer: EVERYONE, sequence: 2 ** 40 + 5, cols: MAX_COLS, rows: 1 },
	{ kind: KIND.ACK, session, viewer, sequence: 2 ** 33 - 1 },
	{ kind: KIND.INPUT, session, viewer, sequence: 12, bytes },
	{ kind: KIND.INPUT, session, viewer, sequence: 12, bytes: new Uint8Array(INPUT_FRAME_BYTES) },
	{ kind: KIND.WRITTEN, session, viewer, sequence: 12 },
]

const names = Object.entries(KIND) as [keyof typeof KIND, number][]
const nameOf = (kind: number) => names.find(([, number]) => number === kind)?.[0]

describe("frames", () => {
	test.each(frames.map((frame) => [nameOf(frame.kind), frame.sequence, frame] as const))(
		"[OUT1] %s at %d is decoded as it was encoded",
		(_, __, frame) => {
			expect(decodeFrame(encodeFrame(frame))).toEqual(frame)
		},
	)

	test("[OUT1] a frame that stands in the middle of a larger buffer is decoded the same", () => {
		for (const frame of frames.filter((frame) => !("bytes" in frame) || frame.bytes.length < 100)) {
			const encoded = encodeFrame(frame)
			const larger = new Uint8Array(encoded.length + 20).fill(0xee)
			larger.set(encoded, 11)
			expect(decodeFrame(larger.subarray(11, 11 + encoded.length))).toEqual(frame)
		}
	})

	test("[OUT1] the header is laid out as the manual of the wire says", () => {
		const data = encodeFrame({ kind: KIND.RESIZE, session, viewer, sequence: 0x0102030405, cols: 0x0123, rows: 0x0045 })
		expect(data.length).toBe(HEADER_BYTES + 4)
		expect(HEADER_BYTES).toBe(29)
		const hex = Buffer.from(data).toString("hex")
		expect(hex).toBe(`03${session.slice(4)}${viewer.slice(4)}000000010203040501230045`)
	})

	test("another address changes nothing but the viewer", () => {
		for (const frame of frames) {
			const data = encodeFrame(frame)
			readdress(data, EVERYONE)
			expect(decodeFrame(data)).toEqual({ ...frame, viewer: EVERYONE })
		}
	})

	const output = encodeFrame({ kind: KIND.OUTPUT, session, viewer, sequence: 1, bytes })
	const resize = encodeFrame({ kind: KIND.RESIZE, session, viewer, sequence: 1, cols: 80, rows: 24 })
	const ack = encodeFrame({ kind: KIND.ACK, session, viewer, sequence: 1 })
	const bad: [string, Uint8Array, string][] = [
		["nothing", new Uint8Array(), "malformed"],
		["a header cut short", output.slice(0, HEADER_BYTES - 1), "malformed"],
		["kind 0", patched(output, 0, 0), "malformed"],
		["kind 7", patched(output, 0, 7), "malformed"],
		["kind 255", patched(output, 0, 255), "malformed"],
		["a sequence of 2^53", patched(output, 21, 0, 0x20, 0, 0, 0, 0, 0, 0), "malformed"],
		["a sequence of 2^64 - 1", patched(output, 21, 255, 255, 255, 255, 255, 255, 255, 255), "malformed"],
		["a resize without rows", resize.slice(0, -2), "malformed"],
		["a resize with a byte too many", longer(resize), "malformed"],
		["a resize to no columns", patched(resize, HEADER_BYTES, 0, 0), "malformed"],
		["a resize to no rows", patched(resize, HEADER_BYTES + 2, 0, 0), "malformed"],
		["a resize to 65535 columns", patched(resize, HEADER_BYTES, 255, 255), "malformed"],
		["a snapshot without its size", patched(ack, 0, KIND.SNAPSHOT), "malformed"],
		["an ack with a byte too many", longer(ack), "malformed"],
		["a written with a byte too many", longer(patched(ack, 0, KIND.WRITTEN)), "malformed"],
		["input of more than a frame", oversized(KIND.INPUT, INPUT_FRAME_BYTES + 1), "too_large"],
		["output of more than any frame", oversized(KIND.OUTPUT, FRAME_BYTES), "too_large"],
	]
	test.each(bad)("[TRU4] %s is refused with a code", (_, data, code) => {
		expect(refusalOf(() => decodeFrame(data))).toBe(code)
	})
})

function refusalOf(parse: () => unknown): string {
	try {
		parse()
	} catch (error) {
		if (error instanceof Refusal) return error.code
		throw error
	}
	return "accepted"
}

function patched(data: Uint8Array, at: number, ...values: number[]): Uint8Array {
	const copy = data.slice()
	copy.set(values, at)
	return copy
}

function longer(data: Uint8Array): Uint8Array {
	return Uint8Array.of(...data, 0)
}

function oversized(kind: number, length: number): Uint8Array {
	const data = new Uint8Array(HEADER_BYTES + length)
	data[0] = kind
	return data
}
