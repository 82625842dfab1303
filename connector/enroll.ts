// Enrollment: a one-time code traded for this machine's own key and its place in a workspace.
import { Name } from "../protocol/session.ts"
import { signedOut } from "./credentials.ts"
import type { DataFolder } from "./data-folder.ts"
import { type Identity, newMachineKey, writeIdentity } from "./identity.ts"
import { thisPlatform } from "./platform.ts"

interface Options {
	url: string
	code: string
	name: string
	/** Whether the home is the one that runs from this data folder. */
	home: boolean
}

/** Makes a key, enrolls with it, and keeps both. Throws Refusal("code_invalid"). */
export async function enroll(folder: DataFolder, { url, code, name, home }: Options): Promise<Identity> {
	const key = await newMachineKey()
	const body = { code, publicKey: key.x, name, platform: thisPlatform() }
	const enrolled = await signedOut(url)("enroll", { body })
	const identity = { machine: enrolled.machine, name: enrolled.name, url, home, key }
	await writeIdentity(folder.identity, identity)
	return identity
}

/** What of a text a name can hold. */
export function nameFrom(text: string): string {
	const kept = text
		.replace(/[^\p{L}\p{N} ._-]+/gu, "-")
		.replace(/^[^\p{L}\p{N}]+/u, "")
		.slice(0, 64)
	return Name.safeParse(kept).success ? kept : "machine"
}
