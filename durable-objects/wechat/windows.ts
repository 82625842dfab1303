// How long and how often a personal WeChat account may be written to: after each message of the person's, for a while.
import { Table } from "./table.ts"

/** `left`: how many more after this one. */
export type Spent =
	| { is: "open"; context: string | null; left: number; number: number }
	/** They have not written for a day. */
	| { is: "closed" }
	/** All that one message of theirs allows is said. */
	| { is: "spent" }

export class Windows {
	readonly #table: Table

	constructor(sql: SqlStorage) {
		this.#table = new Table(sql, TABLE)
	}

	/** They have written. */
	open(chat: string, context: string | null, now: number): void {
		this.#table.run(
			"INSERT OR REPLACE INTO wechat_window (chat, context, at, spent) VALUES (?, ?, ?, 0)",
			chat,
			context,
			now,
		)
	}

	/** Takes one of what is allowed. */
	spend(chat: string, now: number): Spent {
		const [row] = this.#table.run("SELECT context, at, spent FROM wechat_window WHERE chat = ?", chat)
		if (row === undefined || Number(row.at) + WINDOW_MS <= now) return { is: "closed" }
		const spent = Number(row.spent)
		if (spent >= MOST) return { is: "spent" }
		this.#table.run("UPDATE wechat_window SET spent = spent + 1 WHERE chat = ?", chat)
		const context = row.context === null ? null : String(row.context)
		return { is: "open", context, left: MOST - spent - 1, number: spent + 1 }
	}

	/** The service itself says that no more is allowed. */
	shut(chat: string): void {
		this.#table.run("UPDATE wechat_window SET spent = ? WHERE chat = ?", MOST, chat)
	}

	/** One was taken and not used. */
	giveBack(chat: string): void {
		this.#table.run("UPDATE wechat_window SET spent = max(0, spent - 1) WHERE chat = ? AND spent < ?", chat, MOST)
	}
}

const WINDOW_MS = 24 * 60 * 60_000
/** What the service allows after one message of theirs. */
const MOST = 10

const TABLE = `
	CREATE TABLE IF NOT EXISTS wechat_window (
		chat TEXT PRIMARY KEY, context TEXT, at INTEGER NOT NULL, spent INTEGER NOT NULL
	);
`
