// One link, its epochs, its proof, and what a new link repairs.
import { describe, expect, onTestFinished, test, vi } from "vitest"
import { encodeFrame, KIND } from "../../protocol/frames.ts"
import { EVERYONE, KEEPER, newSessionId, newViewerId } from "../../protocol/ids.ts"
import { GONE_AFTER_MS, OLDEST_VERSION, PROTOCOL_VERSION } from "../../protocol/limits.ts"
import type { ToConnector } from "../../protocol/messages.ts"
import { StartSpec } from "../../protocol/session.ts"
import { session, World } from "./world.ts"

test("[LNK2] a new link gets the next epoch and replaces the old one at once", () => {
	const world = new World()
	const first = world.link()
	const second = world.link()
	expect(first.said).toContainEqual({ type: "welcome", epoch: 1, machine: "laptop" })
	expect(second.said).toContainEqual({ type: "welcome", epoch: 2, machine: "laptop" })
	expect(first.closedWith).toEqual({ code: 4409, reason: "link_replaced" })
})

test("[LNK2] whatever a replaced link still says or closes is ignored", () => {
	const world = new World()
	const shell = session()
	const first = world.link([shell])
	world.link([shell])
	world.fromConnector(first, { type: "removed", session: shell.id })
	world.core.closed(first)
	expect(world.core.describe().sessions).toHaveLength(1)
	expect(world.core.describe().presence).toMatchObject({ is: "linked", epoch: 2 })
})

test("[LNK2] the latest link is the link after a wake too", () => {
	const world = new World()
	const first = world.link()
	const second = world.link()
	world.evict()
	world.core.closed(first)
	expect(world.core.describe().presence.is).toBe("linked")
	world.core.closed(second)
	expect(world.core.describe().presence.is).toBe("away")
})

test("[LNK3] a new link repairs both sides: adopted, finished while away, lost", () => {
	const world = new World()
	const [kept, finished, lost, forgotten] = [
		session({ name: "kept" }),
		session({ name: "finished" }),
		session({ name: "lost" }),
		session({ name: "forgotten", state: { is: "exited", code: 0, signal: null, at: 1 } }),
	]
	world.core.closed(world.link([kept, finished, lost, forgotten]))
	const adopted = session({ name: "adopted" })
	const exited = { is: "exited", code: 3, signal: null, at: 5 } as const
	world.link([kept, { ...finished, state: exited }, adopted])
	const states = Object.fromEntries(world.core.describe().sessions.map(({ name, state }) => [name, state]))
	expect(states).toMatchObject({
		kept: { is: "running" },
		finished: exited,
		lost: { is: "lost" },
		adopted: { is: "running" },
	})
	expect(states).not.toHaveProperty("forgotten")
})

test("[LNK4] a link that is silent for too long is away, as of its last proof", () => {
	const world = new World()
	const link = world.link()
	world.now += GONE_AFTER_MS
	expect(world.core.describe().presence.is).toBe("linked")
	world.now += 1
	expect(world.core.describe().presence).toMatchObject({ is: "away", provenAt: link.heard })
	expect(link.closedWith).toEqual({ code: 4408, reason: "timed_out" })
})

test("[LNK4] whoever watches is told by the lease, without asking", () => {
	const world = new World()
	world.link()
	const viewer = world.viewer()
	expect(world.wakeAt).toBe(world.now + GONE_AFTER_MS + 1)
	viewer.take()
	world.now += GONE_AFTER_MS + 1
	world.core.alarm()
	expect(viewer.take().said).toContainEqual(
		expect.objectContaining({ type: "presence", presence: expect.objectContaining({ is: "away" }) }),
	)
})

test("[LNK4] the lease is renewed while the link is heard and somebody watches", () => {
	const world = new World()
	const link = world.link()
	world.viewer()
	world.now += 30_000
	link.heard = world.now
	world.core.alarm()
	expect(world.wakeAt).toBe(world.now + GONE_AFTER_MS + 1)
})

