// Input: each byte once and in order, whatever is sent again, and whether or not the program reads.
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { Input } from "../../connector/holder/input.ts"
import { newViewerId, type ViewerId } from "../../protocol/ids.ts"
import { INPUT_QUEUE_BYTES, INPUT_VIEWERS } from "../../protocol/limits.ts"
import { Link, run } from "./support/holder.ts"
import { dice, SEED } from "./support/recording.ts"

/** A terminal that takes `room` bytes, then no more until it is given room. */
function world(room = Number.POSITIVE_INFINITY) {
	const taken: number[] = []
	const written: [ViewerId, number][] = []
	const expects: [ViewerId, number][] = []
	let flush: (() => void) | undefined
	const waits: number[] = []
	const input = new Input({
		write(bytes) {
			const count = Math.min(room, bytes.length)
			room -= count
			taken.push(...bytes.subarray(0, count))
			return count
		},
		written: (viewer, sequence) => written.push([viewer, sequence]),
		expects: (viewer, sequence) => expects.push([viewer, sequence]),
		later: (again, ms) => {
			waits.push(ms)
			flush = again
		},
	})
	return {
		...{ input, written, expects, waits },
		text: () => Buffer.from(taken).toString(),
		give(bytes: number) {
			room = bytes
			flush?.()
		},
	}
}

const bytes = (text: string) => Buffer.from(text)

describe("[INP1] input is written once and in order", () => {
	it("though it is sent again, whole or in part", () => {
		const { input, text, written } = world()
		const viewer = newViewerId()
		input.take(viewer, 0, bytes("hello"))
		input.take(viewer, 0, bytes("hello"))
		input.take(viewer, 3, bytes("lo wor"))
		input.take(viewer, 9, bytes("ld"))
		expect(text()).toBe("hello world")
		expect(written.at(-1)).toEqual([viewer, 11])
	})

	it("and what comes after a gap is asked for again, once", () => {
		const { input, text, expects } = world()
		const viewer = newViewerId()
		input.take(viewer, 0, bytes("a"))
		input.take(viewer, 2, bytes("c"))
		input.take(viewer, 3, bytes("d"))
		expect(expects).toEqual([[viewer, 1]])
		input.take(viewer, 1, bytes("bcd"))
		expect(text()).toBe("abcd")
	})

	it("each viewer by its own count", () => {
		const { input, text } = world()
		const [one, other] = [newViewerId(), newViewerId()]
		input.take(one, 0, bytes("ab"))
		input.take(other, 0, bytes("12"))
		input.take(one, 2, bytes("c"))
		expect(text()).toBe("ab12c")
	})

	it("is acknowledged as far as the terminal has taken it, and no farther", () => {
		const { input, written, give } = world(3)
		const viewer = newViewerId()
		input.take(viewer, 0, bytes("hello"))
		expect(written).toEqual([[viewer, 3]])
		give(10)
		expect(written.at(-1)).toEqual([viewer, 5])
	})

	it("and a terminal that takes nothing is asked ever more seldom", () => {
		const { input, waits, give } = world(0)
		input.take(newViewerId(), 0, bytes("x"))
		for (let i = 0; i < 8; i++) give(0)
		expect(waits[0]).toBeGreaterThanOrEqual(1)
		expect(waits.at(-1)).toBe(32)
	})

	it("is turned away when too much waits, and asked for when there is room", () => {
		const { input, expects, give, written } = world(0)
		const viewer = newViewerId()
		const part = new Uint8Array(64 * 1024)
		for (let at = 0; at < INPUT_QUEUE_BYTES + part.length * 3; at += part.length) input.take(viewer, at, part)
		expect(input.hasRoom).toBe(false)
		expect(expects).toEqual([])
		give(INPUT_QUEUE_BYTES * 2)
		expect(expects).toEqual([[viewer, INPUT_QUEUE_BYTES]])
		expect(written.at(-1)).toEqual([viewer, INPUT_QUEUE_BYTES])
	})

	it("by dice: frames lost, repeated and cut anywhere, a terminal that takes them in pieces", () => {
		const roll = dice(SEED)
		const { input, text, give, expects } = world(0)
		const viewer = newViewerId()
		const typed = Array.from({ length: 2_000 }, (_, i) => String.fromCharCode(97 + (i % 26))).join("")
		let at = 0
		for (let step = 0; step < 20_000 && text() !== typed; step++) {
			const from = Math.max(0, at - roll(40))
			const end = Math.min(typed.length, from + 1 + roll(60))
			if (roll(4) > 0) input.take(viewer, from, bytes(typed.slice(from, end)))
			at = expects.length > 0 ? (expects.pop()?.[1] ?? 0) : end
			if (roll(2) === 0) give(roll(30))
			if (at === typed.length) {
				input.watched(viewer)
				at = expects.pop()?.[1] ?? 0
			}
		}
		expect(text(), `seed ${SEED}`).toBe(typed)
	})

	it("forgets the viewer longest silent, but none of whose input waits", () => {
		const { input, expects } = world()
		const first = newViewerId()
		input.take(first, 0, bytes("a"))
		for (let i = 0; i < INPUT_VIEWERS; i++) input.take(newViewerId(), 0, bytes("b"))
		input.watched(first)
		expect(expects.at(-1)).toEqual([first, 0])
	})
})

describe("[INP1] with a real terminal", () => {
	it("a megabyte waits for a raw program that does not read, and arrives whole", async () => {
		const fifo = join(mkdtempSync(join(tmpdir(), "homeport-fifo-")), "go")
		execFileSync("mkfifo", [fifo])
		const { link } = await run(`stty raw -echo; echo ready; cat < ${fifo}; head -c 1000000 | sha256sum; cat`)
		const viewer = link.attach()
		await viewer.shows("ready")
		const roll = dice(SEED)
		const typed = Buffer.from(Array.from({ length: 1_000_000 }, () => 33 + roll(90)))
		viewer.type(typed)
		await link.until(() => viewer.written > 0)
		expect(viewer.written).toBeLessThan(typed.length)
		writeFileSync(fifo, "")
		await viewer.shows(createHash("sha256").update(typed).digest("hex"))
		await link.until(() => viewer.written === typed.length)
	}, 30_000)

	it("keys arrive once each, though the link is cut and everything unacknowledged is sent again", async () => {
		const { link: first, holder } = await run(
			"stty raw -echo; echo ready; head -c 3000 | tr -d '\\n'; echo; echo done; cat",
		)
		const viewer = first.attach()
		await viewer.shows("ready")
		const roll = dice(SEED)
		const typed = Array.from({ length: 3_000 }, () => String.fromCharCode(97 + roll(26))).join("")
		let link = first
		while (viewer.written < typed.length) {
			const at = viewer.written
			viewer.type(typed.slice(at, at + 1 + roll(400)), at)
			if (roll(3) > 0) {
				await link.until(() => viewer.written > at)
				continue
			}
			link.close()
			await link.closed()
			link = await Link.open(holder)
			viewer.joined = false
			viewer.expects = null
			link.attach(viewer.have, viewer)
			await link.until(() => viewer.expects !== null)
			viewer.written = viewer.expects ?? 0
		}
		await viewer.shows("done")
		const { base64 } = await link.ask("log", { session: holder.session, from: 0, limit: 100_000 })
		expect(Buffer.from(base64, "base64").toString(), `seed ${SEED}`).toContain(typed)
	}, 30_000)
})
