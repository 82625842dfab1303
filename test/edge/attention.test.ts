// The inbox through the API: what a machine reports, who sees it, and that one answer wins.
import { evictAllDurableObjects } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { expect, test } from "vitest"
import type { Attention, InboxItem } from "../../protocol/attention.ts"
import type { Client } from "../../protocol/client.ts"
import { newRequestId } from "../../protocol/ids.ts"
import { NO_POLICY, type Policy } from "../../protocol/policy.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import {
	asked,
	browser,
	type Dialled,
	dial,
	enrolled,
	HOME,
	linked,
	newcomer,
	type Program,
	post,
	program,
	runningSession,
	type Somebody,
	signIn,
	somebody,
} from "./home.ts"

function approval(session: SessionInfo, fields: Partial<Attention> = {}): Attention {
	return {
		...{ id: newRequestId(), session: session.id, run: session.run, kind: "approval", text: "Run this command?" },
		subject: { is: "command", text: "git status", isWhole: true },
		options: [
			{ label: "Yes", keys: "1", means: "yes" },
			{ label: "No", keys: "2", means: "no" },
		],
		...{ takesText: false, source: "screen", rule: "generic@1", confidence: 1, excerpt: ["Run this command?"], at: 1 },
		...fields,
	}
}

interface Scene {
	by: Somebody
	machine: Awaited<ReturnType<typeof enrolled>>
	session: SessionInfo
	link: Dialled
}

/** A workspace of its own, with a machine that is linked and runs one session. */
async function scene(): Promise<Scene> {
	const by = await somebody("owner", "elsewhere")
	const machine = await enrolled(by)
	const session = runningSession()
	return { by, machine, session, link: await linked(machine, undefined, [session]) }
}

function report(link: Dialled, open: Attention[], ended: { id: Attention["id"]; because: "input" | "moved" }[] = []) {
	link.send({ type: "attention", open, ended: ended.map((one) => ({ ...one, at: 2 })) })
}

const inboxOf = async ({ call }: { call: Client }) => (await call("listInbox")).items
const historyOf = async ({ call }: { call: Client }) => (await call("listAttention", { query: {} })).items

function waits(by: { call: Client }, such: (items: InboxItem[]) => boolean): Promise<InboxItem[]> {
	return expect
		.poll(async () => {
			const items = await inboxOf(by)
			return such(items) ? items : null
		})
		.not.toBeNull()
		.then(() => inboxOf(by))
}

async function stateOf({ call }: { call: Client }, { id }: Attention): Promise<InboxItem["state"]> {
	return (await call("showRequest", { params: { request: id } })).item.state
}

const yes = { choice: { is: "option", label: "Yes" } } as const
const no = { choice: { is: "option", label: "No" } } as const

test("what a machine reports stands in the inbox, is answered once, and is history then", async () => {
	const { by, machine, session, link } = await scene()
	const request = approval(session)
	const params = { request: request.id }
	report(link, [request])
	const [item] = await waits(by, (items) => items.length === 1)
	expect(item).toMatchObject({
		...{ id: request.id, machine: machine.id, machineName: "box", sessionName: "shell", runtime: "shell", cwd: "/" },
		...{ risk: "low", deadline: null, state: { is: "open" } },
	})
	const answering = by.call("answerRequest", { params, body: yes })
	const question = await asked(link)
	expect(question).toMatchObject({ ask: "answer", of: { session: session.id, request: request.id, ...yes } })
	// The second comes while the first is on its way, and once it has won.
	await expect(by.call("answerRequest", { params, body: no })).rejects.toMatchObject({ code: "request_busy" })
	link.send({ type: "answer", number: question.number, answer: { isConfirmed: true } })
	expect((await answering).item.state).toMatchObject({ is: "answered", answer: "Yes", isConfirmed: true })
	await expect(by.call("answerRequest", { params, body: no })).rejects.toMatchObject({ code: "request_answered" })
	expect(await inboxOf(by)).toEqual([])
	const [past] = await historyOf(by)
	expect(past).toMatchObject({ id: request.id, state: { is: "answered", by: { is: "token", via: "api" } } })
	link.close()
})

