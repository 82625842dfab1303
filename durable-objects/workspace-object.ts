// The shell of a workspace's object: holds the consoles' feed sockets, asleep between changes, and writes the audit trail.
import { DurableObject } from "cloudflare:workers"
import type { Answerer, Choice, InboxItem } from "../protocol/attention.ts"
import type { AuditHead } from "../protocol/audit.ts"
import { Refusal } from "../protocol/errors.ts"
import type { MachineId } from "../protocol/ids.ts"
import { PING, PONG } from "../protocol/limits.ts"
import { Alarms } from "./alarms.ts"
import type { Outcome } from "./asks.ts"
import { masked } from "./audit-report.ts"
import { writeRows } from "./audit-rows.ts"
import type { Env } from "./env.ts"
import { logFault } from "./fault-log.ts"
import { writeHistory } from "./inbox/history-rows.ts"
import { Inbox, type MachineReport } from "./inbox/inbox.ts"
import { Records } from "./inbox/records.ts"
import { SqlInboxStore } from "./inbox/sql-inbox-store.ts"
import { SqlRecordStore } from "./inbox/sql-record-store.ts"
import type { About } from "./outbox/chat-memory.ts"
import { Chats } from "./outbox/chats.ts"
import { type ChatUpdate, type Following, outsideOf } from "./outside.ts"
import { type Listening, readUpgrade } from "./peer.ts"
import { SqlAlarmStore } from "./sql-alarm-store.ts"
import { SqlTrailStore } from "./sql-trail-store.ts"
import { type Said, Trail } from "./trail.ts"
import { Wechat } from "./wechat/wechat.ts"
import { type Change, dismiss, type Listener, tell } from "./workspace.ts"

export class WorkspaceObject extends DurableObject<Env> {
	readonly #store: SqlTrailStore
	readonly #alarms: Alarms
	readonly #trail: Trail
	readonly #inbox: Inbox
	readonly #records: Records
	readonly #chats: Chats
	readonly #wechat: Wechat

