// Commands about tasks: what there is, how one goes, its end or another try; and submitting one from a chat.
import { BUILT_IN, CUSTOM, JOB, SHELL } from "../../../protocol/session.ts"
import { Manifest, type TaskView } from "../../../protocol/task.ts"
import { hash } from "../../hash.ts"
import { act } from "../act.ts"
import { blocks, type Chat, say } from "../chat.ts"
import type { Button } from "../provider.ts"
import { shown } from "../render.ts"
import { Reply } from "../targets.ts"
import type { Command } from "./command.ts"

export const tasks: Command = {
	name: "tasks",
	aliases: ["任务"],
	async run(chat, words) {
		const [, deed = "", name = words] = /^(cancel|retry|取消|重试)\s+(.+)$/is.exec(words) ?? []
		if (name === "") return list(chat)
		const task = await taskNamed(chat, name)
		const params = { task: task.id }
		if (deed === "") return show(chat, task)
		if (["cancel", "取消"].includes(deed.toLowerCase())) {
			const { task: cancelled } = await act(chat, "cancelTask", { params, body: {} })
			return show(chat, cancelled)
		}
		const { task: anew } = await act(chat, "retryTask", { params, body: { key: await keyOf(chat) } })
		await showQueued(chat, anew)
	},
}

export const task: Command = {
	name: "task",
	aliases: ["新任务"],
	async run(chat, words) {
		const [, machine = "", directory, rest = ""] = /^(?:@([^\s:]*)(?::(\S+))?(?:\s+|$))?(.*)$/s.exec(words) ?? []
		if (rest === "") throw new Reply(chat.words.taskHow)
		const { runtime, prompt } = await meant(chat, machine, rest)
		const told = { is: "notify" as const, to: chat.destination.id }
		const manifest = Manifest.parse({
			target: machine === "" ? {} : { machine },
			...{ runtime, prompt },
			...(directory === undefined ? {} : { workOn: { is: "directory", path: directory } }),
			...{ onSuccess: [told], onFailure: [told] },
		})
		const { tasks } = await act(chat, "submitTasks", { body: { manifest, key: await keyOf(chat) } })
		for (const submitted of tasks) await showQueued(chat, submitted)
	},
}

async function list(chat: Chat): Promise<void> {
	const { words } = chat
	const { tasks } = await act(chat, "listTasks", { query: { ended: ENDED } })
	if (tasks.length === 0) {
		await say(chat, words.noTasks)
		return
	}
	const names = await machineNames(chat)
	const lines = tasks.slice(0, LISTED).map((task) => line(chat, task, names).join(" · "))
	const more = tasks.length > LISTED ? [words.more(tasks.length - LISTED)] : []
	const buttons = tasks.flatMap(screenButton).slice(0, BUTTONS)
	await say(chat, { ...blocks([...lines, ...more].join("\n")), buttons })
}

/** With its place in the queue, and what it waits for. */
async function showQueued(chat: Chat, { id }: TaskView): Promise<void> {
	const { task } = await act(chat, "showTask", { params: { task: id } })
	await show(chat, task)
}

async function show(chat: Chat, task: TaskView): Promise<void> {
	const { words, origin } = chat
	const { state, session, machine, artifacts, result } = task
	const [title = "", ...facts] = line(chat, task, await machineNames(chat))
	const body = [
		facts.join(" · "),
		shown(state.reason),
		...(artifacts.length > 0 ? [words.artifacts(artifacts.length)] : []),
		result?.url ?? result?.branch ?? "",
		origin === null ? "" : `${origin}/tasks/${task.id}`,
	].filter((said) => said !== "")
	// Words that reply to it go to its program.
	const about = session === null || machine === null ? null : { machine, session, request: null }
	const message = blocks({ is: "heading", text: title }, body.join("\n"))
	await say(chat, { ...message, buttons: screenButton(task) }, about)
}

/** Its name, how it goes, and where. */
function line({ words }: Chat, { name, state, machine, position }: TaskView, names: Map<string, string>): string[] {
	const where = machine === null ? undefined : names.get(machine)
	return [
		shown(name),
		words.taskStates[state.is],
		...(position === null ? [] : [words.taskAt(position)]),
		...(where === undefined ? [] : [shown(where)]),
	]
}

/** By its id or its name; what is not over goes before what is. */
async function taskNamed(chat: Chat, said: string): Promise<TaskView> {
	const { tasks } = await act(chat, "listTasks", { query: { ended: LOOKED_THROUGH } })
	const named = tasks.filter(({ id, name }) => id === said || name.toLowerCase() === said.toLowerCase())
	const open = named.filter(({ owner }) => owner !== null)
	const [found, another] = open.length > 0 ? open : named.slice(0, 1)
	if (found === undefined) throw new Reply(chat.words.noTask(shown(said)))
	if (another !== undefined) throw new Reply(chat.words.severalTasks(open.map(({ id }) => id).join(", ")))
	return found
}

/** A runtime and its prompt; or, where the words begin with none, a command of a shell. */
async function meant(chat: Chat, machine: string, words: string): Promise<{ runtime: string; prompt: string }> {
	const [, first = "", rest = ""] = /^(\S+)\s*(.*)$/s.exec(words) ?? []
	const runtime = first.toLowerCase()
	const isBuiltIn = BUILT_IN.includes(runtime) && runtime !== CUSTOM && runtime !== JOB
	if (isBuiltIn || (await isProfile(chat, machine, runtime))) {
		if (rest === "") throw new Reply(chat.words.taskHow)
		return { runtime, prompt: rest }
	}
	return { runtime: SHELL, prompt: words }
}

/** Whether the machine that is named has a profile of this name; one that is away cannot say. */
async function isProfile(chat: Chat, named: string, runtime: string): Promise<boolean> {
	const { machines } = await act(chat, "listMachines", {})
	const machine = machines.find(({ id, name }) => named !== "" && (id === named || name === named))
	if (machine?.presence.is !== "linked") return false
	const { runtimes } = await act(chat, "listRuntimes", { params: { machine: machine.id } })
	return runtimes.some(({ id }) => id === runtime && id !== CUSTOM && id !== JOB)
}

/** The same update submits the same task, however often it is begun. */
async function keyOf({ channel, update }: Chat): Promise<string> {
	return `chat-${await hash(`${channel.id} ${update.key}`)}`.slice(0, KEY_CHARS)
}

async function machineNames(chat: Chat): Promise<Map<string, string>> {
	const { machines } = await act(chat, "listMachines", {})
	return new Map(machines.map(({ id, name }) => [id, name]))
}

function screenButton({ name, machine, session, owner }: TaskView): Button[] {
	return machine === null || session === null || owner?.is !== "machine"
		? []
		: [{ label: shown(name), data: `s:${machine}:${session}` }]
}

const ENDED = 5
const LISTED = 30
const BUTTONS = 8
/** Of those that are over, for a name. */
const LOOKED_THROUGH = 100
const KEY_CHARS = 64
