// Files that were uploaded as inputs for tasks: whose, how large, until when. Their bytes are in the store of files.
import { and, eq, gt, lte, sql } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import type { UploadId } from "../../protocol/ids.ts"
import type { Database } from "./database.ts"

const { upload } = schema

export class Uploads {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	async add(made: typeof upload.$inferInsert & { id: UploadId }): Promise<void> {
		await this.#db.insert(upload).values(made)
	}

	/** Which of these the workspace has. */
	async present(workspaceId: string, ids: readonly UploadId[], now: number): Promise<Set<string>> {
		if (ids.length === 0) return new Set()
		// As one value: a query of D1 takes at most 100.
		const isNamed = sql`${upload.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`
		const rows = await this.#db
			.select({ id: upload.id })
			.from(upload)
			.where(and(eq(upload.workspaceId, workspaceId), gt(upload.expiresAt, now), isNamed))
		return new Set(rows.map(({ id }) => id))
	}

	/** Bytes of all that the workspace keeps. */
	async size(workspaceId: string): Promise<number> {
		const [row] = await this.#db
			.select({ size: sql<number>`coalesce(sum(${upload.size}), 0)` })
			.from(upload)
			.where(eq(upload.workspaceId, workspaceId))
		return row?.size ?? 0
	}

	/** Forgets some whose time is over. */
	async expire(now: number): Promise<{ id: UploadId; workspaceId: string }[]> {
		const over = this.#db
			.select({ id: upload.id })
			.from(upload)
			.where(lte(upload.expiresAt, now))
			.limit(EXPIRED_AT_ONCE)
		const rows = await this.#db
			.delete(upload)
			.where(sql`${upload.id} IN ${over}`)
			.returning({ id: upload.id, workspaceId: upload.workspaceId })
		return rows.map(({ id, workspaceId }) => ({ id: id as UploadId, workspaceId }))
	}
}

/** As many as one upload can clear away. */
const EXPIRED_AT_ONCE = 20
