// Routes about tokens for programs, and about the device flow that brings one to a terminal.
import * as z from "zod"
import { TokenId } from "../ids.ts"
import { TAGS } from "../limits.ts"
import { ACTIONS } from "../roles.ts"
import type { Shape } from "../route.ts"
import { Name, Platform, Tag, Time } from "../session.ts"

/** What a token may do: never more than whoever made it may. */
export const Scope = z
	.object({
		/** Null: everything that the person's role allows. */
		actions: z.array(z.enum(ACTIONS)).min(1).nullable().default(null),
		/** Machines that have one of these tags. Null: all machines. */
		tags: z.array(Tag).min(1).max(TAGS).nullable().default(null),
		/** Null: until it is revoked. */
		expiresAt: Time.nullable().default(null),
	})
	.meta({ id: "Scope" })
export type Scope = z.infer<typeof Scope>

export const Token = z
	.object({
		id: TokenId,
		name: z.string(),
		/** The first characters, to recognise it by. */
		prefix: z.string(),
		...Scope.shape,
		createdAt: Time,
		lastUsedAt: Time.nullable(),
	})
	.meta({ id: "Token" })
export type Token = z.infer<typeof Token>

/** What a device asks for: a token for the command, or a place for a machine. */
export const DeviceRequest = z.discriminatedUnion("is", [
	z.object({ is: z.literal("login"), name: Name }),
	z.object({
		is: z.literal("machine"),
		name: Name,
		/** The machine's Ed25519 public key: 32 bytes, base64url. */
		publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/, "must be 32 bytes in base64url"),
		platform: Platform,
	}),
])
export type DeviceRequest = z.infer<typeof DeviceRequest>

const done = z.object({})
const UserCode = z.string().min(1).max(32)

export const tokenRoutes = {
	listTokens: {
		method: "GET",
		path: "/api/tokens",
		may: "token:manage",
		summary: "My tokens for programs",
		answer: z.object({ tokens: z.array(Token) }),
	},
	createToken: {
		method: "POST",
		path: "/api/tokens",
		may: "token:manage",
		summary: "Make a token; its secret is shown in this answer only",
		body: z.object({ name: Name, ...Scope.shape }),
		answer: z.object({ token: Token, secret: z.string() }),
		rate: "make",
		shown: ["name", "actions", "tags", "expiresAt"],
	},
	revokeToken: {
		method: "DELETE",
		path: "/api/tokens/:token",
		may: "token:manage",
		summary: "Revoke a token at once",
		params: z.object({ token: TokenId }),
		answer: done,
	},
	startDevice: {
		method: "POST",
		path: "/api/device",
		may: "anybody",
		summary: "Begin the device flow (RFC 8628): a code for the person, and one to ask with",
		body: z.object({ request: DeviceRequest }),
		answer: z.object({
			deviceCode: z.string(),
			/** What the person types, or finds filled in at `url`. */
			userCode: z.string(),
			/** The console's page that asks the person. */
			url: z.url(),
			/** Seconds to wait between two polls. */
			interval: z.int(),
			expiresAt: Time,
		}),
		rate: "enroll",
		audited: false,
	},
	pollDevice: {
		method: "POST",
		path: "/api/device/poll",
		may: "anybody",
		summary: "Ask whether the person has decided; what was asked for comes once",
		body: z.object({ deviceCode: z.string().min(1).max(128) }),
		answer: z.discriminatedUnion("is", [
			z.object({ is: z.literal("pending") }),
			z.object({ is: z.literal("login"), secret: z.string(), token: Token }),
			z.object({ is: z.literal("machine"), machine: z.string(), name: z.string() }),
		]),
		audited: false,
	},
	showDevice: {
		method: "POST",
		path: "/api/device/show",
		may: "person",
		summary: "What the device with this code asks for, and from where",
		body: z.object({ userCode: UserCode }),
		answer: z.object({ request: DeviceRequest, address: z.string().nullable(), expiresAt: Time }),
		rate: "enroll",
		audited: false,
	},
	decideDevice: {
		method: "POST",
		path: "/api/device/decide",
		may: "person",
		summary: "Give the device what it asks for, in one of my workspaces, or refuse it",
		body: z.object({
			userCode: UserCode,
			workspace: z.string().max(64).optional(),
			approve: z.boolean(),
			scope: Scope.optional(),
		}),
		answer: done,
		rate: "enroll",
		shown: ["approve"],
	},
} as const satisfies Record<string, Shape>
