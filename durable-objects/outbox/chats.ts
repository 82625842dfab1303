// All that a workspace's object does for push and chats: what people are told, what they say, and what is followed.
import type { InboxItem } from "../../protocol/attention.ts"
import type { ChatUpdate, Following, Outside } from "../outside.ts"
import { type About, ChatMemory } from "./chat-memory.ts"
import { Followed } from "./followed.ts"
import { type Because, Outbox } from "./outbox.ts"
import { SqlFollowedStore } from "./sql-followed-store.ts"
import { SqlOutboxStore } from "./sql-outbox-store.ts"
import { SqlUpdateStore } from "./sql-update-store.ts"
import { Updates } from "./updates.ts"

interface Host {
	sql: SqlStorage
	outside: Outside
	now: () => number
	/** Says who is woken under a name, and answers the way to ask for it. */
	wakes: (who: string, woken: () => void) => (time: number) => void
}

export class Chats {
	readonly #now: () => number
	readonly #memory: ChatMemory
	readonly #outbox: Outbox
	readonly #updates: Updates
	readonly #followed: Followed

	constructor({ sql, outside, now, wakes }: Host) {
		this.#now = now
		this.#memory = new ChatMemory(sql)
		this.#outbox = new Outbox({
			store: new SqlOutboxStore(sql),
			outside,
			sent: (destination, message, { id, machine, session }) =>
				this.#memory.remember(destination, message, { machine, session, request: id }, now()),
			now,
			wakeAt: wakes("outbox", () => this.#outbox.alarm()),
		})
		this.#updates = new Updates({
			store: new SqlUpdateStore(sql),
			outside,
			now,
			wakeAt: wakes("updates", () => this.#updates.alarm()),
		})
		this.#followed = new Followed({
			store: new SqlFollowedStore(sql),
			outside,
			now,
			wakeAt: wakes("followed", () => this.#followed.alarm()),
		})
	}

	/** Tells people of a request, as Outbox's `tell` says. */
	tell(workspaceId: string, item: InboxItem, because: Because, people: readonly string[] | null): void {
		this.#outbox.tell(workspaceId, item, because, people)
	}

	received(workspaceId: string, update: ChatUpdate): boolean {
		return this.#updates.received(workspaceId, update)
	}

	follow(workspaceId: string, following: Following): void {
		this.#followed.follow(workspaceId, following)
	}

	remember(chat: string, message: string, about: About): void {
		this.#memory.remember(chat, message, about, this.#now())
	}

	about(chat: string, message: string): About | null {
		return this.#memory.about(chat, message)
	}

	once(key: string, ms: number): boolean {
		return this.#memory.once(key, ms, this.#now())
	}
}
