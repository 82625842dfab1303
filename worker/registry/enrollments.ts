// Enrollment codes, as hashes: each lets one machine in.
import { and, eq, gt, isNull, lt } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import type { Database } from "./database.ts"
import type { Membership } from "./members.ts"

const { enrollment } = schema

export class Enrollments {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	async make(of: Membership, hash: string, expiresAt: number, now: number): Promise<void> {
		await this.#db.batch([
			this.#db.delete(enrollment).where(lt(enrollment.expiresAt, now)),
			this.#db.insert(enrollment).values({ hash, workspaceId: of.workspaceId, createdBy: of.userId, expiresAt }),
		])
	}

	/** Uses a code up; undefined for all but the first who tries. */
	async use(hash: string, now: number): Promise<{ workspaceId: string; createdBy: string } | undefined> {
		const [used] = await this.#db
			.update(enrollment)
			.set({ usedAt: now })
			.where(and(eq(enrollment.hash, hash), isNull(enrollment.usedAt), gt(enrollment.expiresAt, now)))
			.returning({ workspaceId: enrollment.workspaceId, createdBy: enrollment.createdBy })
		return used
	}
}