test("[LNK5] with nobody watching there is no lease, no question to the machine, and no write", () => {
	const world = new World()
	const link = world.link([session()])
	expect(world.wakeAt).toBeNull()
	const writes = world.store.writes
	link.take()
	world.evict()
	expect(world.store.writes).toBe(writes)
	expect(link.take()).toEqual({ said: [], frames: [] })
})

test("[LNK5] activity is asked for only while somebody looks", () => {
	const world = new World()
	const link = world.link()
	const viewer = world.viewer()
	expect(link.take().said).toContainEqual({ type: "observe", on: true })
	world.core.closed(viewer)
	expect(link.take().said).toContainEqual({ type: "observe", on: false })
})

describe("[LNK5] who asks without watching", () => {
	test("is told the activity of now, also after the object has lost its memory", async () => {
		const world = new World()
		const [shell, ended] = [session(), session({ state: { is: "exited", code: 0, signal: null, at: 1 } })]
		const link = world.link([shell, ended])
		world.evict()
		link.take()
		const looked = Promise.all([world.core.look(), world.core.look()])
		const { said } = link.take()
		expect(said.map(({ type }) => type)).toEqual(["observe", "ask"])
		const asked = said[1] as Extract<ToConnector, { type: "ask" }>
		expect(asked.of).toMatchObject({ session: shell.id })
		world.fromConnector(link, { type: "session", session: { ...shell, lastOutputAt: 5, sequence: 9 } })
		world.fromConnector(link, { type: "answer", number: asked.number, answer: { from: 9, base64: "", end: 9 } })
		for (const { sessions } of await looked) expect(sessions).toContainEqual({ ...shell, lastOutputAt: 5, sequence: 9 })
		expect(link.take().said).toEqual([{ type: "observe", on: false }])
	})

	test("is told what was known last where the machine does not answer, and takes activity from nobody who watches", async () => {
		vi.useFakeTimers()
		onTestFinished(() => void vi.useRealTimers())
		const world = new World()
		const shell = session({ lastOutputAt: 3 })
		const link = world.link([shell])
		world.viewer()
		link.take()
		const looked = world.core.look()
		await vi.advanceTimersByTimeAsync(5_000)
		expect((await looked).sessions).toEqual([shell])
		expect(link.take().said).not.toContainEqual({ type: "observe", on: false })
	})
})

test("[LNK5] when the last viewer leaves, the last screen is kept and output stops leaving the machine", () => {
	const world = new World()
	const shell = session()
	const link = world.link([shell])
	const viewer = world.following(link, shell.id)
	world.core.closed(viewer)
	expect(link.take().said).toEqual([
		{ type: "keep", session: shell.id },
		{ type: "unwatch", session: shell.id, viewer: EVERYONE },
		{ type: "observe", on: false },
	])
})

test("a viewer of a machine that is away gets the kept screen", () => {
	const world = new World()
	const shell = session()
	const link = world.link([shell])
	const bytes = new TextEncoder().encode("$ ")
	world.frame(link, { kind: KIND.SNAPSHOT, session: shell.id, viewer: KEEPER, sequence: 7, cols: 80, rows: 24, bytes })
	world.core.closed(link)
	const viewer = world.viewer()
	world.fromViewer(viewer, { type: "attach", session: shell.id, have: null, cols: 80, rows: 24 })
	expect(viewer.said).toContainEqual({ type: "attached", session: shell.id, live: false })
	expect(viewer.frames).toEqual([expect.objectContaining({ kind: KIND.SNAPSHOT, sequence: 7, bytes })])
})

test("questions under way are refused when the link goes", async () => {
	const world = new World()
	const link = world.link()
	const answer = world.core.ask("ping", {})
	world.core.closed(link)
	expect(await answer).toEqual({ ok: false, code: "machine_offline" })
	expect(await world.core.ask("ping", {})).toEqual({ ok: false, code: "machine_offline", isUnsent: true })
})

