// Secrets, sealed, and which runtimes get each.
import { and, asc, eq, inArray, isNull, lt, or, type SQL, sql } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import { SECRETS_PER_WORKSPACE } from "../../protocol/limits.ts"
import type { Secret } from "../../protocol/routes/secrets.ts"
import type { Sealed } from "../key-ring.ts"
import type { Database } from "./database.ts"

const { secret } = schema

export interface SecretEntry extends Secret {
	sealed: Sealed
}

type Binding = Pick<Secret, "variable" | "runtimes">

export class Secrets {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	async list(workspaceId: string): Promise<SecretEntry[]> {
		const rows = await this.#db
			.select()
			.from(secret)
			.where(eq(secret.workspaceId, workspaceId))
			.orderBy(asc(secret.name))
		return rows.map(entry)
	}

	async find(workspaceId: string, name: string): Promise<SecretEntry | undefined> {
		const [row] = await this.#db.select().from(secret).where(named(workspaceId, name))
		return row === undefined ? undefined : entry(row)
	}

	/** Those that a session of this runtime gets. */
	async boundTo(workspaceId: string, runtime: string): Promise<SecretEntry[]> {
		const isBound = sql`EXISTS (SELECT 1 FROM json_each(${secret.runtimes}) WHERE value = ${runtime})`
		const rows = await this.#db
			.select()
			.from(secret)
			.where(and(eq(secret.workspaceId, workspaceId), isBound))
			.orderBy(asc(secret.name))
		return rows.map(entry)
	}

	/** Undefined where another secret is that variable for one of the runtimes already, or there are too many. */
	async save(
		workspaceId: string,
		made: Binding & Pick<Secret, "name" | "updatedAt" | "updatedBy"> & { sealed: Sealed },
	): Promise<SecretEntry | undefined> {
		const { name, variable, runtimes, sealed, updatedAt, updatedBy } = made
		const [saved] = await this.#db.all<{ lastUsedAt: number | null }>(sql`
			INSERT INTO ${secret}
				(workspace_id, name, variable, runtimes, sealed, key_version, updated_at, updated_by)
			SELECT ${workspaceId}, ${name}, ${variable}, ${JSON.stringify(runtimes)}, ${sealed.text}, ${sealed.version},
				${updatedAt}, ${updatedBy}
			WHERE ${isFree(workspaceId, name, made)} AND (
				EXISTS (SELECT 1 FROM ${secret} WHERE ${named(workspaceId, name)})
				OR (SELECT count(*) FROM ${secret} WHERE ${secret.workspaceId} = ${workspaceId}) < ${SECRETS_PER_WORKSPACE}
			)
			ON CONFLICT (workspace_id, name) DO UPDATE SET
				variable = excluded.variable, runtimes = excluded.runtimes, sealed = excluded.sealed,
				key_version = excluded.key_version, updated_at = excluded.updated_at, updated_by = excluded.updated_by
			RETURNING last_used_at AS lastUsedAt`)
		return saved === undefined ? undefined : { ...made, ...saved }
	}

	/** Undefined where another secret is that variable for one of the runtimes already, or this one is gone. */
	async bind(workspaceId: string, name: string, to: Binding, by: string, now: number): Promise<Secret | undefined> {
		const [row] = await this.#db
			.update(secret)
			.set({ ...to, updatedBy: by, updatedAt: now })
			.where(and(named(workspaceId, name), isFree(workspaceId, name, to)))
			.returning()
		return row === undefined ? undefined : entry(row)
	}

	/** False where it was saved anew in the meantime. */
	async reseal(workspaceId: string, { name, sealed }: SecretEntry, anew: Sealed): Promise<boolean> {
		const rows = await this.#db
			.update(secret)
			.set({ sealed: anew.text, keyVersion: anew.version })
			.where(and(named(workspaceId, name), eq(secret.sealed, sealed.text)))
			.returning({ name: secret.name })
		return rows.length === 1
	}

	/** Remembers that a session got these, unless that was remembered since `before`. */
	async touch(workspaceId: string, names: string[], before: number, now: number): Promise<void> {
		const isOld = or(isNull(secret.lastUsedAt), lt(secret.lastUsedAt, before))
		await this.#db
			.update(secret)
			.set({ lastUsedAt: now })
			.where(and(eq(secret.workspaceId, workspaceId), inArray(secret.name, names), isOld))
	}

	/** False when the workspace has no such secret. */
	async remove(workspaceId: string, name: string): Promise<boolean> {
		const rows = await this.#db.delete(secret).where(named(workspaceId, name)).returning({ name: secret.name })
		return rows.length === 1
	}
}

function named(workspaceId: string, name: string): SQL | undefined {
	return and(eq(secret.workspaceId, workspaceId), eq(secret.name, name))
}

/** That no other secret is this variable for any of these runtimes: a session has each variable once. */
function isFree(workspaceId: string, name: string, { variable, runtimes }: Binding): SQL {
	return sql`NOT EXISTS (
		SELECT 1 FROM ${secret} AS other, json_each(other.runtimes) AS theirs
		WHERE other.workspace_id = ${workspaceId} AND other.name <> ${name} AND other.variable = ${variable}
			AND theirs.value IN (SELECT value FROM json_each(${JSON.stringify(runtimes)}))
	)`
}

function entry(row: typeof secret.$inferSelect): SecretEntry {
	const { name, variable, runtimes, updatedAt, updatedBy, lastUsedAt, sealed, keyVersion } = row
	return {
		name,
		variable,
		runtimes,
		updatedAt,
		updatedBy,
		lastUsedAt,
		sealed: { text: sealed, version: keyVersion },
	}
}
