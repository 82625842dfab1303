// Pairing: a one-time code that makes a chat a member's.
import type { Env } from "../../durable-objects/env.ts"
import type { ChatUpdate } from "../../durable-objects/outside.ts"
import { DestinationSettings } from "../../protocol/channel.ts"
import { bare } from "../codes.ts"
import { changed } from "../feed.ts"
import { hash } from "../hash.ts"
import type { ChannelEntry } from "../registry/channels.ts"
import type { DestinationEntry } from "../registry/destinations.ts"
import type { Membership } from "../registry/members.ts"
import type { Registry } from "../registry.ts"
import { record } from "../trail.ts"
import { chatOf } from "./chat.ts"
import { languageOf } from "./words/words.ts"

/** Null where the code is nobody's, or its maker is no member any more. */
export async function pair(
	env: Env,
	registry: Registry,
	channel: ChannelEntry,
	update: ChatUpdate,
	code: string,
): Promise<{ destination: DestinationEntry; membership: Membership } | null> {
	const used = await registry.channels.useCode(channel.id, await hash(bare(code)), Date.now())
	if (used === undefined) return null
	const { workspaceId } = channel
	const membership = await registry.members.membershipOf(used.userId, workspaceId)
	if (membership === undefined) return null
	const { context, isGroup, sender } = update
	const address = chatOf(update.address)
	const before = await registry.destinations.ofChat(channel.id, address)
	const settings =
		before?.userId === used.userId
			? before.settings
			: // Others read along in a group: what is asked stands there only where somebody wants it so.
				DestinationSettings.parse({ showsContent: !isGroup, language: languageOf(context.language) })
	const destination = await registry.destinations.bind(
		{
			workspaceId,
			userId: used.userId,
			kind: channel.kind,
			channel: channel.id,
			address,
			name: (context.chatName ?? sender.name).slice(0, NAME_CHARS) || address,
			isGroup,
			settings,
			details: { sender: sender.id, isForum: context.isForum === "1" },
		},
		Date.now(),
	)
	await record(
		env,
		registry,
		{
			workspaceId,
			actor: { is: "person", id: membership.userId, name: membership.userName },
			target: { channel: channel.id, destination: destination.id },
		},
		{ action: "pairChat", outcome: "done", address: null, detail: { chat: destination.name, isGroup } },
	)
	await changed(env, workspaceId, "channels")
	return { destination, membership }
}

const NAME_CHARS = 64
