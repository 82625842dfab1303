// Input on its way through the object: order, coalescing, who may type, whose size it is.
import { expect, test } from "vitest"
import { type Frame, KIND } from "../../protocol/frames.ts"
import { session, World } from "./world.ts"

function typing() {
	const world = new World()
	const shell = session()
	const link = world.link([shell])
	const viewer = world.following(link, shell.id)
	return { world, shell, link, viewer }
}

function text(frames: Frame[]): string[] {
	return frames.map((frame) => (frame.kind === KIND.INPUT ? new TextDecoder().decode(frame.bytes) : ""))
}

test("[INP2] the first key goes at once, and keys of the same moment go together after it", () => {
	const { world, shell, link, viewer } = typing()
	for (const [at, key] of [..."hello"].entries()) world.input(viewer, shell.id, at, key)
	expect(text(link.take().frames)).toEqual(["h"])
	world.settle()
	expect(text(link.take().frames)).toEqual(["ello"])
	world.input(viewer, shell.id, 5, "!")
	expect(text(link.take().frames)).toEqual(["!"])
})

test("[INP2] a control key does not wait for the moment to end, and stays in order", () => {
	const { world, shell, link, viewer } = typing()
	world.input(viewer, shell.id, 0, "a")
	world.input(viewer, shell.id, 1, "b")
	world.input(viewer, shell.id, 2, "\x03")
	expect(text(link.take().frames)).toEqual(["a", "b\x03"])
})

test("[INP1] frames of different viewers, and frames with a gap between them, are never joined", () => {
	const { world, shell, link, viewer } = typing()
	const other = world.following(link, shell.id)
	for (const [sequence, key] of [..."12"].entries()) world.input(viewer, shell.id, sequence, key)
	world.input(other, shell.id, 0, "3")
	world.input(viewer, shell.id, 9, "4")
	world.settle()
	expect(text(link.take().frames)).toEqual(["1", "2", "3", "4"])
})

test("[INP1] input while the machine is away is not taken, so that its viewer keeps it", () => {
	const { world, shell, link, viewer } = typing()
	world.core.closed(link)
	world.input(viewer, shell.id, 0, "lost?")
	const again = world.link([shell])
	world.settle()
	expect(again.frames).toEqual([])
})

test("[INP3] a guest watches and does not type", () => {
	const { world, shell, link } = typing()
	const guest = world.following(link, shell.id, "guest")
	world.input(guest, shell.id, 0, "rm")
	world.settle()
	expect(link.take().frames).toEqual([])
	expect(guest.said).toContainEqual(expect.objectContaining({ type: "refused", code: "not_allowed" }))
	world.fromViewer(guest, { type: "size", session: shell.id, cols: 10, rows: 10, claim: true })
	expect(link.take().said).toEqual([])
})

test("[INP3] the size follows the viewer that typed last", () => {
	const { world, shell, link, viewer } = typing()
	const phone = world.following(link, shell.id)
	world.fromViewer(phone, { type: "size", session: shell.id, cols: 40, rows: 20, claim: false })
	expect(link.take().said).toEqual([])
	world.input(phone, shell.id, 0, "x")
	expect(link.take().said).toEqual([{ type: "resize", session: shell.id, cols: 40, rows: 20 }])
	world.fromViewer(phone, { type: "size", session: shell.id, cols: 42, rows: 20, claim: false })
	expect(link.take().said).toEqual([{ type: "resize", session: shell.id, cols: 42, rows: 20 }])
	world.fromViewer(viewer, { type: "size", session: shell.id, cols: 90, rows: 30, claim: false })
	expect(link.take().said).toEqual([])
	world.fromViewer(viewer, { type: "size", session: shell.id, cols: 90, rows: 30, claim: true })
	expect(link.take().said).toEqual([{ type: "resize", session: shell.id, cols: 90, rows: 30 }])
	expect(phone.said.at(-1)).toMatchObject({
		type: "watchers",
		watchers: [
			{ ownsSize: true, self: false },
			{ ownsSize: false, self: true },
		],
	})
})

test("[INP4] detaching and closing send the program nothing", () => {
	const { world, shell, link, viewer } = typing()
	const other = world.following(link, shell.id)
	world.fromViewer(other, { type: "detach", session: shell.id })
	world.core.closed(viewer)
	const { said, frames } = link.take()
	expect(frames).toEqual([])
	expect(said.map(({ type }) => type)).toEqual(["unwatch", "keep", "unwatch", "observe"].slice(0, said.length))
})
