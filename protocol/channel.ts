// Ways to reach a person beside the console: a bot of the workspace, and the places of one person on it.
import * as z from "zod"
import { ATTENTION_KINDS } from "./attention.ts"
import { ChannelId, DestinationId, MachineId } from "./ids.ts"
import { Time } from "./session.ts"

/** Telegram's bot; WeChat by iLink, a WeCom AI bot or an Official Account. */
export const CHANNEL_KINDS = ["telegram", "weixin", "wecom", "official"] as const
export type ChannelKind = (typeof CHANNEL_KINDS)[number]

/** A workspace's bot at a chat service. Its credentials never come out. */
export const Channel = z
	.object({
		id: ChannelId,
		kind: z.enum(CHANNEL_KINDS),
		/** What the service calls it, such as @my_bot. */
		name: z.string(),
		/** The machine that polls for it; null where the service calls us. */
		machine: MachineId.nullable(),
		/** `broken`: with the reason; `signed-out`: somebody must scan again. */
		state: z.discriminatedUnion("is", [
			z.object({ is: z.literal("working") }),
			z.object({ is: z.literal("broken"), reason: z.string(), at: Time }),
			z.object({ is: z.literal("signed-out"), at: Time }),
		]),
		/** Where the service must call us, to paste there; null where that is set up by itself. */
		url: z.url().nullable(),
		createdAt: Time,
	})
	.meta({ id: "Channel" })
export type Channel = z.infer<typeof Channel>

/** What a channel is connected by. */
export const ChannelCredentials = z.discriminatedUnion("is", [
	z.object({
		is: z.literal("telegram"),
		token: z.string().regex(/^\d+:[\w-]{30,}$/, "must be the token that @BotFather gave"),
	}),
	/** The machine polls; signing in follows, by a QR code. */
	z.object({ is: z.literal("weixin"), machine: MachineId }),
	z.object({
		is: z.literal("wecom"),
		token: z.string().min(1).max(64),
		aesKey: z.string().regex(/^[A-Za-z0-9]{43}$/, "must be the 43 characters of the EncodingAESKey"),
	}),
	z.object({
		is: z.literal("official"),
		appId: z.string().regex(/^wx[0-9a-f]{16}$/, "must be the AppID, such as wx0123456789abcdef"),
		appSecret: z.string().min(1).max(64),
		token: z.string().min(3).max(32),
		aesKey: z.string().regex(/^[A-Za-z0-9]{43}$/, "must be the 43 characters of the EncodingAESKey"),
	}),
])
export type ChannelCredentials = z.infer<typeof ChannelCredentials>

export const LANGUAGES = ["en", "zh"] as const
export type Language = (typeof LANGUAGES)[number]

/** What one place of a person is told. */
export const DestinationSettings = z.object({
	kinds: z
		.array(z.enum(ATTENTION_KINDS))
		.max(ATTENTION_KINDS.length)
		.default(["approval", "question", "choice", "secret", "stuck"]),
	/** Whether the message says what is asked; otherwise only that something waits. */
	showsContent: z.boolean(),
	language: z.enum(LANGUAGES).default("en"),
})
export type DestinationSettings = z.infer<typeof DestinationSettings>

/** What is not said stays: no default takes its place. */
export const DestinationChanges = z
	.object({
		kinds: DestinationSettings.shape.kinds.unwrap(),
		showsContent: DestinationSettings.shape.showsContent,
		language: DestinationSettings.shape.language.unwrap(),
	})
	.partial()

/** A place where one member is told: a browser that takes pushes, or a chat with a bot. */
export const Destination = z
	.object({
		id: DestinationId,
		kind: z.enum(["push", ...CHANNEL_KINDS]),
		/** The bot; null for pushes. */
		channel: ChannelId.nullable(),
		/** "Firefox on Linux", or the chat's own name. */
		name: z.string(),
		/** A group, where more people read along. */
		isGroup: z.boolean(),
		settings: DestinationSettings,
		createdAt: Time,
		/** The last failure; null when the last message went out. A place that is gone for good is not told any more. */
		fault: z.object({ reason: z.string(), at: Time, isFinal: z.boolean() }).nullable(),
	})
	.meta({ id: "Destination" })
export type Destination = z.infer<typeof Destination>
