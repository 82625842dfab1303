// Routes with which a browser signs in and out. Each way is there only where this home has it switched on.
import * as z from "zod"
import { EMAIL_CHARS, PASSWORD_CHARS, PASSWORD_MIN_CHARS } from "../limits.ts"
import { ROLES } from "../roles.ts"
import type { Shape } from "../route.ts"
import { Name, Time } from "../session.ts"

/** In lower case, since people type the same address in many ways. */
export const Email = z.email().max(EMAIL_CHARS).toLowerCase()
export const Password = z.string().min(PASSWORD_MIN_CHARS).max(PASSWORD_CHARS)
/** What the browser's WebAuthn API takes, as JSON. */
export const WebAuthnOptions = z.record(z.string(), z.unknown())
/** What it gives: the passkey's id, and what the passkey has signed. */
export const WebAuthnResponse = z.looseObject({ id: z.string().min(1).max(1_024) })

export const ProviderId = z.enum(["github", "oidc"])
export type ProviderId = z.infer<typeof ProviderId>

export const Provider = z.object({ id: ProviderId, label: z.string() }).meta({ id: "Provider" })
export type Provider = z.infer<typeof Provider>

export const SignInMethods = z
	.object({
		/** False where the page's address is no host name, for which browsers have no passkeys. */
		passkey: z.boolean(),
		password: z.boolean(),
		providers: z.array(Provider),
	})
	.meta({ id: "SignInMethods" })
export type SignInMethods = z.infer<typeof SignInMethods>

const done = z.object({})
const ofProvider = z.object({ provider: ProviderId })
/** A path of this console. */
const Next = z
	.string()
	.regex(/^\/(?![/\\])[\x21-\x7e]*$/)
	.max(512)
	.default("/")
const InvitationToken = z.string().min(1).max(128)

export const signInRoutes = {
	listSignInMethods: {
		method: "GET",
		path: "/api/sign-in",
		may: "anybody",
		summary: "Ways to sign in that this home has switched on",
		answer: SignInMethods,
	},
	signIn: {
		method: "POST",
		path: "/api/sign-in",
		may: "anybody",
		summary: "Trade a one-time sign-in link's token for a session cookie",
		body: z.object({ token: z.string().min(1).max(512) }),
		answer: done,
		rate: "sign-in",
	},
	signInByPassword: {
		method: "POST",
		path: "/api/sign-in/password",
		may: "anybody",
		summary: "Sign in with e-mail and password",
		body: z.object({ email: Email, password: z.string().max(PASSWORD_CHARS) }),
		answer: done,
		rate: "sign-in",
	},
	offerPasskey: {
		method: "POST",
		path: "/api/sign-in/passkey/options",
		may: "anybody",
		summary: "What the browser needs to sign in with a passkey",
		answer: z.object({ options: WebAuthnOptions }),
		rate: "sign-in",
		audited: false,
	},
	signInByPasskey: {
		method: "POST",
		path: "/api/sign-in/passkey",
		may: "anybody",
		summary: "Sign in with a passkey",
		body: z.object({ response: WebAuthnResponse }),
		answer: done,
		rate: "sign-in",
	},
	startProviderSignIn: {
		method: "POST",
		path: "/api/sign-in/providers/:provider",
		may: "anybody",
		summary: "The address at which another provider signs the person in",
		params: ofProvider,
		body: z.object({ next: Next }),
		answer: z.object({ url: z.url() }),
		rate: "sign-in",
		audited: false,
	},
	finishProviderSignIn: {
		method: "GET",
		path: "/api/sign-in/providers/:provider/callback",
		may: "anybody",
		summary: "Where the provider sends the browser back to",
		params: ofProvider,
		kind: "file",
		rate: "sign-in",
		audited: true,
	},
	signInByRecoveryCode: {
		method: "POST",
		path: "/api/sign-in/recovery",
		may: "anybody",
		summary: "Sign in with one of the codes that were kept for a lost passkey or password",
		body: z.object({ email: Email, code: z.string().min(1).max(64) }),
		answer: done,
		rate: "sign-in",
	},
	signOut: {
		method: "POST",
		path: "/api/sign-out",
		may: "anybody",
		summary: "End this cookie's session",
		answer: done,
		audited: false,
	},
	showInvitation: {
		method: "POST",
		path: "/api/invitations/show",
		may: "anybody",
		summary: "What an invitation link invites to",
		body: z.object({ token: InvitationToken }),
		answer: z.object({
			workspace: z.string(),
			role: z.enum(ROLES),
			invitedBy: z.string(),
			/** Whom it was made for; null for whoever has the link. */
			email: z.string().nullable(),
			expiresAt: Time,
		}),
		rate: "sign-in",
		audited: false,
	},
	acceptInvitation: {
		method: "POST",
		path: "/api/invitations/accept",
		may: "anybody",
		summary: "Become a member: the person of the cookie, or a new one with this name and address",
		body: z.object({ token: InvitationToken, name: Name.optional(), email: Email.optional() }),
		answer: z.object({ workspace: z.string() }),
		rate: "sign-in",
	},
} as const satisfies Record<string, Shape>
