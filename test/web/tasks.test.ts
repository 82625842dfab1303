// What the console makes of tasks, schedules and triggers before it draws them, or asks for them.
import { describe, expect, it } from "vitest"
import { Manifest, type TaskView } from "../../protocol/task.ts"
import { Trigger, TriggerSpec } from "../../protocol/trigger.ts"
import { splitPatch } from "../../web/diff.ts"
import { numbered, promptOf } from "../../web/review.ts"
import { draftOf as draftOfWhen, firstWhen, whenOf } from "../../web/schedule-draft.ts"
import { faultsIn, fromYaml, saying, secretOf, shortened, toYaml } from "../../web/task-draft.ts"
import { grouped, lastsMs, matches, placeFor, spentOf } from "../../web/tasks.ts"
import { draftOf, FIRST_TRIGGER, specOf, faultsIn as triggerFaults } from "../../web/trigger-draft.ts"

const NOW = 1_000_000

function task(name: string, is: TaskView["state"]["is"], more: Partial<TaskView> = {}): TaskView {
	return {
		id: `tsk_${name.padEnd(20, "0")}` as TaskView["id"],
		name,
		state: { is, since: NOW - 5_000, deadline: null, reason: "", because: null, exitCode: null },
		attempt: 1,
		machine: null,
		session: null,
		position: null,
		from: { is: "person", id: "u1", name: "Ann" },
		isFromOutside: false,
		of: null,
		artifacts: [],
		result: null,
		submittedAt: NOW - 60_000,
		key: null,
		priority: 0,
		runtime: "codex",
		events: [],
		spent: {},
		owner: null,
		...more,
	}
}

describe("tasks", () => {
	it("stand in groups, each in the order in which they came", () => {
		const groups = grouped([
			task("a", "queued"),
			task("b", "claimed"),
			task("c", "waiting"),
			task("d", "lost"),
			task("e", "queued"),
		])
		expect(
			Object.fromEntries(Object.entries(groups).map(([group, of]) => [group, of.map(({ name }) => name)])),
		).toEqual({ waiting: ["c"], running: ["b"], queued: ["a", "e"], over: ["d"] })
	})

	it("are found by words, machine, runtime, and whoever wanted them", () => {
		const nothing = { text: "", machine: "", runtime: "", from: "", group: "", submission: "" }
		const one = task("fix", "running", { from: { is: "trigger", id: "trg_1", name: "issues" } })
		const found = (filter: Partial<typeof nothing>) => matches(one, { ...nothing, ...filter }, "laptop")
		expect(found({})).toBe(true)
		expect(found({ text: "LAPTOP" })).toBe(true)
		expect(found({ text: "desktop" })).toBe(false)
		expect(found({ machine: "mch_1" })).toBe(false)
		expect(found({ runtime: "codex", from: "trigger", group: "running" })).toBe(true)
		expect(found({ from: "trigger:trg_2" })).toBe(false)
		expect(found({ submission: "g" })).toBe(false)
	})

	it("tell where their time went, the state that they are in too", () => {
		const one = task("a", "running", { spent: { queued: 40_000, preparing: 15_000, away: 3_000 } })
		expect(spentOf(one, NOW)).toEqual([
			{ is: "queued", ms: 40_000, isNow: false },
			{ is: "preparing", ms: 15_000, isNow: false },
			{ is: "running", ms: 5_000, isNow: true },
		])
		expect(lastsMs(one, NOW)).toBe(60_000)
		expect(lastsMs(task("b", "succeeded"), NOW)).toBe(55_000)
	})

	it("move in the queue by one place, or to its ends, and no further", () => {
		const queue = ["a", "b", "c"].map((name) => task(name, "queued"))
		const [a, b, c] = queue as [TaskView, TaskView, TaskView]
		expect(placeFor(queue, a, "up")).toBeUndefined()
		expect(placeFor(queue, a, "down")).toBe(c.id)
		expect(placeFor(queue, b, "down")).toBeNull()
		expect(placeFor(queue, c, "first")).toBe(a.id)
		expect(placeFor(queue, c, "last")).toBeUndefined()
	})
})

