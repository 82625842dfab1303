// One-time sign-in links: which are used up, and the owner whom they sign in.
import { and, asc, eq, lt } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import type { SignInLink } from "../../protocol/sign-in-link.ts"
import type { Database } from "./database.ts"
import { NO_EMAIL } from "./people.ts"
import { FIRST_SLUG } from "./workspaces.ts"

const { member, signInLink, user, workspace } = schema

export class SignInLinks {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	/** Marks a link as used; false for all but the first who tries. */
	async spend(link: SignInLink, now: number): Promise<boolean> {
		const [, spent] = await this.#db.batch([
			this.#db.delete(signInLink).where(lt(signInLink.expiresAt, now)),
			this.#db.insert(signInLink).values(link).onConflictDoNothing().returning(),
		])
		return spent.length === 1
	}

	/** The user id of the home's owner; makes the owner and the first workspace where there is none yet. */
	async findOrMakeOwner(now: Date): Promise<string> {
		const found = await this.findOwner()
		if (found !== undefined) return found
		const userId = crypto.randomUUID()
		const workspaceId = crypto.randomUUID()
		try {
			await this.#db.batch([
				this.#db.insert(user).values({ id: userId, name: "Owner", email: NO_EMAIL, createdAt: now, updatedAt: now }),
				this.#db.insert(workspace).values({ id: workspaceId, name: "Home", slug: FIRST_SLUG, createdAt: now }),
				this.#db.insert(member).values({ id: crypto.randomUUID(), workspaceId, userId, role: "owner", createdAt: now }),
			])
			return userId
		} catch (error) {
			// Another sign-in made them in the meantime, or the registry is broken.
			const made = await this.findOwner()
			if (made !== undefined) return made
			throw error
		}
	}

	/** Whom a link signs in; undefined before the first. */
	async findOwner(): Promise<string | undefined> {
		const [owner] = await this.#db
			.select({ userId: member.userId })
			.from(member)
			.innerJoin(workspace, eq(workspace.id, member.workspaceId))
			.where(and(eq(workspace.slug, FIRST_SLUG), eq(member.role, "owner")))
			.orderBy(asc(member.createdAt))
			.limit(1)
		return owner?.userId
	}
}