test("the audit says who answered what, from where, once, and who was refused", async () => {
	const { by, session, link } = await scene()
	const request = approval(session)
	report(link, [request])
	await waits(by, (items) => items.length === 1)
	const params = { request: request.id }
	const wrong = by.call("answerRequest", { params, body: { choice: { is: "option", label: "Maybe" } } })
	await expect(wrong).rejects.toMatchObject({ code: "answer_invalid" })
	const answering = by.call("answerRequest", { params, body: yes })
	link.send({ type: "answer", number: (await asked(link)).number, answer: { isConfirmed: false } })
	await answering
	await historyOf(by)
	const { entries } = await by.call("listAudit", { query: {} })
	const said = entries.filter(({ action }) => action === "answerRequest")
	expect(said.map(({ outcome }) => outcome)).toEqual(["done", "answer_invalid"])
	expect(said[0]).toMatchObject({ target: { request: request.id }, detail: { via: "api", answer: "Yes" } })
	expect(said[0]?.address).not.toBeNull()
	link.close()
})

test("a request that the machine takes back is gone, with the reason", async () => {
	const { by, session, link } = await scene()
	const request = approval(session)
	report(link, [request])
	await waits(by, (items) => items.length === 1)
	report(link, [], [{ id: request.id, because: "input" }])
	await waits(by, (items) => items.length === 0)
	expect(await stateOf(by, request)).toMatchObject({ is: "gone", because: "input" })
	const late = by.call("answerRequest", { params: { request: request.id }, body: yes })
	await expect(late).rejects.toMatchObject({ code: "request_gone" })
	link.close()
})

test("requests stay while their machine is away; whoever answers then is told so, and nothing is lost", async () => {
	const { by, machine, session, link } = await scene()
	const request = approval(session)
	report(link, [request])
	await waits(by, (items) => items.length === 1)
	link.close()
	const params = { request: request.id }
	await expect
		.poll(() => by.call("answerRequest", { params, body: yes }).catch(({ code }) => code))
		.toBe("machine_offline")
	expect((await inboxOf(by))[0]?.state).toMatchObject({ is: "open", refused: { code: "machine_offline" } })
	const again = await linked(machine, undefined, [session])
	report(again, [request])
	const answering = by.call("answerRequest", { params, body: yes })
	again.send({ type: "answer", number: (await asked(again)).number, answer: { isConfirmed: true } })
	expect((await answering).item.state.is).toBe("answered")
	again.close()
})

test("an answer whose link is cut is asked again under the same claim, also by objects that were evicted", async () => {
	const { by, machine, session, link } = await scene()
	const request = approval(session)
	report(link, [request])
	await waits(by, (items) => items.length === 1)
	const answering = by.call("answerRequest", { params: { request: request.id }, body: yes })
	const first = await asked(link)
	link.close()
	expect((await answering).item.state.is).toBe("answering")
	await evictAllDurableObjects()
	const again = await linked(machine, undefined, [session])
	report(again, [], [{ id: request.id, because: "moved" }])
	const second = await asked(again)
	expect(second.of.claim).toBe(first.of.claim)
	expect(await stateOf(by, request)).toMatchObject({ is: "answering" })
	again.send({ type: "answer", number: second.number, answer: { isConfirmed: true } })
	await expect.poll(async () => (await stateOf(by, request)).is).toBe("answered")
	again.close()
})

test("an exited session's request is over, although its machine did not say so", async () => {
	const { by, session, link } = await scene()
	const request = approval(session)
	report(link, [request])
	await waits(by, (items) => items.length === 1)
	const state: SessionInfo["state"] = { is: "exited", code: 0, signal: null, at: 3 }
	link.send({ type: "session", session: { ...session, state } })
	await waits(by, (items) => items.length === 0)
	expect(await stateOf(by, request)).toMatchObject({ is: "gone", because: "exited" })
	link.close()
})

test("a removed machine's requests are gone", async () => {
	const { by, machine, session, link } = await scene()
	const request = approval(session)
	report(link, [request])
	await waits(by, (items) => items.length === 1)
	await by.call("removeMachine", { params: { machine: machine.id } })
	await expect
		.poll(() => env.WORKSPACE.get(env.WORKSPACE.idFromName(by.workspace)).request(request.id))
		.toMatchObject({ state: { is: "gone", because: "removed" } })
})

