// The tokens that the command signs in with, one a workspace, and the control plane that each is for.
import * as z from "zod"
import { type Client, client } from "../protocol/client.ts"
import { Refusal } from "../protocol/errors.ts"
import { call } from "./call.ts"
import { Failure } from "./exit.ts"
import { CLONE, typed } from "./invocation.ts"
import { readPrivate, writePrivate } from "./private-file.ts"

const Login = z.object({
	url: z.string(),
	token: z.string(),
	workspace: z.object({ id: z.string(), name: z.string() }),
	/** Whether the control plane is the one that `homeport up` runs from this data folder. */
	home: z.boolean(),
})
export type Login = z.infer<typeof Login>

const Logins = z.object({
	/** Id of the workspace that is meant where none is named. */
	current: z.string(),
	logins: z.array(Login),
})
export type Logins = z.infer<typeof Logins>

/** What the first version kept: one token, for the one workspace that there was. */
const OneLogin = z.object({ url: z.string(), token: z.string() }).transform(
	({ url, token }): Logins => ({
		current: "",
		logins: [{ url, token, workspace: { id: "", name: "Home" }, home: true }],
	}),
)

/** The source of a token that is no file's. */
const ENVIRONMENT = "HOMEPORT_TOKEN of the environment"

/** Where to call, by which token, and where that token was found. */
export interface Credentials {
	url: string
	token: string
	source: string
}

export async function readLogins(path: string): Promise<Logins> {
	return (await readPrivate(path, z.union([Logins, OneLogin]))) ?? { current: "", logins: [] }
}

export function writeLogins(path: string, logins: Logins): Promise<void> {
	return writePrivate(path, logins)
}

/** Adds a login in place of an older one for the same workspace, and makes it the current one. */
export async function saveLogin(path: string, login: Login): Promise<void> {
	const { logins } = await readLogins(path)
	const others = logins.filter(({ workspace, home }) => workspace.id !== login.workspace.id && !(home && login.home))
	await writeLogins(path, { current: login.workspace.id, logins: [...others, login] })
}

/** The login for a workspace of this name or id; the current one where none is named. Throws Failure. */
export function pickLogin({ current, logins }: Logins, wanted: string | undefined): Login | undefined {
	if (wanted === undefined) return logins.find(({ workspace }) => workspace.id === current) ?? logins[0]
	const [login, other] = logins.filter(({ workspace }) => workspace.id === wanted || workspace.name === wanted)
	if (login === undefined)
		throw new Failure(
			"not_found",
			`You are not signed in to a workspace "${wanted}" here. \`${typed("workspaces")}\` lists where you are.`,
		)
	if (other !== undefined)
		throw new Failure("ambiguous", `More than one workspace is named "${wanted}". Say its id; --json shows it.`)
	return login
}

/** The environment's URL and token, else what `homeport up` or `homeport login` saved. */
export async function findCredentials(path: string, workspace: string | undefined): Promise<Credentials> {
	const { HOMEPORT_URL: url = "", HOMEPORT_TOKEN: token = "" } = process.env
	if (url !== "" && token !== "") return { url: originOf(url), token, source: ENVIRONMENT }
	if (url !== "" || token !== "") {
		const [there, missing] = url === "" ? ["TOKEN", "URL"] : ["URL", "TOKEN"]
		throw new Failure("usage", `HOMEPORT_${there} is set and HOMEPORT_${missing} is not. Set both, or none.`)
	}
	const login = pickLogin(await readLogins(path), workspace)
	if (login !== undefined) return { url: login.url, token: login.token, source: path }
	const start = CLONE === undefined ? "Sign" : `Start a home here with \`${typed("up")}\`, or sign`
	throw new Failure("not_signed_in", `Not signed in. ${start} in to one with \`${typed("login", "URL")}\`.`)
}

/** The address that a person gave, without path or slash. Throws Failure. */
export function originOf(given: string): string {
	const url = URL.parse(given.includes("://") ? given : `https://${given}`)
	if (url === null || !/^https?:$/.test(url.protocol))
		throw new Failure("usage", `${given} is not an address of a home.`)
	return url.origin
}

/** What a route that answers with a file, or takes one, is asked by. */
type FetchFile = (
	path: string,
	init: { method: string; headers: Record<string, string>; body?: string | Blob },
) => Promise<Response>

/** Fetches with a token, which travels in a header only. Throws Failure where nothing answers, or the token is no good. */
export function fetchSigned(credentials: Credentials): FetchFile {
	return reachSigned(fetch, credentials)
}

function reachSigned<Init extends { headers: Record<string, string> }, Answer extends { status: number }>(
	by: (address: string, init: Init) => Promise<Answer>,
	{ url, token, source }: Credentials,
): (path: string, init: Init) => Promise<Answer> {
	return async (path, init) => {
		const headers = { ...init.headers, authorization: `Bearer ${token}`, "homeport-via": "command" }
		const response = await reach(by, url, path, { ...init, headers })
		if (response.status === 401) throw tokenRefused({ url, source })
		return response
	}
}

export function tokenRefused({ url, source }: Pick<Credentials, "url" | "source">): Failure {
	const remedy = source === ENVIRONMENT ? "Set another one there, or none." : `Sign in with \`${typed("login", url)}\`.`
	const what = `${url} does not take the token from ${source}: it is wrong, revoked or expired.`
	return new Failure("not_signed_in", `${what} ${remedy}`)
}

/** The API, called with a token. */
export function signedIn(credentials: Credentials): Client {
	return client(reachSigned(call, credentials))
}

/** The API, called by nobody in particular. */
export function signedOut(url: string): Client {
	return client((path, init) => reach(call, url, path, init))
}

/** Whether the control plane takes the token. */
export async function isGood(url: string, token: string): Promise<boolean> {
	const me = client((path, init) =>
		reach(call, url, path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } }),
	)
	try {
		await me("me")
		return true
	} catch (error) {
		if (error instanceof Refusal && error.code === "not_signed_in") return false
		throw error
	}
}

async function reach<Init, Answer>(
	by: (address: string, init: Init) => Promise<Answer>,
	url: string,
	path: string,
	init: Init,
): Promise<Answer> {
	try {
		return await by(url + path, init)
	} catch (error) {
		throw new Failure("no_answer", `${url} does not answer (${reason(error)}). Is the control plane running?`)
	}
}

function reason(error: unknown): string {
	if (!(error instanceof Error)) return String(error)
	const { cause = error } = error
	if (!(cause instanceof Error)) return error.message
	return "code" in cause ? String(cause.code) : cause.message
}
