// People: their names and addresses, whichever workspaces they are in.
import { eq } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import type { Database } from "./database.ts"

const { user } = schema

export interface PersonEntry {
	id: string
	name: string
	/** In lower case; null for the first owner, until they say it. */
	email: string | null
}

export class People {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	async find(id: string): Promise<PersonEntry | undefined> {
		const [row] = await this.#db
			.select({ id: user.id, name: user.name, email: user.email })
			.from(user)
			.where(eq(user.id, id))
		return row === undefined ? undefined : { ...row, email: emailOf(row.email) }
	}

	/** False when the address is another person's; then nothing is changed. */
	async change(
		id: string,
		{ name, email }: { name?: string | undefined; email?: string | undefined },
		now: number,
	): Promise<boolean> {
		try {
			await this.#db
				.update(user)
				.set({
					updatedAt: new Date(now),
					...(name !== undefined && { name }),
					...(email !== undefined && { email, emailVerified: false }),
				})
				.where(eq(user.id, id))
			return true
		} catch (error) {
			if (email === undefined) throw error
			const [holder] = await this.#db.select({ id: user.id }).from(user).where(eq(user.email, email))
			if (holder === undefined || holder.id === id) throw error
			return false
		}
	}
}

/** No address is known of the first owner, and this one can never receive mail. Being unique, it keeps a second one out. */
export const NO_EMAIL = "owner@home.invalid"

/** An address as people are told of it. */
export function emailOf(kept: string): string | null {
	return kept === NO_EMAIL ? null : kept
}
