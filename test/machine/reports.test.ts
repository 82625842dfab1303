// What waits for a person on a machine, on its way to the workspace: whole, in order, and never lost.
import { expect, test } from "vitest"
import type { Attention } from "../../protocol/attention.ts"
import { newRequestId, type SessionId } from "../../protocol/ids.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import { session, World } from "./world.ts"

function attention(of: SessionInfo, fields: Partial<Attention> = {}): Attention {
	return {
		...{ id: newRequestId(), session: of.id, run: of.run, kind: "approval", text: "Run it?", subject: null },
		...{ options: [{ label: "Yes", keys: "1", means: "yes" }], takesText: false, source: "screen", rule: "x@1" },
		...{ confidence: 1, excerpt: [], at: 1 },
		...fields,
	}
}

/** What was said and is on its way has arrived. */
async function arrived(): Promise<void> {
	for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

test("a report goes to the workspace with what is known of each session, under a number that rises", async () => {
	const world = new World()
	const one = session({ name: "fix", runtime: "claude-code", cwd: "/app" })
	const link = world.link([one])
	const asked = attention(one)
	world.fromConnector(link, { type: "attention", open: [asked], ended: [] })
	world.fromConnector(link, { type: "attention", open: [], ended: [{ id: asked.id, because: "input", at: 5 }] })
	await arrived()
	expect(world.reported.at(-1)).toMatchObject({ workspaceId: "w", machineName: "laptop", open: [], isRevoked: false })
	expect(world.reported.at(-1)?.ended).toEqual([{ id: asked.id, because: "input", at: 5 }])
	world.fromConnector(link, { type: "attention", open: [asked], ended: [] })
	await arrived()
	expect(world.reported.at(-1)?.open).toEqual([{ ...asked, sessionName: "fix", runtime: "claude-code", cwd: "/app" }])
	const revisions = world.reported.map(({ revision }) => revision)
	expect(revisions).toEqual([...new Set(revisions)].sort((first, second) => first - second))
})

test("a workspace that does not answer is told again, also by an object that was evicted", async () => {
	const world = new World()
	const one = session()
	const link = world.link([one])
	world.isTaken = false
	const asked = attention(one)
	world.fromConnector(link, { type: "attention", open: [asked], ended: [] })
	await arrived()
	expect(world.reported).toEqual([])
	expect(world.wakeAt).toBeGreaterThan(world.now)
	world.evict()
	world.isTaken = true
	world.now = world.wakeAt ?? 0
	world.core.alarm()
	await arrived()
	expect(world.reported.map(({ open }) => open.map(({ id }) => id))).toEqual([[asked.id]])
	// And not a third time.
	world.now += 60_000
	world.core.alarm()
	await arrived()
	expect(world.reported).toHaveLength(1)
})

test("a session that ends, begins again or is removed takes its requests with it, although its machine says nothing", async () => {
	const world = new World()
	const [ends, again, goes, stays] = [session(), session(), session(), session()] as const
	const link = world.link([ends, again, goes, stays])
	const open = [ends, again, goes, stays].map((of) => attention(of))
	world.fromConnector(link, { type: "attention", open, ended: [] })
	const exited: SessionInfo["state"] = { is: "exited", code: 0, signal: null, at: 1 }
	world.fromConnector(link, { type: "session", session: { ...ends, state: exited } })
	world.fromConnector(link, { type: "session", session: { ...again, run: 2 } })
	world.fromConnector(link, { type: "removed", session: goes.id })
	await arrived()
	const last = world.reported.at(-1)
	expect(last?.open.map(({ session }) => session)).toEqual([stays.id])
	const because = (of: SessionId) => {
		const id = open.find(({ session }) => session === of)?.id
		return last?.ended.find((one) => one.id === id)?.because
	}
	expect([because(ends.id), because(again.id), because(goes.id)]).toEqual(["exited", "exited", "removed"])
})

test("a session that its machine has lost while it was away waits for nobody", async () => {
	const world = new World()
	const [kept, lost] = [session(), session()]
	const link = world.link([kept, lost])
	world.fromConnector(link, { type: "attention", open: [attention(kept), attention(lost)], ended: [] })
	world.core.closed(link)
	await arrived()
	expect(world.reported.at(-1)?.open).toHaveLength(2)
	world.link([kept])
	await arrived()
	expect(world.reported.at(-1)?.open.map(({ session }) => session)).toEqual([kept.id])
})

test("a request of a session that is told after it waits until then", async () => {
	const world = new World()
	const link = world.link([])
	const late = session()
	const asked = attention(late)
	world.fromConnector(link, { type: "attention", open: [asked], ended: [] })
	await arrived()
	expect(world.reported.at(-1)?.open).toEqual([])
	world.fromConnector(link, { type: "session", session: late })
	await arrived()
	expect(world.reported.at(-1)?.open.map(({ id }) => id)).toEqual([asked.id])
})

test("a machine that is removed has nothing that waits, and the workspace hears of it even where it was away", async () => {
	const world = new World()
	const one = session()
	const link = world.link([one])
	world.fromConnector(link, { type: "attention", open: [attention(one)], ended: [] })
	await arrived()
	world.isTaken = false
	world.core.revoke()
	await arrived()
	expect(world.reported.at(-1)?.isRevoked).toBe(false)
	world.isTaken = true
	world.evict()
	world.now += 60_000
	world.core.alarm()
	await arrived()
	expect(world.reported.at(-1)).toMatchObject({ open: [], isRevoked: true })
})
