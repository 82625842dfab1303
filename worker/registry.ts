// The registry: every question to D1 has a name here, and SQL stays here.
import { and, asc, eq, gt, isNull, lt } from "drizzle-orm"
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1"
import * as schema from "../migrations/schema.ts"
import { type MachineId, newMachineId, newTokenId, type TokenId } from "../protocol/ids.ts"
import type { Role } from "../protocol/roles.ts"
import { Platform } from "../protocol/session.ts"
import type { SignInLink } from "../protocol/sign-in-link.ts"

/** A person's place in a workspace. */
export interface Membership {
	userId: string
	userName: string
	role: Role
	workspaceId: string
	workspaceName: string
}

export interface MachineEntry {
	id: MachineId
	workspaceId: string
	name: string
	publicKey: string
	platform: Platform
	createdAt: number
	revokedAt: number | null
}

export interface TokenEntry {
	id: TokenId
	name: string
	prefix: string
	createdAt: number
	lastUsedAt: number | null
}

export class Registry {
	readonly #db: DrizzleD1Database<typeof schema>

	constructor(database: D1Database) {
		this.#db = drizzle(database, { schema })
	}

	/** For the library that keeps accounts. */
	get database(): DrizzleD1Database<typeof schema> {
		return this.#db
	}

	/** Marks a sign-in link as used; false for all but the first who tries. */
	async spendSignInLink(link: SignInLink, now: number): Promise<boolean> {
		const { signInLink } = schema
		const [, spent] = await this.#db.batch([
			this.#db.delete(signInLink).where(lt(signInLink.expiresAt, now)),
			this.#db.insert(signInLink).values(link).onConflictDoNothing().returning(),
		])
		return spent.length === 1
	}

	/** The user id of the home's owner; makes the owner and the first workspace where there is none yet. */
	async findOrMakeOwner(now: Date): Promise<string> {
		const found = await this.#findOwner()
		if (found !== undefined) return found
		const userId = crypto.randomUUID()
		const workspaceId = crypto.randomUUID()
		try {
			await this.#db.batch([
				this.#db.insert(schema.user).values({
					id: userId,
					name: "Owner",
					// No address is known, and this one can never receive mail. Being unique, it keeps a second owner out.
					email: "owner@home.invalid",
					createdAt: now,
					updatedAt: now,
				}),
				this.#db.insert(schema.workspace).values({ id: workspaceId, name: "Home", slug: HOME_SLUG, createdAt: now }),
				this.#db
					.insert(schema.member)
					.values({ id: crypto.randomUUID(), workspaceId, userId, role: "owner", createdAt: now }),
			])
			return userId
		} catch (error) {
			// Another sign-in made them in the meantime, or the registry is broken.
			const made = await this.#findOwner()
			if (made !== undefined) return made
			throw error
		}
	}

	async #findOwner(): Promise<string | undefined> {
		const { member, workspace } = schema
		const [owner] = await this.#db
			.select({ userId: member.userId })
			.from(member)
			.innerJoin(workspace, eq(workspace.id, member.workspaceId))
			.where(and(eq(workspace.slug, HOME_SLUG), eq(member.role, "owner")))
			.orderBy(asc(member.createdAt))
			.limit(1)
		return owner?.userId
	}

	/** The person's oldest place. */
	async membershipOf(userId: string): Promise<Membership | undefined> {
		const { member, user, workspace } = schema
		const [row] = await this.#db
			.select({
				userId: user.id,
				userName: user.name,
				role: member.role,
				workspaceId: workspace.id,
				workspaceName: workspace.name,
			})
			.from(member)
			.innerJoin(user, eq(user.id, member.userId))
			.innerJoin(workspace, eq(workspace.id, member.workspaceId))
			.where(eq(member.userId, userId))
			.orderBy(asc(member.createdAt))
			.limit(1)
		return row === undefined ? undefined : { ...row, role: row.role as Role }
	}

	/** The token with this hash, and the place of whoever made it. */
	async findToken(hash: string): Promise<{ token: TokenEntry; membership: Membership } | undefined> {
		const { member, token, user, workspace } = schema
		const [row] = await this.#db
			.select({ token, member, user, workspace })
			.from(token)
			.innerJoin(member, and(eq(member.userId, token.userId), eq(member.workspaceId, token.workspaceId)))
			.innerJoin(user, eq(user.id, token.userId))
			.innerJoin(workspace, eq(workspace.id, token.workspaceId))
			.where(and(eq(token.hash, hash), isNull(token.revokedAt)))
		if (row === undefined) return undefined
		return {
			token: tokenEntry(row.token),
			membership: {
				userId: row.user.id,
				userName: row.user.name,
				role: row.member.role as Role,
				workspaceId: row.workspace.id,
				workspaceName: row.workspace.name,
			},
		}
	}

	async touchToken(id: TokenId, now: number): Promise<void> {
		await this.#db.update(schema.token).set({ lastUsedAt: now }).where(eq(schema.token.id, id))
	}

	async listTokens(of: Membership): Promise<TokenEntry[]> {
		const { token } = schema
		const rows = await this.#db
			.select()
			.from(token)
			.where(and(eq(token.workspaceId, of.workspaceId), eq(token.userId, of.userId), isNull(token.revokedAt)))
			.orderBy(asc(token.createdAt))
		return rows.map(tokenEntry)
	}

	async makeToken(
		of: Membership,
		{ name, prefix, hash, now }: { name: string; prefix: string; hash: string; now: number },
	): Promise<TokenEntry> {
		const id = newTokenId()
		const { workspaceId, userId } = of
		await this.#db.insert(schema.token).values({ id, workspaceId, userId, name, prefix, hash, createdAt: now })
		return { id, name, prefix, createdAt: now, lastUsedAt: null }
	}

	/** False when the person has no such token. */
	async revokeToken(of: Membership, id: TokenId, now: number): Promise<boolean> {
		const { token } = schema
		const rows = await this.#db
			.update(token)
			.set({ revokedAt: now })
			.where(
				and(
					eq(token.id, id),
					eq(token.workspaceId, of.workspaceId),
					eq(token.userId, of.userId),
					isNull(token.revokedAt),
				),
			)
			.returning({ id: token.id })
		return rows.length === 1
	}

	async makeEnrollment(of: Membership, hash: string, expiresAt: number, now: number): Promise<void> {
		const { enrollment } = schema
		await this.#db.batch([
			this.#db.delete(enrollment).where(lt(enrollment.expiresAt, now)),
			this.#db.insert(enrollment).values({ hash, workspaceId: of.workspaceId, createdBy: of.userId, expiresAt }),
		])
	}

	/** Uses a code up; undefined for all but the first who tries. */
	async useEnrollment(hash: string, now: number): Promise<{ workspaceId: string } | undefined> {
		const { enrollment } = schema
		const [used] = await this.#db
			.update(enrollment)
			.set({ usedAt: now })
			.where(and(eq(enrollment.hash, hash), isNull(enrollment.usedAt), gt(enrollment.expiresAt, now)))
			.returning({ workspaceId: enrollment.workspaceId })
		return used
	}

	/** Enters a machine. A key that is enrolled already keeps its machine; a name that is taken gets a number. */
	async addMachine(entry: {
		workspaceId: string
		name: string
		publicKey: string
		platform: Platform
		now: number
	}): Promise<{ id: MachineId; name: string }> {
		const { machine } = schema
		const { workspaceId, publicKey, platform, now } = entry
		const names = [entry.name, ...Array.from({ length: NAME_TRIES }, (_, i) => `${entry.name.slice(0, 60)}-${i + 2}`)]
		for (const name of names) {
			const [added] = await this.#db
				.insert(machine)
				.values({ id: newMachineId(), workspaceId, name, publicKey, platform, createdAt: now })
				.onConflictDoNothing()
				.returning({ id: machine.id, name: machine.name })
			if (added !== undefined) return { id: added.id as MachineId, name: added.name }
			const [same] = await this.#db
				.select({ id: machine.id, name: machine.name })
				.from(machine)
				.where(and(eq(machine.workspaceId, workspaceId), eq(machine.publicKey, publicKey), isNull(machine.revokedAt)))
			if (same !== undefined) return { id: same.id as MachineId, name: same.name }
		}
		throw new Error(`invariant: ${NAME_TRIES} machines with one name`)
	}

	/** Any machine, also a removed one: whether it may dial is for the caller to say. */
	async findMachine(id: MachineId): Promise<MachineEntry | undefined> {
		const [row] = await this.#db.select().from(schema.machine).where(eq(schema.machine.id, id))
		return row === undefined ? undefined : machineEntry(row)
	}

	async listMachines(workspaceId: string): Promise<MachineEntry[]> {
		const { machine } = schema
		const rows = await this.#db
			.select()
			.from(machine)
			.where(and(eq(machine.workspaceId, workspaceId), isNull(machine.revokedAt)))
			.orderBy(asc(machine.createdAt), asc(machine.id))
		return rows.map(machineEntry)
	}

	/** False when another machine of the workspace has the name. */
	async renameMachine({ id, workspaceId }: MachineEntry, name: string): Promise<boolean> {
		const { machine } = schema
		const [other] = await this.#db
			.select({ id: machine.id })
			.from(machine)
			.where(and(eq(machine.workspaceId, workspaceId), eq(machine.name, name), isNull(machine.revokedAt)))
		if (other !== undefined) return other.id === id
		await this.#db.update(machine).set({ name }).where(eq(machine.id, id))
		return true
	}

	async revokeMachine(id: MachineId, now: number): Promise<void> {
		const { machine } = schema
		await this.#db
			.update(machine)
			.set({ revokedAt: now })
			.where(and(eq(machine.id, id), isNull(machine.revokedAt)))
	}
}

/** The workspace that the first sign-in made. */
const HOME_SLUG = "home"
/** More machines than this with one name are a mistake somewhere. */
const NAME_TRIES = 100

function tokenEntry({ id, name, prefix, createdAt, lastUsedAt }: typeof schema.token.$inferSelect): TokenEntry {
	return { id: id as TokenId, name, prefix, createdAt, lastUsedAt }
}

function machineEntry(row: typeof schema.machine.$inferSelect): MachineEntry {
	return { ...row, id: row.id as MachineId, platform: Platform.parse(row.platform) }
}
