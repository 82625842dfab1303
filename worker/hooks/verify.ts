// Whether a delivery comes from who it says: its signature over the bytes as they came, before anything reads them.
import { never, type RefusalCode } from "../../protocol/errors.ts"
import type { Delivery, TriggerSource } from "../../protocol/trigger.ts"
import type { Claim, Incoming } from "./claim.ts"
import { readHeader, readMac } from "./generic.ts"
import { readGithub } from "./github.ts"
import { readGitlab } from "./gitlab.ts"
import { readPayload } from "./payload.ts"
import { readStandard } from "./standard.ts"

/** More than any git hosting sends about what we listen to; theirs end at 25 MB. */
export const DELIVERY_BYTES = 1024 * 1024

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
