// A request's way to one browser: which push it makes, if any.
import type { Env } from "../../durable-objects/env.ts"
import type { Delivered, Delivery } from "../../durable-objects/outside.ts"
import type { InboxItem } from "../../protocol/attention.ts"
import { DestinationSettings } from "../../protocol/channel.ts"
import type { Policy } from "../../protocol/policy.ts"
import type { Registry } from "../registry.ts"
import { notificationOf, testNotification } from "./notification.ts"
import { type PushPlace, sendPush } from "./send.ts"
import { PushDetails } from "./subscription.ts"

/** A row of the table destination, of the kind push. */
export interface PushDestination extends PushPlace {
	workspaceId: string
	userId: string
	settings: unknown
}

/**
 * Tells a browser of a request as it is now. One that is open rings; one that is over takes its notification's place
 * quietly, where there is one.
 */
export async function deliverPush(
	env: Env,
	registry: Registry,
	destination: PushDestination,
	{ item, message }: Pick<Delivery, "item" | "message">,
	policy: Policy,
): Promise<Delivered> {
	const isOver = item.state.is !== "open"
	// An answer on its way may fail yet; what was never shown need not be taken back.
	if (item.state.is === "answering" || (isOver && message === null)) return { is: "sent", message }
	const settings = DestinationSettings.parse(destination.settings)
	const { workspaceId } = destination
	return sendPush(env, destination, {
		notification: notificationOf({ item, settings, policy, workspaceId, origin: originOf(destination) }),
		topic: await topicOf(item.id),
		urgency: isOver || item.kind === "idle" ? "normal" : "high",
		ttlSeconds: ttlOf(item),
		contact: await contactOf(registry, destination),
	})
}

/** Sends a browser a push now, to see whether it arrives. */
export async function testPush(env: Env, registry: Registry, destination: PushDestination): Promise<Delivered> {
	const { language } = DestinationSettings.parse(destination.settings)
	return sendPush(env, destination, {
		notification: testNotification(destination.workspaceId, language, originOf(destination)),
		topic: await topicOf("test"),
		urgency: "high",
		ttlSeconds: TEST_TTL_SECONDS,
		contact: await contactOf(registry, destination),
	})
}

const TTL_SECONDS = 24 * 60 * 60
const TEST_TTL_SECONDS = 5 * 60
/** Push services take 32 characters of base64url. */
const TOPIC_BYTES = 24

/** A request that nobody can answer any more is no news. */
function ttlOf({ state, deadline }: InboxItem): number {
	if (state.is !== "open" || deadline === null) return TTL_SECONDS
	return Math.min(Math.max(Math.ceil((deadline - Date.now()) / 1_000), 1), TTL_SECONDS)
}

/** The push service sees topics: they tell it nothing. */
async function topicOf(text: string): Promise<string> {
	const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))
	return digest.subarray(0, TOPIC_BYTES).toBase64({ alphabet: "base64url" })
}

function originOf({ details }: PushDestination): string {
	return PushDetails.safeParse(details).data?.origin ?? "https://homeport.invalid"
}

async function contactOf(registry: Registry, { userId }: PushDestination): Promise<string | null> {
	return (await registry.people.find(userId))?.email ?? null
}
