// Triggers from outside: services knock with signed deliveries, tasks come of them, and the git hosting is told how they go.
import { env } from "cloudflare:workers"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import type { ReplyTo } from "../../durable-objects/ledger/held.ts"
import { newTaskId, newTriggerId, type TriggerId } from "../../protocol/ids.ts"
import type { DeliveryView } from "../../protocol/routes/triggers.ts"
import { TriggerSpec } from "../../protocol/trigger.ts"
import { reply } from "../../worker/hooks/replied.ts"
import { GitHosting } from "./git-hosting.ts"
import { ask, codeOf, type Dialled, dial, type Somebody, somebody } from "./home.ts"
import { TaskMachine } from "./task-machine.ts"
import { hex, hmac, payload } from "./webhooks.ts"

let hosting: GitHosting
let boss: Somebody
let feed: Dialled

beforeEach(async () => {
	hosting = new GitHosting()
	vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
		const answered = await hosting.answer(new Request(input, init))
		if (answered === null) throw new Error(`out of reach: ${String(input)}`)
		return answered
	})
	boss = await somebody("owner", "elsewhere")
	feed = await dial("/api/feed", boss.headers)
	for (const [secret, value] of [
		["HOOK", SECRET],
		["HOSTING_TOKEN", hosting.token],
	] as const)
		await boss.call("saveSecret", { params: { secret }, body: { value } })
})
afterEach(() => {
	feed.close()
	vi.unstubAllGlobals()
})

const SECRET = "It's a Secret to Everybody"

function spec(changed: object = {}): TriggerSpec {
	return TriggerSpec.parse({
		name: "Fix it",
		source: { is: "github" },
		secret: "HOOK",
		on: ["issue.labelled", "pull-request.opened"],
		template: "Fix {{ event.title }}",
		manifest: { runtime: "claude-code" },
		...changed,
	})
}

const made = (changed: object = {}) => boss.call("createTrigger", { body: { trigger: spec(changed) } })

let count = 0
/** GitHub knocks, as it signs. */
async function knock(
	trigger: TriggerId,
	{ id = `delivery-${++count}`, event = "issues", said = payload("github/issues.labeled"), secret = SECRET } = {},
): Promise<Response> {
	const body = JSON.stringify(said)
	return ask(`/api/hooks/triggers/${trigger}`, {
		method: "POST",
		body,
		headers: {
			"content-type": "application/json",
			"x-github-event": event,
			"x-github-delivery": id,
			"x-hub-signature-256": `sha256=${hex(await hmac("sha256", secret, body))}`,
		},
	})
}

/** The trigger's deliveries, once none of so many waits to be decided. */
async function decided(trigger: TriggerId, many: number): Promise<DeliveryView[]> {
	for (;;) {
		const { deliveries } = await boss.call("listDeliveries", { params: { trigger } })
		if (deliveries.length === many && deliveries.every(({ outcome }) => outcome !== null)) return deliveries
		await feed.next()
	}
}

async function refusedIn(trail: string): Promise<unknown[]> {
	const { entries } = await boss.call("listAudit", { query: {} })
	return entries.filter(({ action, outcome }) => action === trail && outcome !== "done").map(({ detail }) => detail)
}

