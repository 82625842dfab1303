// Browsers that take pushes: destinations of the kind push, one an address in a workspace.
import { and, eq, ne, sql } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import type { Destination, DestinationSettings } from "../../protocol/channel.ts"
import { type DestinationId, newDestinationId } from "../../protocol/ids.ts"
import { BROWSERS_PER_MEMBER } from "../../protocol/limits.ts"
import type { PushDetails } from "../push/subscription.ts"
import type { Database } from "./database.ts"

const { destination } = schema

interface Subscribed {
	address: string
	details: PushDetails
	name: string
	settings: DestinationSettings
}

export class Browsers {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	/**
	 * One browser tells one person: what another one was told there before them ends. Undefined where the member has too
	 * many browsers.
	 */
	async subscribe(
		workspaceId: string,
		userId: string,
		said: Subscribed,
		now: number,
	): Promise<Destination | undefined> {
		const { address, details, name, settings } = said
		await this.#leave(userId, address)
		const saved = await this.#db.all<{ id: DestinationId }>(sql`
			INSERT INTO ${destination}
				(id, workspace_id, user_id, kind, address, name, is_group, settings, details, created_at)
			SELECT ${newDestinationId()}, ${workspaceId}, ${userId}, 'push', ${address}, ${name}, 0,
				${JSON.stringify(settings)}, ${JSON.stringify(details)}, ${now}
			WHERE (
				SELECT count(*) FROM ${destination}
				WHERE workspace_id = ${workspaceId} AND user_id = ${userId} AND kind = 'push' AND address <> ${address}
			) < ${BROWSERS_PER_MEMBER}
			ON CONFLICT (workspace_id, kind, address) DO UPDATE SET
				name = excluded.name, settings = excluded.settings, details = excluded.details, fault = NULL
			RETURNING id`)
		return saved[0] === undefined ? undefined : this.#find(saved[0].id)
	}

	/**
	 * The browser goes by another address now; its name and settings go on. In every workspace of the person's where none is
	 * named. Undefined where it was told nothing there before.
	 */
	async move(
		workspaceId: string | null,
		userId: string,
		{ from, to, details }: { from: string; to: string; details: PushDetails },
	): Promise<Destination | undefined> {
		await this.#leave(userId, to)
		const where = workspaceId === null ? sql`` : sql`AND workspace_id = ${workspaceId}`
		const moved = await this.#db.all<{ id: DestinationId }>(sql`
			UPDATE OR REPLACE ${destination}
			SET address = ${to}, details = ${JSON.stringify(details)}, fault = NULL
			WHERE user_id = ${userId} AND kind = 'push' AND address = ${from} ${where}
			RETURNING id`)
		return moved[0] === undefined ? undefined : this.#find(moved[0].id)
	}

	/** Nobody else is told at this address any more. */
	async #leave(userId: string, address: string): Promise<void> {
		await this.#db
			.delete(destination)
			.where(and(eq(destination.kind, "push"), eq(destination.address, address), ne(destination.userId, userId)))
	}

	async #find(id: DestinationId): Promise<Destination | undefined> {
		const [row] = await this.#db.select().from(destination).where(eq(destination.id, id))
		if (row === undefined) return undefined
		const { kind, name, isGroup, createdAt } = row
		return {
			id,
			kind,
			channel: null,
			name,
			isGroup,
			settings: row.settings as DestinationSettings,
			createdAt,
			fault: row.fault as Destination["fault"],
		}
	}
}
