// A request's way to one place: a push to a browser, or a message in a chat, sent once and edited from then on.
import type { Env } from "../../durable-objects/env.ts"
import type { Delivered, Delivery } from "../../durable-objects/outside.ts"
import { Refusal } from "../../protocol/errors.ts"
import { can } from "../../protocol/roles.ts"
import { sees } from "../access.ts"
import { changed } from "../feed.ts"
import { deliverPush, testPush } from "../push/deliver.ts"
import type { ChannelEntry } from "../registry/channels.ts"
import type { DestinationEntry } from "../registry/destinations.ts"
import { Registry } from "../registry.ts"
import { isMuted } from "./commands/settings.ts"
import { openBot } from "./credentials.ts"
import type { Place, Provider } from "./provider.ts"
import { PROVIDERS } from "./providers.ts"
import { remindedMessage, requestMessage } from "./render.ts"
import { sessionAddress } from "./topics.ts"
import { WORDS } from "./words/words.ts"

export async function deliver(env: Env, delivery: Delivery): Promise<Delivered> {
	const registry = new Registry(env.DB)
	const destination = await registry.destinations.find(delivery.destination)
	if (destination === undefined || destination.workspaceId !== delivery.workspaceId)
		return { is: "gone", reason: "It was removed." }
	if (!(await maySee(registry, destination, delivery))) return { is: "gone", reason: "Its member may not see that." }
	const { policy } = await registry.policies.find(delivery.workspaceId)
	const delivered =
		destination.kind === "push"
			? await deliverPush(env, registry, destination, delivery, policy)
			: await deliverToChat(env, registry, destination, delivery, policy.mayAnswer)
	await note(env, registry, destination, delivered)
	return delivered
}

/** Sends a message now, to see whether it arrives. Throws Refusal("channel_failed") with why it does not. */
export async function sendTest(env: Env, registry: Registry, destination: DestinationEntry): Promise<void> {
	const delivered =
		destination.kind === "push"
			? await testPush(env, registry, destination)
			: await testChat(env, registry, destination)
	await note(env, registry, destination, delivered)
	if (delivered.is !== "sent") throw new Refusal("channel_failed", delivered.reason)
}

async function testChat(env: Env, registry: Registry, destination: DestinationEntry): Promise<Delivered> {
	const { provider, place } = await chatAt(env, registry, destination)
	const { test: text } = WORDS[destination.settings.language]
	return provider.send(place, { blocks: [{ is: "text", text }], buttons: [] })
}

async function deliverToChat(
	env: Env,
	registry: Registry,
	destination: DestinationEntry,
	{ item, because, message }: Delivery,
	mayAnswer: { telegram: "nothing" | "low" | "high"; wechat: "nothing" | "low" | "high" },
): Promise<Delivered> {
	const isMutedNow = isMuted(destination.details, Date.now())
	try {
		const { channel, provider, place, origin } = await chatAt(env, registry, destination)
		// It stands in the inbox all the same; a chat that cannot be quiet is left in peace.
		if (message === null && isMutedNow && !provider.canBeQuiet) return { is: "sent", message: null }
		const whole = {
			...requestMessage({
				item,
				settings: destination.settings,
				mayAnswer: mayAnswer[channel.kind === "telegram" ? "telegram" : "wechat"],
				origin,
				because,
			}),
			isQuiet: isMutedNow,
		}
		if (message !== null && because === "changed") return await provider.edit(place, message, whole)
		const address = await sessionAddress(
			{ registry, provider },
			destination,
			{ id: item.session, name: item.sessionName },
			place,
		)
		const sent = await provider.send(address === null ? place : { ...place, address }, whole)
		if (sent.is === "sent" && message !== null && provider.canEdit)
			await provider.edit(place, message, remindedMessage(item, destination.settings))
		return sent
	} catch (error) {
		if (!(error instanceof Refusal)) throw error
		return { is: "failed", reason: error.message, isBot: true }
	}
}

export async function chatAt(
	env: Env,
	registry: Registry,
	destination: DestinationEntry,
): Promise<{ channel: ChannelEntry; provider: Provider; place: Place; origin: string | null }> {
	const channel = destination.channel === null ? undefined : await registry.channels.find(destination.channel)
	const provider = channel === undefined ? undefined : PROVIDERS[channel.kind]
	if (channel === undefined || provider === undefined) throw new Refusal("not_found")
	const bot = await openBot(env, channel)
	const { address, settings, details } = destination
	const origin = typeof bot.credentials.origin === "string" ? bot.credentials.origin : null
	return { channel, provider, origin, place: { address, language: settings.language, details, context: {}, bot } }
}

/** Roles and machines change between two messages. */
async function maySee(registry: Registry, { userId, details }: DestinationEntry, { workspaceId, item }: Delivery) {
	if (details.isRemoved === true) return false
	const [membership, machine] = await Promise.all([
		registry.members.membershipOf(userId, workspaceId),
		registry.machines.find(item.machine),
	])
	if (membership === undefined || !can(membership.role, "session:watch")) return false
	return machine !== undefined && machine.workspaceId === workspaceId && sees({ membership, tags: null }, machine)
}

/** What people are shown of it in the console: at the place, and at the bot where that is the fault. */
async function note(env: Env, registry: Registry, destination: DestinationEntry, delivered: Delivered): Promise<void> {
	const at = Date.now()
	switch (delivered.is) {
		case "later":
			return
		case "sent":
			if (destination.fault === null) return
			await registry.destinations.mend(destination.id)
			break
		case "gone":
		case "failed": {
			const fault = { reason: delivered.reason, at, isFinal: delivered.is === "gone" }
			await registry.destinations.change(destination.id, { fault })
			if (delivered.is !== "failed" || delivered.isBot !== true || destination.channel === null) break
			// That somebody must sign in says more.
			const channel = await registry.channels.find(destination.channel)
			if (channel?.state.is !== "signed-out")
				await registry.channels.change(destination.channel, { state: { is: "broken", reason: delivered.reason, at } })
			break
		}
	}
	await changed(env, destination.workspaceId, "channels")
}