	constructor(context: DurableObjectState, env: Env) {
		super(context, env)
		context.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG))
		this.#store = new SqlTrailStore(context.storage.sql)
		this.#alarms = new Alarms({
			store: new SqlAlarmStore(context.storage.sql),
			now: Date.now,
			setAlarm: (time) => void context.storage.setAlarm(time),
			failed: (who, error) => logFault("alarm", { who, error: String(error) }),
		})
		this.#trail = new Trail({
			store: this.#store,
			write: (kept) => writeRows(env.DB, kept),
			now: Date.now,
			wakeAt: this.#alarms.add("trail", () => this.#trail.alarm()),
		})
		const outside = outsideOf(context)
		const inboxStore = new SqlInboxStore(context.storage.sql)
		const workspaceId = () => {
			const id = inboxStore.workspaceId()
			if (id === null) throw new Error("invariant: an inbox with requests has heard whose they are")
			return id
		}
		this.#records = new Records({
			store: new SqlRecordStore(context.storage.sql),
			record: (said) => this.#trail.record(workspaceId(), masked(said)),
			write: (over) => writeHistory(env.DB, workspaceId(), over),
			now: Date.now,
			wakeAt: this.#alarms.add("records", () => this.#records.flush()),
		})
		const machineOf = (id: MachineId) => env.MACHINE.get(env.MACHINE.idFromName(id))
		this.#inbox = new Inbox({
			store: inboxStore,
			now: Date.now,
			wakeAt: this.#alarms.add("inbox", () => this.#inbox.alarm()),
			policy: (machine) => outside.policy(workspaceId(), machine),
			answer: (machine, of) => machineOf(machine).ask("answer", of),
			dismiss: (machine, of) => machineOf(machine).ask("dismiss", of),
			deliveries: { tell: (item, because, people) => this.#chats.tell(workspaceId(), item, because, people) },
			changed: () => this.changed("attention"),
			record: (said) => this.#records.keep({ is: "said", said }),
			remember: (item, at) => this.#records.keep({ is: "over", item, at }),
			patience: (isOver) => {
				const timer = setTimeout(isOver, PATIENCE_MS)
				return { stop: () => clearTimeout(timer) }
			},
			failed: (what, error) => logFault("inbox", { what, error: String(error) }),
		})
		this.#chats = new Chats({
			sql: context.storage.sql,
			outside,
			now: Date.now,
			wakes: (who, woken) => this.#alarms.add(who, woken),
		})
		this.#wechat = new Wechat(context.storage.sql)
	}

	/** A feed socket, which the edge has authenticated; its headers say by what. */
	override fetch(request: Request): Response {
		const upgrade = readUpgrade(request.headers)
		if (upgrade.is !== "feed") throw new Error("invariant: a workspace has nothing but feeds")
		const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket]
		this.ctx.acceptWebSocket(server)
		const { through, expiresAt } = upgrade
		server.serializeAttachment({ through, expiresAt } satisfies Listening)
		return new Response(null, { status: 101, webSocket: client })
	}

	/** Told by whoever has changed the registry, after the change. */
	changed(what: Change): void {
		tell(this.ctx.getWebSockets().map(listener), what, Date.now())
	}

	/** Closes what somebody opened as the person, or by the token or sign-in, of this id; who still may, comes again. */
	dismiss(id: string): void {
		dismiss(this.ctx.getWebSockets().map(listener), id)
	}

	/** Resolves when the entry cannot be lost. */
	record(workspaceId: string, said: Said): Promise<void> {
		return this.#trail.record(workspaceId, said)
	}

	/** Resolves when the registry has every entry that was recorded before. */
	flush(): Promise<void> {
		return this.#trail.flush()
	}

	head(): AuditHead {
		return this.#store.head()
	}

	/** What a machine's object has heard of all that waits there. Kept when this resolves. */
	reported(report: MachineReport): void {
		this.#inbox.reported(report)
	}

	/** Everything that waits for a person, the most urgent first. */
	inbox(): InboxItem[] {
		return this.#inbox.items()
	}

	/** One request, if it is open or was over not long ago. */
	request(id: string): InboxItem | null {
		return this.#inbox.find(id) ?? null
	}

	/**
	 * Answers as somebody whom the caller has let do that on this machine. The first valid answer wins; one whose outcome
	 * the machine has not told yet comes back as `answering`.
	 */
	answer(id: string, choice: Choice, by: Answerer, address: string | null): Promise<Outcome<InboxItem>> {
		return this.#inbox.answer(id, choice, by, address)
	}

	/** Takes a request off the inbox, as somebody whom the caller has let do that. */
	dismissRequest(id: string, by: Answerer, address: string | null): Outcome<InboxItem> {
		return this.#inbox.dismiss(id, by, address)
	}

	/** Resolves when the registry has every request that was over before. */
	flushHistory(): Promise<void> {
		return this.#records.flush()
	}

	/** What a chat has brought: kept when this resolves, and done after it. Whether it was new. */
	received(workspaceId: string, update: ChatUpdate): boolean {
		return this.#chats.received(workspaceId, update)
	}

	/** Keeps a message in a chat up with a session. */
	follow(workspaceId: string, following: Following): void {
		this.#chats.follow(workspaceId, following)
	}

	/** Remembers what a message in a chat is about. */
	remember(chat: string, message: string, about: About): void {
		this.#chats.remember(chat, message, about)
	}

	about(chat: string, message: string): About | null {
		return this.#chats.about(chat, message)
	}

	/** Whether it is the first time in so many milliseconds. */
	once(key: string, ms: number): boolean {
		return this.#chats.once(key, ms)
	}

	/** What it keeps for the workspace's WeChat bots: a call of `Wechat` by name, since a stub of it would have to be let go. */
	wechat(name: keyof Wechat, of: unknown[]): unknown {
		const method = this.#wechat[name] as (...of: unknown[]) => unknown
		return method.apply(this.#wechat, of)
	}

	override alarm(): Promise<void> {
		return this.#alarms.alarm()
	}

	/** The feed runs one way: whoever speaks on it has mistaken it for something else. */
	override webSocketMessage(socket: WebSocket): void {
		const refusal = new Refusal("malformed")
		socket.close(refusal.closeCode, refusal.code)
	}

	override webSocketClose(socket: WebSocket): void {
		// A hibernatable socket is not closed from this side by itself, and the other side would wait for that.
		socket.close()
	}
}

/** Whoever answers waits no longer to be told what came of it: the inbox shows it. */
const PATIENCE_MS = 8_000

function listener(socket: WebSocket): Listener {
	return {
		...(socket.deserializeAttachment() as Listening),
		send(text) {
			try {
				socket.send(text)
			} catch {
				// It closed since it was listed; whoever opens the feed again asks for everything anyway.
			}
		},
		close(code, reason) {
			socket.close(code, reason)
		},
	}
}
