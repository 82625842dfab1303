// This machine's identity: an Ed25519 key made here that never leaves, and the place that it has in one workspace.
import { randomUUID } from "node:crypto"
import { exportJWK, generateKeyPair, importJWK, SignJWT } from "jose"
import * as z from "zod"
import { MachineId } from "../protocol/ids.ts"
import { DIAL_TOKEN_MS } from "../protocol/limits.ts"
import { Name } from "../protocol/session.ts"
import { Failure } from "./exit.ts"
import { typed } from "./invocation.ts"
import { readPrivate, writePrivate } from "./private-file.ts"

/** A private JWK: `x` is the public half, 32 bytes in base64url. */
const MachineKey = z.object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string(), d: z.string() })
export type MachineKey = z.infer<typeof MachineKey>

const Identity = z.object({
	machine: MachineId,
	/** The name that it was enrolled under; it may have been renamed since. */
	name: Name,
	/** The control plane that it calls. */
	url: z.string(),
	/** Whether that is the control plane which `homeport up` runs from this data folder. */
	home: z.boolean(),
	key: MachineKey,
})
export type Identity = z.infer<typeof Identity>

export async function newMachineKey(): Promise<MachineKey> {
	const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true })
	return MachineKey.parse(await exportJWK(privateKey))
}

export function readIdentity(path: string): Promise<Identity | undefined> {
	return readPrivate(path, Identity)
}

/** For what needs one. Throws Failure. */
export async function mustBeEnrolled(path: string): Promise<Identity> {
	const identity = await readIdentity(path)
	if (identity === undefined)
		throw new Failure("not_enrolled", `This machine is not enrolled. Use \`${typed("connect", "URL")}\`.`)
	return identity
}

export function writeIdentity(path: string, identity: Identity): Promise<void> {
	return writePrivate(path, identity)
}

/** A token for one dial, as the link's Authorization header carries it. `now` is the server's clock as best known. */
export async function dialToken(identity: Identity, now: number): Promise<string> {
	const issuedAt = Math.floor(now / 1000)
	return new SignJWT()
		.setProtectedHeader({ alg: "EdDSA" })
		.setSubject(identity.machine)
		.setAudience("homeport-link")
		.setIssuedAt(issuedAt)
		.setExpirationTime(issuedAt + DIAL_TOKEN_MS / 1000)
		.setJti(randomUUID())
		.sign(await importJWK(identity.key, "EdDSA"))
}
