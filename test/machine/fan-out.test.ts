// Output to many viewers: who gets what, and what a slow one costs.
import { expect, test } from "vitest"
import { KIND } from "../../protocol/frames.ts"
import { EVERYONE, newSessionId } from "../../protocol/ids.ts"
import { ACK_EVERY, BEHIND_AFTER } from "../../protocol/limits.ts"
import { session, World } from "./world.ts"

function watched() {
	const world = new World()
	const shell = session()
	const link = world.link([shell])
	return { world, shell, link }
}

test("[OUT2] attaching asks the machine for the viewer's own channel from what it has", () => {
	const { world, shell, link } = watched()
	const viewer = world.viewer()
	link.take()
	world.fromViewer(viewer, { type: "attach", session: shell.id, have: 42, cols: 80, rows: 24 })
	expect(link.take().said).toEqual([{ type: "watch", session: shell.id, viewer: viewer.id, have: 42 }])
	expect(viewer.said).toContainEqual({ type: "attached", session: shell.id, live: true })
})

test("[OUT2] a viewer gets its own frames until it has joined, then everyone's", () => {
	const { world, shell, link } = watched()
	const early = world.following(link, shell.id)
	const late = world.viewer()
	world.fromViewer(late, { type: "attach", session: shell.id, have: null, cols: 80, rows: 24 })
	late.take()
	world.output(link, shell.id, 0, 10)
	world.output(link, shell.id, 0, 10, late.id)
	world.fromConnector(link, { type: "joined", session: shell.id, viewer: late.id, sequence: 10 })
	world.output(link, shell.id, 10, 5)
	expect(early.take().frames.map(({ sequence }) => sequence)).toEqual([0, 10])
	const { frames, said } = late.take()
	expect(frames.map(({ sequence, viewer }) => [sequence, viewer])).toEqual([
		[0, late.id],
		[10, EVERYONE],
	])
	expect(said).toContainEqual({ type: "caught-up", session: shell.id, sequence: 10 })
})

test("[OUT4] the furthest acknowledgement of all viewers is told to the machine, once", () => {
	const { world, shell, link } = watched()
	const [fast, slow] = [world.following(link, shell.id), world.following(link, shell.id)]
	world.output(link, shell.id, 0, 100)
	world.ack(fast, shell.id, 100)
	world.ack(slow, shell.id, 60)
	expect(link.take().frames).toEqual([{ kind: KIND.ACK, session: shell.id, viewer: EVERYONE, sequence: 100 }])
})

test("[OUT5] a viewer with too much outstanding is sent nothing more, and the others all of it", () => {
	const { world, shell, link } = watched()
	const [fast, stalled] = [world.following(link, shell.id), world.following(link, shell.id)]
	const step = 64 * 1024
	for (let sequence = 0; sequence < 40 * step; sequence += step) {
		world.output(link, shell.id, sequence, step)
		world.ack(fast, shell.id, sequence + step)
	}
	expect(fast.take().frames).toHaveLength(40)
	const sent = stalled.take().frames.reduce((sum, frame) => sum + ("bytes" in frame ? frame.bytes.length : 0), 0)
	expect(sent).toBeLessThanOrEqual(BEHIND_AFTER + step)
})

test("[OUT5] a snapshot that jumps far ahead goes to viewers in step, and counts as outstanding from then on", () => {
	const { world, shell, link } = watched()
	const viewer = world.following(link, shell.id)
	const far = 10 * BEHIND_AFTER
	const snapshot = {
		kind: KIND.SNAPSHOT,
		session: shell.id,
		viewer: EVERYONE,
		cols: 80,
		rows: 24,
		bytes: new Uint8Array(9),
	}
	world.frame(link, { ...snapshot, sequence: far })
	expect(viewer.take().frames).toMatchObject([{ kind: KIND.SNAPSHOT, sequence: far }])
	world.output(link, shell.id, far, 1)
	expect(viewer.take().frames).toEqual([])
	world.ack(viewer, shell.id, far)
	expect(link.take().said).toEqual([{ type: "watch", session: shell.id, viewer: viewer.id, have: far }])
})

test("[OUT5] a viewer left behind catches up on its own channel once it has taken what it was sent", () => {
	const { world, shell, link } = watched()
	const [fast, slow] = [world.following(link, shell.id), world.following(link, shell.id)]
	const step = 64 * 1024
	for (let sequence = 0; sequence < 20 * step; sequence += step) {
		world.output(link, shell.id, sequence, step)
		world.ack(fast, shell.id, sequence + step)
	}
	const last = slow.take().frames.at(-1)
	const sent = (last?.sequence ?? 0) + step
	link.take()
	world.ack(slow, shell.id, sent - ACK_EVERY - 1)
	expect(link.take().said).toEqual([])
	world.ack(slow, shell.id, sent)
	expect(link.take().said).toEqual([{ type: "watch", session: shell.id, viewer: slow.id, have: sent }])
	world.fromConnector(link, { type: "joined", session: shell.id, viewer: slow.id, sequence: 20 * step })
	world.output(link, shell.id, 20 * step, 1)
	expect(slow.take().frames).toHaveLength(1)
})

