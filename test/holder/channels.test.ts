// The rules of channels, as a table and by dice: nothing is lost, nothing hangs, nobody is sent more than credit allows.
import { describe, expect, it } from "vitest"
import { Channels, type Source } from "../../connector/holder/channels.ts"
import type { Resize } from "../../connector/holder/log.ts"
import { KIND, type ScreenFrame } from "../../protocol/frames.ts"
import { EVERYONE, newSessionId, newViewerId, type ViewerId } from "../../protocol/ids.ts"
import { ACK_EVERY, CREDIT_WINDOW, OUTPUT_FRAME_BYTES, SKIP_AFTER } from "../../protocol/limits.ts"
import { dice, SEED } from "./support/recording.ts"

/** An output whose byte at each sequence is known, and a viewer's terminal that only checks order. */
function world({ oldest = 0, snapshotBytes = 1_000, snapshotMs = 0 } = {}) {
	const output = { head: 0, oldest, resizes: [] as Resize[] }
	const frames: ScreenFrame[] = []
	const joined: [ViewerId, number][] = []
	/** Both, in the order in which they came. */
	const events: (ScreenFrame | { joined: ViewerId })[] = []
	const clock = { now: 0 }
	const waiting: (() => void)[] = []
	let writable = true
	const source: Source = {
		session: newSessionId(),
		get head() {
			return output.head
		},
		get oldest() {
			return output.oldest
		},
		get resizes() {
			return output.resizes
		},
		read: (from, limit) => new Uint8Array(limit).fill(from % 251),
		snapshot: () => {
			clock.now += snapshotMs
			return { sequence: output.head, cols: 80, rows: 24, bytes: new Uint8Array(snapshotBytes) }
		},
	}
	const channels = new Channels(
		source,
		{
			isWritable: () => writable,
			frame: (frame) => {
				frames.push(frame)
				events.push(frame)
			},
			later: (pump) => waiting.push(pump),
			joined: (viewer, sequence) => {
				joined.push([viewer, sequence])
				events.push({ joined: viewer })
			},
		},
		() => clock.now,
	)
	return {
		...{ channels, output, events, joined, clock, waiting },
		write(bytes: number) {
			output.head += bytes
			channels.pump()
		},
		block(isBlocked: boolean) {
			writable = !isBlocked
			if (writable) channels.pump()
		},
		taken: () => frames.splice(0),
	}
}

const END = (frame: ScreenFrame) => frame.sequence + (frame.kind === KIND.OUTPUT ? frame.bytes.length : 0)

describe("a channel", () => {
	it("[OUT2] begins with a snapshot at the head, joins at once, and is followed by everyone's", () => {
		const { channels, taken, joined, write, output } = world()
		output.head = 500
		const viewer = newViewerId()
		channels.watch(viewer, null)
		expect(taken()).toMatchObject([{ kind: KIND.SNAPSHOT, viewer, sequence: 500 }])
		expect(joined).toEqual([[viewer, 500]])
		write(10)
		expect(taken()).toMatchObject([{ kind: KIND.OUTPUT, viewer: EVERYONE, sequence: 500 }])
	})

	it("[OUT3] continues where the viewer was, through resizes at their places", () => {
		const { channels, taken, output } = world()
		output.head = 1_000
		output.resizes.push({ sequence: 100, cols: 90, rows: 24 }, { sequence: 400, cols: 100, rows: 30 })
		channels.watch(newViewerId(), 100)
		expect(taken().map((frame) => [frame.kind, frame.sequence, END(frame)])).toEqual([
			[KIND.RESIZE, 100, 100],
			[KIND.OUTPUT, 100, 400],
			[KIND.RESIZE, 400, 400],
			[KIND.OUTPUT, 400, 1_000],
		])
	})

	it.each([
		["the log has lost it", 50],
		["it is ahead of the output", 2_000],
		["several resizes stand there, of which it may have seen some", 700],
	])("[OUT3] begins with a snapshot where %s", (_, have) => {
		const { channels, taken, output } = world({ oldest: 100 })
		output.head = 1_000
		output.resizes.push({ sequence: 700, cols: 9, rows: 9 }, { sequence: 700, cols: 80, rows: 24 })
		channels.watch(newViewerId(), have)
		expect(taken()[0]).toMatchObject({ kind: KIND.SNAPSHOT, sequence: 1_000 })
	})

	it("[OUT4] is sent no more than its window, in frames that a viewer parses at once", () => {
		const { channels, taken, write, output } = world()
		output.head = SKIP_AFTER
		const viewer = newViewerId()
		channels.watch(viewer, 0)
		write(SKIP_AFTER)
		const frames = taken()
		expect(END(frames.at(-1) as ScreenFrame)).toBe(CREDIT_WINDOW)
		for (const frame of frames) expect(END(frame) - frame.sequence).toBeLessThanOrEqual(OUTPUT_FRAME_BYTES)
		channels.acked(viewer, ACK_EVERY)
		expect(END(taken().at(-1) as ScreenFrame)).toBe(CREDIT_WINDOW + ACK_EVERY)
	})

	it("[OUT5] that lags is skipped to a snapshot, which then must be acknowledged", () => {
		const { channels, taken, write } = world()
		channels.watch(newViewerId(), 0)
		write(CREDIT_WINDOW)
		taken()
		write(SKIP_AFTER * 3)
		expect(taken()).toEqual([])
		channels.acked(EVERYONE, ACK_EVERY)
		expect(taken()).toMatchObject([{ kind: KIND.SNAPSHOT, viewer: EVERYONE, sequence: CREDIT_WINDOW + SKIP_AFTER * 3 }])
		write(10)
		expect(taken()).toEqual([])
		channels.acked(EVERYONE, CREDIT_WINDOW + SKIP_AFTER * 3)
		expect(taken()).toMatchObject([{ kind: KIND.OUTPUT, viewer: EVERYONE, sequence: CREDIT_WINDOW + SKIP_AFTER * 3 }])
	})

	it("[OUT5] gets bytes where a snapshot would be larger, or the last one is only just done", () => {
		for (const { snapshotBytes, after } of [
			{ snapshotBytes: SKIP_AFTER * 10, after: 1_000 },
			{ snapshotBytes: 10, after: 0 },
		]) {
			const { channels, taken, write, clock } = world({ snapshotBytes })
			const viewer = newViewerId()
			channels.watch(viewer, null)
			clock.now += after
			write(CREDIT_WINDOW)
			write(SKIP_AFTER * 2)
			taken()
			// Serialising takes no time by this clock, so only the first of the two can wait for it.
			channels.acked(viewer, ACK_EVERY)
			expect(taken()[0]?.kind).toBe(snapshotBytes > 10 ? KIND.OUTPUT : KIND.SNAPSHOT)
		}
	})

	it("[OUT5] gets what a full disk has not kept as snapshots, now and then, and the last one for certain", () => {
		const { channels, taken, write, output, clock, waiting } = world({ snapshotMs: 10 })
		channels.watch(newViewerId(), null)
		taken()
		const lose = () => {
			output.oldest = output.head + 100
			write(100)
		}
		clock.now += 100
		lose()
		lose()
		lose()
		expect(taken()).toMatchObject([{ kind: KIND.SNAPSHOT, sequence: 100 }])
		expect(waiting).toHaveLength(1)
		clock.now += 100
		waiting.splice(0).forEach((pump) => void pump())
		expect(taken()).toMatchObject([{ kind: KIND.SNAPSHOT, sequence: 300 }])
	})

	it("[OUT5] waits while the link takes nothing, and goes on when it does", () => {
		const { channels, taken, write, block } = world()
		channels.watch(newViewerId(), 0)
		block(true)
		write(1_000)
		expect(taken()).toEqual([])
		block(false)
		expect(END(taken().at(-1) as ScreenFrame)).toBe(1_000)
	})

	it("is closed with all others when everyone's is", () => {
		const { channels, taken, write } = world()
		channels.watch(newViewerId(), 0)
		channels.watch(newViewerId(), 0)
		channels.unwatch(EVERYONE)
		expect(channels.isEmpty).toBe(true)
		write(10)
		expect(taken()).toEqual([])
	})
})

