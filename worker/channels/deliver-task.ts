// The way of a task that is over to one place: a push to a browser, or a message in a chat.
import type { Env } from "../../durable-objects/env.ts"
import type { Delivered } from "../../durable-objects/outside.ts"
import { Refusal } from "../../protocol/errors.ts"
import type { DestinationId } from "../../protocol/ids.ts"
import type { TaskView } from "../../protocol/task.ts"
import { pushTask } from "../push/deliver.ts"
import type { DestinationEntry } from "../registry/destinations.ts"
import { Registry } from "../registry.ts"
import { taskNews } from "../tasks/news.ts"
import { isMuted } from "./commands/settings.ts"
import { chatAt, note } from "./deliver.ts"
import { shown } from "./render.ts"

/** Rejects where it must be tried again. A place that is no more is told nothing. */
export async function deliverTask(env: Env, workspaceId: string, id: DestinationId, task: TaskView): Promise<void> {
	const registry = new Registry(env.DB)
	const destination = await registry.destinations.find(id)
	if (destination === undefined || destination.workspaceId !== workspaceId || destination.details.isRemoved === true)
		return
	const delivered =
		destination.kind === "push"
			? await pushTask(env, registry, destination, task)
			: await tellChat(env, registry, destination, task)
	await note(env, registry, destination, delivered)
	if (delivered.is === "later" || delivered.is === "failed") throw new Error(delivered.reason)
}

async function tellChat(
	env: Env,
	registry: Registry,
	destination: DestinationEntry,
	task: TaskView,
): Promise<Delivered> {
	const { language, showsContent } = destination.settings
	const { title, body } = taskNews(task, language, showsContent)
	const isQuiet = isMuted(destination.details, Date.now())
	try {
		const { provider, place, origin } = await chatAt(env, registry, destination)
		if (isQuiet && !provider.canBeQuiet) return { is: "sent", message: null }
		const text = origin === null ? body : `${body}\n${origin}/tasks/${task.id}`
		const blocks = [
			{ is: "heading" as const, text: shown(title) },
			{ is: "text" as const, text: shown(text) },
		]
		return await provider.send(place, { blocks, buttons: [], isQuiet })
	} catch (error) {
		if (!(error instanceof Refusal)) throw error
		return { is: "failed", reason: error.message, isBot: true }
	}
}
