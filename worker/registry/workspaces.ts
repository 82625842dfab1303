// Workspaces.
import { eq } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import type { Database } from "./database.ts"

const { workspace } = schema

/** The workspace that the first sign-in made. */
export const FIRST_SLUG = "home"

export class Workspaces {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	/** The workspace that keeps what is of this home as a whole; undefined before the first sign-in. */
	async firstId(): Promise<string | undefined> {
		const [first] = await this.#db.select({ id: workspace.id }).from(workspace).where(eq(workspace.slug, FIRST_SLUG))
		return first?.id
	}
}
