// What a workspace's object remembers of its chats: what each message was about, and what was said already.
import type { MachineId, RequestId, SessionId } from "../../protocol/ids.ts"

/** What a message in a chat is about: a reply to it goes there. */
export interface About {
	machine: MachineId
	session: SessionId
	request: RequestId | null
}

export class ChatMemory {
	readonly #sql: SqlStorage
	#isOpen = false

	constructor(sql: SqlStorage) {
		this.#sql = sql
	}

	/** `chat` names the chat and whose bot is in it; `message` is the service's own name. */
	remember(chat: string, message: string, about: About, now: number): void {
		this.#run("DELETE FROM chat_about WHERE at < ?", now - ABOUT_MS)
		this.#run(
			"INSERT OR REPLACE INTO chat_about (chat, message, about, at) VALUES (?, ?, ?, ?)",
			chat,
			message,
			JSON.stringify(about),
			now,
		)
	}

	about(chat: string, message: string): About | null {
		const row = this.#run("SELECT about FROM chat_about WHERE chat = ? AND message = ?", chat, message).next().value
		return row === undefined ? null : (JSON.parse(String(row.about)) as About)
	}

	/** Whether it is the first time in so long. */
	once(key: string, ms: number, now: number): boolean {
		this.#run("DELETE FROM chat_once WHERE until <= ?", now)
		const added = this.#run(
			"INSERT INTO chat_once (key, until) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING until",
			key,
			now + ms,
		)
		return added.next().done !== true
	}

	#run(query: string, ...values: SqlStorageValue[]): SqlStorageCursor<Record<string, SqlStorageValue>> {
		if (!this.#isOpen) {
			this.#sql.exec(TABLES)
			this.#isOpen = true
		}
		return this.#sql.exec(query, ...values)
	}
}

const ABOUT_MS = 30 * 24 * 60 * 60_000

const TABLES = `
	CREATE TABLE IF NOT EXISTS chat_about (
		chat TEXT NOT NULL, message TEXT NOT NULL, about TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (chat, message)
	);
	CREATE INDEX IF NOT EXISTS chat_about_at ON chat_about (at);
	CREATE TABLE IF NOT EXISTS chat_once (key TEXT PRIMARY KEY, until INTEGER NOT NULL);
`
