// The numbers that stand for buttons where a service has none. A number means one thing in its chat: one that was typed
// for an earlier message never answers a later one.
import { Table } from "./table.ts"

export interface Chosen {
	data: string
	/** Null while it is not known to have been sent. */
	message: string | null
}

export class Offers {
	readonly #table: Table

	constructor(sql: SqlStorage) {
		this.#table = new Table(sql, TABLE)
	}

	/** A number for each. What is offered already keeps its number. */
	offer(chat: string, data: readonly string[], now: number): number[] {
		this.#table.run("DELETE FROM wechat_offer WHERE at < ?", now - KEPT_MS)
		const [last] = this.#table.run(
			"SELECT number, at FROM wechat_offer WHERE chat = ? ORDER BY at DESC, number DESC LIMIT 1",
			chat,
		)
		const isQuiet = last === undefined || Number(last.at) < now - QUIET_MS
		const first = isQuiet || Number(last.number) + data.length > MOST ? 1 : Number(last.number) + 1
		const known = data.map((each) => this.#numberOf(chat, each))
		if (data.length > 0 && known.every((number) => number !== null)) return known as number[]
		for (const [index, each] of data.entries())
			this.#table.run(
				"INSERT OR REPLACE INTO wechat_offer (chat, number, data, at) VALUES (?, ?, ?, ?)",
				chat,
				first + index,
				each,
				now,
			)
		return data.map((_, index) => first + index)
	}

	/** Remembers the message that these numbers stand on. */
	stand(chat: string, numbers: readonly number[], message: string): void {
		for (const number of numbers)
			this.#table.run("UPDATE wechat_offer SET message = ? WHERE chat = ? AND number = ?", message, chat, number)
	}

	/** What a number stands for, and on which message; null for one that was not offered here. */
	chosen(chat: string, number: number): Chosen | null {
		const [row] = this.#table.run("SELECT data, message FROM wechat_offer WHERE chat = ? AND number = ?", chat, number)
		if (row === undefined) return null
		return { data: String(row.data), message: row.message === null ? null : String(row.message) }
	}

	#numberOf(chat: string, data: string): number | null {
		const [row] = this.#table.run(
			"SELECT number FROM wechat_offer WHERE chat = ? AND data = ? ORDER BY at DESC LIMIT 1",
			chat,
			data,
		)
		return row === undefined ? null : Number(row.number)
	}
}

/** Three digits are quickly typed, and by then what had the same number is long past. */
const MOST = 999
/** After that nobody types a number that they read before: counting begins at 1 again. */
const QUIET_MS = 24 * 60 * 60_000
/** What is typed later than this is told that it is too late, by whoever made the button. */
const KEPT_MS = 7 * 24 * 60 * 60_000

const TABLE = `
	CREATE TABLE IF NOT EXISTS wechat_offer (
		chat TEXT NOT NULL, number INTEGER NOT NULL, data TEXT NOT NULL, at INTEGER NOT NULL, message TEXT,
		PRIMARY KEY (chat, number)
	);
	CREATE INDEX IF NOT EXISTS wechat_offer_at ON wechat_offer (at);
`
