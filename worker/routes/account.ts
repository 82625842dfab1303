// What a person decides about themself: name and address, ways to sign in, browsers in which they are signed in.
import type { Env } from "../../durable-objects/env.ts"
import { Refusal } from "../../protocol/errors.ts"
import { FRESH_SIGN_IN_MS, JUST_SIGNED_IN_MS, RECOVERY_CODES } from "../../protocol/limits.ts"
import type { Account } from "../../protocol/routes/account.ts"
import type { Person } from "../access.ts"
import { auth } from "../auth.ts"
import { asBrowser } from "../browser.ts"
import type { Handlers } from "../call.ts"
import { bare, newCode } from "../codes.ts"
import { hash } from "../hash.ts"
import type { Removal, Removed } from "../registry/ways-in.ts"
import type { Registry } from "../registry.ts"
import { methodsOf, mustBeOn, waysOn } from "../sign-in-methods.ts"
import { dismissSignIns, endSignIn } from "../sign-ins.ts"

export const account: Handlers<
	| "showAccount"
	| "updateAccount"
	| "setPassword"
	| "listPasskeys"
	| "offerNewPasskey"
	| "addPasskey"
	| "removePasskey"
	| "linkProvider"
	| "unlinkProvider"
	| "makeRecoveryCodes"
	| "listSignIns"
	| "endSignIn"
> = {
	async showAccount({ registry, person }) {
		return accountOf(registry, person)
	},

	async updateAccount({ registry, person, body }) {
		// The address is what one signs in with, where one has said it once.
		if (body.email !== undefined && (await addressOf(registry, person)) !== null) mustBeFresh(person)
		if (!(await registry.people.change(person.id, body, Date.now())))
			throw new Refusal("name_taken", "Somebody else has this address.")
		return accountOf(registry, person)
	},

	async setPassword({ env, registry, origin, person, body: { current, password } }) {
		mustBeOn("password", env, origin)
		const accounts = await auth(env, origin)
		const kept = await registry.waysIn.password(person.id)
		if (kept === undefined) mustBeFresh(person, JUST_SIGNED_IN_MS)
		else if (current === undefined || !(await accounts.isPassword(kept, current)))
			throw new Refusal("credentials_wrong", "Say your current password.")
		await mustHaveAddress(registry, person)
		await registry.waysIn.setPassword(person.id, await accounts.hashPassword(password), Date.now())
		const ended = await registry.signIns.endOthers(person.id, person.signIn.id)
		await dismissSignIns(env, registry, person.id, ended)
		return {}
	},

	async listPasskeys({ registry, person }) {
		return { passkeys: await registry.waysIn.listPasskeys(person.id) }
	},

	async offerNewPasskey({ env, origin, request, person, cookies }) {
		mustBeOn("passkey", env, origin)
		mustBeFresh(person)
		const offered = await (await auth(env, origin)).offerNewPasskey(asBrowser(request, env))
		cookies.push(...offered.cookies)
		return { options: offered.options }
	},

	async addPasskey({ env, registry, origin, request, person, traced, body: { name, response } }) {
		mustBeOn("passkey", env, origin)
		mustBeFresh(person)
		const id = await (await auth(env, origin)).addPasskey(asBrowser(request, env), name, response)
		const added = (await registry.waysIn.listPasskeys(person.id)).find((passkey) => passkey.id === id)
		if (added === undefined) throw new Error("invariant: a passkey that was added is listed")
		traced.target = { passkey: id }
		return added
	},

	async removePasskey({ env, registry, origin, person, params }) {
		const removal = await removalOf(env, registry, origin, person)
		mustBeRemoved(await registry.waysIn.removePasskey(removal, params.passkey))
		return {}
	},

	async linkProvider({ env, origin, request, person, cookies, params: { provider } }) {
		mustBeOn(provider, env, origin)
		mustBeFresh(person)
		const started = await (await auth(env, origin)).linkProvider(asBrowser(request, env), provider, LINKED)
		cookies.push(...started.cookies)
		return { url: started.url }
	},

	async unlinkProvider({ env, registry, origin, person, params }) {
		const removal = await removalOf(env, registry, origin, person)
		mustBeRemoved(await registry.waysIn.removeProvider(removal, params.provider))
		return {}
	},

	async makeRecoveryCodes({ registry, person }) {
		mustBeFresh(person)
		await mustHaveAddress(registry, person)
		const codes = Array.from({ length: RECOVERY_CODES }, () => newCode(CODE_LETTERS))
		await registry.waysIn.replaceRecoveryCodes(person.id, await Promise.all(codes.map((code) => hash(bare(code)))))
		return { codes }
	},

	async listSignIns({ registry, person }) {
		const signIns = await registry.signIns.list(person.id, Date.now())
		return { signIns: signIns.map((signIn) => ({ ...signIn, isThis: signIn.id === person.signIn.id })) }
	},

	async endSignIn({ env, registry, person, params }) {
		if (!(await endSignIn(env, registry, person.id, params.signIn))) throw new Refusal("not_found")
		return {}
	},
}

/** The console's page of it, which says what a provider answered. */
const LINKED = { next: "/settings/account", refused: "/settings/account?refused=provider_failed" }
/** 80 bits: nobody guesses one, in however many years it lies in a drawer. */
const CODE_LETTERS = 16

async function accountOf(registry: Registry, { id }: Person): Promise<Account> {
	const [entry, ways] = await Promise.all([registry.people.find(id), registry.waysIn.of(id)])
	if (entry === undefined) throw new Error("invariant: who has a cookie is a person")
	return { name: entry.name, email: entry.email, ...ways }
}

async function addressOf(registry: Registry, { id }: Person): Promise<string | null> {
	return (await registry.people.find(id))?.email ?? null
}

/** Passwords and recovery codes are asked for beside it. */
async function mustHaveAddress(registry: Registry, person: Person): Promise<void> {
	if ((await addressOf(registry, person)) === null)
		throw new Refusal("invalid_request", "Say your e-mail address first: you will sign in with it.")
}

/** Throws Refusal("sign_in_stale"). */
function mustBeFresh({ signIn }: Person, within = FRESH_SIGN_IN_MS): void {
	if (Date.now() - signIn.at > within) throw new Refusal("sign_in_stale")
}

/** Whoever runs a home of their own makes themself a sign-in link at any time: nothing that they remove is the last. */
async function removalOf(env: Env, registry: Registry, origin: string, { id }: Person): Promise<Removal> {
	const hasLinks = env.SELF_MIGRATE !== undefined && (await registry.signInLinks.findOwner()) === id
	return { userId: id, on: waysOn(methodsOf(env, origin)), hasAnother: hasLinks }
}

function mustBeRemoved(outcome: Removed): void {
	if (outcome === "missing") throw new Refusal("not_found")
	if (outcome === "last") throw new Refusal("last_way_in")
}
