// The first run of a home: the owner signs in by a link of our own making, the command gets its token, this machine enrolls.
import { hostname } from "node:os"
import { type Client, client } from "../../protocol/client.ts"
import { signSignInLink } from "../../protocol/sign-in-link.ts"
import { isGood, readLogins, saveLogin, signedIn, writeLogins } from "../credentials.ts"
import type { DataFolder } from "../data-folder.ts"
import { enroll } from "../enroll.ts"
import { type Identity, readIdentity, writeIdentity } from "../identity.ts"
import { nameFrom } from "../names.ts"

/** The command's token for this home: the saved one while it is good here, else a new one. */
export async function findToken(folder: DataFolder, url: string, signInKey: string): Promise<string> {
	const saved = await readLogins(folder.credentials)
	const own = saved.logins.find(({ home }) => home)
	if (own !== undefined && (await isGood(url, own.token))) {
		if (own.url !== url)
			await writeLogins(folder.credentials, {
				...saved,
				logins: saved.logins.map((login) => (login === own ? { ...own, url } : login)),
			})
		return own.token
	}
	const cookie = await signInByLink(url, await signSignInLink(signInKey, Date.now()))
	const call = client((path, init) => fetch(url + path, { ...init, headers: { ...init.headers, cookie, origin: url } }))
	const name = nameFrom(`homeport up on ${hostname()}`, "homeport up")
	const token = await makeToken(call, name)
	const { workspace } = await call("me")
	await saveLogin(folder.credentials, { url, token, workspace, home: true })
	// Else it would stay in the owner's list of browsers.
	await call("signOut")
	return token
}

/** A token that was lost leaves its name taken: this command's own is then replaced. */
async function makeToken(call: Client, name: string): Promise<string> {
	const { tokens } = await call("listTokens")
	for (const { id } of tokens.filter((token) => token.name === name))
		await call("revokeToken", { params: { token: id } })
	return (await call("createToken", { body: { name } })).secret
}

/**
 * This machine as it calls this home. Undefined when it calls another one, or when somebody removed it here:
 * what a person took away does not come back by a restart.
 */
export async function findIdentity(folder: DataFolder, url: string, token: string): Promise<Identity | undefined> {
	const saved = await readIdentity(folder.identity)
	if (saved !== undefined && !saved.home) return undefined
	const call = signedIn({ url, token, source: folder.credentials })
	const { machines } = await call("listMachines")
	if (saved !== undefined && machines.some(({ id }) => id === saved.machine)) {
		if (saved.url === url) return saved
		const moved = { ...saved, url }
		await writeIdentity(folder.identity, moved)
		return moved
	}
	if (saved !== undefined && machines.length > 0) return undefined
	const { code } = await call("createEnrollment")
	return enroll(folder, { url, code, name: nameFrom(hostname(), "machine"), home: true })
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
