// Places where members are told: browsers that take pushes, and chats with the workspace's bots.
import { and, asc, eq, isNotNull, sql } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import { Destination, DestinationSettings } from "../../protocol/channel.ts"
import { type ChannelId, type DestinationId, newDestinationId } from "../../protocol/ids.ts"
import type { Database } from "./database.ts"

const { destination } = schema

export interface DestinationEntry extends Destination {
	workspaceId: string
	userId: string
	/** The chat, or the address that pushes go to. */
	address: string
	/** What only this kind needs. */
	details: Record<string, unknown>
}

export class Destinations {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	/** One member's, the oldest first. */
	async list(workspaceId: string, userId: string): Promise<DestinationEntry[]> {
		const rows = await this.#db
			.select()
			.from(destination)
			.where(and(eq(destination.workspaceId, workspaceId), eq(destination.userId, userId)))
			.orderBy(asc(destination.createdAt), asc(destination.id))
		return rows.map(entry)
	}

	async find(id: DestinationId): Promise<DestinationEntry | undefined> {
		const [row] = await this.#db.select().from(destination).where(eq(destination.id, id))
		return row === undefined ? undefined : entry(row)
	}

	/** The chat with this bot at that address. */
	async ofChat(channel: ChannelId, address: string): Promise<DestinationEntry | undefined> {
		const [row] = await this.#db
			.select()
			.from(destination)
			.where(and(eq(destination.channelId, channel), eq(destination.address, address)))
		return row === undefined ? undefined : entry(row)
	}

	/** Whose chats with this bot a sender has paired: a chat of their own goes before a group. */
	async ofSender(channel: ChannelId, sender: string): Promise<DestinationEntry | undefined> {
		const [row] = await this.#db
			.select()
			.from(destination)
			.where(and(eq(destination.channelId, channel), eq(sql`json_extract(${destination.details}, '$.sender')`, sender)))
			.orderBy(asc(destination.isGroup), asc(destination.createdAt))
			.limit(1)
		return row === undefined ? undefined : entry(row)
	}

	/** Makes a chat this member's, whosever it was before. */
	async bind(
		made: Pick<DestinationEntry, "workspaceId" | "userId" | "address" | "name" | "isGroup" | "settings" | "details"> & {
			kind: Exclude<Destination["kind"], "push">
			channel: ChannelId
		},
		now: number,
	): Promise<DestinationEntry> {
		const { channel, ...row } = made
		const [bound] = await this.#db
			.insert(destination)
			.values({ ...row, id: newDestinationId(), channelId: channel, createdAt: now })
			.onConflictDoUpdate({
				target: [destination.workspaceId, destination.kind, destination.address],
				set: {
					channelId: sql`excluded.channel_id`,
					userId: sql`excluded.user_id`,
					name: sql`excluded.name`,
					isGroup: sql`excluded.is_group`,
					settings: sql`excluded.settings`,
					details: sql`excluded.details`,
					fault: null,
				},
			})
			.returning()
		if (bound === undefined) throw new Error("invariant: an upsert has a row")
		return entry(bound)
	}

	async change(
		id: DestinationId,
		changes: { name?: string | undefined; settings?: DestinationSettings; fault?: Destination["fault"] },
	): Promise<void> {
		const { name, settings, fault } = changes
		await this.#db
			.update(destination)
			.set({
				...(name !== undefined && { name }),
				...(settings !== undefined && { settings }),
				...(fault !== undefined && { fault }),
			})
			.where(eq(destination.id, id))
	}

	/** Merges into what only this kind needs; null takes a field away. What others change meanwhile stays. */
	async detail(id: DestinationId, details: Record<string, unknown>): Promise<void> {
		await this.#db
			.update(destination)
			.set({ details: sql`json_patch(${destination.details}, ${JSON.stringify(details)})` })
			.where(eq(destination.id, id))
	}

	/** Remembers that a chat goes by another address now, as a group that has grown does. */
	async move(id: DestinationId, address: string): Promise<void> {
		await this.#db.update(destination).set({ address }).where(eq(destination.id, id))
	}

	async remove(id: DestinationId): Promise<void> {
		await this.#db.delete(destination).where(eq(destination.id, id))
	}

	/** Forgets a fault that is over. */
	async mend(id: DestinationId): Promise<void> {
		await this.#db
			.update(destination)
			.set({ fault: null })
			.where(and(eq(destination.id, id), isNotNull(destination.fault)))
	}
}

function entry(row: typeof destination.$inferSelect): DestinationEntry {
	const { id, channelId, settings, details, fault, ...rest } = row
	return {
		...rest,
		id: id as DestinationId,
		channel: channelId as ChannelId | null,
		settings: DestinationSettings.parse(settings),
		details: details as Record<string, unknown>,
		fault: Destination.shape.fault.parse(fault),
	}
}