test("a removed workspace leaves no history, also of what was over only then", async () => {
	const { by, session, link } = await scene()
	const [past, open] = [approval(session), approval(session)]
	report(link, [past, open])
	await waits(by, (items) => items.length === 2)
	report(link, [open])
	await waits(by, (items) => items.length === 1)
	expect(await historyOf(by)).toHaveLength(1)
	await by.call("removeWorkspace", { query: { name: "Elsewhere" } })
	const object = env.WORKSPACE.get(env.WORKSPACE.idFromName(by.workspace))
	await expect.poll(() => object.inbox()).toEqual([])
	await object.flushHistory()
	const rows = await env.DB.prepare("SELECT id FROM attention WHERE workspace_id = ?").bind(by.workspace).all()
	expect(rows.results).toEqual([])
})

test("[TRU1] who may not see the machine sees none of its requests, and a guest answers none", async () => {
	const { by, machine, session, link } = await scene()
	const [guest, developer] = [await somebody("guest", by), await somebody("developer", by)]
	const request = approval(session)
	report(link, [request])
	await waits(by, (items) => items.length === 1)
	const params = { request: request.id }
	expect(await inboxOf(guest)).toHaveLength(1)
	await expect(guest.call("answerRequest", { params, body: yes })).rejects.toMatchObject({ code: "not_allowed" })
	await by.call("changeMachine", { params: { machine: machine.id }, body: { members: [by.id] } })
	expect(await inboxOf(developer)).toEqual([])
	await expect(developer.call("showRequest", { params })).rejects.toMatchObject({ code: "not_found" })
	await expect(developer.call("answerRequest", { params, body: yes })).rejects.toMatchObject({ code: "not_found" })
	await expect(developer.call("dismissRequest", { params })).rejects.toMatchObject({ code: "not_found" })
	const stranger = await somebody("owner", "elsewhere")
	await expect(stranger.call("showRequest", { params })).rejects.toMatchObject({ code: "not_found" })
	// Nothing of it in their history either.
	report(link, [])
	await waits(by, (items) => items.length === 0)
	expect(await historyOf(developer)).toEqual([])
	expect(await historyOf(by)).toHaveLength(1)
	link.close()
})

async function withPolicy({ by }: Scene, policy: Partial<Policy>): Promise<void> {
	await by.call("writePolicy", { body: { policy: { ...NO_POLICY, ...policy } } })
}

test("a rule answers by itself what it fits, and a person is asked for the rest; both are in the audit", async () => {
	const set = await scene()
	const { by, session, link } = set
	await withPolicy(set, { rules: [{ command: "git status", verdict: "allow" }] })
	const fits = approval(session)
	const hidden = approval(session, { subject: { is: "command", text: "git status && rm -rf ~", isWhole: true } })
	report(link, [fits, hidden])
	const question = await asked(link)
	expect(question.of).toMatchObject({ request: fits.id, choice: { is: "option", label: "Yes" } })
	link.send({ type: "answer", number: question.number, answer: { isConfirmed: true } })
	await waits(by, (items) => items.length === 1 && items[0]?.id === hidden.id)
	expect((await inboxOf(by))[0]).toMatchObject({ risk: "high", state: { is: "open" } })
	expect(await stateOf(by, fits)).toMatchObject({ is: "answered", by: { is: "rule", via: "policy" } })
	await historyOf(by)
	const { entries } = await by.call("listAudit", { query: {} })
	const said = entries.filter(({ action }) => action === "answerRequest")
	expect(said.map(({ actor, outcome }) => [actor.is, outcome])).toEqual([["rule", "done"]])
	link.close()
})

