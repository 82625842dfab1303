// The secrets of this computer's control plane: made once, kept beside its state.
import { generateKeyPairSync, randomBytes } from "node:crypto"
import { join } from "node:path"
import * as z from "zod"
import type { DataFolder } from "../data-folder.ts"
import { readPrivate, writePrivate } from "../private-file.ts"

const Secrets = z.object({
	/** Signs the cookies of people. */
	authSecret: z.string().min(32),
	/** Signs one-time sign-in links; whoever has it is the owner. */
	signInKey: z.string().min(32),
	/** Seal the secrets of workspaces: AES-256 keys in base64, by their number. The highest seals. */
	secretKeys: z.record(z.string(), z.string()).default({}),
	/** Signs pushes to browsers: a private P-256 key as a JWK. Another one would end every browser's subscription. */
	pushKey: z.string().default(""),
})
export type Secrets = z.infer<typeof Secrets>

/** Undefined where no home has ever run over this folder. */
export function readSecrets(folder: DataFolder): Promise<Secrets | undefined> {
	return readPrivate(path(folder), Secrets)
}

/** Makes what is missing: everything at first, and in a home from before there were any, the keys of secrets and pushes. */
export async function findSecrets(folder: DataFolder): Promise<Secrets> {
	const saved = await readSecrets(folder)
	const hasKeys = saved !== undefined && Object.keys(saved.secretKeys).length > 0
	if (hasKeys && saved.pushKey !== "") return saved
	const secrets = {
		authSecret: saved?.authSecret ?? secret(),
		signInKey: saved?.signInKey ?? secret(),
		secretKeys: hasKeys ? saved.secretKeys : { 1: secretKey() },
		pushKey: saved?.pushKey || newPushKey(),
	}
	await writePrivate(path(folder), secrets)
	return secrets
}

/** Adds a key, under which a home that starts from now on seals; gives its number. */
export async function addSecretKey(folder: DataFolder): Promise<number> {
	const secrets = await findSecrets(folder)
	const number = Math.max(...Object.keys(secrets.secretKeys).map(Number)) + 1
	await writePrivate(path(folder), {
		...secrets,
		secretKeys: { ...secrets.secretKeys, [number]: secretKey() },
	} satisfies Secrets)
	return number
}

const secret = () => randomBytes(32).toString("base64url")
const secretKey = () => randomBytes(32).toString("base64")
const newPushKey = () =>
	JSON.stringify(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }))

function path(folder: DataFolder): string {
	return join(folder.home, "secrets.json")
}
