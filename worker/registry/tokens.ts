// Tokens: the secrets that programs sign in with, as hashes.
import { and, asc, eq, gt, isNull, or } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import { newTokenId, type TokenId } from "../../protocol/ids.ts"
import type { Action, Role } from "../../protocol/roles.ts"
import type { Scope, Token } from "../../protocol/routes/tokens.ts"
import type { Database } from "./database.ts"
import type { Membership } from "./members.ts"

const { member, token, user, workspace } = schema

export class Tokens {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	/** The token with this hash, and the place of whoever made it. */
	async find(hash: string, now: number): Promise<{ token: Token; membership: Membership } | undefined> {
		const [row] = await this.#db
			.select({ token, member, user, workspace })
			.from(token)
			.innerJoin(member, and(eq(member.userId, token.userId), eq(member.workspaceId, token.workspaceId)))
			.innerJoin(user, eq(user.id, token.userId))
			.innerJoin(workspace, eq(workspace.id, token.workspaceId))
			.where(and(eq(token.hash, hash), isNull(token.revokedAt), or(isNull(token.expiresAt), gt(token.expiresAt, now))))
		if (row === undefined) return undefined
		return {
			token: entry(row.token),
			membership: {
				userId: row.user.id,
				userName: row.user.name,
				role: row.member.role as Role,
				workspaceId: row.workspace.id,
				workspaceName: row.workspace.name,
			},
		}
	}

	async touch(id: TokenId, now: number): Promise<void> {
		await this.#db.update(token).set({ lastUsedAt: now }).where(eq(token.id, id))
	}

	async list(of: Membership): Promise<Token[]> {
		const rows = await this.#db
			.select()
			.from(token)
			.where(and(eq(token.workspaceId, of.workspaceId), eq(token.userId, of.userId), isNull(token.revokedAt)))
			.orderBy(asc(token.createdAt))
		return rows.map(entry)
	}

	async make(
		of: Membership,
		{ now, ...made }: { name: string; prefix: string; hash: string; now: number } & Scope,
	): Promise<Token> {
		const { workspaceId, userId } = of
		const row = { id: newTokenId(), workspaceId, userId, ...made, createdAt: now, lastUsedAt: null }
		await this.#db.insert(token).values(row)
		return entry(row)
	}

	/** False when the person has no such token. */
	async revoke(of: Membership, id: TokenId, now: number): Promise<boolean> {
		const rows = await this.#db
			.update(token)
			.set({ revokedAt: now })
			.where(
				and(
					eq(token.id, id),
					eq(token.workspaceId, of.workspaceId),
					eq(token.userId, of.userId),
					isNull(token.revokedAt),
				),
			)
			.returning({ id: token.id })
		return rows.length === 1
	}
}

function entry(row: Omit<typeof token.$inferSelect, "revokedAt">): Token {
	const { id, name, prefix, actions, tags, expiresAt, createdAt, lastUsedAt } = row
	return {
		id: id as TokenId,
		name,
		prefix,
		actions: actions as Action[] | null,
		tags,
		expiresAt,
		createdAt,
		lastUsedAt,
	}
}
