// Invitations: links with which people become members, as hashes.
import { and, asc, eq, exists, gt, isNull, type SQL, sql } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import type { Role } from "../../protocol/roles.ts"
import type { Invitation } from "../../protocol/routes/workspace.ts"
import type { Database } from "./database.ts"
import type { Membership } from "./members.ts"

const { account, invite, member, passkey, recoveryCode, session, user, workspace } = schema

/** What an invitation invites to. */
export interface InvitationEntry extends Omit<Invitation, "id" | "createdAt"> {
	workspaceId: string
	workspaceName: string
}

export class Invitations {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	async list(workspaceId: string, now: number): Promise<Invitation[]> {
		const rows = await this.#db
			.select({ invite, inviter: user.name })
			.from(invite)
			.innerJoin(user, eq(user.id, invite.inviterId))
			.where(and(eq(invite.workspaceId, workspaceId), this.#isGood(now)))
			.orderBy(asc(invite.createdAt))
		return rows.map(({ invite: { id, email, role, createdAt, expiresAt }, inviter }) => ({
			id,
			email,
			role: role as Role,
			invitedBy: inviter,
			createdAt,
			expiresAt,
		}))
	}

	async make(
		of: Membership,
		made: { email: string | null; role: Role; hash: string; expiresAt: number; now: number },
	): Promise<Invitation> {
		const { hash, now, ...said } = made
		const id = crypto.randomUUID()
		const { workspaceId, userId: inviterId } = of
		await this.#db.insert(invite).values({ id, workspaceId, inviterId, hash, ...said, createdAt: now })
		return { id, ...said, invitedBy: of.userName, createdAt: now }
	}

	/** False when the workspace has no such invitation. */
	async revoke(workspaceId: string, id: string): Promise<boolean> {
		const rows = await this.#db
			.delete(invite)
			.where(and(eq(invite.id, id), eq(invite.workspaceId, workspaceId), isNull(invite.usedAt)))
			.returning({ id: invite.id })
		return rows.length === 1
	}

	async find(hash: string, now: number): Promise<InvitationEntry | undefined> {
		const [row] = await this.#db
			.select({ invite, inviter: user.name, workspaceName: workspace.name })
			.from(invite)
			.innerJoin(user, eq(user.id, invite.inviterId))
			.innerJoin(workspace, eq(workspace.id, invite.workspaceId))
			.where(and(eq(invite.hash, hash), this.#isGood(now)))
		if (row === undefined) return undefined
		const { workspaceId, email, role, expiresAt } = row.invite
		return {
			workspaceId,
			workspaceName: row.workspaceName,
			email,
			role: role as Role,
			invitedBy: row.inviter,
			expiresAt,
		}
	}

	/** Makes the person a member and uses the invitation up; false for all but the first who tries. */
	async accept(hash: string, userId: string, now: number): Promise<boolean> {
		const [, used] = await this.#db.batch([this.#addMember(hash, userId, now), this.#use(hash, userId, now)])
		return used.length === 1
	}

	/** The same for somebody new; gives their id. Undefined also when the address is a person's already. */
	async acceptAsNew(
		hash: string,
		{ name, email }: { name: string; email: string },
		now: number,
	): Promise<string | undefined> {
		const id = crypto.randomUUID()
		const [, , , used] = await this.#db.batch([
			this.#forgetHusk(hash, email, now),
			this.#addPerson(hash, { id, name, email }, now),
			this.#addMember(hash, id, now),
			this.#use(hash, id, now),
		])
		return used.length === 1 ? id : undefined
	}

	/** Nobody, where the invitation is not good or the address is somebody's. */
	#addPerson(hash: string, { id, name, email }: { id: string; name: string; email: string }, now: number) {
		return this.#db
			.insert(user)
			.select(
				this.#db
					.select({
						id: sql`${id}`.as("id"),
						name: sql`${name}`.as("name"),
						email: sql`${email}`.as("email"),
						emailVerified: sql`0`.as("email_verified"),
						image: sql`NULL`.as("image"),
						createdAt: sql`${now}`.as("created_at"),
						updatedAt: sql`${now}`.as("updated_at"),
					})
					.from(invite)
					.where(and(eq(invite.hash, hash), this.#isGood(now))),
			)
			.onConflictDoNothing()
	}

	#addMember(hash: string, userId: string, now: number) {
		return this.#db.insert(member).select(
			this.#db
				.select({
					id: sql`${crypto.randomUUID()}`.as("id"),
					workspaceId: invite.workspaceId,
					userId: user.id,
					role: invite.role,
					createdAt: sql`${now}`.as("created_at"),
				})
				.from(invite)
				.innerJoin(user, eq(user.id, userId))
				.where(and(eq(invite.hash, hash), this.#isGood(now))),
		)
	}

	#use(hash: string, userId: string, now: number) {
		return this.#db
			.update(invite)
			.set({ usedAt: now })
			.where(and(eq(invite.hash, hash), this.#isGood(now), exists(this.#person(eq(user.id, userId)))))
			.returning({ id: invite.id })
	}

	/** Somebody with no place, no way in and no sign-in cannot come back: the address is free for whoever is invited. */
	#forgetHusk(hash: string, email: string, now: number) {
		const good = this.#db
			.select({ id: invite.id })
			.from(invite)
			.where(and(eq(invite.hash, hash), this.#isGood(now)))
		const nothingIn = (table: typeof member | typeof passkey | typeof account | typeof recoveryCode) =>
			sql`NOT EXISTS (SELECT 1 FROM ${table} WHERE ${table.userId} = ${user.id})`
		return this.#db
			.delete(user)
			.where(
				and(
					eq(user.email, email),
					exists(good),
					nothingIn(member),
					nothingIn(passkey),
					nothingIn(account),
					nothingIn(recoveryCode),
					sql`NOT EXISTS (SELECT 1 FROM ${session} WHERE ${session.userId} = ${user.id} AND ${session.expiresAt} > ${now})`,
				),
			)
	}

	#person(which: SQL) {
		return this.#db.select({ id: user.id }).from(user).where(which)
	}

	/** Whoever made it must still be an owner: who has been shown out leaves no door open behind them. */
	#isGood(now: number): SQL | undefined {
		return and(
			isNull(invite.usedAt),
			gt(invite.expiresAt, now),
			sql`EXISTS (SELECT 1 FROM ${member} AS inviter WHERE inviter.workspace_id = ${invite.workspaceId}
				AND inviter.user_id = ${invite.inviterId} AND inviter.role = 'owner')`,
		)
	}
}