test("an answer of the wrong shape is refused, and a second answer changes nothing", async () => {
	const world = new World()
	const link = world.link()
	const answer = world.core.ask("ping", {})
	const asked = link.said.find((message) => message.type === "ask")
	world.fromConnector(link, { type: "answer", number: asked?.number ?? -1, answer: { at: "noon" } })
	world.fromConnector(link, { type: "answer", number: asked?.number ?? -1, answer: { at: 12 } })
	expect(await answer).toMatchObject({ ok: false, code: "internal" })
})

test("a session that only the object remembers can be removed while the machine is away", async () => {
	const world = new World()
	const done = session({ state: { is: "lost", reason: "", at: 1 } })
	world.core.closed(world.link([done]))
	expect(await world.core.ask("remove", { session: done.id, force: false })).toEqual({ ok: true, value: {} })
	expect(world.core.describe().sessions).toEqual([])
})

test("[LNK1] a revoked machine's link ends at once, and it cannot link again", () => {
	const world = new World()
	const link = world.link([session()])
	world.core.revoke()
	expect(link.closedWith).toEqual({ code: 4401, reason: "machine_revoked" })
	const again = world.link()
	expect(again.closedWith).toEqual({ code: 4401, reason: "machine_revoked" })
	expect(world.core.describe()).toMatchObject({ sessions: [], presence: { is: "away" } })
})

test("a version that this side does not speak is refused with the side that is too old", () => {
	const world = new World()
	for (const version of [OLDEST_VERSION - 1, PROTOCOL_VERSION + 1])
		expect(world.link([], version).closedWith).toEqual({ code: 4426, reason: "version_too_old" })
})

test("[SES1] a connector one version behind links, keeps its sessions, and starts what needs no secrets", async () => {
	const world = new World()
	const shell = session()
	const link = world.link([shell], PROTOCOL_VERSION - 1)
	expect(link.said).toContainEqual({ type: "welcome", epoch: 1, machine: "laptop" })
	expect(world.core.describe().sessions).toEqual([shell])
	const spec = StartSpec.parse({ id: newSessionId() })
	const started = world.core.ask("start", { ...spec, secrets: [] })
	const asked = link.said.find((message) => message.type === "ask")
	world.fromConnector(link, { type: "answer", number: asked?.number ?? -1, answer: { ...shell, id: spec.id } })
	expect(await started).toMatchObject({ ok: true, value: { id: spec.id } })
})

test("[SES3] a connector that does not know of secrets is told so before it starts anything, also after a wake", async () => {
	const world = new World()
	const link = world.link([], 1)
	link.take()
	world.evict()
	const secrets = [{ name: "KEY", variable: "KEY", value: "sentinel" }]
	const started = world.core.ask("start", { ...StartSpec.parse({ id: newSessionId() }), secrets })
	expect(await started).toMatchObject({ ok: false, code: "version_too_old" })
	expect(link.take().said).toEqual([])
})

test("[LNK1] a dial token is believed once, until it has expired anyway", () => {
	const world = new World()
	expect(world.core.spend("one", world.now + 60_000)).toBe(true)
	world.evict()
	expect(world.core.spend("one", world.now + 60_000)).toBe(false)
	expect(world.core.spend("two", world.now + 60_000)).toBe(true)
	world.now += 60_000
	expect(world.core.spend("three", world.now + 60_000)).toBe(true)
	expect(world.store.dials.size).toBe(1)
})

test("[TRU1] a viewer goes when its token ends, whether or not the machine is there", () => {
	const world = new World()
	const [soon, later] = [world.now + 10_000, world.now + 3_600_000]
	const [short, long] = [world.viewer("guest", newViewerId(), soon), world.viewer("owner", newViewerId(), later)]
	expect(world.wakeAt).toBe(soon)
	world.now = soon
	world.core.alarm()
	expect(short.closedWith).toEqual({ code: 4403, reason: "access_changed" })
	expect(long.closedWith).toBeNull()
	expect(world.wakeAt).toBe(later)
	world.link()
	expect(world.wakeAt).toBe(world.now + GONE_AFTER_MS + 1)
})

