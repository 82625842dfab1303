// Tasks that are over, for reading: the workspace's object alone writes them.
import { and, desc, eq, isNull, lt, or, sql } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import type { MachineId, TaskId } from "../../protocol/ids.ts"
import { Manifest, type TaskStateName, TaskView } from "../../protocol/task.ts"
import type { Database } from "./database.ts"

const { task } = schema

/** As it is kept; a manifest that is too long for a row is not. */
const Kept = TaskView.extend({ manifest: Manifest.nullable() })

interface Which {
	/** Those that were over before this one. */
	before: TaskId | undefined
	state: TaskStateName | undefined
	group: string | undefined
	limit: number
	/** Where they ran; those that ran nowhere are everybody's. Null for every machine, also those that are no more. */
	machines: MachineId[] | null
}

export class Tasks {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	/** The last first. */
	async list(workspaceId: string, { before, state, group, limit, machines }: Which): Promise<TaskView[]> {
		const last = before === undefined ? undefined : await this.find(workspaceId, before)
		const at = last?.task.state.since ?? Number.MAX_SAFE_INTEGER
		const rows = await this.#db
			.select({ view: task.view })
			.from(task)
			.where(
				and(
					eq(task.workspaceId, workspaceId),
					last === undefined ? undefined : or(lt(task.at, at), and(eq(task.at, at), lt(task.id, last.task.id))),
					state === undefined ? undefined : sql`json_extract(${task.view}, '$.state.is') = ${state}`,
					group === undefined ? undefined : sql`json_extract(${task.view}, '$.of.group') = ${group}`,
					machines === null
						? undefined
						: or(
								isNull(task.machineId),
								// As one value: a query of D1 takes at most 100.
								sql`${task.machineId} IN (SELECT value FROM json_each(${JSON.stringify(machines)}))`,
							),
				),
			)
			.orderBy(desc(task.at), desc(task.id))
			.limit(limit)
		return rows.map(({ view }) => TaskView.parse(view))
	}

	async find(workspaceId: string, id: TaskId): Promise<{ task: TaskView; manifest: Manifest | null } | undefined> {
		const [row] = await this.#db
			.select({ view: task.view })
			.from(task)
			.where(and(eq(task.workspaceId, workspaceId), eq(task.id, id)))
		if (row === undefined) return undefined
		const { manifest, ...found } = Kept.parse(row.view)
		return { task: found, manifest }
	}
}
