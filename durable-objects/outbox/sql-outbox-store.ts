// The OutboxStore in a Durable Object's SQLite.
import { InboxItem } from "../../protocol/attention.ts"
import type { ChannelId, DestinationId, RequestId } from "../../protocol/ids.ts"
import type { Letter, News, OutboxStore, Subject } from "./outbox.ts"

export class SqlOutboxStore implements OutboxStore {
	readonly #sql: SqlStorage
	#isOpen = false

	constructor(sql: SqlStorage) {
		this.#sql = sql
	}

	subject(request: RequestId): Subject | null {
		const row = this.#run("SELECT * FROM outbox_subject WHERE request = ?", request).next().value
		if (row === undefined) return null
		const { workspace_id, item, revision } = row
		return {
			workspaceId: String(workspace_id),
			item: InboxItem.parse(JSON.parse(String(item))),
			revision: Number(revision),
		}
	}

	putSubject({ workspaceId, item, revision }: Subject): void {
		const { state } = item
		const overAt = state.is === "answered" || state.is === "gone" ? state.at : null
		this.#run(
			"INSERT OR REPLACE INTO outbox_subject (request, workspace_id, item, revision, state, over_at) VALUES (?, ?, ?, ?, ?, ?)",
			item.id,
			workspaceId,
			JSON.stringify(item),
			revision,
			state.is,
			overAt,
		)
	}

	addNews({ request, because, people, tries, nextAt }: Omit<News, "number">): void {
		this.#run(
			"INSERT INTO outbox_news (request, because, people, tries, next_at) VALUES (?, ?, ?, ?, ?)",
			request,
			because,
			people === null ? null : JSON.stringify(people),
			tries,
			nextAt,
		)
	}

	news(): News[] {
		return [...this.#run("SELECT * FROM outbox_news ORDER BY number")].map((row) => ({
			number: Number(row.number),
			request: String(row.request) as RequestId,
			because: String(row.because) as News["because"],
			people: row.people === null ? null : (JSON.parse(String(row.people)) as string[]),
			tries: Number(row.tries),
			nextAt: Number(row.next_at),
		}))
	}

	putNews({ number, tries, nextAt }: News): void {
		this.#run("UPDATE outbox_news SET tries = ?, next_at = ? WHERE number = ?", tries, nextAt, number)
	}

	dropNews(number: number): void {
		this.#run("DELETE FROM outbox_news WHERE number = ?", number)
	}

	letters(request: RequestId): Letter[] {
		return [...this.#run("SELECT * FROM outbox_letter WHERE request = ? ORDER BY number", request)].map(letter)
	}

	owed(): Letter[] {
		const rows = this.#run(`
			SELECT outbox_letter.* FROM outbox_letter JOIN outbox_subject USING (request)
			WHERE shown = 0 OR (rings IS NOT NULL AND over_at IS NULL) OR (shown < revision AND state <> 'answering')
			ORDER BY number`)
		return [...rows].map(letter)
	}

	dropPlace(destination: DestinationId): void {
		this.#run("DELETE FROM outbox_letter WHERE destination = ?", destination)
	}

	putLetter(letter: Letter): void {
		const { request, destination, channel, message, shown, rings, tries, failingSince, nextAt } = letter
		this.#run(
			`INSERT INTO outbox_letter
				(request, destination, channel, message, shown, rings, tries, failing_since, next_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (request, destination) DO UPDATE SET
				message = excluded.message, shown = excluded.shown, rings = excluded.rings, tries = excluded.tries,
				failing_since = excluded.failing_since, next_at = excluded.next_at`,
			request,
			destination,
			channel,
			message,
			shown,
			rings,
			tries,
			failingSince,
			nextAt,
		)
	}

	dropLetter(request: RequestId, destination: DestinationId): void {
		this.#run("DELETE FROM outbox_letter WHERE request = ? AND destination = ?", request, destination)
	}

	pausedUntil(whose: string): number {
		return Number(this.#run("SELECT until FROM outbox_pause WHERE whose = ?", whose).next().value?.until ?? 0)
	}

	pause(whose: string, until: number): void {
		this.#run("INSERT OR REPLACE INTO outbox_pause (whose, until) VALUES (?, ?)", whose, until)
	}

	forget(before: number, now: number): void {
		this.#run("DELETE FROM outbox_pause WHERE until <= ?", now)
		this.#run("DELETE FROM outbox_subject WHERE over_at < ?", before)
		for (const table of ["outbox_letter", "outbox_news"])
			this.#run(`DELETE FROM ${table} WHERE request NOT IN (SELECT request FROM outbox_subject)`)
	}

	isEmpty(): boolean {
		return this.#run("SELECT 1 FROM outbox_subject LIMIT 1").next().done === true
	}

	#run(query: string, ...values: SqlStorageValue[]): SqlStorageCursor<Record<string, SqlStorageValue>> {
		if (!this.#isOpen) {
			this.#sql.exec(TABLES)
			this.#isOpen = true
		}
		return this.#sql.exec(query, ...values)
	}
}

function letter(row: Record<string, SqlStorageValue>): Letter {
	return {
		request: String(row.request) as RequestId,
		destination: String(row.destination) as DestinationId,
		channel: row.channel === null ? null : (String(row.channel) as ChannelId),
		message: row.message === null ? null : String(row.message),
		shown: Number(row.shown),
		rings: row.rings === null ? null : (String(row.rings) as NonNullable<Letter["rings"]>),
		tries: Number(row.tries),
		failingSince: row.failing_since === null ? null : Number(row.failing_since),
		nextAt: Number(row.next_at),
	}
}

const TABLES = `
	CREATE TABLE IF NOT EXISTS outbox_subject (
		request TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, item TEXT NOT NULL, revision INTEGER NOT NULL,
		state TEXT NOT NULL, over_at INTEGER
	);
	CREATE TABLE IF NOT EXISTS outbox_news (
		number INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL, because TEXT NOT NULL, people TEXT,
		tries INTEGER NOT NULL, next_at INTEGER NOT NULL
	);
	CREATE TABLE IF NOT EXISTS outbox_letter (
		number INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL, destination TEXT NOT NULL, channel TEXT,
		message TEXT, shown INTEGER NOT NULL, rings TEXT, tries INTEGER NOT NULL, failing_since INTEGER,
		next_at INTEGER NOT NULL, UNIQUE (request, destination)
	);
	CREATE TABLE IF NOT EXISTS outbox_pause (whose TEXT PRIMARY KEY, until INTEGER NOT NULL);
`
