// Signing a browser in, by each way that is on, and out.
import { Refusal } from "../../protocol/errors.ts"
import { verifySignInLink } from "../../protocol/sign-in-link.ts"
import { auth } from "../auth.ts"
import { PROVIDER_REFUSED } from "../auth-library.ts"
import { asBrowser } from "../browser.ts"
import type { Handlers } from "../call.ts"
import { bare } from "../codes.ts"
import { refusalOf } from "../errors.ts"
import { hash } from "../hash.ts"
import { methodsOf, mustBeOn, tellMethods } from "../sign-in-methods.ts"
import { endSignIn, enter } from "../sign-ins.ts"

export const signIn: Handlers<
	| "listSignInMethods"
	| "signIn"
	| "signInByPassword"
	| "offerPasskey"
	| "signInByPasskey"
	| "startProviderSignIn"
	| "finishProviderSignIn"
	| "signInByRecoveryCode"
	| "signOut"
> = {
	async listSignInMethods({ env, origin }) {
		return tellMethods(methodsOf(env, origin))
	},

	/** Whoever holds a genuine, unspent link is the owner; the first one makes the workspace. */
	async signIn(call) {
		const { env, registry, body } = call
		const now = Date.now()
		const link = await verifySignInLink(env.SIGN_IN_KEY, body.token, now)
		if (link === null || !(await registry.signInLinks.spend(link, now))) throw new Refusal("sign_in_link_spent")
		const owner = await registry.signInLinks.findOrMakeOwner(new Date(now))
		await enter(call, (accounts, browser) => accounts.signInAs(browser, owner))
		return {}
	},

	async signInByPassword(call) {
		const { env, origin, body } = call
		mustBeOn("password", env, origin)
		await enter(call, (accounts, browser) => accounts.signInByPassword(browser, body.email, body.password))
		return {}
	},

	async offerPasskey({ env, registry, origin, request, cookies }) {
		mustBeOn("passkey", env, origin)
		// Anybody may ask, and each time leaves a row: those that came to nothing go.
		await registry.signIns.forgetExpired(Date.now())
		const offered = await (await auth(env, origin)).offerPasskey(asBrowser(request, env))
		cookies.push(...offered.cookies)
		return { options: offered.options }
	},

	async signInByPasskey(call) {
		const { env, origin, body } = call
		mustBeOn("passkey", env, origin)
		await enter(call, (accounts, browser) => accounts.signInByPasskey(browser, body.response))
		return {}
	},

	async startProviderSignIn({ env, origin, request, cookies, params: { provider }, body: { next } }) {
		mustBeOn(provider, env, origin)
		const paths = { next, refused: PROVIDER_REFUSED }
		const started = await (await auth(env, origin)).startProvider(asBrowser(request, env), provider, paths)
		cookies.push(...started.cookies)
		return { url: started.url }
	},

	/** The browser is between two pages: what went wrong is told by the one that it goes on to. */
	async finishProviderSignIn(call) {
		const { env, origin, request, params, traced } = call
		mustBeOn(params.provider, env, origin)
		let to = PROVIDER_REFUSED
		const person = await enter(call, async (accounts, browser) => {
			const answer = new URL(request.url).searchParams
			const finished = await accounts.finishProvider(browser, params.provider, answer)
			to = finished.to
			return finished.cookies
		}).catch((error) => {
			refusalOf(error)
			return null
		})
		if (person === null && new URL(to, origin).searchParams.has("refused")) traced.refused = "provider_failed"
		return new Response(null, { status: 302, headers: { location: origin + to } })
	},

	async signInByRecoveryCode(call) {
		const { registry, body } = call
		const owner = await registry.waysIn.useRecoveryCode(await hash(bare(body.code)), body.email, Date.now())
		if (owner === undefined) throw new Refusal("credentials_wrong")
		await enter(call, (accounts, browser) => accounts.signInAs(browser, owner))
		return {}
	},

	async signOut({ env, registry, origin, request, cookies }) {
		const accounts = await auth(env, origin)
		const browser = asBrowser(request, env)
		const { person } = await accounts.whoIs(browser)
		if (person !== null) await endSignIn(env, registry, person.id, person.signIn.id)
		cookies.push(...(await accounts.signOut(browser)))
		return {}
	},
}
