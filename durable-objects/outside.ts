// What a workspace's object needs of the world and cannot do itself: the registry, chat services, commands. The Worker
// does it, by its entrypoint of this name (worker/outside.ts).
import type { InboxItem } from "../protocol/attention.ts"
import type { DestinationSettings } from "../protocol/channel.ts"
import type { ChannelId, DestinationId } from "../protocol/ids.ts"
import type { Policy } from "../protocol/policy.ts"

/** A place where somebody who may answer can be told. */
export interface Told {
	id: DestinationId
	userId: string
	settings: DestinationSettings
}

/** A request as one place shall show it now. */
export interface Delivery {
	workspaceId: string
	destination: DestinationId
	item: InboxItem
	/** Why now: `changed` edits what is there; it is no reason to ring. */
	because: "raised" | "reminded" | "escalated" | "changed"
	/** What the service calls the message that shows it already; null where there is none. */
	message: string | null
}

/** What came of telling somebody. `later`: the service asks to wait. `gone`: the place is no more, for good. */
export type Delivered =
	| { is: "sent"; message: string | null }
	| { is: "later"; afterMs: number; reason: string }
	| { is: "failed"; reason: string }
	| { is: "gone"; reason: string }

/** What a person has said or pressed in a chat, whatever the service. */
export interface ChatUpdate {
	channel: ChannelId
	/** The service's own id of it: the same again is the same. */
	key: string
	/** The chat, with its topic where it has topics: what answers go to, and in what order updates are taken. */
	address: string
	isGroup: boolean
	/** Who it is from, as the service knows them. */
	sender: { id: string; name: string }
	text: string | null
	/** A pressed button: what it stands for, and the message that it is on. */
	pressed: { data: string; message: string | null; key: string } | null
	/** The message that it replies to. */
	repliesTo: string | null
	files: { id: string; name: string; type: string | null; size: number | null }[]
	/** What the service needs to be answered by, besides. */
	context: Record<string, string>
	at: number
}

export interface Outside {
	/** The workspace's policy, as of now. */
	policy(workspaceId: string): Promise<Policy>
	/** Every place of every member who sees the machine and may answer. */
	audience(workspaceId: string, item: InboxItem): Promise<Told[]>
	deliver(delivery: Delivery): Promise<Delivered>
	/** Does what a chat says, and answers there. Rejects where it should be tried again. */
	handle(workspaceId: string, update: ChatUpdate): Promise<void>
}
