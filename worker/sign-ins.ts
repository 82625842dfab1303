// A browser that signs in, and sign-ins that end.
import type { Env } from "../durable-objects/env.ts"
import { type Auth, auth, type Known } from "./auth.ts"
import { asBrowser, withCookies } from "./browser.ts"
import { dismiss } from "./dismiss.ts"
import type { Registry } from "./registry.ts"
import type { Traced } from "./trail.ts"

interface Entering {
	env: Env
	registry: Registry
	request: Request
	origin: string
	cookies: string[]
	traced: Traced
}

/**
 * Lets `signIn` give the browser its cookies, and says whose it is now: null where they sign nobody in. Whoever the
 * browser was before is signed out of it, so that nobody stays behind another's back.
 */
export async function enter(
	{ env, registry, request, origin, cookies, traced }: Entering,
	signIn: (accounts: Auth, browser: Headers) => Promise<string[]>,
): Promise<Known | null> {
	const accounts = await auth(env, origin)
	const browser = asBrowser(request, env)
	const { person: before } = await accounts.whoIs(browser)
	const set = await signIn(accounts, browser)
	cookies.push(...set)
	const { person } = await accounts.whoIs(withCookies(browser, set))
	if (person === null) return null
	traced.actor = { is: "person", id: person.id, name: person.name }
	if (before !== null) await endSignIn(env, registry, before.id, before.signIn.id)
	await registry.signIns.forgetExpired(Date.now())
	return person
}

/** Ends it with the sockets that it opened; false when the person has no such sign-in. */
export async function endSignIn(env: Env, registry: Registry, person: string, signIn: string): Promise<boolean> {
	if (!(await registry.signIns.end(person, signIn))) return false
	await dismissSignIns(env, registry, person, [signIn])
	return true
}

/** Ends the sockets of sign-ins that have ended. */
export async function dismissSignIns(env: Env, registry: Registry, person: string, signIns: string[]): Promise<void> {
	for (const { id } of await registry.members.listWorkspaces(person))
		for (const signIn of signIns) await dismiss(env, registry, id, signIn)
}
