// Devices that wait for a person to grant what they ask for; their codes as hashes.
import { and, eq, gt, isNull, lt, lte, or, type SQL } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import { DEVICE_POLL_MS } from "../../protocol/limits.ts"
import { DeviceRequest, Scope } from "../../protocol/routes/tokens.ts"
import type { Database } from "./database.ts"

const { deviceGrant } = schema

/** What a person is asked. */
export interface DeviceEntry {
	request: DeviceRequest
	address: string | null
	expiresAt: number
}

export type Poll =
	| { is: "pending" | "denied" | "early" | "missing" }
	| { is: "approved"; request: DeviceRequest; userId: string; workspaceId: string; scope: Scope }

export class Devices {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	async start(made: DeviceEntry & { deviceHash: string; userHash: string; now: number }): Promise<void> {
		const { now, ...row } = made
		await this.#db.batch([
			this.#db.delete(deviceGrant).where(lt(deviceGrant.expiresAt, now)),
			this.#db.insert(deviceGrant).values({ ...row, state: "pending" }),
		])
	}

	/** What the device with this code asks for, while nobody has decided. */
	async find(userHash: string, now: number): Promise<DeviceEntry | undefined> {
		const [row] = await this.#db.select().from(deviceGrant).where(isOpen(userHash, now))
		if (row === undefined) return undefined
		const { request, address, expiresAt } = row
		return { request: DeviceRequest.parse(request), address, expiresAt }
	}

	/** False when somebody has decided already, or the code is wrong or old. */
	async approve(
		userHash: string,
		by: { userId: string; workspaceId: string; scope: Scope },
		now: number,
	): Promise<boolean> {
		const rows = await this.#db
			.update(deviceGrant)
			.set({ state: "approved", ...by })
			.where(isOpen(userHash, now))
			.returning({ hash: deviceGrant.userHash })
		return rows.length === 1
	}

	/** False as above. */
	async deny(userHash: string, now: number): Promise<boolean> {
		const rows = await this.#db
			.update(deviceGrant)
			.set({ state: "denied" })
			.where(isOpen(userHash, now))
			.returning({ hash: deviceGrant.userHash })
		return rows.length === 1
	}

	/** Counts a poll, and takes what was approved: it is given once. */
	async poll(deviceHash: string, now: number): Promise<Poll> {
		const known = and(eq(deviceGrant.deviceHash, deviceHash), gt(deviceGrant.expiresAt, now))
		const isInTime = or(isNull(deviceGrant.polledAt), lte(deviceGrant.polledAt, now - DEVICE_POLL_MS))
		const [polled] = await this.#db
			.update(deviceGrant)
			.set({ polledAt: now })
			.where(and(known, isInTime))
			.returning({ state: deviceGrant.state })
		if (polled === undefined) {
			const [early] = await this.#db.select({ state: deviceGrant.state }).from(deviceGrant).where(known)
			return { is: early === undefined ? "missing" : "early" }
		}
		if (polled.state === "pending" || polled.state === "denied") return { is: polled.state }
		const [taken] = await this.#db
			.update(deviceGrant)
			.set({ state: "taken" })
			.where(and(known, eq(deviceGrant.state, "approved")))
			.returning()
		if (taken?.userId == null || taken.workspaceId === null) return { is: "missing" }
		const { userId, workspaceId, request, scope } = taken
		return {
			is: "approved",
			userId,
			workspaceId,
			request: DeviceRequest.parse(request),
			scope: Scope.parse(scope),
		}
	}
}

function isOpen(userHash: string, now: number): SQL | undefined {
	return and(eq(deviceGrant.userHash, userHash), eq(deviceGrant.state, "pending"), gt(deviceGrant.expiresAt, now))
}
