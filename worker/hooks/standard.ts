// Standard Webhooks, symmetric: signatures that come here, and ours. https://github.com/standard-webhooks/standard-webhooks

import type { Claim, Incoming } from "./claim.ts"
import { idIn } from "./claim.ts"
import { fromBase64, isMac, join, macOf, toBase64 } from "./mac.ts"

/** What was signed longer ago, or will be later, is somebody's recording. */
export const TOLERANCE_MS = 5 * 60_000
/** A sender that replaces its key signs with both. */
const SIGNATURES = 10
/** Shorter keys can be guessed; senders make them of 24 bytes or more. */
const KEY_BYTES = 16

export async function readStandard(secrets: string[], { headers, body, at }: Incoming): Promise<Claim> {
	const id = idIn(headers, "webhook-id")
	const time = headers.get("webhook-timestamp")
	const said = headers.get("webhook-signature")
	if (id === null || time === null || said === null)
		return { is: "refused", reason: "It lacks webhook-id, webhook-timestamp or webhook-signature." }
	if (!/^\d{1,12}$/.test(time)) return { is: "refused", reason: "Its webhook-timestamp is not one." }
	if (Math.abs(at - Number(time) * 1000) > TOLERANCE_MS)
		return { is: "refused", reason: "It was signed too long ago, or a clock is wrong." }
	const keys = secrets.map(keyOf).filter((key) => key !== null)
	if (keys.length === 0)
		return { is: "refused", reason: "The trigger's secret is no whsec_ and 16 bytes or more in base64." }
	const macs = said
		.split(" ")
		.slice(0, SIGNATURES)
		.map(macIn)
		.filter((mac) => mac !== null)
	const message = join(`${id}.${time}.`, body)
	const checks = keys.flatMap((key) => macs.map((mac) => isMac("sha256", key, mac, message)))
	if (!(await Promise.all(checks)).includes(true))
		return { is: "refused", reason: "No signature of it is of this secret and this body." }
	return { is: "signed", id, keys: [`id:${id}`], event: "" }
}

/** The headers of one of ours; null for a secret that cannot sign. */
export async function signStandard(
	secret: string,
	id: string,
	at: number,
	body: Uint8Array,
): Promise<Record<string, string> | null> {
	const key = keyOf(secret)
	if (key === null) return null
	const time = String(Math.floor(at / 1000))
	const mac = await macOf("sha256", key, join(`${id}.${time}.`, body))
	return { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": `v1,${toBase64(mac)}` }
}

/** Senders show their secrets with the prefix; older ones without. */
function keyOf(secret: string): Uint8Array | null {
	const key = fromBase64(secret.replace(/^whsec_/, ""))
	return key === null || key.length < KEY_BYTES ? null : key
}

/** Other versions, as the asymmetric v1a, are none of ours. */
function macIn(signature: string): Uint8Array | null {
	const [version, base64, ...more] = signature.split(",")
	const mac = version === "v1" && base64 !== undefined && more.length === 0 ? fromBase64(base64) : null
	return mac?.length === 32 ? mac : null
}
