// A browser's subscription to pushes, as it says it: an address at its push service, and keys that only the browser opens.
import * as z from "zod"
import { Refusal } from "../../protocol/errors.ts"

/** What a destination of the kind push keeps beside its address. */
export const PushDetails = z.object({
	p256dh: z.string(),
	auth: z.string(),
	/** Where the browser reaches this home: what its notifications open. */
	origin: z.string(),
})
export type PushDetails = z.infer<typeof PushDetails>

interface Said {
	endpoint: string
	p256dh: string
	auth: string
}

/** Throws Refusal("invalid_request") for what no browser says. */
export async function mustBeSubscription({ endpoint, p256dh, auth }: Said): Promise<void> {
	if (!isPublic(new URL(endpoint)))
		throw new Refusal("invalid_request", "The endpoint is not an https address on the public internet.")
	if (bytes(auth)?.length !== AUTH_BYTES)
		throw new Refusal("invalid_request", `The browser's secret does not have ${AUTH_BYTES} bytes.`)
	if (!(await isPoint(bytes(p256dh)))) throw new Refusal("invalid_request", "The browser's key is no P-256 point.")
}

/**
 * Whether an address can be a push service's, and not something of our own network. What a name leads to is the
 * platform's to check: on Cloudflare nothing private is in reach, and a home of one's own connects to public addresses only.
 */
export function isPublic({ protocol, hostname, port, username, password }: URL): boolean {
	if (protocol !== "https:" || port !== "" || username !== "" || password !== "") return false
	// An IPv6 address stands in brackets; every spelling of an IPv4 address has become four numbers.
	if (hostname.startsWith("[") || /^[\d.]+$/.test(hostname)) return false
	const labels = hostname.replace(/\.$/, "").split(".")
	return labels.length > 1 && !NOT_PUBLIC.has(labels.at(-1) ?? "") && !hostname.endsWith(".home.arpa")
}

const AUTH_BYTES = 16
/** https://www.iana.org/assignments/special-use-domain-names, and what networks of companies use. */
const NOT_PUBLIC = new Set([
	"localhost",
	"local",
	"internal",
	"intranet",
	"lan",
	"home",
	"corp",
	"test",
	"invalid",
	"onion",
])

async function isPoint(raw: Uint8Array | undefined): Promise<boolean> {
	if (raw === undefined || raw.length !== 65 || raw[0] !== 4) return false
	// The platform refuses a point that is not on the curve.
	return crypto.subtle.importKey("raw", raw, { name: "ECDH", namedCurve: "P-256" }, false, []).then(
		() => true,
		() => false,
	)
}

function bytes(text: string): Uint8Array | undefined {
	try {
		return Uint8Array.fromBase64(text, { alphabet: "base64url" })
	} catch {
		return undefined
	}
}
