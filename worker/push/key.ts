// The key pair of this home for pushes: browsers subscribe with its public half, push services know us by it (RFC 8292).
import * as z from "zod"
import type { Env } from "../../durable-objects/env.ts"
import { Refusal } from "../../protocol/errors.ts"

export interface PushKey {
	/** 65 bytes in base64url: the point, uncompressed. */
	publicKey: string
	/** 32 bytes in base64url. */
	privateKey: string
}

/** Throws Refusal("push_off") where the home has none. */
export function pushKey({ PUSH_KEY }: Env): PushKey {
	if (PUSH_KEY === undefined) throw new Refusal("push_off")
	try {
		const { x, y, d } = Jwk.parse(JSON.parse(PUSH_KEY))
		const point = new Uint8Array([UNCOMPRESSED, ...bytes(x), ...bytes(y)])
		return { publicKey: point.toBase64({ alphabet: "base64url", omitPadding: true }), privateKey: d }
	} catch {
		throw new Refusal("push_off", "Its PUSH_KEY is no private P-256 key as a JWK.")
	}
}

const UNCOMPRESSED = 4
/** 32 bytes. */
const Coordinate = z.string().regex(/^[\w-]{43}$/)
const Jwk = z.object({
	kty: z.literal("EC"),
	crv: z.literal("P-256"),
	x: Coordinate,
	y: Coordinate,
	d: Coordinate,
})

function bytes(text: string): Uint8Array {
	return Uint8Array.fromBase64(text, { alphabet: "base64url" })
}
