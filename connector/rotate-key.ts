// A new key for this machine: the home learns it by the old one, and at no moment is either side left without a good key.
import { rename } from "node:fs/promises"
import { client } from "../protocol/client.ts"
import { Refusal } from "../protocol/errors.ts"
import { dialToken, type Identity, mustBeEnrolled, newMachineKey, readIdentity, writeIdentity } from "./identity.ts"

/** Answers the identity with its new key, which is on the disk. Throws Failure, and Refusal of the home. */
export async function rotateMachineKey(path: string): Promise<Identity> {
	const identity = await mustBeEnrolled(path)
	// Left by a rotation that was cut off: the home may know this key already.
	const left = await readIdentity(draft(path))
	if (left !== undefined && (await isKnown(left))) return adopt(path, left)
	const renewed = { ...identity, key: await newMachineKey() }
	await writeIdentity(draft(path), renewed)
	await tell(identity, renewed)
	return adopt(path, renewed)
}

const draft = (path: string) => `${path}.new`

async function adopt(path: string, identity: Identity): Promise<Identity> {
	await rename(draft(path), path)
	return identity
}

/** A key that opens the door may replace itself by itself. */
async function isKnown(identity: Identity): Promise<boolean> {
	try {
		await tell(identity, identity)
		return true
	} catch (error) {
		if (error instanceof Refusal && error.code === "dial_token_invalid") return false
		throw error
	}
}

async function tell(by: Identity, renewed: Identity): Promise<void> {
	const [token, proof] = await Promise.all([dialToken(by, Date.now()), dialToken(renewed, Date.now())])
	const call = client((path, init) =>
		fetch(by.url + path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } }),
	)
	await call("rotateKey", { body: { publicKey: renewed.key.x, proof } })
}
