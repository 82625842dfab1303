// Workspaces: made with their first owner, removed with all that is in them.
import { and, eq, isNull } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import type { MachineId } from "../../protocol/ids.ts"
import type { Database } from "./database.ts"

const { attention, machine, member, workspace } = schema

/** The slug of the workspace that the first sign-in made; the others have their id for one. */
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

	/** Makes one that the person owns; gives its id. */
	async make(name: string, userId: string, now: number): Promise<string> {
		const id = crypto.randomUUID()
		const createdAt = new Date(now)
		await this.#db.batch([
			this.#db.insert(workspace).values({ id, name, slug: id, createdAt }),
			this.#db.insert(member).values({ id: crypto.randomUUID(), workspaceId: id, userId, role: "owner", createdAt }),
		])
		return id
	}

	async rename(id: string, name: string): Promise<void> {
		await this.#db.update(workspace).set({ name }).where(eq(workspace.id, id))
	}

	/** Removes it with its members, machines, tokens and secrets; gives the machines that were not revoked yet. */
	async remove(id: string): Promise<MachineId[]> {
		const [machines] = await this.#db.batch([
			this.#db
				.select({ id: machine.id })
				.from(machine)
				.where(and(eq(machine.workspaceId, id), isNull(machine.revokedAt))),
			this.#db.delete(workspace).where(eq(workspace.id, id)),
			this.#db.delete(attention).where(eq(attention.workspaceId, id)),
		])
		return machines.map((row) => row.id as MachineId)
	}
}
