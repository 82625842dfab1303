// The Store in a Durable Object's SQLite. Read once per wake, written when something changes, never per chunk.
import type { MachineId, SessionId } from "../protocol/ids.ts"
import { Platform, SessionInfo } from "../protocol/session.ts"
import type { MachineRow, Store } from "./store.ts"

export class SqlStore implements Store {
	readonly #sql: SqlStorage
	#isOpen = false
	/** Undefined until read. */
	#machine: MachineRow | null | undefined
	#sessions: Map<SessionId, SessionInfo> | undefined

	constructor(sql: SqlStorage) {
		this.#sql = sql
	}

	machine(): MachineRow | null {
		if (this.#machine === undefined) {
			const row = this.#run("SELECT id, name, platform, epoch, since, proven_at FROM machine").next().value
			this.#machine = row === undefined ? null : readMachine(row)
		}
		return this.#machine
	}

	putMachine(row: MachineRow): void {
		this.#machine = row
		this.#run(
			"INSERT OR REPLACE INTO machine (one, id, name, platform, epoch, since, proven_at) VALUES (1, ?, ?, ?, ?, ?, ?)",
			row.id,
			row.name,
			row.platform === null ? null : JSON.stringify(row.platform),
			row.epoch,
			row.since,
			row.provenAt,
		)
	}

	sessions(): Map<SessionId, SessionInfo> {
		if (this.#sessions === undefined) {
			this.#sessions = new Map()
			for (const row of this.#run("SELECT info FROM session")) {
				const session = SessionInfo.parse(JSON.parse(String(row.info)))
				this.#sessions.set(session.id, session)
			}
		}
		return this.#sessions
	}

	putSession(session: SessionInfo): void {
		this.sessions().set(session.id, session)
		this.#run("INSERT OR REPLACE INTO session (id, info) VALUES (?, ?)", session.id, JSON.stringify(session))
	}

	dropSession(id: SessionId): void {
		this.sessions().delete(id)
		this.#run("DELETE FROM session WHERE id = ?", id)
		this.#run("DELETE FROM granted WHERE session = ?", id)
		this.dropSnapshot(id)
	}

	snapshot(id: SessionId) {
		const row = this.#run("SELECT sequence, cols, rows, bytes FROM snapshot WHERE session = ?", id).next().value
		if (row === undefined || !(row.bytes instanceof ArrayBuffer)) return null
		return {
			sequence: Number(row.sequence),
			cols: Number(row.cols),
			rows: Number(row.rows),
			bytes: new Uint8Array(row.bytes),
		}
	}

	putSnapshot(snapshot: Parameters<Store["putSnapshot"]>[0]): void {
		this.#run(
			"INSERT OR REPLACE INTO snapshot (session, sequence, cols, rows, bytes) VALUES (?, ?, ?, ?, ?)",
			snapshot.session,
			snapshot.sequence,
			snapshot.cols,
			snapshot.rows,
			snapshot.bytes.slice().buffer,
		)
	}

	dropSnapshot(id: SessionId): void {
		this.#run("DELETE FROM snapshot WHERE session = ?", id)
	}

	grant(id: SessionId, secrets: string[]): void {
		this.#run("INSERT OR REPLACE INTO granted (session, secrets) VALUES (?, ?)", id, JSON.stringify(secrets))
	}

	granted(id: SessionId): string[] {
		const row = this.#run("SELECT secrets FROM granted WHERE session = ?", id).next().value
		return row === undefined ? [] : (JSON.parse(String(row.secrets)) as string[])
	}

	spendDial(jti: string, expiresAt: number, now: number): boolean {
		this.#run("DELETE FROM dial WHERE expires_at <= ?", now)
		const spent = this.#run("INSERT OR IGNORE INTO dial (jti, expires_at) VALUES (?, ?) RETURNING jti", jti, expiresAt)
		return spent.toArray().length === 1
	}

	clear(): void {
		for (const table of ["machine", "session", "snapshot", "granted", "dial"]) this.#run(`DELETE FROM ${table}`)
		this.#machine = undefined
		this.#sessions = undefined
	}

	#run(query: string, ...values: SqlStorageValue[]): SqlStorageCursor<Record<string, SqlStorageValue>> {
		if (!this.#isOpen) {
			this.#sql.exec(TABLES)
			this.#isOpen = true
		}
		return this.#sql.exec(query, ...values)
	}
}

const TABLES = `
	CREATE TABLE IF NOT EXISTS machine (
		one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, name TEXT NOT NULL, platform TEXT,
		epoch INTEGER NOT NULL, since INTEGER, proven_at INTEGER
	);
	CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, info TEXT NOT NULL) WITHOUT ROWID;
	CREATE TABLE IF NOT EXISTS snapshot (
		session TEXT PRIMARY KEY, sequence INTEGER NOT NULL, cols INTEGER NOT NULL, rows INTEGER NOT NULL, bytes BLOB NOT NULL
	) WITHOUT ROWID;
	CREATE TABLE IF NOT EXISTS granted (session TEXT PRIMARY KEY, secrets TEXT NOT NULL) WITHOUT ROWID;
	CREATE TABLE IF NOT EXISTS dial (jti TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID;
`

function readMachine(row: Record<string, SqlStorageValue>): MachineRow {
	return {
		id: row.id as MachineId,
		name: String(row.name),
		platform: row.platform === null ? null : Platform.parse(JSON.parse(String(row.platform))),
		epoch: Number(row.epoch),
		since: row.since as number | null,
		provenAt: row.proven_at as number | null,
	}
}
