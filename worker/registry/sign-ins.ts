// Sign-ins: the browsers in which people are signed in.
import { and, desc, eq, gt, lt, ne } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import type { SignIn } from "../../protocol/routes/account.ts"
import type { Database } from "./database.ts"

const { session, verification } = schema

export class SignIns {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	/** The newest first. */
	async list(userId: string, now: number): Promise<Omit<SignIn, "isThis">[]> {
		const rows = await this.#db
			.select()
			.from(session)
			.where(and(eq(session.userId, userId), gt(session.expiresAt, new Date(now))))
			.orderBy(desc(session.createdAt))
		return rows.map(({ id, createdAt, updatedAt, expiresAt, ipAddress, userAgent }) => ({
			id,
			createdAt: createdAt.getTime(),
			seenAt: updatedAt.getTime(),
			expiresAt: expiresAt.getTime(),
			// The library writes empty text for what it does not know.
			address: ipAddress || null,
			browser: userAgent || null,
		}))
	}

	/** False when the person has no such sign-in. */
	async end(userId: string, id: string): Promise<boolean> {
		const rows = await this.#db
			.delete(session)
			.where(and(eq(session.id, id), eq(session.userId, userId)))
			.returning({ id: session.id })
		return rows.length === 1
	}

	/** Ends all of the person's but this one; gives their ids. */
	async endOthers(userId: string, but: string): Promise<string[]> {
		const rows = await this.#db
			.delete(session)
			.where(and(eq(session.userId, userId), ne(session.id, but)))
			.returning({ id: session.id })
		return rows.map(({ id }) => id)
	}
	/** Forgets sign-ins that are over, and what browsers were to prove within some minutes and did not. */
	async forgetExpired(now: number): Promise<void> {
		const before = new Date(now)
		await this.#db.batch([
			this.#db.delete(session).where(lt(session.expiresAt, before)),
			this.#db.delete(verification).where(lt(verification.expiresAt, before)),
		])
	}
}
