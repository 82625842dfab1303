// People's cookies and ways to sign in: better-auth over the registry, behind the few verbs that the routes need.
import { isAPIError } from "better-auth/api"
import type * as z from "zod"
import type { Env } from "../durable-objects/env.ts"
import { Refusal, type RefusalCode } from "../protocol/errors.ts"
import type { ProviderId, WebAuthnOptions, WebAuthnResponse } from "../protocol/routes/sign-in.ts"
import { library, PROVIDER_REFUSED } from "./auth-library.ts"

/** Somebody, as their cookie names them. */
export interface Known {
	id: string
	name: string
	/** The id of the sign-in that the cookie stands for, and when it was made. */
	signIn: { id: string; at: number }
}

/** Lines of Set-Cookie. */
type Cookies = string[]

/** `browser` are the headers by which a browser is known: see asBrowser. */
export interface Auth {
	/** Null where there is no cookie, or it is nobody's. */
	whoIs(browser: Headers): Promise<{ person: Known | null; cookies: Cookies }>
	/** Signs in whoever something else has proved to be this person. */
	signInAs(browser: Headers, userId: string): Promise<Cookies>
	/** Throws Refusal("credentials_wrong"), as all of these do. */
	signInByPassword(browser: Headers, email: string, password: string): Promise<Cookies>
	offerPasskey(browser: Headers): Promise<{ options: z.infer<typeof WebAuthnOptions>; cookies: Cookies }>
	signInByPasskey(browser: Headers, response: z.infer<typeof WebAuthnResponse>): Promise<Cookies>
	/** For the person of the cookie, as the next two are. */
	offerNewPasskey(browser: Headers): Promise<{ options: z.infer<typeof WebAuthnOptions>; cookies: Cookies }>
	addPasskey(browser: Headers, name: string, response: z.infer<typeof WebAuthnResponse>): Promise<string>
	linkProvider(browser: Headers, provider: ProviderId, paths: Paths): Promise<{ url: string; cookies: Cookies }>
	startProvider(browser: Headers, provider: ProviderId, paths: Paths): Promise<{ url: string; cookies: Cookies }>
	/** What `startProvider` or `linkProvider` began; gives where the browser goes now. */
	finishProvider(
		browser: Headers,
		provider: ProviderId,
		query: URLSearchParams,
	): Promise<{ to: string; cookies: Cookies }>
	signOut(browser: Headers): Promise<Cookies>
	hashPassword(password: string): Promise<string>
	isPassword(hash: string, password: string): Promise<boolean>
}

/** Where a provider's answer leads, when it is yes and when it is no: paths of this home. */
interface Paths {
	next: string
	refused: string
}

/** The accounts as seen from `origin`, which the request names: nothing here knows a host. */
export async function auth(env: Env, origin: string): Promise<Auth> {
	const made = instances.get(origin)
	if (made !== undefined) return made
	const instance = await make(env, origin)
	// A request may claim any host: those that nobody comes back to must not pile up.
	if (instances.size >= MAX_ORIGINS) instances.clear()
	instances.set(origin, instance)
	return instance
}

const instances = new Map<string, Auth>()
const MAX_ORIGINS = 8

async function make(env: Env, origin: string): Promise<Auth> {
	const instance = library(env, origin)
	const { api } = instance
	// A promise of one request never settles in another: the instance is published only when it is ready.
	const { password } = await instance.$context
	const asked = { returnHeaders: true } as const
	return {
		async whoIs(headers) {
			const { response, headers: answered } = await refusing("not_signed_in", api.getSession({ headers, ...asked }))
			const cookies = answered.getSetCookie()
			if (response === null) return { person: null, cookies }
			const { user, session } = response
			return {
				person: { id: user.id, name: user.name, signIn: { id: session.id, at: session.createdAt.getTime() } },
				cookies,
			}
		},
		async signInAs(headers, userId) {
			return (await api.signInAs({ headers, body: { userId }, ...asked })).headers.getSetCookie()
		},
		async signInByPassword(headers, email, password) {
			const signingIn = api.signInEmail({ headers, body: { email, password }, ...asked })
			return (await refusing("credentials_wrong", signingIn)).headers.getSetCookie()
		},
		async offerPasskey(headers) {
			const { response, headers: answered } = await api.generatePasskeyAuthenticationOptions({ headers, ...asked })
			return { options: { ...response, userVerification: "required" }, cookies: answered.getSetCookie() }
		},
		async signInByPasskey(headers, response) {
			const body = { response: response as unknown as Assertion }
			const signingIn = api.verifyPasskeyAuthentication({ headers, body, ...asked })
			return (await refusing("credentials_wrong", signingIn)).headers.getSetCookie()
		},
		async offerNewPasskey(headers) {
			const offering = api.generatePasskeyRegistrationOptions({ headers, ...asked })
			const { response, headers: answered } = await refusing("sign_in_stale", offering)
			return { options: { ...response }, cookies: answered.getSetCookie() }
		},
		async addPasskey(headers, name, response) {
			const { id } = await refusing(
				"credentials_wrong",
				api.verifyPasskeyRegistration({ headers, body: { name, response } }),
			)
			return id
		},
		async startProvider(headers, provider, paths) {
			const body = { provider, disableRedirect: true, ...absolute(origin, paths) }
			const { response, headers: answered } = await api.signInSocial({ headers, body, ...asked })
			return { url: response.url ?? "", cookies: answered.getSetCookie() }
		},
		async linkProvider(headers, provider, paths) {
			const body = { provider, disableRedirect: true, ...absolute(origin, paths) }
			const { response, headers: answered } = await api.linkSocialAccount({ headers, body, ...asked })
			return { url: response.url, cookies: answered.getSetCookie() }
		},
		async finishProvider(headers, id, query) {
			const answered = await api.callbackOAuth({
				method: "GET",
				params: { id },
				query: Object.fromEntries(query),
				headers,
				asResponse: true,
			})
			return { to: pathOf(answered.headers.get("location"), origin), cookies: answered.headers.getSetCookie() }
		},
		async signOut(headers) {
			return (await api.signOut({ headers, ...asked })).headers.getSetCookie()
		},
		hashPassword: (text) => password.hash(text),
		isPassword: (hash, text) => password.verify({ hash, password: text }),
	}
}

/** What a browser answers `offerPasskey` with; the library finds out whether it is that. */
type Assertion = NonNullable<
	Parameters<ReturnType<typeof library>["api"]["verifyPasskeyAuthentication"]>[0]
>["body"]["response"]

/** What the library refuses is refused with this code; what broke in it is thrown on. */
async function refusing<T>(code: RefusalCode, asked: Promise<T>): Promise<T> {
	try {
		return await asked
	} catch (error) {
		if (isAPIError(error) && (error.statusCode < 500 || error.body?.code === FALSE_KEY)) throw new Refusal(code)
		throw error
	}
}

/** The library calls it a failure of its own when a new passkey is not what it says. */
const FALSE_KEY = "FAILED_TO_VERIFY_REGISTRATION"

function absolute(origin: string, { next, refused }: Paths) {
	return { callbackURL: origin + next, errorCallbackURL: origin + refused }
}

/** Where a provider's answer leads: always here, and without the library's own words for what went wrong. */
function pathOf(location: string | null, origin: string): string {
	const url = URL.parse(location ?? "", origin)
	if (url === null || url.origin !== origin) return PROVIDER_REFUSED
	for (const name of ["error", "error_description"]) url.searchParams.delete(name)
	return url.pathname + url.search
}
