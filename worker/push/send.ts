// A push on its way: encrypted for one browser (RFC 8291), signed by this home (RFC 8292), handed to the browser's push
// service (RFC 8030).
import { encryptNotification, vapidHeaders } from "@block65/webcrypto-web-push"
import type { Env } from "../../durable-objects/env.ts"
import type { Delivered } from "../../durable-objects/outside.ts"
import { Refusal } from "../../protocol/errors.ts"
import type { PushedNotification } from "../../protocol/push.ts"
import { type PushKey, pushKey } from "./key.ts"
import { isPublic, PushDetails } from "./subscription.ts"

/** A browser that takes pushes: a row of the table destination. */
export interface PushPlace {
	address: string
	details: unknown
}

export interface Push {
	notification: PushedNotification
	/** Of two with the same topic, a browser that was away gets the later one alone. */
	topic: string
	urgency: "low" | "normal" | "high"
	/** How long the push service keeps it for a browser that is away. */
	ttlSeconds: number
	/** Whom a push service may write to about us, where the home's own address cannot say: a person's e-mail address. */
	contact: string | null
}

export async function sendPush(env: Env, place: PushPlace, push: Push): Promise<Delivered> {
	const key = keyOf(env)
	if (key instanceof Refusal) return { is: "failed", reason: key.message }
	const details = PushDetails.safeParse(place.details)
	if (!details.success || !isPublic(new URL(place.address)))
		return { is: "gone", reason: "The browser's subscription is not one." }
	const { p256dh, auth, origin } = details.data
	const subscription = { endpoint: place.address, expirationTime: null, keys: { p256dh, auth } }
	const host = new URL(place.address).host
	const headers = {
		...(await vapidHeaders(subscription, { ...key, subject: subject(origin, push.contact) })).headers,
		"content-encoding": "aes128gcm",
		"content-type": "application/octet-stream",
		ttl: String(push.ttlSeconds),
		topic: push.topic,
		urgency: push.urgency,
	}
	const body = await encryptNotification(subscription, encoder.encode(JSON.stringify(push.notification)))
	try {
		const signal = AbortSignal.timeout(TIMEOUT_MS)
		// A push service does not move its subscriptions, and no other address was checked.
		const response = await fetch(place.address, { method: "POST", headers, body, redirect: "manual", signal })
		await response.body?.cancel()
		return outcomeOf(response, host, push.topic)
	} catch {
		// Out of reach, or too slow: the platform's words may hold the address, which is a secret of the browser.
		return { is: "later", afterMs: AGAIN_MS, reason: `${host} cannot be reached.` }
	}
}

const TIMEOUT_MS = 10_000
const AGAIN_MS = 30_000
const LONGEST_WAIT_MS = 60 * 60_000
const encoder = new TextEncoder()

function keyOf(env: Env): PushKey | Refusal {
	try {
		return pushKey(env)
	} catch (error) {
		if (error instanceof Refusal) return error
		throw error
	}
}

/**
 * Whom a push service may write to about us. Apple's refuses one that cannot be: localhost, or an address that is none.
 * Where nobody can be written to, a name that is reserved for that says so.
 */
export function subject(origin: string, contact: string | null): string {
	if (URL.canParse(origin) && isPublic(new URL(origin))) return origin
	if (contact !== null && /^[^\s@<>]+@[^\s@<>]+$/.test(contact)) {
		const host = `https://${contact.slice(contact.indexOf("@") + 1)}`
		if (URL.canParse(host) && isPublic(new URL(host))) return `mailto:${contact}`
	}
	return "mailto:nobody@homeport.invalid"
}

function outcomeOf({ status, headers }: Response, host: string, topic: string): Delivered {
	const said = `${host} answered with ${status}`
	if (status >= 200 && status < 300) return { is: "sent", message: topic }
	if (status === 404 || status === 410)
		return { is: "gone", reason: "The browser has given its subscription up: turn notifications on there again." }
	if (status === 429 || status >= 500)
		return { is: "later", afterMs: waitOf(headers.get("retry-after")), reason: `${said}.` }
	if (status === 413) return { is: "failed", reason: `${said}: the notification is too large.` }
	if (status === 400 || status === 401 || status === 403)
		return { is: "failed", reason: `${said}: turn notifications off and on again in that browser.` }
	return { is: "failed", reason: `${said}.` }
}

/** Retry-After: seconds, or a date. */
function waitOf(said: string | null): number {
	const ms = said === null ? Number.NaN : /^\d+$/.test(said) ? Number(said) * 1_000 : Date.parse(said) - Date.now()
	if (Number.isNaN(ms)) return AGAIN_MS
	return Math.min(Math.max(ms, 1_000), LONGEST_WAIT_MS)
}