test("a push answers what the policy lets it, and a secret is answered in the console only", async () => {
	const { call } = browser(await signIn())
	const person = await newcomer({ call }, "owner")
	const { secret: token } = await person.call("createToken", { body: { name: "here" } })
	const by: Program = program(token)
	const machine = await enrolled(by, `box ${crypto.randomUUID().slice(0, 8)}`)
	const session = runningSession()
	const link = await linked(machine, undefined, [session])
	const risky = approval(session, { subject: { is: "command", text: "rm -rf /", isWhole: true } })
	const secret = approval(session, { kind: "secret", subject: null, options: [], takesText: true })
	report(link, [risky, secret])
	await waits(person, (items) => [risky, secret].every(({ id }) => items.some((item) => item.id === id)))
	const push = { cookie: person.cookie, origin: HOME, "homeport-via": "push" }
	const pushed = (choice: unknown) => post(`/api/attention/${risky.id}/answer`, { choice }, push)
	const refused = await pushed(yes.choice)
	expect(refused.status).toBe(403)
	expect(await refused.text()).toContain("nothing that is risky be answered by push")
	const words = { choice: { is: "text", text: "sentinel-hunter2" } } as const
	const byProgram = by.call("answerRequest", { params: { request: secret.id }, body: words })
	await expect(byProgram).rejects.toMatchObject({
		code: "answer_elsewhere",
		message: "This cannot be answered from here. A secret is answered in the console only.",
	})
	const answering = person.call("answerRequest", { params: { request: secret.id }, body: words })
	const question = await asked(link)
	expect(question.of).toMatchObject({ request: secret.id, choice: words.choice })
	link.send({ type: "answer", number: question.number, answer: { isConfirmed: true } })
	expect((await answering).item.state).toMatchObject({ is: "answered", answer: null, by: { via: "console" } })
	// A no does no harm.
	const denied = pushed(no.choice)
	link.send({ type: "answer", number: (await asked(link)).number, answer: { isConfirmed: true } })
	expect(await (await denied).json()).toMatchObject({ item: { state: { answer: "No", by: { via: "push" } } } })
	await historyOf(person)
	const tables = ["attention", "audit"]
	for (const table of tables) {
		const rows = await env.DB.prepare(`SELECT * FROM ${table}`).all()
		expect(JSON.stringify(rows.results)).not.toContain("sentinel")
	}
	link.close()
})

test("a dismissed request is off the inbox, and stays so although its machine shows it still", async () => {
	const { by, session, link } = await scene()
	const request = approval(session)
	report(link, [request])
	await waits(by, (items) => items.length === 1)
	const { item } = await by.call("dismissRequest", { params: { request: request.id } })
	expect(item.state).toMatchObject({ is: "gone", because: "dismissed" })
	expect(await asked(link)).toMatchObject({ ask: "dismiss", of: { request: request.id } })
	report(link, [request])
	await expect.poll(() => inboxOf(by)).toEqual([])
	link.close()
})

test("consoles are told of every change", async () => {
	const { by, session, link } = await scene()
	const feed = await dial("/api/feed", by.headers)
	const request = approval(session)
	report(link, [request])
	expect(await feed.next()).toEqual({ type: "changed", what: "attention" })
	feed.close()
	link.close()
})

test("a policy is read as it was written, and one that makes no sense is refused", async () => {
	const set = await scene()
	const { by, link } = set
	expect(await by.call("readPolicy")).toEqual({ policy: NO_POLICY, updatedAt: null, updatedBy: null })
	const quiet = { from: "22:00", to: "07:00", timeZone: "Europe/Berlin" }
	await withPolicy(set, { quiet, rules: [{ command: "rm *", verdict: "deny" }] })
	expect(await by.call("readPolicy")).toMatchObject({ policy: { quiet }, updatedBy: "owner" })
	const zone = withPolicy(set, { quiet: { ...quiet, timeZone: "Europe/Nowhere" } })
	await expect(zone).rejects.toMatchObject({ code: "invalid_request" })
	const pattern = withPolicy(set, { rules: [{ command: "a | b", verdict: "deny" }] })
	await expect(pattern).rejects.toMatchObject({ code: "invalid_request", detail: expect.stringContaining("Rule 1 ") })
	const rules = [
		{ command: "git status", verdict: "allow" as const },
		{ command: "git push 'x", verdict: "deny" as const },
	]
	const named = { code: "invalid_request", detail: expect.stringContaining("Rule 2 ") }
	await expect(withPolicy(set, { rules })).rejects.toMatchObject(named)
	await expect(by.call("tryPolicy", { body: { rules, command: "ls" } })).rejects.toMatchObject(named)
	const tried = await by.call("tryPolicy", {
		body: { rules: [{ command: "git status", verdict: "allow" }], command: "git status && rm -rf ~" },
	})
	expect(tried).toMatchObject({ verdict: "ask", rule: null })
	expect(tried.why).toContain("more than one")
	link.close()
})
