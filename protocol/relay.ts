// What a machine brings from a chat service that it polls for the home, and what the home has it call there.
import * as z from "zod"

export const RELAYED_TEXT_CHARS = 16_000
/** The service's own ids and tokens: opaque, and shorter than this. */
const Opaque = z.string().max(4_096)
const UserId = z.string().min(1).max(256)

/** A file of a message: what the machine fetches it by. */
const RelayedFile = z.object({ id: Opaque, name: z.string().max(255), size: z.int().min(0).nullable() })

/** The `message` of a `relay` message. */
export const Relayed = z.discriminatedUnion("is", [
	z.object({
		is: z.literal("message"),
		from: UserId,
		text: z.string().max(RELAYED_TEXT_CHARS).nullable(),
		files: z.array(RelayedFile).max(16),
		/** What answers carry, so that the service knows what they are to. */
		context: Opaque.nullable(),
		at: z.int().min(0),
	}),
	/** The service no longer knows the account's token: nobody polls until somebody signs in again. */
	z.object({ is: z.literal("signed-out") }),
])
export type Relayed = z.infer<typeof Relayed>

/** What a channel is signed in by. It is kept sealed at the home, and on the machine in memory alone. */
export const WeixinCredentials = z.object({
	token: Opaque.min(1),
	/** The bot's own id. */
	bot: UserId,
	/** Who has scanned; empty where the service does not say. */
	owner: z.string().max(256),
	/** Where its calls go. */
	url: z.url().max(512),
})
export type WeixinCredentials = z.infer<typeof WeixinCredentials>

const Ret = z.object({
	/** Anything but 0 is undelivered, whatever HTTP says. */
	ret: z.int(),
})

/** The methods of `callRelay`: what is asked, and the `body` of the answer. */
export const RELAY_CALLS = {
	/** Begins signing in, or waits some seconds for what comes of it. */
	signIn: {
		body: z.object({ verifyCode: z.string().max(16).optional() }),
		answer: z.discriminatedUnion("is", [
			z.object({ is: z.literal("scan"), url: z.string().max(2_048), expiresAt: z.int() }),
			z.object({ is: z.literal("scanned") }),
			z.object({ is: z.literal("verify") }),
			z.object({ is: z.literal("done"), credentials: WeixinCredentials }),
		]),
	},
	/** Sends one text. `client` is the same where it is tried again. */
	send: {
		body: z.object({ to: UserId, text: z.string().min(1), context: Opaque.nullable(), client: z.string().max(64) }),
		answer: Ret,
	},
	typing: { body: z.object({ to: UserId, context: Opaque.nullable() }), answer: Ret },
	/** A part of a file, from `from` on. */
	download: {
		body: z.object({ id: Opaque, from: z.int().min(0) }),
		answer: z.object({ base64: z.string(), size: z.int() }),
	},
} as const

export type RelayCall = keyof typeof RELAY_CALLS