test("[TRU1] who may be here no more is let go of, and nobody else; after a wake too", () => {
	const world = new World()
	const shell = session()
	const link = world.link([shell])
	const [owner, guest] = [world.following(link, shell.id, "owner"), world.following(link, shell.id, "guest")]
	world.evict()
	world.core.dismiss("sign-in-guest")
	expect(guest.closedWith).toEqual({ code: 4403, reason: "access_changed" })
	expect(owner.closedWith).toBeNull()
	owner.take()
	guest.take()
	world.output(link, shell.id, 0, 5)
	world.input(guest, shell.id, 0, "x")
	expect([owner.frames.length, guest.frames.length]).toEqual([1, 0])
	world.core.dismiss(null)
	expect(owner.closedWith?.reason).toBe("access_changed")
	expect(link.take().said).toContainEqual({ type: "unwatch", session: shell.id, viewer: EVERYONE })
})

test("[TRU4] a malformed message or frame closes only the socket that sent it", () => {
	const world = new World()
	const shell = session()
	const link = world.link([shell])
	const [bad, good] = [world.following(link, shell.id), world.following(link, shell.id)]
	world.core.message(bad, new Uint8Array([9, 9, 9]))
	expect(bad.closedWith).toEqual({ code: 4400, reason: "malformed" })
	world.output(link, shell.id, 0, 5)
	expect(good.frames).toHaveLength(1)
	expect(link.closedWith).toBeNull()
	world.core.message(link, '{"type":"joined"}')
	expect(link.closedWith).toEqual({ code: 4400, reason: "malformed" })
	expect(good.closedWith).toBeNull()
})

test("[TRU4] frames in the wrong direction, or in another viewer's name, are malformed", () => {
	const world = new World()
	const shell = session()
	const link = world.link([shell])
	const viewer = world.following(link, shell.id)
	const other = world.following(link, shell.id)
	world.frame(viewer, {
		kind: KIND.OUTPUT,
		session: shell.id,
		viewer: viewer.id,
		sequence: 0,
		bytes: new Uint8Array(1),
	})
	expect(viewer.closedWith?.reason).toBe("malformed")
	world.core.message(other, encodeFrame({ kind: KIND.ACK, session: shell.id, viewer: viewer.id, sequence: 0 }))
	expect(other.closedWith?.reason).toBe("malformed")
	world.input(Object.assign(link as never, { id: viewer.id }), shell.id, 0, "x")
	expect(link.closedWith?.reason).toBe("malformed")
})

test("[SES4] a connector that has only its host is told of nothing else: neither a start that asks for more, nor a question it does not know", async () => {
	const world = new World()
	const link = world.link([], 2)
	link.take()
	const spec = { ...StartSpec.parse({ id: newSessionId() }), secrets: [] }
	const more: Partial<StartSpec>[] = [
		{ substrate: "sandbox" },
		{ network: { is: "none" } },
		{ limits: { processes: 10 } },
		{ image: "debian:12" },
		{ vm: "one" },
		{ loadout: "base" },
		{ from: { is: "dir", path: "/srv" } },
		{ tags: ["a"] },
		{ comesBack: true },
	]
	for (const asked of more)
		expect(await world.core.ask("start", { ...spec, ...asked })).toMatchObject({ ok: false, code: "version_too_old" })
	expect(await world.core.ask("usage", {})).toMatchObject({ ok: false, code: "version_too_old" })
	expect(link.take().said).toEqual([])
	void world.core.ask("start", { ...spec, substrate: "host" })
	expect(link.take().said).toMatchObject([{ type: "ask", ask: "start" }])
})

test("what a machine refuses to remove stays, whatever its reason", async () => {
	const world = new World()
	const ended = session({ state: { is: "exited", code: 0, signal: null, at: 1 } })
	const link = world.link([ended])
	link.take()
	const removed = world.core.ask("remove", { session: ended.id, force: false })
	const asked = link.take().said.find((message) => message.type === "ask")
	world.fromConnector(link, {
		type: "refuse",
		number: asked?.number ?? -1,
		code: "changes_unsaved",
		detail: "In /srv.",
	})
	expect(await removed).toMatchObject({ ok: false, code: "changes_unsaved", detail: "In /srv." })
	expect(world.core.describe().sessions).toEqual([ended])
})
