// What a workspace's object needs of the world and cannot do itself: the registry, chat services, commands. The Worker
// does it, by its entrypoint of this name (worker/outside.ts).
import type { InboxItem } from "../protocol/attention.ts"
import type { DestinationSettings } from "../protocol/channel.ts"
import type { ChannelId, DestinationId, MachineId, SessionId, TriggerId } from "../protocol/ids.ts"
import type { Policy } from "../protocol/policy.ts"
import type { TaskView } from "../protocol/task.ts"
import type { Delivery as Hooked } from "../protocol/trigger.ts"
import type { Further } from "./ledger/effects.ts"
import type { KnownMachine, Reach } from "./ledger/held.ts"
import type { As } from "./schedule/schedule-store.ts"
import type { Decided } from "./triggers/deliveries.ts"

/** A place where somebody who may answer can be told. */
export interface Told {
	id: DestinationId
	/** The bot; null for pushes. */
	channel: ChannelId | null
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
	/** `isBot`: the service refuses the bot itself, so nothing goes out anywhere. */
	| { is: "failed"; reason: string; isBot?: boolean }
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
	/** What the service needs to be answered by, besides, and what `handle` knows to use, where it is there. */
	context: Record<string, string> & {
		/** The sender's, as the service says it: "zh-hans". */
		language?: string
		/** What the chat is called. */
		chatName?: string
		/** "1" where the chat has topics. */
		isForum?: string
		/** "1" for a spoken message. */
		isVoice?: string
		/** The bot was blocked or removed, or may write again. */
		membership?: "gone" | "back"
		/** The chat goes by this address from now on. */
		movedTo?: string
	}
	at: number
}

/** A message in a chat that shows how a session goes on, edited in place until the session ends. */
export interface Following {
	channel: ChannelId
	address: string
	message: string
	machine: MachineId
	session: SessionId
	/** What the last look has kept for the next one. */
	memo: Record<string, unknown>
}

/** When to look again, or that there is nothing more to show. */
export type Looked = { is: "again"; afterMs: number; memo: Record<string, unknown> } | { is: "over" }

/** What the registry says of a machine. */
export type MachineFacts = Pick<KnownMachine, "name" | "tags" | "members">

export interface Outside {
	/** The workspace's policy and the machine's tags, as of now. */
	policy(workspaceId: string, machine: MachineId): Promise<{ policy: Policy; tags: string[] }>
	/** Every place of every member who sees the machine, may answer, and wants to be told of this kind. */
	audience(workspaceId: string, item: InboxItem): Promise<Told[]>
	deliver(delivery: Delivery): Promise<Delivered>
	/**
	 * Does what a chat says, and answers there. Rejects where it should be tried again. `isAgain`: it was begun before, and
	 * nobody knows how far it came.
	 */
	handle(workspaceId: string, update: ChatUpdate, isAgain: boolean): Promise<void>
	/** Says in the chat that this could not be done. */
	giveUp(workspaceId: string, update: ChatUpdate): Promise<void>
	follow(workspaceId: string, following: Following): Promise<Looked>
	/** Null for a machine that was removed, and for another workspace's. */
	machine(workspaceId: string, machine: MachineId): Promise<MachineFacts | null>
	/** Which machines somebody may have work done on, as of now; null for who may not submit tasks any more. */
	reach(workspaceId: string, as: As): Promise<Reach | null>
	/** What a trigger makes of a delivery; null where it is no more. */
	decide(workspaceId: string, trigger: TriggerId, delivery: Hooked): Promise<Decided | null>
	/** Does one thing outside of a task. */
	perform(workspaceId: string, effect: Further, task: TaskView): Promise<Performed>
}

/** `again`: it must be tried again. */
export type Performed =
	/** What else is to be done because of it, each by itself. */
	{ is: "done"; further: Further[] } | { is: "again"; reason: string }

/** The Worker's entrypoint, as the platform lends it to the Worker's own objects. */
export function outsideOf(context: { exports: unknown }): Outside {
	return (context.exports as { Outside: Outside }).Outside
}