describe("a delivery", () => {
	test("is thanked at once and becomes one task, however often and under whatever id it comes", async () => {
		const { id, url } = await made()
		expect(url).toBe(`https://home.example/api/hooks/triggers/${id}`)
		const answers = await Promise.all([knock(id, { id: "one" }), knock(id, { id: "one" }), knock(id, { id: "other" })])
		expect(answers.map(({ status }) => status)).toEqual([202, 202, 202])
		const [delivery] = await decided(id, 1)
		expect(delivery).toMatchObject({ again: 0, isCut: false, outcome: { is: "task" }, delivery: { event: "issues" } })
		const { tasks } = await boss.call("listTasks", { query: {} })
		expect(tasks).toMatchObject([
			{ id: delivery?.task, name: "Fix it 1", isFromOutside: true, from: { is: "trigger", id, name: "Fix it" } },
		])
		const { manifest } = await boss.call("showTask", { params: { task: delivery?.task ?? newTaskId() } })
		expect(manifest.prompt).toMatch(/Fix <outside-[0-9a-f]{20}>Spelling error in the README file<\/outside-/)
		const { triggers } = await boss.call("listTriggers")
		expect(triggers[0]?.lastDeliveryAt).toBeGreaterThan(0)
	})

	test("that is not signed by the trigger's secret is refused with the reason, which the trail has once", async () => {
		const { id } = await made()
		const forged = await knock(id, { secret: "guessed" })
		expect(forged.status).toBe(401)
		expect(await forged.text()).toContain("another secret")
		await knock(id, { secret: "guessed again" })
		expect((await knock(newTriggerId())).status).toBe(404)
		expect((await boss.call("listDeliveries", { params: { trigger: id } })).deliveries).toEqual([])
		expect(await refusedIn("triggerHook")).toEqual([{ reason: "Its signature is of another secret or another body." }])
	})

	test("is taken by the secret before while it is replaced, and by none where it was forgotten", async () => {
		await boss.call("saveSecret", { params: { secret: "HOOK_NEW" }, body: { value: "new-secret" } })
		const { id } = await made({ secret: "HOOK_NEW", previousSecret: "HOOK" })
		expect((await knock(id)).status).toBe(202)
		for (const secret of ["HOOK", "HOOK_NEW"]) await boss.call("removeSecret", { params: { secret } })
		const answer = await knock(id)
		expect([answer.status, await answer.text()]).toEqual([401, expect.not.stringContaining("HOOK")])
	})

	test("of GitLab, with its token, is one of the same kind", async () => {
		const { id } = await made({
			source: { is: "gitlab", url: "https://gitlab.example.com" },
			on: ["issue.opened"],
			from: { atLeast: "anyone" },
		})
		const answer = await ask(`/api/hooks/triggers/${id}`, {
			method: "POST",
			body: JSON.stringify(payload("gitlab/issue")),
			headers: {
				"content-type": "application/json",
				"x-gitlab-event": "Issue Hook",
				"x-gitlab-token": SECRET,
				"idempotency-key": "d1",
			},
		})
		expect(answer.status).toBe(202)
		expect(await decided(id, 1)).toMatchObject([{ outcome: { is: "task" } }])
	})

	test("makes no task for a member who has left, and says so", async () => {
		const gone = await somebody("maintainer", boss)
		const { id } = await gone.call("createTrigger", { body: { trigger: spec() } })
		await boss.call("removeMember", { params: { member: gone.id } })
		await knock(id)
		expect(await decided(id, 1)).toMatchObject([
			{ task: null, outcome: { is: "failed", reason: expect.stringContaining("may not submit tasks") } },
		])
	})

	test("may be done again, as a task of its own, until the trigger is removed with all that it knows", async () => {
		const { id } = await made()
		await knock(id, { id: "one" })
		const [first] = await decided(id, 1)
		await boss.call("repeatDelivery", { params: { trigger: id, number: first?.number ?? 0 } })
		const [again] = await decided(id, 1)
		expect(again).toMatchObject({ again: 1, outcome: { is: "task" } })
		expect(again?.task).not.toBe(first?.task)
		const other = await made({ name: "Other" })
		const stray = boss.call("repeatDelivery", { params: { trigger: other.id, number: first?.number ?? 0 } })
		await expect(stray).rejects.toMatchObject({ code: "not_found" })
		await boss.call("removeTrigger", { params: { trigger: id } })
		expect((await knock(id, { id: "two" })).status).toBe(404)
		expect((await boss.call("listTasks", { query: {} })).tasks).toHaveLength(2)
	})
})

describe("a trigger", () => {
	test("is tried against what came and what is written, before it is saved", async () => {
		const { id } = await made()
		await knock(id, { id: "one" })
		await decided(id, 1)
		const body = JSON.stringify(payload("github/issues.opened"))
		const tried = async (changed: object) => {
			const trigger = spec(changed)
			const { outcomes } = await boss.call("previewTrigger", {
				body: { trigger, of: id, payload: { event: "issues", body } },
			})
			return outcomes.map(({ delivery, outcome }) => [delivery, outcome.is])
		}
		expect(await tried({})).toEqual([
			["", "ignored"],
			["one", "task"],
		])
		expect(await tried({ on: ["issue.opened"] })).toEqual([
			["", "task"],
			["one", "ignored"],
		])
		expect(await tried({ template: "{{ event.nope }}" })).toContainEqual(["one", "failed"])
		expect((await boss.call("listTasks", { query: {} })).tasks).toHaveLength(1)
	})

	test("is refused where it names what is not there, cannot work, or has another's name", async () => {
		const { id } = await made()
		const codes = [
			made(),
			made({ name: "a", secret: "NOT_THERE" }),
			made({ name: "a", reply: { as: "status", secret: "NOT_THERE" } }),
			made({ name: "a", template: "{% for a in b %}" }),
			made({ name: "a", manifest: { target: { machine: "nobody's" } } }),
			boss.call("createTrigger", {
				body: { trigger: { ...spec(), name: "a", manifest: { runtime: "shell" } } as never },
			}),
		].map((call) => call.then(() => "done").catch(({ code }) => code))
		expect(await Promise.all(codes)).toEqual([
			"name_taken",
			...["not_found", "not_found", "invalid_request", "not_found", "invalid_request"],
		])
		const pushed = { runtime: "claude-code", substrate: "sandbox", changes: { do: "push" } }
		await expect(made({ name: "a", manifest: pushed })).rejects.toMatchObject({ code: "invalid_request" })
		// The event has the repository.
		const { id: other } = await made({ name: "Other", manifest: pushed, workOn: "event" })
		const renaming = (name: string) =>
			boss.call("editTrigger", { params: { trigger: other }, body: { trigger: spec({ name }) } })
		await expect(renaming("Fix it")).rejects.toMatchObject({ code: "name_taken" })
		expect(await renaming("Others")).toMatchObject({ id: other, name: "Others" })
		const stranger = await somebody("owner", "elsewhere")
		const theirs = stranger.call("listDeliveries", { params: { trigger: id } })
		await expect(theirs).rejects.toMatchObject({ code: "not_found" })
		expect(await codeOf(await ask("/api/triggers", { headers: (await somebody("developer", boss)).headers }))).toBe(
			"not_allowed",
		)
	})
})

