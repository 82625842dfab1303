// The token that the command signs in with, and the control plane that it is for.
import * as z from "zod"
import { type Client, client } from "../protocol/client.ts"
import { EXIT, Failure } from "./exit.ts"
import { readPrivate, writePrivate } from "./private-file.ts"

const Credentials = z.object({ url: z.string(), token: z.string() })
export type Credentials = z.infer<typeof Credentials>

export function readCredentials(path: string): Promise<Credentials | undefined> {
	return readPrivate(path, Credentials)
}

export function writeCredentials(path: string, credentials: Credentials): Promise<void> {
	return writePrivate(path, credentials)
}

/** The environment's URL and token, else what `homeport up` or `homeport login` saved. */
export async function findCredentials(path: string): Promise<Credentials> {
	const { HOMEPORT_URL: url, HOMEPORT_TOKEN: token } = process.env
	if (url !== undefined && token !== undefined) return { url: url.replace(/\/+$/, ""), token }
	const saved = await readCredentials(path)
	if (saved !== undefined) return saved
	throw new Failure(
		"Not signed in. Start a home here with `homeport up`, or sign in to one with `homeport login URL`.",
		EXIT.failed,
	)
}

/** The API, called with a token. The token travels in a header only. */
export function signedIn({ url, token }: Credentials): Client {
	return client(async (path, init) => {
		try {
			return await fetch(url + path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } })
		} catch (error) {
			throw new Failure(`${url} does not answer (${reason(error)}). Is the control plane running?`)
		}
	})
}

/** The API, called by nobody in particular. */
export function signedOut(url: string): Client {
	return client(async (path, init) => {
		try {
			return await fetch(url + path, init)
		} catch (error) {
			throw new Failure(`${url} does not answer (${reason(error)}).`)
		}
	})
}

function reason(error: unknown): string {
	if (!(error instanceof Error)) return String(error)
	if (error.cause instanceof Error) return "code" in error.cause ? String(error.cause.code) : error.cause.message
	return error.message
}
