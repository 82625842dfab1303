// Routes of a person about themselves, in whichever workspace they are.
import * as z from "zod"
import { PASSWORD_CHARS } from "../limits.ts"
import { ROLES } from "../roles.ts"
import type { Shape } from "../route.ts"
import { Name, Time } from "../session.ts"
import { Email, Password, ProviderId, WebAuthnOptions, WebAuthnResponse } from "./sign-in.ts"

export const Account = z
	.object({
		name: z.string(),
		/** Null for the first owner, until they say it. */
		email: z.string().nullable(),
		hasPassword: z.boolean(),
		/** Recovery codes that are left. */
		recoveryCodes: z.int().min(0),
		/** Those that are linked. */
		providers: z.array(ProviderId),
	})
	.meta({ id: "Account" })
export type Account = z.infer<typeof Account>

export const Passkey = z
	.object({ id: z.string(), name: z.string(), createdAt: Time, isBackedUp: z.boolean() })
	.meta({ id: "Passkey" })
export type Passkey = z.infer<typeof Passkey>

/** A browser in which the person is signed in. */
export const SignIn = z
	.object({
		id: z.string(),
		createdAt: Time,
		/** The last day's activity may be missing. */
		seenAt: Time,
		expiresAt: Time,
		address: z.string().nullable(),
		browser: z.string().nullable(),
		/** Whether it is the one that asks. */
		isThis: z.boolean(),
	})
	.meta({ id: "SignIn" })
export type SignIn = z.infer<typeof SignIn>

export const Workspace = z.object({ id: z.string(), name: z.string(), role: z.enum(ROLES) }).meta({ id: "Workspace" })
export type Workspace = z.infer<typeof Workspace>

const done = z.object({})

export const accountRoutes = {
	showAccount: {
		method: "GET",
		path: "/api/account",
		may: "person",
		summary: "My name, address and ways to sign in",
		answer: Account,
	},
	updateAccount: {
		method: "PATCH",
		path: "/api/account",
		may: "person",
		summary: "Change my name or address",
		body: z.object({ name: Name.optional(), email: Email.optional() }),
		answer: Account,
		rate: "sign-in",
		shown: ["name", "email"],
	},
	setPassword: {
		method: "PUT",
		path: "/api/account/password",
		may: "person",
		summary: "Set my password; all my other sign-ins end",
		body: z.object({ current: z.string().max(PASSWORD_CHARS).optional(), password: Password }),
		answer: done,
		rate: "sign-in",
	},
	listPasskeys: {
		method: "GET",
		path: "/api/account/passkeys",
		may: "person",
		summary: "My passkeys",
		answer: z.object({ passkeys: z.array(Passkey) }),
	},
	offerNewPasskey: {
		method: "POST",
		path: "/api/account/passkeys/options",
		may: "person",
		summary: "What the browser needs to make a passkey",
		answer: z.object({ options: WebAuthnOptions }),
		audited: false,
	},
	addPasskey: {
		method: "POST",
		path: "/api/account/passkeys",
		may: "person",
		summary: "Keep a passkey that the browser has made",
		body: z.object({ name: Name, response: WebAuthnResponse }),
		answer: Passkey,
		shown: ["name"],
	},
	removePasskey: {
		method: "DELETE",
		path: "/api/account/passkeys/:passkey",
		may: "person",
		summary: "Forget a passkey",
		params: z.object({ passkey: z.string().max(64) }),
		answer: done,
	},
	linkProvider: {
		method: "POST",
		path: "/api/account/providers/:provider",
		may: "person",
		summary: "The address at which a provider lets me link my account there",
		params: z.object({ provider: ProviderId }),
		answer: z.object({ url: z.url() }),
	},
	unlinkProvider: {
		method: "DELETE",
		path: "/api/account/providers/:provider",
		may: "person",
		summary: "Sign in by this provider no more",
		params: z.object({ provider: ProviderId }),
		answer: done,
	},
	makeRecoveryCodes: {
		method: "POST",
		path: "/api/account/recovery-codes",
		may: "person",
		summary: "Ten new codes for the day on which nothing else works; the old ones are void",
		answer: z.object({ codes: z.array(z.string()) }),
		rate: "make",
	},
	listSignIns: {
		method: "GET",
		path: "/api/account/sign-ins",
		may: "person",
		summary: "Browsers in which I am signed in",
		answer: z.object({ signIns: z.array(SignIn) }),
	},
	endSignIn: {
		method: "DELETE",
		path: "/api/account/sign-ins/:signIn",
		may: "person",
		summary: "Sign a browser out",
		params: z.object({ signIn: z.string().max(64) }),
		answer: done,
	},
	listWorkspaces: {
		method: "GET",
		path: "/api/workspaces",
		may: "person",
		summary: "Workspaces that I am a member of",
		answer: z.object({ workspaces: z.array(Workspace) }),
	},
	createWorkspace: {
		method: "POST",
		path: "/api/workspaces",
		may: "person",
		summary: "Make a workspace and own it",
		body: z.object({ name: Name }),
		answer: Workspace,
		rate: "make",
		shown: ["name"],
	},
} as const satisfies Record<string, Shape>
