// A machine's dial token: a compact JWS that the machine signs with its own key for one dial.
import { decodeJwt, errors, importJWK, jwtVerify } from "jose"
import type { Env } from "../durable-objects/env.ts"
import { Refusal } from "../protocol/errors.ts"
import { MachineId } from "../protocol/ids.ts"
import { DIAL_TOKEN_MS } from "../protocol/limits.ts"
import { objectOf } from "./machines.ts"
import type { MachineEntry } from "./registry/machines.ts"
import type { Registry } from "./registry.ts"

/** The machine that signed `token`. Throws Refusal("dial_token_invalid") or Refusal("machine_revoked"). */
export async function whoDials(token: string, env: Env, registry: Registry): Promise<MachineEntry> {
	const machine = await registry.machines.find(claimedBy(token))
	if (machine === undefined || machine.revokedAt !== null) throw new Refusal("machine_revoked")
	await mustBeSignedBy(token, machine.id, machine.publicKey, env)
	return machine
}

/** Believes a token of the machine that this key has signed, and never again. Throws Refusal("dial_token_invalid"). */
export async function mustBeSignedBy(token: string, machine: MachineId, publicKey: string, env: Env): Promise<void> {
	const { jti, exp } = await verify(token, machine, publicKey)
	if (!(await objectOf(env, machine).spend(jti, exp * 1000)))
		throw new Refusal("dial_token_invalid", "It has been used.")
}

async function verify(token: string, machine: MachineId, publicKey: string): Promise<{ jti: string; exp: number }> {
	try {
		const key = await importJWK({ kty: "OKP", crv: "Ed25519", x: publicKey }, "EdDSA")
		const { payload } = await jwtVerify(token, key, {
			algorithms: ["EdDSA"],
			audience: "homeport-link",
			subject: machine,
			requiredClaims: ["iat", "exp", "jti"],
			maxTokenAge: DIAL_TOKEN_MS / 1000,
		})
		const { iat, exp, jti } = payload
		if (iat === undefined || exp === undefined || exp - iat > DIAL_TOKEN_MS / 1000)
			throw new Refusal("dial_token_invalid", "It is meant to be valid for too long.")
		if (typeof jti !== "string" || jti.length > JTI_CHARS)
			throw new Refusal("dial_token_invalid", "Its jti is not a short text.")
		return { jti, exp }
	} catch (error) {
		if (error instanceof errors.JOSEError) throw new Refusal("dial_token_invalid", `${error.code}.`)
		throw error
	}
}

/** Twice what random bits need. */
const JTI_CHARS = 128

/** Who the token says it is from; not yet believed. */
function claimedBy(token: string): MachineId {
	try {
		return MachineId.parse(decodeJwt(token).sub)
	} catch {
		throw new Refusal("dial_token_invalid")
	}
}
