// Tasks from a chat: submitted, listed, ended and tried again by a member, who is told there when one is over.
import { env } from "cloudflare:workers"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import type { TaskView } from "../../protocol/task.ts"
import { handle } from "../../worker/channels/handle.ts"
import { readUpdate, TelegramUpdate } from "../../worker/channels/telegram/update.ts"
import { perform } from "../../worker/tasks/effects.ts"
import { ask, type Somebody, somebody } from "./home.ts"
import { BotApi, type Person, type Update } from "./node/bot-api.ts"
import { TaskMachine } from "./task-machine.ts"

let api: BotApi
let boss: Somebody
let ann: Somebody
let channel: Awaited<ReturnType<typeof boss.call<"connectChannel">>>["channel"]

const person: Person = { id: 900, first_name: "Ann", username: "ann900", language_code: "en" }

beforeEach(async () => {
	api = new BotApi()
	vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
		const answered = await api.answer(new Request(input, init))
		if (answered === null) throw new Error(`out of reach: ${String(input)}`)
		return answered
	})
	boss = await somebody("owner", "elsewhere")
	ann = await somebody("developer", boss)
	const credentials = { is: "telegram" as const, token: api.token }
	channel = (await boss.call("connectChannel", { body: { credentials } })).channel
	const { code } = await ann.call("pairChat", { params: { channel: channel.id } })
	await says(`/start ${code}`, "Paired")
})
afterEach(() => vi.unstubAllGlobals())

/** Telegram brings what Ann says; the bot's next words that are like that. */
async function says(text: string, answer: string | RegExp): Promise<string> {
	const before = api.in(person.id).length
	await bring(api.said(person, person.id, text))
	const isLike = (said: string) => (typeof answer === "string" ? said.includes(answer) : answer.test(said))
	const told = await api.until(
		() =>
			api
				.in(person.id)
				.slice(before)
				.find((message) => isLike(message.text)),
		`${text} is answered with ${answer}`,
	)
	return told.text
}

function bring(update: Update): Promise<Response> {
	return ask(new URL(api.webhook?.url ?? "https://x.invalid").pathname, {
		method: "POST",
		headers: { "content-type": "application/json", "x-telegram-bot-api-secret-token": api.webhook?.secret ?? "" },
		body: JSON.stringify(update),
	})
}

const all = async () => (await boss.call("listTasks", { query: {} })).tasks

test("one is submitted once, waits, runs, and its end is told in the chat that asked for it and in no other", async () => {
	await pairBoss()
	await says("/task", "Say what is to be done")
	const submitted = await says("/task echo hello", "place 1 in the queue")
	expect(submitted).toContain("echo hello")
	expect(await says("/tasks", "echo hello · waits")).toContain("place 1 in the queue")
	const machine = await TaskMachine.start(boss)
	const { task, fence, manifest } = await machine.take()
	expect(manifest).toMatchObject({ runtime: "shell", prompt: "echo hello" })
	expect((await all())[0]?.from).toMatchObject({ is: "person", id: ann.id })
	await machine.report({ task, fence }, "running")
	await says("/tasks echo hello", "echo hello\nruns")
	const told = api.until(() => api.in(person.id).find(({ text }) => text.includes("echo hello succeeded")))
	await machine.report({ task, fence }, "succeeded")
	expect((await told).text).toContain(`https://home.example/tasks/${task}`)
	const [follow] = manifest.onSuccess
	if (follow?.is !== "notify") throw new Error("invariant: a chat is told")
	const [view] = await all()
	const placesOf = (of: typeof follow) => perform(env, boss.workspace, { id: "one", follow: of }, view as TaskView)
	const places = [await placesOf(follow), await placesOf({ is: "notify" })].map(({ length }) => length)
	expect(places).toEqual([1, 2])
})

test("an update that was begun before submits nothing twice", async () => {
	const update = TelegramUpdate.parse(api.said(person, person.id, "/task codex fix it"))
	const said = readUpdate(channel.id, update)
	if (said === null) throw new Error("invariant: it is an update")
	for (const isAgain of [false, true]) await handle(env, boss.workspace, said, isAgain)
	const { task } = await boss.call("showTask", { params: { task: (await all())[0]?.id ?? ("" as never) } })
	expect(await all()).toHaveLength(1)
	expect(task).toMatchObject({ runtime: "codex", name: "fix it" })
})

test("one is meant by its name or id, is cancelled and tried again; who may not, and what is not there, is told", async () => {
	await says("/task sleep 1", "place 1")
	await says("/task sleep 1", "place 2")
	const [one] = await all()
	expect(await says("/tasks cancel sleep 1", "Several tasks")).toContain(one?.id)
	await says(`/tasks cancel ${one?.id}`, "was cancelled")
	await says("/tasks CANCEL SLEEP 1", "was cancelled")
	await says(`/tasks cancel ${one?.id}`, "This task is over")
	await says(`/tasks retry ${one?.id}`, "place 1")
	expect((await all()).map(({ state }) => state.is)).toEqual(["queued", "cancelled", "cancelled"])
	await says("/tasks nothing", "There is no task nothing")
	await says("/task @nowhere true", "no machine nowhere")
	await boss.call("changeMember", { params: { member: ann.id }, body: { role: "guest" } })
	await says("/task true", "Your role does not allow this")
	const actions = (await boss.call("listAudit", { query: {} })).entries.filter(
		({ detail }) => detail.via === "telegram",
	)
	expect(actions.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual(
		expect.arrayContaining(["submitTasks done", "cancelTask done", "retryTask done", "submitTasks not_allowed"]),
	)
})

const BOSS: Person = { id: 901, first_name: "Boss", username: "boss901", language_code: "en" }

/** Another chat of somebody who sees the same tasks. */
async function pairBoss(): Promise<void> {
	const { code } = await boss.call("pairChat", { params: { channel: channel.id } })
	await bring(api.said(BOSS, BOSS.id, `/start ${code}`))
	await api.shows(BOSS.id, "Paired")
}
