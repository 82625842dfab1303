// The audit trail's rows, for reading: the workspace's object alone writes them.
import { and, asc, desc, eq, gt, isNotNull, lt, lte, sql } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import { AuditEntry } from "../../protocol/audit.ts"
import type { MachineId, SessionId } from "../../protocol/ids.ts"
import type { RouteName } from "../../protocol/routes.ts"
import type { Database } from "./database.ts"

const { audit } = schema

export class Audit {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	/** The newest entries before one that hold every word of `text`, newest first. */
	async list(
		workspaceId: string,
		{ before, limit, text }: { before: number; limit: number; text: string },
	): Promise<AuditEntry[]> {
		const words = text.toLowerCase().split(/\s+/)
		const rows = await this.#db
			.select({ entry: audit.entry })
			.from(audit)
			.where(
				and(
					eq(audit.workspaceId, workspaceId),
					lt(audit.sequence, before),
					...words.map((word) => sql`${audit.words} LIKE ${`%${literally(word)}%`} ESCAPE '\\'`),
				),
			)
			.orderBy(desc(audit.sequence))
			.limit(limit)
		return rows.map(({ entry }) => AuditEntry.parse(entry))
	}

	/** Entries after one and up to another as they are written, oldest first: who changed one is not helped by us. */
	async page(workspaceId: string, after: number, upTo: number): Promise<{ sequence: number; text: string }[]> {
		return this.#db
			.select({ sequence: audit.sequence, text: sql<string>`${audit.entry}` })
			.from(audit)
			.where(and(eq(audit.workspaceId, workspaceId), gt(audit.sequence, after), lte(audit.sequence, upTo)))
			.orderBy(asc(audit.sequence))
			.limit(PAGE_ROWS)
	}

	/** Who opened the machine's sessions, and from where: the last time of each, with its session, newest first. */
	async attachments(
		workspaceId: string,
		machine: MachineId,
	): Promise<{ name: string; at: number; address: string | null; session: SessionId }[]> {
		const said = (path: string) => sql<string>`json_extract(${audit.entry}, ${path})`
		const action: RouteName = "view"
		const at = sql<number>`max(${audit.at})`
		return this.#db
			.select({
				name: said("$.actor.name"),
				at,
				address: sql<string | null>`json_extract(${audit.entry}, '$.address')`,
				// Of the row that has the maximum: https://www.sqlite.org/lang_select.html#bareagg
				session: sql<SessionId>`json_extract(${audit.entry}, '$.target.session')`,
			})
			.from(audit)
			.where(
				and(
					eq(audit.workspaceId, workspaceId),
					eq(audit.machineId, machine),
					eq(said("$.action"), action),
					eq(said("$.outcome"), "done"),
					// An entry without one is of a socket alone.
					isNotNull(said("$.target.session")),
				),
			)
			.groupBy(said("$.actor.id"), said("$.address"))
			.orderBy(desc(at))
			.limit(ATTACHMENTS)
	}
}

/** What an answer of D1 holds without strain. */
const PAGE_ROWS = 200
/** More people at more addresses than anybody reads. */
const ATTACHMENTS = 500

/** A word as LIKE takes it, in which two characters mean others. */
function literally(word: string): string {
	return word.replaceAll(/[\\%_]/g, "\\$&")
}
