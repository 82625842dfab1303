// Whether a delivery comes from who it says: its signature over the bytes as they came, before anything reads them.
import { never, type RefusalCode } from "../../protocol/errors.ts"
import type { Delivery, TriggerSource } from "../../protocol/trigger.ts"
import { readHeader, readMac } from "./generic.ts"
import { readGithub } from "./github.ts"
import { readGitlab } from "./gitlab.ts"
import { readPayload } from "./payload.ts"
import { readStandard } from "./standard.ts"

/** More than any git hosting sends about what we listen to; theirs end at 25 MB. */
export const DELIVERY_BYTES = 1024 * 1024

/** A request as it came in. */
export interface Incoming {
	headers: Headers
	body: Uint8Array
	/** By our clock. */
	at: number
}

/** What a sender's own way of signing tells. */
export type Claim =
	| { is: "signed"; id: string; keys: string[]; event: string }
	/** `reason` is for whoever set the trigger up, and holds neither the secret nor what was expected. */
	| { is: "refused"; reason: string }

export type Verdict =
	| { is: "verified"; delivery: Delivery }
	| { is: "refused"; code: Extract<RefusalCode, "delivery_refused" | "too_large" | "malformed">; reason: string }

/**
 * `secrets`: the trigger's, and the one before it while that is still taken. Says nothing of whether the delivery came
 * before: whoever keeps deliveries knows that by `keys`.
 */
export async function verify(source: TriggerSource, secrets: string[], incoming: Incoming): Promise<Verdict> {
	if (incoming.body.length > DELIVERY_BYTES)
		return { is: "refused", code: "too_large", reason: `A delivery has at most ${DELIVERY_BYTES} bytes.` }
	const claim = await claimOf(source, secrets, incoming)
	if (claim.is === "refused") return { is: "refused", code: "delivery_refused", reason: claim.reason }
	const payload = readPayload(incoming.headers.get("content-type") ?? "", incoming.body)
	if (payload.is === "malformed") return { is: "refused", code: "malformed", reason: payload.reason }
	const { id, keys, event } = claim
	return { is: "verified", delivery: { id, keys, event, body: payload.json, at: incoming.at } }
}

function claimOf(source: TriggerSource, secrets: string[], incoming: Incoming): Promise<Claim> {
	switch (source.is) {
		case "github":
			return readGithub(secrets, incoming)
		case "gitlab":
			return readGitlab(secrets, incoming)
		case "standard":
			return readStandard(secrets, incoming)
		case "hmac":
			return readMac(source, secrets, incoming)
		case "header":
			return readHeader(source, secrets, incoming)
		default:
			return never(source)
	}
}

/** A header that is an id: printable, and no longer than a row may be. Null where it is none. */
export function idIn(headers: Headers, ...names: string[]): string | null {
	for (const name of names) {
		const id = headers.get(name)
		if (id !== null) return /^[\x21-\x7e]{1,200}$/.test(id) ? id : null
	}
	return null
}

/** Whether one of the secrets passes; each is tried, so that the time does not tell which. */
export async function anyOf(secrets: string[], passes: (secret: string) => Promise<boolean>): Promise<boolean> {
	const passed = await Promise.all(secrets.map(passes))
	return passed.includes(true)
}
