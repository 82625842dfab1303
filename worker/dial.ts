// A machine's dial token: a compact JWS that the machine signs with its own key for one dial.
import { decodeJwt, errors, importJWK, jwtVerify } from "jose"
import { Refusal } from "../protocol/errors.ts"
import { MachineId } from "../protocol/ids.ts"
import { DIAL_TOKEN_MS } from "../protocol/limits.ts"
import type { MachineEntry } from "./registry/machines.ts"
import type { Registry } from "./registry.ts"

/** The machine that signed `token`. Throws Refusal("dial_token_invalid") or Refusal("machine_revoked"). */
export async function whoDials(token: string, registry: Registry): Promise<MachineEntry> {
	const machine = await registry.machines.find(claimedBy(token))
	if (machine === undefined || machine.revokedAt !== null) throw new Refusal("machine_revoked")
	try {
		const key = await importJWK({ kty: "OKP", crv: "Ed25519", x: machine.publicKey }, "EdDSA")
		const { payload } = await jwtVerify(token, key, {
			algorithms: ["EdDSA"],
			audience: "homeport-link",
			subject: machine.id,
			requiredClaims: ["iat", "exp", "jti"],
			maxTokenAge: DIAL_TOKEN_MS / 1000,
		})
		const { iat, exp } = payload
		if (iat === undefined || exp === undefined || exp - iat > DIAL_TOKEN_MS / 1000)
			throw new Refusal("dial_token_invalid", "It is meant to be valid for too long.")
		return machine
	} catch (error) {
		if (error instanceof errors.JOSEError) throw new Refusal("dial_token_invalid", `${error.code}.`)
		throw error
	}
}

/** Who the token says it is from; not yet believed. */
function claimedBy(token: string): MachineId {
	try {
		return MachineId.parse(decodeJwt(token).sub)
	} catch {
		throw new Refusal("dial_token_invalid")
	}
}
