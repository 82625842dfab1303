// Tasks that are over, for reading: the workspace's object alone writes them.
import { and, desc, eq, isNull, or, sql } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import type { MachineId, TaskId } from "../../protocol/ids.ts"
import { Manifest, type TaskStateName, TaskView } from "../../protocol/task.ts"
import type { Database } from "./database.ts"

const { task } = schema

interface Which {
	/** Those that were over before this one; from the last one on where it is not said. */
	before: TaskId | undefined
	state: TaskStateName | undefined
	group: string | undefined
	limit: number
	/** Where they ran, if anywhere; null for any. */
	machines: MachineId[] | null
}

export interface PastTask {
	task: TaskView
	/** Null where it was too long to be kept. */
	manifest: Manifest | null
}

export class Tasks {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	/** The last that were over, first. */
	async list(workspaceId: string, { before, state, group, limit, machines }: Which): Promise<TaskView[]> {
		const rows = await this.#db
			.select({ view: task.view })
			.from(task)
			.where(
				and(
					eq(task.workspaceId, workspaceId),
					before === undefined
						? undefined
						: sql`(${task.at}, ${task.id}) < (SELECT at, id FROM ${task} WHERE workspace_id = ${workspaceId} AND id = ${before})`,
					state === undefined ? undefined : sql`${task.view} ->> '$.state.is' = ${state}`,
					group === undefined ? undefined : sql`${task.view} ->> '$.of.group' = ${group}`,
					machines === null
						? undefined
						: // As one value: a query of D1 takes at most 100.
							or(
								isNull(task.machineId),
								sql`${task.machineId} IN (SELECT value FROM json_each(${JSON.stringify(machines)}))`,
							),
				),
			)
			.orderBy(desc(task.at), desc(task.id))
			.limit(limit)
		return rows.map(({ view }) => TaskView.parse(view))
	}

	async find(workspaceId: string, id: TaskId): Promise<PastTask | undefined> {
		const [row] = await this.#db
			.select({ view: task.view })
			.from(task)
			.where(and(eq(task.workspaceId, workspaceId), eq(task.id, id)))
		if (row === undefined) return undefined
		const { manifest } = row.view as { manifest?: unknown }
		return { task: TaskView.parse(row.view), manifest: manifest == null ? null : Manifest.parse(manifest) }
	}
}
