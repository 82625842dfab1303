// Requests that are over, for reading: the workspace's object alone writes them. And the places where people are told.
import { and, desc, eq, lt, sql } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import { InboxItem } from "../../protocol/attention.ts"
import { Destination, DestinationSettings } from "../../protocol/channel.ts"
import type { ChannelId, DestinationId, MachineId, RequestId, SessionId } from "../../protocol/ids.ts"
import type { Role } from "../../protocol/roles.ts"
import type { Database } from "./database.ts"

const { attention, destination, member } = schema

/** A place of a member, and what decides whether they are told there. */
export interface PlaceEntry {
	id: DestinationId
	channel: ChannelId | null
	userId: string
	role: Role
	settings: DestinationSettings
	/** The place is no more. */
	isGone: boolean
}

interface Which {
	before: number
	session: SessionId | undefined
	limit: number
	machines: MachineId[]
}

export class Attentions {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	/** Those of these machines that were over before that time, newest first. */
	async list(workspaceId: string, { before, session, limit, machines }: Which): Promise<InboxItem[]> {
		const rows = await this.#db
			.select({ item: attention.item })
			.from(attention)
			.where(
				and(
					eq(attention.workspaceId, workspaceId),
					lt(attention.at, before),
					session === undefined ? undefined : eq(attention.sessionId, session),
					// As one value: a query of D1 takes at most 100.
					sql`${attention.machineId} IN (SELECT value FROM json_each(${JSON.stringify(machines)}))`,
				),
			)
			.orderBy(desc(attention.at), desc(attention.id))
			.limit(limit)
		return rows.map(({ item }) => InboxItem.parse(item))
	}

	async find(workspaceId: string, id: RequestId): Promise<InboxItem | undefined> {
		const [row] = await this.#db
			.select({ item: attention.item })
			.from(attention)
			.where(and(eq(attention.workspaceId, workspaceId), eq(attention.id, id)))
		return row === undefined ? undefined : InboxItem.parse(row.item)
	}

	/** Every place of everybody who is a member now. */
	async places(workspaceId: string): Promise<PlaceEntry[]> {
		const rows = await this.#db
			.select({ id: destination.id, userId: member.userId, role: member.role, place: destination })
			.from(destination)
			.innerJoin(member, and(eq(member.userId, destination.userId), eq(member.workspaceId, destination.workspaceId)))
			.where(eq(destination.workspaceId, workspaceId))
		return rows.map(({ id, userId, role, place }) => ({
			id: id as DestinationId,
			channel: place.channelId as ChannelId | null,
			userId,
			role: role as Role,
			settings: DestinationSettings.parse(place.settings),
			isGone: Destination.shape.fault.parse(place.fault)?.isFinal ?? false,
		}))
	}
}
