// What a machine's object tells the ledger of its links: each beginning and end, again until it is taken, and no more.
import { expect, test } from "vitest"
import { type MachineId, newTaskId } from "../../protocol/ids.ts"
import { GONE_AFTER_MS } from "../../protocol/limits.ts"
import type { FromConnector } from "../../protocol/messages.ts"
import { TaskReport } from "../../protocol/task-report.ts"
import { type LinkSide, World } from "./world.ts"

const MINUTE = 60_000
const TASK = newTaskId()
const report = (sequence: number, is: TaskReport["is"] = "running") =>
	TaskReport.parse({ task: TASK, fence: 1, sequence, is })

function standing(...reports: TaskReport[]): FromConnector {
	return { type: "tasks", slots: 1, runtimes: ["shell"], substrates: ["host"], reports }
}

async function arrived(): Promise<void> {
	for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

/** The alarm that was asked for rings. */
async function ring(world: World): Promise<void> {
	if (world.wakeAt === null) throw new Error("nobody is to be woken")
	world.now = Math.max(world.now, world.wakeAt)
	world.wakeAt = null
	world.core.alarm()
	await arrived()
}

async function linked(world: World, ...reports: TaskReport[]): Promise<LinkSide> {
	const link = world.link()
	world.fromConnector(link, standing(...reports))
	await arrived()
	return link
}

const verdicts = (link: LinkSide) => link.take().said.filter(({ type }) => type === "verdict")

test("the ledger is told of a link and of its end, and each report is answered on the link that it came on", async () => {
	const world = new World()
	const link = await linked(world, report(3))
	expect(verdicts(link)).toEqual([{ type: "verdict", task: TASK, fence: 1, sequence: 3, verdict: "go-on" }])
	world.fromConnector(link, { type: "task", report: report(4, "collecting") })
	await arrived()
	expect(verdicts(link)).toMatchObject([{ sequence: 4, verdict: "go-on" }])
	world.fromConnector(link, { type: "task", report: report(5, "succeeded") })
	world.core.closed(link)
	await arrived()
	const next = await linked(world)
	expect(verdicts(link)).toEqual([])
	expect(verdicts(next)).toEqual([])
	expect(world.told.filter((told) => /linked/.test(told))).toEqual(["linked 1", "unlinked 1", "linked 2"])
})

test("what the ledger did not take is told again, also by an object that was evicted", async () => {
	const world = new World()
	world.isTaken = false
	const link = await linked(world, report(1))
	expect(verdicts(link)).toEqual([])
	world.isTaken = true
	await ring(world)
	expect(world.told).toEqual(["linked 1"])
	expect(verdicts(link)).toMatchObject([{ sequence: 1 }])
	world.isTaken = false
	world.core.closed(link)
	await arrived()
	world.peers.delete(link)
	world.evict()
	world.isTaken = true
	await ring(world)
	expect(world.told).toEqual(["linked 1", "unlinked 1"])
})

test("no report goes to a ledger that does not know of its link: an answer would be proof to the machine", async () => {
	const world = new World()
	world.isLinkTaken = false
	const link = await linked(world, report(1))
	world.fromConnector(link, { type: "task", report: report(2) })
	await arrived()
	expect(world.told).toEqual([])
	expect(verdicts(link)).toEqual([])
	world.isLinkTaken = true
	await ring(world)
	world.fromConnector(link, { type: "task", report: report(2) })
	await arrived()
	expect(world.told).toEqual(["linked 1", "running 2"])
	expect(verdicts(link)).toMatchObject([{ sequence: 1 }, { sequence: 2 }])
})

test("an object that has forgotten what the machine told ends the link, so that it is told again", async () => {
	const world = new World()
	world.isTaken = false
	const link = await linked(world, report(1))
	world.evict()
	world.isTaken = true
	await ring(world)
	expect(link.closedWith).not.toBeNull()
	expect(world.told).toEqual(["unlinked 1"])
})

test("with an attempt, a link that died in silence is noticed within minutes; without one nobody looks", async () => {
	const world = new World()
	const link = await linked(world)
	// For an object that was cut off before the ledger had it.
	await ring(world)
	expect(world.wakeAt).toBeNull()
	link.heard = world.now
	const attempt = { ...{ task: TASK, fence: 1, awayMs: 1 }, manifest: {} as never }
	void world.core.askOn(1, "takeTask", attempt)
	const first = world.now
	for (let looks = 0; looks < 2; looks++) {
		// It was heard a moment before.
		link.heard = world.wakeAt ?? 0
		await ring(world)
	}
	expect(world.now - first).toBeGreaterThanOrEqual(6 * MINUTE)
	expect(link.closedWith).toBeNull()
	world.now += GONE_AFTER_MS
	await ring(world)
	expect(link.closedWith).not.toBeNull()
	expect(world.told).toEqual(["linked 1", "unlinked 1"])
	await ring(world)
	expect(world.wakeAt).toBeNull()
})

test("an attempt is looked after until it is over", async () => {
	const world = new World()
	const link = await linked(world, report(1))
	world.verdict = "forget"
	world.fromConnector(link, { type: "task", report: report(2, "succeeded") })
	await arrived()
	while (world.wakeAt !== null) {
		link.heard = world.now
		await ring(world)
	}
	expect(link.closedWith).toBeNull()
	expect(world.tasks.row?.attempts).toEqual([])
})

test("a question goes on the link that it names or not at all", async () => {
	const world = new World()
	const link = await linked(world)
	const stop = { task: TASK, fence: 1 }
	expect(await world.core.askOn(2, "stopTask", stop)).toEqual({ is: "away" })
	link.take()
	const stopping = world.core.askOn(1, "stopTask", stop)
	const asked = link.take().said.find(({ type }) => type === "ask")
	if (asked?.type !== "ask") throw new Error("it is not asked")
	world.fromConnector(link, { type: "answer", number: asked.number, answer: {} })
	expect(await stopping).toEqual({ is: "done" })
	const again = world.core.askOn(1, "stopTask", stop)
	world.core.cut(1)
	expect(await again).toEqual({ is: "unknown" })
	expect(link.closedWith).not.toBeNull()
})

test("a machine that is removed is told of as long as the ledger does not answer", async () => {
	const world = new World()
	await linked(world, report(1))
	world.isTaken = false
	world.core.revoke()
	await arrived()
	world.isTaken = true
	await ring(world)
	expect(world.told).toEqual(["linked 1", `removed ${"mch_00000000000000000001" as MachineId}`])
})
