// Triggers: what each makes of deliveries, and as whom its tasks run.
import { and, asc, count, eq, isNull, lt, ne, notExists, or, sql } from "drizzle-orm"
import { alias } from "drizzle-orm/sqlite-core"
import * as z from "zod"
import type { As } from "../../durable-objects/schedule/schedule-store.ts"
import * as schema from "../../migrations/schema.ts"
import type { TriggerId } from "../../protocol/ids.ts"
import { TRIGGERS_PER_WORKSPACE } from "../../protocol/limits.ts"
import { Trigger, type TriggerSpec } from "../../protocol/trigger.ts"
import type { Database } from "./database.ts"

const { trigger } = schema
/** Another row of the same table. */
const other = alias(trigger, "other")

export interface TriggerEntry {
	workspaceId: string
	/** As whom its tasks run: whoever has saved it last. Null where they have no account any more. */
	as: As | null
	/** Of the console in which it was saved, for links to its tasks. */
	origin: string
	trigger: Trigger
}

/** What is saved of a trigger. */
export interface SavedTrigger {
	spec: TriggerSpec
	as: As
	origin: string
}

export class Triggers {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	/** By name. */
	async list(workspaceId: string): Promise<TriggerEntry[]> {
		const rows = await this.#db
			.select()
			.from(trigger)
			.where(eq(trigger.workspaceId, workspaceId))
			.orderBy(asc(trigger.name))
		return rows.map(entry)
	}

	async find(id: TriggerId): Promise<TriggerEntry | undefined> {
		const [row] = await this.#db.select().from(trigger).where(eq(trigger.id, id))
		return row === undefined ? undefined : entry(row)
	}

	async isFull(workspaceId: string): Promise<boolean> {
		const [row] = await this.#db.select({ all: count() }).from(trigger).where(eq(trigger.workspaceId, workspaceId))
		return (row?.all ?? 0) >= TRIGGERS_PER_WORKSPACE
	}

	/** False where the name is taken. */
	async add(id: TriggerId, workspaceId: string, saved: SavedTrigger, now: number): Promise<boolean> {
		const rows = await this.#db
			.insert(trigger)
			.values({ ...columns(saved), id, workspaceId, createdAt: now })
			.onConflictDoNothing()
			.returning({ id: trigger.id })
		return rows.length === 1
	}

	/** False where the name is another's. */
	async change(id: TriggerId, saved: SavedTrigger): Promise<boolean> {
		const theirs = this.#db
			.select({ taken: sql`1` })
			.from(other)
			.where(and(eq(other.workspaceId, trigger.workspaceId), eq(other.name, saved.spec.name), ne(other.id, id)))
		const rows = await this.#db
			.update(trigger)
			.set(columns(saved))
			.where(and(eq(trigger.id, id), notExists(theirs)))
			.returning({ id: trigger.id })
		return rows.length === 1
	}

	/** Remembers that a delivery came, unless that was remembered since `before`. */
	async touch(id: TriggerId, before: number, now: number): Promise<void> {
		const isOld = or(isNull(trigger.lastDeliveryAt), lt(trigger.lastDeliveryAt, before))
		await this.#db
			.update(trigger)
			.set({ lastDeliveryAt: now })
			.where(and(eq(trigger.id, id), isOld))
	}

	async remove(id: TriggerId): Promise<void> {
		await this.#db.delete(trigger).where(eq(trigger.id, id))
	}
}

function columns({ spec, as, origin }: SavedTrigger) {
	return { name: spec.name, spec: { ...spec, tags: as.tags, origin }, createdBy: as.userId }
}

function entry({ workspaceId, createdBy, spec, ...row }: typeof trigger.$inferSelect): TriggerEntry {
	const { tags, origin } = Beside.parse(spec)
	const as = createdBy === null ? null : { userId: createdBy, tags }
	return { workspaceId, as, origin, trigger: Trigger.parse({ ...(spec as TriggerSpec), ...row }) }
}

const Beside = z.object({ tags: z.array(z.string()).nullable(), origin: z.string() })
