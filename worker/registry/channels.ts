// The workspace's bots, what they are signed in by sealed, and the codes that make a chat with one a member's.
import { and, asc, eq, gt, isNull, lt } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import { Channel, type ChannelKind } from "../../protocol/channel.ts"
import type { ChannelId, MachineId } from "../../protocol/ids.ts"
import type { Sealed } from "../key-ring.ts"
import type { Database } from "./database.ts"

const { channel, pairing } = schema

export type ChannelState = Channel["state"]

export interface ChannelEntry {
	id: ChannelId
	workspaceId: string
	kind: ChannelKind
	name: string
	/** The service's own id of the bot. */
	account: string
	/** The machine that polls for it. */
	machine: MachineId | null
	/** Null while it is not signed in. */
	sealed: Sealed | null
	state: ChannelState
	createdAt: number
}

export class Channels {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	async list(workspaceId: string): Promise<ChannelEntry[]> {
		const rows = await this.#db
			.select()
			.from(channel)
			.where(eq(channel.workspaceId, workspaceId))
			.orderBy(asc(channel.createdAt), asc(channel.id))
		return rows.map(entry)
	}

	async find(id: ChannelId): Promise<ChannelEntry | undefined> {
		const [row] = await this.#db.select().from(channel).where(eq(channel.id, id))
		return row === undefined ? undefined : entry(row)
	}

	/** The bot of that account, whosever workspace it is in. */
	async findAccount(kind: ChannelKind, account: string): Promise<ChannelEntry | undefined> {
		const [row] = await this.#db
			.select()
			.from(channel)
			.where(and(eq(channel.kind, kind), eq(channel.account, account)))
		return row === undefined ? undefined : entry(row)
	}

	/** False where the account is connected already. */
	async add({ machine, sealed, ...row }: ChannelEntry & { createdBy: string }): Promise<boolean> {
		const added = await this.#db
			.insert(channel)
			.values({ ...row, machineId: machine, sealed: sealed?.text ?? null, keyVersion: sealed?.version ?? null })
			.onConflictDoNothing()
			.returning({ id: channel.id })
		return added.length === 1
	}

	/** What is not said stays. */
	async change(
		id: ChannelId,
		{ name, account, sealed, state }: Partial<Pick<ChannelEntry, "name" | "account" | "sealed" | "state">>,
	): Promise<void> {
		await this.#db
			.update(channel)
			.set({
				...(name !== undefined && { name }),
				...(account !== undefined && { account }),
				...(sealed !== undefined && { sealed: sealed?.text ?? null, keyVersion: sealed?.version ?? null }),
				...(state !== undefined && { state }),
			})
			.where(eq(channel.id, id))
	}

	/** False where it was sealed anew in the meantime. */
	async reseal(id: ChannelId, before: Sealed, anew: Sealed): Promise<boolean> {
		const rows = await this.#db
			.update(channel)
			.set({ sealed: anew.text, keyVersion: anew.version })
			.where(and(eq(channel.id, id), eq(channel.sealed, before.text)))
			.returning({ id: channel.id })
		return rows.length === 1
	}

	/** Its chats and codes go with it. */
	async remove(id: ChannelId): Promise<void> {
		await this.#db.delete(channel).where(eq(channel.id, id))
	}

	async makeCode(id: ChannelId, userId: string, hash: string, expiresAt: number, now: number): Promise<void> {
		await this.#db.batch([
			this.#db.delete(pairing).where(lt(pairing.expiresAt, now)),
			this.#db.insert(pairing).values({ hash, channelId: id, userId, expiresAt }),
		])
	}

	/** Uses a code of this bot up; undefined for all but the first who tries. */
	async useCode(id: ChannelId, hash: string, now: number): Promise<{ userId: string } | undefined> {
		const [used] = await this.#db
			.update(pairing)
			.set({ usedAt: now })
			.where(and(eq(pairing.hash, hash), eq(pairing.channelId, id), isNull(pairing.usedAt), gt(pairing.expiresAt, now)))
			.returning({ userId: pairing.userId })
		return used
	}
}

function entry(row: typeof channel.$inferSelect): ChannelEntry {
	const { id, workspaceId, kind, name, account, machineId, sealed, keyVersion, state, createdAt } = row
	return {
		id: id as ChannelId,
		workspaceId,
		kind,
		name,
		account,
		machine: machineId as MachineId | null,
		sealed: sealed === null || keyVersion === null ? null : { text: sealed, version: keyVersion },
		state: Channel.shape.state.parse(state),
		createdAt,
	}
}
