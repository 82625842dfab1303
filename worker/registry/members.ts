// Members: people's places in workspaces.
import { and, asc, eq } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import type { Role } from "../../protocol/roles.ts"
import type { Database } from "./database.ts"

const { member, user, workspace } = schema

/** A person's place in a workspace. */
export interface Membership {
	userId: string
	userName: string
	role: Role
	workspaceId: string
	workspaceName: string
}

export class Members {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	/** The person's place in that workspace; where none is named, their oldest place. */
	async membershipOf(userId: string, workspaceId: string | null): Promise<Membership | undefined> {
		const [row] = await this.#db
			.select({
				userId: user.id,
				userName: user.name,
				role: member.role,
				workspaceId: workspace.id,
				workspaceName: workspace.name,
			})
			.from(member)
			.innerJoin(user, eq(user.id, member.userId))
			.innerJoin(workspace, eq(workspace.id, member.workspaceId))
			.where(and(eq(member.userId, userId), workspaceId === null ? undefined : eq(workspace.id, workspaceId)))
			.orderBy(asc(member.createdAt))
			.limit(1)
		return row === undefined ? undefined : { ...row, role: row.role as Role }
	}
}