describe("the git hosting", () => {
	const begun = async () => {
		const machine = await TaskMachine.start(boss, { runtimes: ["claude-code"] })
		const taken = await machine.take()
		await machine.report(taken, "running")
		return { machine, taken }
	}
	const replies = { name: "Review", on: ["pull-request.opened"], reply: { as: "status", secret: "HOSTING_TOKEN" } }
	const opened = () => {
		const said = payload("github/pull_request.opened")
		said.pull_request.author_association = "OWNER"
		return { event: "pull_request", said }
	}

	test("sees a commit's status while a task waits, and at its end", async () => {
		const { id } = await made(replies)
		await knock(id, opened())
		const sha = opened().said.pull_request.head.sha
		const path = `/repos/Codertocat/Hello-World/statuses/${sha}`
		const [{ task } = { task: null }] = await decided(id, 1)
		const isOf = (state: string) => (posted: { path: string; body: Record<string, unknown> }) =>
			posted.path === path && posted.body.state === state
		expect((await hosting.gets(isOf("pending"))).body).toEqual({
			state: "pending",
			context: "homeport/Review",
			description: "It waits for a machine.",
			target_url: `https://home.example/tasks/${task}`,
		})
		const { machine, taken } = await begun()
		await machine.report(taken, "failed", { because: "exit", exitCode: 3, reason: "the program said: secret" })
		expect((await hosting.gets(isOf("failure"))).body.description).toBe("Its program ended with 3.")
	})

	test("gets a comment at the end, once, with what is of the hosting and nothing of the machine's words", async () => {
		const { id } = await made({ ...replies, on: ["issue.labelled"], reply: { as: "comment", secret: "HOSTING_TOKEN" } })
		await knock(id)
		const [{ task } = { task: null }] = await decided(id, 1)
		const { machine, taken } = await begun()
		const url = "https://github.com/Codertocat/Hello-World/pull/9"
		await machine.report(taken, "succeeded", { reason: "words", result: { branch: "fix", commit: null, url } })
		const path = "/repos/Codertocat/Hello-World/issues/1/comments"
		const { body } = await hosting.gets((posted) => posted.path === path)
		expect(body.body).toBe(
			"**Homeport**: Review 1: It succeeded. https://github.com/Codertocat/Hello-World/pull/9\n\n" +
				`[What it did](https://home.example/tasks/${task})\n\n<!-- homeport ${task} -->`,
		)
		const { task: view } = await boss.call("showTask", { params: { task: task ?? newTaskId() } })
		const about = { repository: { name: "Codertocat/Hello-World", url: "", cloneUrl: "", id: 1 }, number: 1 }
		const to: ReplyTo = { trigger: id, about: { ...about, commit: null, what: "issue.labelled" } }
		await reply(env, boss.workspace, to, view)
		expect(hosting.posted).toHaveLength(1)
	})

	test("that is in trouble is told later, one that refuses is not; the trail says of both why, once", async () => {
		const { id } = await made({ ...replies, on: ["issue.labelled"], reply: { as: "comment", secret: "HOSTING_TOKEN" } })
		await knock(id)
		const [{ task } = { task: null }] = await decided(id, 1)
		const { task: view } = await boss.call("cancelTask", { params: { task: task ?? newTaskId() }, body: {} })
		await hosting.gets(({ path }) => path.endsWith("/issues/1/comments"))
		const about = { repository: { name: "Codertocat/Hello-World", url: "", cloneUrl: "", id: 1 }, number: 2 }
		const to: ReplyTo = { trigger: id, about: { ...about, commit: null, what: "issue.labelled" } }
		hosting.faults.push({ status: 502 }, { status: 403, headers: { "retry-after": "9" } }, { status: 404 })
		for (const status of [502, 403])
			await expect(reply(env, boss.workspace, to, view)).rejects.toThrow(`api.github.com answered ${status}.`)
		await reply(env, boss.workspace, to, view)
		expect(await refusedIn("triggerHook")).toEqual([
			{ reason: "api.github.com answered 404." },
			{ reason: "api.github.com answered 502." },
		])
		await boss.call("removeSecret", { params: { secret: "HOSTING_TOKEN" } })
		await reply(env, boss.workspace, to, view)
		expect(hosting.posted).toHaveLength(1)
	})
})
