// What every chat service can do for us, and a message as none of them writes it.
import type { Delivered } from "../../durable-objects/outside.ts"
import type { ChannelKind, Language } from "../../protocol/channel.ts"
import type { ChannelId } from "../../protocol/ids.ts"

export type Block =
	| { is: "heading"; text: string }
	| { is: "text"; text: string }
	/** As it is, in a fixed width: commands, screens, diffs. */
	| { is: "code"; text: string }

export interface Button {
	label: string
	/** At most 64 bytes. */
	data: string
}

export interface Message {
	blocks: Block[]
	/** Numbered replies, where the service has no buttons: `Providers` says so in the text. */
	buttons: Button[]
	/** Does not ring, where the service can do that. */
	isQuiet?: boolean
}

/** A chat, and what the service needs to write there. */
export interface Place {
	address: string
	language: Language
	/** The destination's own state. */
	details: Record<string, unknown>
	/** What an update has brought to be answered by. */
	context: Record<string, string>
	bot: Bot
}

export interface Bot {
	id: ChannelId
	workspaceId: string
	kind: ChannelKind
	account: string
	/** Opened; its shape is the provider's. */
	credentials: Record<string, unknown>
}

/** One chat service. */
export interface Provider {
	kind: ChannelKind
	/** Longer messages are split, between lines where it can be. */
	maxCharacters: number
	hasButtons: boolean
	/** Whether a quiet message is quiet there; elsewhere a muted chat is sent nothing. */
	canBeQuiet: boolean
	/** Whether a message can be changed after it was sent; elsewhere nothing is shown in progress. */
	canEdit: boolean
	send(place: Place, message: Message): Promise<Delivered>
	/** Changes a message that was sent; a service that cannot sends a new one, where that says something new. */
	edit(place: Place, id: string, message: Message): Promise<Delivered>
	/** The address of a place of its own in a group, by this name; null where the group has none, or the bot may not. */
	openTopic?(place: Place, name: string): Promise<string | null>
	/** Shows that we are at it. */
	typing(place: Place): Promise<void>
	/** Nothing more comes of an update now: whoever waits for its answer need not any longer. */
	done?(place: Place): Promise<void>
	/** Takes a pressed button's waiting sign away, with a short word. */
	acknowledge(place: Place, key: string, text: string): Promise<void>
	/** The bytes of a file that an update names. Throws Refusal: too_large, channel_failed. */
	download(bot: Bot, file: { id: string; size: number | null }): Promise<{ bytes: ReadableStream; size: number | null }>
}
