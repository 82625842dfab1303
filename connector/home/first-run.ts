// The first run of a home: the owner signs in by a link of our own making, the command gets its token, this machine enrolls.
import { hostname } from "node:os"
import { client } from "../../protocol/client.ts"
import { Refusal } from "../../protocol/errors.ts"
import { Name } from "../../protocol/session.ts"
import { readCredentials, signedIn, signedOut, writeCredentials } from "../credentials.ts"
import type { DataFolder } from "../data-folder.ts"
import { type Identity, newMachineKey, readIdentity, writeIdentity } from "../identity.ts"
import { thisPlatform } from "../platform.ts"
import { signInToken } from "./sign-in-link.ts"

/** The command's token: the saved one while it is good here, else a new one. */
export async function findToken(folder: DataFolder, url: string, signInKey: string): Promise<string> {
	const saved = await readCredentials(folder.credentials)
	if (saved !== undefined && (await isGood(url, saved.token))) {
		if (saved.url !== url) await writeCredentials(folder.credentials, { url, token: saved.token })
		return saved.token
	}
	const cookie = await signInByLink(url, await signInToken(signInKey))
	const call = client((path, init) => fetch(url + path, { ...init, headers: { ...init.headers, cookie, origin: url } }))
	const { secret } = await call("createToken", { body: { name: nameFrom(`homeport command on ${hostname()}`) } })
	await writeCredentials(folder.credentials, { url, token: secret })
	return secret
}

/**
 * This machine as it calls this home. Undefined when it calls another one, or when somebody removed it here:
 * what a person took away does not come back by a restart.
 */
export async function findIdentity(folder: DataFolder, url: string, token: string): Promise<Identity | undefined> {
	const saved = await readIdentity(folder.identity)
	if (saved !== undefined && !saved.home) return undefined
	const call = signedIn({ url, token })
	const { machines } = await call("listMachines")
	if (saved !== undefined && machines.some(({ id }) => id === saved.machine)) {
		if (saved.url === url) return saved
		const moved = { ...saved, url }
		await writeIdentity(folder.identity, moved)
		return moved
	}
	if (saved !== undefined && machines.length > 0) return undefined
	const { code } = await call("createEnrollment")
	return enroll(folder, { url, code, name: nameFrom(hostname()), home: true })
}

/** Makes a key, trades the code for a place in the workspace, and keeps both. */
export async function enroll(
	folder: DataFolder,
	{ url, code, name, home }: { url: string; code: string; name: string; home: boolean },
): Promise<Identity> {
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

async function isGood(url: string, token: string): Promise<boolean> {
	try {
		await signedIn({ url, token })("me")
		return true
	} catch (error) {
		if (error instanceof Refusal && error.code === "not_signed_in") return false
		throw error
	}
}

async function signInByLink(url: string, token: string): Promise<string> {
	let cookie = ""
	const call = client(async (path, init) => {
		const response = await fetch(url + path, { ...init, headers: { ...init.headers, origin: url } })
		cookie = response.headers
			.getSetCookie()
			.map((line) => line.split(";")[0])
			.join("; ")
		return response
	})
	await call("signIn", { body: { token } })
	return cookie
}