describe("any order of output, resizes, attaching, leaving and acknowledging", () => {
	it.each(Array.from({ length: 40 }, (_, i) => SEED + i))(
		"leaves every viewer at the head, without a gap (seed %i)",
		(seed) => {
			const roll = dice(seed)
			const { channels, events, write, output, clock, block } = world({ snapshotBytes: roll(300_000) })
			const viewers = new Map<ViewerId, { have: number | null; acked: number; isJoined: boolean }>()

			const receive = () => {
				for (const event of events.splice(0)) {
					if ("joined" in event) {
						const viewer = viewers.get(event.joined)
						if (viewer !== undefined) viewer.isJoined = true
						continue
					}
					for (const [id, viewer] of viewers) {
						if (event.viewer !== id && !(event.viewer === EVERYONE && viewer.isJoined)) continue
						if (event.kind === KIND.RESIZE) continue
						if (event.kind === KIND.OUTPUT) {
							expect(viewer.have, `seed ${seed}: a gap`).not.toBeNull()
							expect(event.sequence, `seed ${seed}: a gap`).toBeLessThanOrEqual(viewer.have as number)
						}
						viewer.have = Math.max(viewer.have ?? 0, END(event))
					}
				}
			}
			const acknowledge = (id: ViewerId, least: number) => {
				const viewer = viewers.get(id)
				if (viewer === undefined || viewer.have === null || viewer.have - viewer.acked < least) return
				viewer.acked = viewer.have
				channels.acked(viewer.isJoined ? EVERYONE : id, viewer.have)
				receive()
			}
			const pick = () => [...viewers.keys()][roll(viewers.size)]

			for (let step = 0; step < 400; step++) {
				clock.now += roll(5)
				const id = pick()
				switch (roll(8)) {
					case 0: {
						const viewer = newViewerId()
						const have = roll(2) === 0 ? null : roll(output.head + 1)
						viewers.set(viewer, { have, acked: have ?? 0, isJoined: false })
						channels.watch(viewer, have)
						break
					}
					case 1:
						if (id !== undefined && roll(3) === 0) {
							viewers.delete(id)
							channels.unwatch(id)
						}
						break
					case 2:
						output.resizes.push({ sequence: output.head, cols: 2 + roll(200), rows: 24 })
						channels.pump()
						break
					case 3:
						if (id !== undefined) acknowledge(id, ACK_EVERY)
						break
					case 4:
						block(roll(2) === 0)
						break
					default:
						write(roll(3) === 0 ? roll(400_000) : roll(100))
				}
				receive()
			}

			// From here on everybody acknowledges, as viewers do: by ACK_EVERY at least, and every snapshot.
			block(false)
			receive()
			for (let round = 0; round < 2_000; round++) {
				clock.now += 1_000
				for (const id of viewers.keys()) acknowledge(id, 1)
				receive()
			}
			for (const [id, viewer] of viewers) {
				expect(viewer.isJoined, `seed ${seed}: ${id} has not joined`).toBe(true)
				expect(viewer.have, `seed ${seed}`).toBe(output.head)
			}
		},
	)
})
