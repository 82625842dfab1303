// The first run of a home: the owner signs in by a link of our own making, the command gets its token, this machine enrolls.
import { hostname } from "node:os"
import { client } from "../../protocol/client.ts"
import { Refusal } from "../../protocol/errors.ts"
import { signSignInLink } from "../../protocol/sign-in-link.ts"
import { readCredentials, signedIn, writeCredentials } from "../credentials.ts"
import type { DataFolder } from "../data-folder.ts"
import { enroll, nameFrom } from "../enroll.ts"
import { type Identity, readIdentity, writeIdentity } from "../identity.ts"

/** The command's token: the saved one while it is good here, else a new one. */
export async function findToken(folder: DataFolder, url: string, signInKey: string): Promise<string> {
	const saved = await readCredentials(folder.credentials)
	if (saved !== undefined && (await isGood(url, saved.token))) {
		if (saved.url !== url) await writeCredentials(folder.credentials, { url, token: saved.token })
		return saved.token
	}
	const cookie = await signInByLink(url, await signSignInLink(signInKey, Date.now()))
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
