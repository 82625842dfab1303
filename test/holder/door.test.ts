// What comes to the holder's socket: the same shapes as the schemas, and nothing else does more harm than to itself.
import { connect, type Socket } from "node:net"
import { describe, expect, it } from "vitest"
import { readToHolder } from "../../connector/holder/door.ts"
import { packFrame, packMessage, Unpacker } from "../../connector/holder/packets.ts"
import { ToHolder } from "../../connector/holder/wire.ts"
import { Refusal } from "../../protocol/errors.ts"
import { encodeFrame, KIND } from "../../protocol/frames.ts"
import { newSessionId, newViewerId } from "../../protocol/ids.ts"
import { FRAME_BYTES } from "../../protocol/limits.ts"
import { execution, Link, run } from "./support/holder.ts"
import { dice, SEED } from "./support/recording.ts"

const session = newSessionId()
const viewer = newViewerId()

const MESSAGES: ToHolder[] = [
	{ type: "start", execution: execution(session, "true") },
	{ type: "watch", viewer, have: null },
	{ type: "watch", viewer, have: 12 },
	{ type: "unwatch", viewer },
	{ type: "keep" },
	{ type: "resize", cols: 80, rows: 24 },
	{ type: "observe", on: true },
	{ type: "attend", on: true },
	{ type: "ask", number: 3, ask: "screen", of: { session } },
]

describe("[TRU4] the door", () => {
	it("reads every message as the schemas do", () => {
		for (const message of MESSAGES) {
			const text = JSON.stringify({ ...message, unknown: 1 })
			expect(readToHolder(text)).toEqual(ToHolder.parse(JSON.parse(text)))
		}
	})

	it("refuses what they refuse", () => {
		const roll = dice(SEED)
		const values = [null, "", "x", -1, 0, 1.5, 1e300, true, [], {}, viewer, session, [1], { a: 1 }]
		const mutate = (value: unknown): unknown => {
			if (typeof value !== "object" || value === null || roll(4) === 0) return values[roll(values.length)]
			const entries = Object.entries(value)
			const index = roll(entries.length)
			const changed = entries.flatMap(([key, item], at) =>
				at !== index ? [[key, item]] : roll(3) === 0 ? [] : [[key, mutate(item)]],
			)
			return Array.isArray(value) ? changed.map(([, item]) => item) : Object.fromEntries(changed)
		}
		for (let round = 0; round < 3_000; round++) {
			const text = JSON.stringify(mutate(MESSAGES[roll(MESSAGES.length)])) ?? ""
			let read: unknown
			try {
				read = readToHolder(text)
			} catch (error) {
				expect(error).toBeInstanceOf(Refusal)
				read = undefined
			}
			const value = parse(text) as ToHolder | undefined
			// A question without a subject is refused when it is answered.
			if (value?.type === "ask" && !("of" in value)) continue
			expect(read, `seed ${SEED}: ${text}`).toEqual(ToHolder.safeParse(value).data)
		}
	})
})

describe("[TRU4] packets", () => {
	it("come out whole, however they are cut", () => {
		const roll = dice(SEED)
		const got: string[] = []
		const unpacker = new Unpacker(
			(text) => got.push(text),
			(frame) => got.push(`frame of ${frame.length}`),
		)
		const stream = Buffer.concat([
			...MESSAGES.map((message) => packMessage(message)),
			packFrame(Buffer.alloc(5_000)),
			packMessage({ type: "keep" }),
		])
		for (let at = 0; at < stream.length; ) {
			const end = at + 1 + roll(90)
			unpacker.push(stream.subarray(at, end))
			at = end
		}
		expect(got).toEqual([...MESSAGES.map((message) => JSON.stringify(message)), "frame of 5000", '{"type":"keep"}'])
	})

	it("of an impossible length or kind are refused before they are kept", () => {
		const unpacker = () =>
			new Unpacker(
				() => {},
				() => {},
			)
		const head = (length: number, kind = 0) => {
			const bytes = Buffer.alloc(5)
			bytes.writeUInt32BE(length)
			bytes[4] = kind
			return bytes
		}
		for (const bytes of [head(0), head(FRAME_BYTES + 2), head(1, 7)])
			expect(() => unpacker().push(bytes)).toThrow(Refusal)
	})
})

describe("[TRU4] a malformed packet", () => {
	it("closes only its own connection, and the session goes on", async () => {
		const { link: first, holder } = await run("cat")
		const roll = dice(SEED)
		const input = { kind: KIND.INPUT, session: holder.session, viewer, sequence: 0, bytes: Buffer.from("x") } as const
		const good = [
			packMessage({ type: "watch", viewer, have: 5 }),
			packMessage({ type: "ask", number: 1, ask: "log", of: { session: 5 } }),
			packFrame(encodeFrame({ ...input, sequence: 2 ** 40 })),
			packFrame(encodeFrame({ kind: KIND.ACK, session, viewer: newViewerId(), sequence: 2 ** 50 })),
			packFrame(encodeFrame({ kind: KIND.RESIZE, session, viewer, sequence: 1, cols: 3, rows: 3 })),
		]
		first.close()
		await first.closed()
		for (let round = 0; round < 40; round++) {
			const bytes = Buffer.concat([good[roll(good.length)] as Buffer, good[roll(good.length)] as Buffer])
			for (let flip = 0; flip < 1 + roll(6); flip++) bytes[roll(bytes.length)] = roll(256)
			const socket = await dial(holder.socketPath)
			socket.end(bytes)
			await closed(socket)
		}
		const link = await Link.open(holder)
		const viewing = link.attach()
		viewing.type("still here\n")
		await viewing.shows("still here")
	}, 30_000)
})

function parse(text: string): unknown {
	try {
		return JSON.parse(text)
	} catch {
		return undefined
	}
}

function dial(path: string): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket = connect(path, () => resolve(socket))
		socket.on("error", reject)
		socket.resume()
	})
}

function closed(socket: Socket): Promise<void> {
	return new Promise((resolve) => {
		socket.on("error", () => {})
		socket.on("close", () => resolve())
	})
}
