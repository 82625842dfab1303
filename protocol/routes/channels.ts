// Routes about channels: the workspace's bots, the places where I am told, and the doors that chat services knock at.
import * as z from "zod"
import { Channel, ChannelCredentials, Destination, DestinationChanges, DestinationSettings } from "../channel.ts"
import { ChannelId, DestinationId } from "../ids.ts"
import type { Shape } from "../route.ts"
import { Time } from "../session.ts"

const ofChannel = z.object({ channel: ChannelId })
const ofDestination = z.object({ destination: DestinationId })
const done = z.object({})

export const channelRoutes = {
	listChannels: {
		method: "GET",
		path: "/api/channels",
		may: "workspace:read",
		summary: "The workspace's bots",
		answer: z.object({ channels: z.array(Channel) }),
	},
	connectChannel: {
		method: "POST",
		path: "/api/channels",
		may: "channel:manage",
		summary: "Connect a bot: its credentials are tried, sealed, and never shown again",
		body: z.object({ credentials: ChannelCredentials }),
		answer: z.object({ channel: Channel }),
	},
	removeChannel: {
		method: "DELETE",
		path: "/api/channels/:channel",
		may: "channel:manage",
		summary: "Disconnect a bot and forget its credentials and chats",
		params: ofChannel,
		answer: done,
	},
	testChannel: {
		method: "POST",
		path: "/api/channels/:channel/test",
		may: "channel:manage",
		summary: "Try a bot's credentials again",
		params: ofChannel,
		answer: z.object({ channel: Channel }),
	},
	signInChannel: {
		method: "POST",
		path: "/api/channels/:channel/sign-in",
		may: "channel:manage",
		summary: "Begin or go on with signing in a WeChat account, by a QR code",
		params: ofChannel,
		body: z.object({
			/** What the phone shows, where the service asks for it. */
			verifyCode: z.string().max(16).optional(),
		}),
		answer: z.discriminatedUnion("is", [
			/** What to show as a QR code. */
			z.object({ is: z.literal("scan"), url: z.string(), expiresAt: Time }),
			z.object({ is: z.literal("scanned") }),
			z.object({ is: z.literal("verify") }),
			z.object({ is: z.literal("done"), name: z.string() }),
		]),
		audited: false,
	},
	pairChat: {
		method: "POST",
		path: "/api/channels/:channel/pair",
		may: "workspace:read",
		summary: "A one-time code that makes a chat with the bot mine",
		params: ofChannel,
		answer: z.object({
			code: z.string(),
			/** Opens the chat with the code filled in, where the service can do that. */
			url: z.url().nullable(),
			expiresAt: Time,
		}),
		rate: "make",
	},
	listDestinations: {
		method: "GET",
		path: "/api/destinations",
		may: "workspace:read",
		summary: "Where I am told: my browsers and chats",
		answer: z.object({ destinations: z.array(Destination) }),
	},
	changeDestination: {
		method: "PATCH",
		path: "/api/destinations/:destination",
		may: "workspace:read",
		summary: "What one of them is told",
		params: ofDestination,
		body: z.object({
			name: z.string().trim().min(1).max(64).optional(),
			settings: DestinationChanges.optional(),
		}),
		answer: z.object({ destination: Destination }),
	},
	removeDestination: {
		method: "DELETE",
		path: "/api/destinations/:destination",
		may: "workspace:read",
		summary: "Tell it nothing any more",
		params: ofDestination,
		answer: done,
	},
	testDestination: {
		method: "POST",
		path: "/api/destinations/:destination/test",
		may: "workspace:read",
		summary: "Send it a message now",
		params: ofDestination,
		answer: done,
		rate: "make",
	},
	readPushKey: {
		method: "GET",
		path: "/api/push",
		may: "workspace:read",
		summary: "The public key that a browser subscribes to pushes with",
		answer: z.object({ publicKey: z.string() }),
	},
	subscribePush: {
		method: "POST",
		path: "/api/push",
		may: "workspace:read",
		summary: "Tell me in this browser",
		body: z.object({
			name: z.string().trim().min(1).max(64),
			endpoint: z.url().max(2_048),
			/** The browser's public key, 65 bytes, and its secret, 16 bytes: base64url. */
			p256dh: z.string().max(128),
			auth: z.string().max(64),
			settings: DestinationSettings,
			/** The address that this browser had before: the name and settings that it had go on, wherever I am told in it. */
			replaces: z.url().max(2_048).optional(),
		}),
		answer: z.object({ destination: Destination }),
	},
	telegramHook: {
		method: "POST",
		path: "/api/hooks/telegram/:channel",
		may: "anybody",
		summary: "Telegram brings an update; its secret header says that it is Telegram",
		params: ofChannel,
		kind: "file",
		audited: false,
	},
	checkWechatHook: {
		method: "GET",
		path: "/api/hooks/wechat/:channel",
		may: "anybody",
		summary: "WeCom or an Official Account checks that the address is ours",
		params: ofChannel,
		kind: "file",
		audited: false,
	},
	wechatHook: {
		method: "POST",
		path: "/api/hooks/wechat/:channel",
		may: "anybody",
		summary: "WeCom or an Official Account brings a message, signed and encrypted",
		params: ofChannel,
		kind: "file",
		audited: false,
	},
} as const satisfies Record<string, Shape>