describe("a manifest", () => {
	const whole = Manifest.parse({
		prompt: "Fix it",
		runtime: "codex",
		target: { machine: "laptop" },
		retries: { max: 2 },
	})

	it("says no more than what is special, and the same again when it is read", () => {
		const draft = shortened(whole)
		expect(draft).toEqual({
			prompt: "Fix it",
			runtime: "codex",
			target: { machine: "laptop" },
			retries: { max: 2, backOffSeconds: 30 },
		})
		const read = fromYaml(toYaml(draft))
		expect(read.is === "draft" && Manifest.parse(read.draft)).toEqual(whole)
	})

	it("keeps what the form does not show, and drops what is emptied", () => {
		const draft = saying(saying({ prompt: "x", onSuccess: [{ is: "notify" }] }, "name", "y"), "prompt", "")
		expect(draft).toEqual({ name: "y", onSuccess: [{ is: "notify" }] })
	})

	it("that cannot be read says where", () => {
		expect(fromYaml('prompt: x\nruntime: "y')).toMatchObject({ is: "fault", line: 2 })
		expect(fromYaml("- a\n- b")).toMatchObject({ is: "fault", line: 1 })
		expect(fromYaml("")).toMatchObject({ is: "draft", draft: {} })
		const read = fromYaml("prompt: x\nchanges:\n  do: keep\n  branch: ''\ninputs:\n  - path: a\n    from: {}\n")
		if (read.is !== "draft") throw new Error("It can be read.")
		const wrong = faultsIn(read.draft).map(({ path }) => read.lineOf(path))
		expect(new Set(wrong)).toEqual(new Set([4, 7]))
		expect(faultsIn({ priority: 500 }).map(({ path }) => path)).toEqual(["priority"])
	})

	it("names secrets by themselves, or by a variable", () => {
		expect(secretOf("DEPLOY_KEY")).toEqual({ variable: "DEPLOY_KEY", secret: "DEPLOY_KEY" })
		expect(secretOf(" KEY=DEPLOY_KEY ")).toEqual({ variable: "KEY", secret: "DEPLOY_KEY" })
		expect(secretOf("KEY=")).toBeNull()
		expect(secretOf("no key")).toBeNull()
	})
})

it("lines of a patch have their numbers, and comments on them become one prompt", () => {
	const [patch] = splitPatch(
		"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -3,3 +3,3 @@\n same\n-old\n+new\n more\n\\ No newline at end of file\n",
	)
	expect(numbered(patch?.lines ?? []).map(({ line }) => line)).toEqual([null, 3, 4, 4, 5, null])
	const comments = [
		{ path: "z.ts", line: null, text: "", said: "Where is its test?" },
		{ path: "a.ts", line: 12, text: "+const a = 1", said: "Say what it counts.\n" },
	]
	expect(promptOf(comments, "Comments:")).toBe(
		"Comments:\n\na.ts:12\n> +const a = 1\nSay what it counts.\n\nz.ts\nWhere is its test?",
	)
})

it("a schedule's time is what its fields say, and its fields say its time", () => {
	const first = firstWhen(NOW, "Europe/Berlin")
	expect(whenOf(first)).toEqual({ is: "cron", expression: "0 9 * * MON-FRI", timeZone: "Europe/Berlin" })
	expect(whenOf({ ...first, is: "every", every: "36", unit: "hours" })).toEqual({ is: "every", seconds: 129_600 })
	expect(whenOf({ ...first, is: "every", every: "" })).toBeNull()
	expect(whenOf({ ...first, is: "at", at: "" })).toBeNull()
	expect(whenOf({ ...first, expression: "often" })).toBeNull()
	for (const when of [
		{ is: "every" as const, seconds: 5_400, from: 17 },
		{ is: "at" as const, at: 1_800_000_060_000 },
		{ is: "cron" as const, expression: "@daily", timeZone: "UTC" },
	])
		expect(whenOf(draftOfWhen(when, NOW, "Europe/Berlin"))).toEqual(when)
})

describe("a trigger", () => {
	it("is the same after its form has only been looked at", () => {
		const spec = TriggerSpec.parse({
			name: "builds",
			source: { is: "hmac", header: "x-signature", prefix: "sha256=" },
			secret: "HOOK",
			on: ["delivery"],
			filter: [{ path: "payload.ok", is: "equal", to: [false, 3, "3", "a, b", "c"], not: true }],
			template: "{{ payload.text }}",
			manifest: { runtime: "codex" },
		})
		const trigger = Trigger.parse({ ...spec, id: `trg_${"0".repeat(20)}`, createdAt: 1, lastDeliveryAt: null })
		expect(TriggerSpec.parse(specOf(draftOf(trigger)))).toEqual(spec)
	})

	it("says only what its source can have", () => {
		const draft = {
			...FIRST_TRIGGER,
			name: "x",
			secret: "HOOK",
			template: "y",
			manifest: { substrate: "sandbox" as const },
		}
		expect(triggerFaults(specOf(draft))).toEqual([])
		const other = specOf({ ...draft, source: "standard", reply: { as: "comment", secret: "TOKEN" } })
		expect(other).toMatchObject({ on: ["delivery"], workOn: "manifest", reply: null })
		expect(triggerFaults(other)).toEqual([])
		expect(triggerFaults(specOf({ ...draft, secret: "" })).map(({ path }) => path)).toEqual(["secret"])
	})
})
