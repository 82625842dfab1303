// The secrets of this computer's control plane: made once, kept beside its state.
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import * as z from "zod"
import type { DataFolder } from "../data-folder.ts"
import { readPrivate, writePrivate } from "../private-file.ts"

const Secrets = z.object({
	/** Signs the cookies of people. */
	authSecret: z.string().min(32),
	/** Signs one-time sign-in links; whoever has it is the owner. */
	signInKey: z.string().min(32),
})
export type Secrets = z.infer<typeof Secrets>

/** Undefined where no home has ever run over this folder. */
export function readSecrets(folder: DataFolder): Promise<Secrets | undefined> {
	return readPrivate(path(folder), Secrets)
}

export async function findSecrets(folder: DataFolder): Promise<Secrets> {
	const saved = await readSecrets(folder)
	if (saved !== undefined) return saved
	const secrets = { authSecret: secret(), signInKey: secret() }
	await writePrivate(path(folder), secrets)
	return secrets
}

const secret = () => randomBytes(32).toString("base64url")

function path(folder: DataFolder): string {
	return join(folder.home, "secrets.json")
}