test("[OUT2] after an eviction viewers in step get the next frame at once, and are asked where they stand", () => {
	const { world, shell, link } = watched()
	const viewer = world.following(link, shell.id)
	world.evict()
	world.output(link, shell.id, 0, 3)
	expect(viewer.take()).toMatchObject({ said: [{ type: "again", session: shell.id }], frames: [{ sequence: 0 }] })
	world.ack(viewer, shell.id, 3)
	expect(link.take().frames).toEqual([{ kind: KIND.ACK, session: shell.id, viewer: EVERYONE, sequence: 3 }])
})

test("[OUT3] a viewer that was behind when the object was evicted is asked where it stands", () => {
	const { world, shell, link } = watched()
	const [fast, slow] = [world.following(link, shell.id), world.following(link, shell.id)]
	const step = 64 * 1024
	for (let sequence = 0; sequence < 20 * step; sequence += step) {
		world.output(link, shell.id, sequence, step)
		world.ack(fast, shell.id, sequence + step)
	}
	slow.take()
	world.evict()
	expect(slow.take().said).toEqual([{ type: "again", session: shell.id }])
	link.take()
	world.fromViewer(slow, { type: "attach", session: shell.id, have: step, cols: 80, rows: 24 })
	expect(link.take().said).toEqual([{ type: "watch", session: shell.id, viewer: slow.id, have: step }])
})

test("nothing is written to storage for output, input or acknowledgements", () => {
	const { world, shell, link } = watched()
	const viewer = world.following(link, shell.id)
	world.input(viewer, shell.id, 0, "first")
	const writes = world.store.writes
	for (let i = 0; i < 100; i++) {
		world.output(link, shell.id, i, 1)
		world.ack(viewer, shell.id, i + 1)
		world.input(viewer, shell.id, 5 + i, "x")
	}
	expect(world.store.writes).toBe(writes)
})

test("the trail is told who opens a session: once a socket, whatever makes it attach again", () => {
	const { world, shell, link } = watched()
	const other = session()
	world.fromConnector(link, { type: "session", session: other })
	const [guest, owner] = [world.viewer("guest"), world.viewer("owner")]
	const attach = (viewer: typeof guest, { id }: typeof shell) =>
		world.fromViewer(viewer, { type: "attach", session: id, have: null, cols: 80, rows: 24 })
	attach(guest, shell)
	const byGuest = { by: "principal-guest", session: shell.id }
	expect(world.opened).toEqual([byGuest])
	attach(guest, shell)
	world.evict()
	attach(guest, shell)
	world.fromViewer(guest, { type: "detach", session: shell.id })
	world.link([shell, other])
	attach(guest, shell)
	expect(world.opened).toEqual([byGuest])
	attach(guest, other)
	attach(owner, shell)
	attach(world.viewer("guest"), shell)
	expect(world.opened).toEqual([
		byGuest,
		{ by: "principal-guest", session: other.id },
		{ by: "principal-owner", session: shell.id },
		byGuest,
	])
})

test("[LNK5] the trail is told nothing of a viewer that only looks at the list, or is refused", () => {
	const { world, link } = watched()
	const viewer = world.viewer()
	world.evict()
	world.fromViewer(viewer, { type: "attach", session: newSessionId(), have: null, cols: 80, rows: 24 })
	world.core.closed(link)
	world.core.closed(viewer)
	expect(world.opened).toEqual([])
})

test("attaching to a session that does not exist is refused, and the socket stays", () => {
	const { world } = watched()
	const viewer = world.viewer()
	const missing = newSessionId()
	world.fromViewer(viewer, { type: "attach", session: missing, have: null, cols: 80, rows: 24 })
	expect(viewer.said).toContainEqual(expect.objectContaining({ type: "refused", code: "session_not_found" }))
	expect(viewer.closedWith).toBeNull()
})

test("the same screen dialling again takes the place of its old socket; another's id is refused", () => {
	const { world, shell, link } = watched()
	const old = world.following(link, shell.id)
	world.viewer("owner", old.id)
	expect(old.closedWith?.reason).toBe("timed_out")
	const thief = world.viewer("guest", old.id)
	expect(thief.closedWith?.reason).toBe("not_allowed")
})
