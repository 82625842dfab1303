// Machines, as the registry has them: names, keys, and who may use them.
import { and, asc, eq, isNull, ne, notExists, type SQL } from "drizzle-orm"
import { alias } from "drizzle-orm/sqlite-core"
import * as schema from "../../migrations/schema.ts"
import { type MachineId, newMachineId } from "../../protocol/ids.ts"
import { Platform } from "../../protocol/session.ts"
import type { Database } from "./database.ts"

const { machine, user } = schema
/** Another row of the same table. */
const other = alias(machine, "other")

export interface MachineEntry {
	id: MachineId
	workspaceId: string
	name: string
	publicKey: string
	tags: string[]
	/** Ids of the only people, beside the owners, who may use it; null for every member. */
	members: string[] | null
	/** Null where the person is no more, or nobody wrote it down. */
	enrolledBy: { id: string; name: string } | null
	platform: Platform
	createdAt: number
	revokedAt: number | null
}

export class Machines {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	/** Enters a machine. A key that is enrolled already keeps its machine; a name that is taken gets a number. */
	async add(made: {
		workspaceId: string
		name: string
		publicKey: string
		platform: Platform
		enrolledBy: string
		now: number
	}): Promise<{ id: MachineId; name: string }> {
		const { now, ...row } = made
		const names = [row.name, ...Array.from({ length: NAME_TRIES }, (_, i) => `${row.name.slice(0, 60)}-${i + 2}`)]
		for (const name of names) {
			const [added] = await this.#db
				.insert(machine)
				.values({ ...row, id: newMachineId(), name, createdAt: now })
				.onConflictDoNothing()
				.returning({ id: machine.id, name: machine.name })
			if (added !== undefined) return { id: added.id as MachineId, name: added.name }
			const [same] = await this.#db
				.select({ id: machine.id, name: machine.name })
				.from(machine)
				.where(
					and(
						eq(machine.workspaceId, row.workspaceId),
						eq(machine.publicKey, row.publicKey),
						isNull(machine.revokedAt),
					),
				)
			if (same !== undefined) return { id: same.id as MachineId, name: same.name }
		}
		throw new Error(`invariant: ${NAME_TRIES} machines with one name`)
	}

	/** Any machine, also a removed one: whether it may dial is for the caller to say. */
	async find(id: MachineId): Promise<MachineEntry | undefined> {
		const [row] = await this.#rows().where(eq(machine.id, id))
		return row === undefined ? undefined : entry(row)
	}

	async list(workspaceId: string): Promise<MachineEntry[]> {
		const rows = await this.#rows()
			.where(and(eq(machine.workspaceId, workspaceId), isNull(machine.revokedAt)))
			.orderBy(asc(machine.createdAt), asc(machine.id))
		return rows.map(entry)
	}

	/** False when another machine of the workspace has the name. */
	async change(
		{ id, workspaceId }: MachineEntry,
		changes: { name?: string | undefined; tags?: string[] | undefined; members?: string[] | null | undefined },
	): Promise<boolean> {
		const { name } = changes
		const named = name === undefined ? undefined : this.#others(id, workspaceId, eq(other.name, name))
		const changed = await this.#db
			.update(machine)
			.set(changes)
			.where(and(eq(machine.id, id), named))
			.returning({ id: machine.id })
		return changed.length === 1
	}

	/** False when the machine has another key by now than the one that it dialled with, or another machine has the new one. */
	async replaceKey({ id, workspaceId, publicKey }: MachineEntry, by: string): Promise<boolean> {
		const changed = await this.#db
			.update(machine)
			.set({ publicKey: by })
			.where(
				and(
					eq(machine.id, id),
					eq(machine.publicKey, publicKey),
					isNull(machine.revokedAt),
					this.#others(id, workspaceId, eq(other.publicKey, by)),
				),
			)
			.returning({ id: machine.id })
		return changed.length === 1
	}

	async revoke(id: MachineId, now: number): Promise<void> {
		await this.#db
			.update(machine)
			.set({ revokedAt: now })
			.where(and(eq(machine.id, id), isNull(machine.revokedAt)))
	}

	#rows() {
		return this.#db
			.select({ machine, enroller: { id: user.id, name: user.name } })
			.from(machine)
			.leftJoin(user, eq(user.id, machine.enrolledBy))
	}

	/** That no other machine of the workspace is such. */
	#others(id: MachineId, workspaceId: string, such: SQL) {
		return notExists(
			this.#db
				.select({ id: other.id })
				.from(other)
				.where(and(eq(other.workspaceId, workspaceId), ne(other.id, id), isNull(other.revokedAt), such)),
		)
	}
}

/** More machines than this with one name are a mistake somewhere. */
const NAME_TRIES = 100

function entry(row: {
	machine: typeof machine.$inferSelect
	enroller: { id: string; name: string } | null
}): MachineEntry {
	const { id, platform, ...rest } = row.machine
	return { ...rest, id: id as MachineId, platform: Platform.parse(platform), enrolledBy: row.enroller }
}
