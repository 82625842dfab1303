// The workspace's policy: what is answered without a person, who is told, and what each channel may answer.
import { eq } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import { NO_POLICY, Policy } from "../../protocol/policy.ts"
import type { Database } from "./database.ts"

const { policy } = schema

export interface PolicyEntry {
	policy: Policy
	/** Null, like who did it, where nobody has written one. */
	updatedAt: number | null
	updatedBy: string | null
}

export class Policies {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	async find(workspaceId: string): Promise<PolicyEntry> {
		const [row] = await this.#db.select().from(policy).where(eq(policy.workspaceId, workspaceId))
		if (row === undefined) return { policy: NO_POLICY, updatedAt: null, updatedBy: null }
		return { policy: Policy.parse(row.policy), updatedAt: row.updatedAt, updatedBy: row.updatedBy }
	}

	async write(workspaceId: string, { policy: written, updatedAt, updatedBy }: WrittenPolicy): Promise<void> {
		const row = { policy: written, updatedAt, updatedBy }
		await this.#db
			.insert(policy)
			.values({ workspaceId, ...row })
			.onConflictDoUpdate({ target: policy.workspaceId, set: row })
	}
}

interface WrittenPolicy {
	policy: Policy
	updatedAt: number
	updatedBy: string
}
