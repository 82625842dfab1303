// Members: people's places in workspaces.
import { and, asc, eq, inArray, isNull, ne, or, type SQL, sql } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import type { Role } from "../../protocol/roles.ts"
import type { Workspace } from "../../protocol/routes/account.ts"
import type { Member } from "../../protocol/routes/workspace.ts"
import type { Database } from "./database.ts"
import { emailOf } from "./people.ts"

const { destination, enrollment, member, token, user, workspace } = schema

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
	/** The places of one person, the oldest first. */
	async listWorkspaces(userId: string): Promise<Workspace[]> {
		const rows = await this.#db
			.select({ id: workspace.id, name: workspace.name, role: member.role })
			.from(member)
			.innerJoin(workspace, eq(workspace.id, member.workspaceId))
			.where(eq(member.userId, userId))
			.orderBy(asc(member.createdAt))
		return rows.map((row) => ({ ...row, role: row.role as Role }))
	}

	/** The people of one workspace, the oldest first. */
	async list(workspaceId: string): Promise<Member[]> {
		const rows = await this.#db
			.select({ id: user.id, name: user.name, email: user.email, role: member.role, joinedAt: member.createdAt })
			.from(member)
			.innerJoin(user, eq(user.id, member.userId))
			.where(eq(member.workspaceId, workspaceId))
			.orderBy(asc(member.createdAt))
		return rows.map(({ email, role, joinedAt, ...row }) => ({
			...row,
			email: emailOf(email),
			role: role as Role,
			joinedAt: joinedAt.getTime(),
		}))
	}

	/** Those of these people who are members. */
	async among(workspaceId: string, userIds: string[]): Promise<Set<string>> {
		const rows = await this.#db
			.select({ id: member.userId })
			.from(member)
			.where(and(eq(member.workspaceId, workspaceId), inArray(member.userId, userIds)))
		return new Set(rows.map(({ id }) => id))
	}

	/** "last" when it would leave the workspace without an owner. */
	async change(workspaceId: string, userId: string, role: Role): Promise<"changed" | "last" | "missing"> {
		const changed = await this.#db
			.update(member)
			.set({ role })
			.where(and(theirs(workspaceId, userId), role === "owner" ? undefined : leavesAnOwner(workspaceId)))
			.returning({ id: member.id })
		if (changed.length > 0) return "changed"
		return (await this.#isThere(workspaceId, userId)) ? "last" : "missing"
	}

	/** Takes the person's place, and with it their tokens and codes there; "last" as above. */
	async remove(workspaceId: string, userId: string, now: number): Promise<"removed" | "last" | "missing"> {
		const isGone = sql`NOT EXISTS (SELECT 1 FROM ${member} WHERE ${theirs(workspaceId, userId)})`
		const isTheirs = and(eq(destination.workspaceId, workspaceId), eq(destination.userId, userId))
		const [removed] = await this.#db.batch([
			this.#db
				.delete(member)
				.where(and(theirs(workspaceId, userId), leavesAnOwner(workspaceId)))
				.returning({ id: member.id }),
			// Who is invited again does not get them back.
			this.#db
				.update(token)
				.set({ revokedAt: now })
				.where(and(eq(token.workspaceId, workspaceId), eq(token.userId, userId), isNull(token.revokedAt), isGone)),
			this.#db
				.delete(enrollment)
				.where(and(eq(enrollment.workspaceId, workspaceId), eq(enrollment.createdBy, userId), isGone)),
			// Their chats are told why nothing is done for them any more; a browser is just told nothing.
			this.#db
				.update(destination)
				.set({ details: sql`json_set(${destination.details}, '$.isRemoved', json('true'))` })
				.where(and(isTheirs, ne(destination.kind, "push"), isGone)),
			this.#db.delete(destination).where(and(isTheirs, eq(destination.kind, "push"), isGone)),
		])
		if (removed.length > 0) return "removed"
		return (await this.#isThere(workspaceId, userId)) ? "last" : "missing"
	}

	async #isThere(workspaceId: string, userId: string): Promise<boolean> {
		const rows = await this.#db.select({ id: member.id }).from(member).where(theirs(workspaceId, userId))
		return rows.length > 0
	}
}

function theirs(workspaceId: string, userId: string): SQL | undefined {
	return and(eq(member.workspaceId, workspaceId), eq(member.userId, userId))
}

/** That the row is no owner's, or not the only one's. */
function leavesAnOwner(workspaceId: string): SQL | undefined {
	return or(
		ne(member.role, "owner"),
		sql`(SELECT count(*) FROM ${member} AS owner WHERE owner.workspace_id = ${workspaceId} AND owner.role = 'owner') > 1`,
	)
}
