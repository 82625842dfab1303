// Ways in: what a person can sign in with. Nobody loses the last one by accident.
import { and, asc, count, eq, exists, inArray, isNull, ne, or } from "drizzle-orm"
import * as schema from "../../migrations/schema.ts"
import type { Passkey } from "../../protocol/routes/account.ts"
import { ProviderId } from "../../protocol/routes/sign-in.ts"
import type { Database } from "./database.ts"

const { account, passkey, recoveryCode, user } = schema

/** What the library calls a password. */
const PASSWORD = "credential"

/** What a way in is removed against. */
export interface Removal {
	userId: string
	/** Ways that this home has switched on, beside passkeys: others let nobody in. */
	on: (ProviderId | "password")[]
	/** Whether the person has a way in that is not kept here. */
	hasAnother: boolean
}

export type Removed = "removed" | "last" | "missing"

export class WaysIn {
	readonly #db: Database

	constructor(database: Database) {
		this.#db = database
	}

	async of(userId: string): Promise<{ hasPassword: boolean; providers: ProviderId[]; recoveryCodes: number }> {
		const [accounts, [codes]] = await this.#db.batch([
			this.#db.select({ provider: account.providerId }).from(account).where(eq(account.userId, userId)),
			this.#db
				.select({ left: count() })
				.from(recoveryCode)
				.where(and(eq(recoveryCode.userId, userId), isNull(recoveryCode.usedAt))),
		])
		const names = accounts.map(({ provider }) => provider)
		return {
			hasPassword: names.includes(PASSWORD),
			providers: ProviderId.options.filter((provider) => names.includes(provider)),
			recoveryCodes: codes?.left ?? 0,
		}
	}

	async listPasskeys(userId: string): Promise<Passkey[]> {
		const rows = await this.#db.select().from(passkey).where(eq(passkey.userId, userId)).orderBy(asc(passkey.createdAt))
		return rows.map(({ id, name, createdAt, backedUp }) => ({
			id,
			name: name ?? "",
			createdAt: createdAt?.getTime() ?? 0,
			isBackedUp: backedUp,
		}))
	}

	async removePasskey(removal: Removal, id: string): Promise<Removed> {
		const theirs = and(eq(passkey.id, id), eq(passkey.userId, removal.userId))
		const removed = await this.#db
			.delete(passkey)
			.where(and(theirs, this.#another(removal, { passkey: id })))
			.returning({ id: passkey.id })
		if (removed.length > 0) return "removed"
		const [kept] = await this.#db.select({ id: passkey.id }).from(passkey).where(theirs)
		return kept === undefined ? "missing" : "last"
	}

	async removeProvider(removal: Removal, provider: ProviderId): Promise<Removed> {
		const theirs = and(eq(account.providerId, provider), eq(account.userId, removal.userId))
		const removed = await this.#db
			.delete(account)
			.where(and(theirs, this.#another(removal, { provider })))
			.returning({ id: account.id })
		if (removed.length > 0) return "removed"
		const [kept] = await this.#db.select({ id: account.id }).from(account).where(theirs)
		return kept === undefined ? "missing" : "last"
	}

	/** The password's hash, as the library made it. */
	async password(userId: string): Promise<string | undefined> {
		const [row] = await this.#db
			.select({ password: account.password })
			.from(account)
			.where(and(eq(account.userId, userId), eq(account.providerId, PASSWORD)))
		return row?.password ?? undefined
	}

	async setPassword(userId: string, password: string, now: number): Promise<void> {
		const updatedAt = new Date(now)
		const row = { id: crypto.randomUUID(), providerId: PASSWORD, accountId: userId, userId, password }
		await this.#db
			.insert(account)
			.values({ ...row, createdAt: updatedAt, updatedAt })
			.onConflictDoUpdate({ target: [account.providerId, account.accountId], set: { password, updatedAt } })
	}

	/** The person's earlier codes are void. */
	async replaceRecoveryCodes(userId: string, hashes: string[]): Promise<void> {
		await this.#db.batch([
			this.#db.delete(recoveryCode).where(eq(recoveryCode.userId, userId)),
			this.#db.insert(recoveryCode).values(hashes.map((hash) => ({ hash, userId }))),
		])
	}

	/** Uses a code up and gives whose it is; undefined for all but the first who tries. */
	async useRecoveryCode(hash: string, email: string, now: number): Promise<string | undefined> {
		const [used] = await this.#db
			.update(recoveryCode)
			.set({ usedAt: now })
			.where(
				and(
					eq(recoveryCode.hash, hash),
					isNull(recoveryCode.usedAt),
					inArray(recoveryCode.userId, this.#db.select({ id: user.id }).from(user).where(eq(user.email, email))),
				),
			)
			.returning({ userId: recoveryCode.userId })
		return used?.userId
	}

	/** That the person can sign in by something else than this. Recovery codes are for when nothing else is left. */
	#another({ userId, on, hasAnother }: Removal, than: { passkey?: string; provider?: string }) {
		if (hasAnother) return undefined
		const counted = on.map((way) => (way === "password" ? PASSWORD : way)).filter((way) => way !== than.provider)
		const passkeys = this.#db
			.select({ id: passkey.id })
			.from(passkey)
			.where(and(eq(passkey.userId, userId), ne(passkey.id, than.passkey ?? "")))
		const accounts = this.#db
			.select({ id: account.id })
			.from(account)
			.where(and(eq(account.userId, userId), inArray(account.providerId, counted)))
		return or(exists(passkeys), exists(accounts))
	}
}
