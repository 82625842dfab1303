// Answers that an Official Account may not send by itself: kept until the person asks, and then given as the reply.
import { Table } from "./table.ts"

export class Held {
	readonly #table: Table
	/** Who waits for something to be kept, by chat. */
	readonly #waiting = new Map<string, (isDone: boolean) => void>()

	constructor(sql: SqlStorage) {
		this.#table = new Table(sql, TABLES)
	}

	hold(chat: string, text: string, now: number): void {
		this.#table.run("DELETE FROM wechat_held WHERE at < ?", now - KEPT_MS)
		this.#table.run("INSERT INTO wechat_held (chat, text, at) VALUES (?, ?, ?)", chat, text, now)
		this.#waiting.get(chat)?.(false)
	}

	/** Nothing more comes of what was said in this chat. */
	done(chat: string): void {
		this.#waiting.get(chat)?.(true)
	}

	/** The oldest, as many as fit into so many bytes; at least one, if there is one. */
	take(chat: string, mostBytes: number): string[] {
		const rows = this.#table.run("SELECT number, text FROM wechat_held WHERE chat = ? ORDER BY number", chat)
		const taken: string[] = []
		let bytes = 0
		for (const { number, text } of rows) {
			bytes += new TextEncoder().encode(String(text)).length + 2
			if (taken.length > 0 && bytes > mostBytes) break
			this.#table.run("DELETE FROM wechat_held WHERE number = ?", Number(number))
			taken.push(String(text))
		}
		return taken
	}

	/** Resolves when something is kept for this chat, when nothing more comes (true), or after so long. */
	async wait(chat: string, ms: number): Promise<boolean> {
		if (this.#table.run("SELECT 1 FROM wechat_held WHERE chat = ? LIMIT 1", chat).length > 0) return false
		return new Promise<boolean>((resolve) => {
			const end = (isDone: boolean) => {
				clearTimeout(timer)
				if (this.#waiting.get(chat) === end) this.#waiting.delete(chat)
				resolve(isDone)
			}
			const timer = setTimeout(() => end(false), ms)
			this.#waiting.get(chat)?.(false)
			this.#waiting.set(chat, end)
		})
	}

	/** Whether the account of this channel may not write by itself, as far as it is known. */
	isMute(channel: string): boolean {
		return this.#table.run("SELECT 1 FROM wechat_mute WHERE channel = ?", channel).length > 0
	}

	/** Says so. */
	mute(channel: string, isMute: boolean): void {
		if (isMute) this.#table.run("INSERT INTO wechat_mute (channel) VALUES (?) ON CONFLICT DO NOTHING", channel)
		else this.#table.run("DELETE FROM wechat_mute WHERE channel = ?", channel)
	}
}

const KEPT_MS = 24 * 60 * 60_000

const TABLES = `
	CREATE TABLE IF NOT EXISTS wechat_held (
		number INTEGER PRIMARY KEY AUTOINCREMENT, chat TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL
	);
	CREATE TABLE IF NOT EXISTS wechat_mute (channel TEXT PRIMARY KEY);
`
