// Answers that WeCom asks for again and again until they are over, and the addresses that it gives for what comes later.
import { Table } from "./table.ts"

export interface Shown {
	content: string
	isOver: boolean
}

export class Streams {
	readonly #table: Table

	constructor(sql: SqlStorage) {
		this.#table = new Table(sql, TABLES)
	}

	/** An answer to a message begins; the same again is the same. `url` takes one message, once, until `until`. */
	begin(stream: string, chat: string, url: { address: string; until: number } | null, now: number): void {
		this.#table.run("DELETE FROM wechat_stream WHERE at < ?", now - KEPT_MS)
		this.#table.run("DELETE FROM wechat_part WHERE stream NOT IN (SELECT stream FROM wechat_stream)")
		this.#table.run("DELETE FROM wechat_url WHERE until <= ?", now)
		const isNew = this.#table.run(
			"INSERT INTO wechat_stream (stream, at, is_over) VALUES (?, ?, 0) ON CONFLICT DO NOTHING RETURNING at",
			stream,
			now,
		)
		if (isNew.length === 0 || url === null) return
		this.#table.run(
			"INSERT INTO wechat_url (address, chat, until) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
			url.address,
			chat,
			url.until,
		)
	}

	/** Adds to an answer: the part's number, or null where the answer is over. */
	write(stream: string, text: string, now: number): number | null {
		if (!this.#isOpen(stream, now)) return null
		const [row] = this.#table.run("INSERT INTO wechat_part (stream, text) VALUES (?, ?) RETURNING number", stream, text)
		return Number(row?.number)
	}

	/** Changes a part. False where its answer is over. */
	rewrite(number: number, text: string, now: number): boolean {
		const [row] = this.#table.run("SELECT stream FROM wechat_part WHERE number = ?", number)
		if (row === undefined || !this.#isOpen(String(row.stream), now)) return false
		this.#table.run("UPDATE wechat_part SET text = ? WHERE number = ?", text, number)
		return true
	}

	/** Nothing more comes now. */
	finish(stream: string): void {
		this.#table.run("UPDATE wechat_stream SET is_over = 1 WHERE stream = ?", stream)
	}

	/** What an answer says now. Null for none of ours. */
	read(stream: string, now: number): Shown | null {
		const [row] = this.#table.run("SELECT 1 FROM wechat_stream WHERE stream = ?", stream)
		if (row === undefined) return null
		const parts = this.#table.run("SELECT text FROM wechat_part WHERE stream = ? ORDER BY number", stream)
		return { content: parts.map(({ text }) => String(text)).join("\n\n"), isOver: !this.#isOpen(stream, now) }
	}

	/** An address of this chat that still takes a message: nobody else gets it. The one that ends first. */
	takeUrl(chat: string, now: number): string | null {
		const [row] = this.#table.run(
			`DELETE FROM wechat_url WHERE address = (
				SELECT address FROM wechat_url WHERE chat = ? AND until > ? ORDER BY until LIMIT 1
			) RETURNING address`,
			chat,
			now,
		)
		return row === undefined ? null : String(row.address)
	}

	#isOpen(stream: string, now: number): boolean {
		const sql = "SELECT 1 FROM wechat_stream WHERE stream = ? AND is_over = 0 AND at > ?"
		return this.#table.run(sql, stream, now - MOST_MS).length === 1
	}
}

/** WeCom asks for six minutes. */
const MOST_MS = 5.5 * 60_000
const KEPT_MS = 60 * 60_000

const TABLES = `
	CREATE TABLE IF NOT EXISTS wechat_stream (
		stream TEXT PRIMARY KEY, at INTEGER NOT NULL, is_over INTEGER NOT NULL
	);
	CREATE TABLE IF NOT EXISTS wechat_part (
		number INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT NOT NULL, text TEXT NOT NULL
	);
	CREATE TABLE IF NOT EXISTS wechat_url (address TEXT PRIMARY KEY, chat TEXT NOT NULL, until INTEGER NOT NULL);
`
