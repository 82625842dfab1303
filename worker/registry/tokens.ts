// Tokens: the secrets that programs sign in with, as hashes.
import { and, asc, eq, gt, isNull, notExists, or, type SQL, sql } from "drizzle-orm"
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
			.where(and(eq(token.hash, hash), isLive(now)))
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

	/** Those that have expired, too: whoever wonders why a program is refused finds out here. */
	async list(of: Membership): Promise<Token[]> {
		const rows = await this.#db
			.select()
			.from(token)
			.where(and(isTheirs(of), isNull(token.revokedAt)))
			.orderBy(asc(token.createdAt))
		return rows.map(entry)
	}

	/** Undefined when the person has a token of this name here. */
	async make(
		of: Membership,
		{ now, ...made }: { name: string; prefix: string; hash: string; now: number } & Scope,
	): Promise<Token | undefined> {
		const { workspaceId, userId } = of
		const row = { id: newTokenId(), workspaceId, userId, ...made, createdAt: now, lastUsedAt: null }
		const same = this.#db
			.select({ id: token.id })
			.from(token)
			.where(and(isTheirs(of), isLive(now), eq(token.name, made.name)))
		const { meta } = await this.#db.run(sql`
			INSERT INTO ${token} (id, workspace_id, user_id, name, prefix, hash, actions, tags, expires_at, created_at)
			SELECT ${row.id}, ${workspaceId}, ${userId}, ${row.name}, ${row.prefix}, ${row.hash},
				${json(row.actions)}, ${json(row.tags)}, ${row.expiresAt}, ${now}
			WHERE ${notExists(same)}`)
		return meta.changes === 1 ? entry(row) : undefined
	}

	/** False when the person has no such token. */
	async revoke(of: Membership, id: TokenId, now: number): Promise<boolean> {
		const rows = await this.#db
			.update(token)
			.set({ revokedAt: now })
			.where(and(eq(token.id, id), isTheirs(of), isNull(token.revokedAt)))
			.returning({ id: token.id })
		return rows.length === 1
	}
}

function isTheirs({ workspaceId, userId }: Membership): SQL | undefined {
	return and(eq(token.workspaceId, workspaceId), eq(token.userId, userId))
}

function isLive(now: number): SQL | undefined {
	return and(isNull(token.revokedAt), or(isNull(token.expiresAt), gt(token.expiresAt, now)))
}

/** As the columns keep it. */
function json(list: string[] | null): string | null {
	return list === null ? null : JSON.stringify(list)
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
