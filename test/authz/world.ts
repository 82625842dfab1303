// The worlds of the matrix: each cell has a workspace of its own with one of everything, so that no cell sees another's.
import { randomBytes } from "node:crypto"
import { exportJWK, generateKeyPair, SignJWT } from "jose"
import * as schema from "../../migrations/schema.ts"
import type { InboxItem } from "../../protocol/attention.ts"
import {
	type MachineId,
	newMachineId,
	newRequestId,
	newSessionId,
	newTokenId,
	type RequestId,
	type SessionId,
	type TokenId,
} from "../../protocol/ids.ts"
import { INVITATION_MS } from "../../protocol/limits.ts"
import type { Action, Role } from "../../protocol/roles.ts"
import type { Home } from "./home.ts"
import { cookieOf, hash, newId, newSecret, type Rows } from "./rows.ts"

/** What requests name. */
export interface Things {
	workspace: { id: string; name: string }
	machine: MachineId
	session: SessionId
	/** What the session waited for a person for; it is over. */
	request: RequestId
	/** Another member. */
	member: string
	invitation: string
	secret: string
	/** Of one person alone: the caller's, where the caller is a member. */
	token: TokenId
	passkey: string
	signIn: string
	/** Opens an invitation to a workspace that has none of the others. */
	invitationToken: string
	enrollmentCode: string
	/** In nothing else. */
	unique: string
}

/** Things that nobody ever made, of the same looks. */
export function missing(): Things {
	const unique = randomBytes(8).toString("hex")
	return {
		workspace: { id: newId(), name: `Workspace ${unique}` },
		machine: newMachineId(),
		session: newSessionId(),
		request: newRequestId(),
		member: newId(),
		invitation: newId(),
		secret: `KEY_${unique.toUpperCase()}`,
		token: newTokenId(),
		passkey: newId(),
		signIn: newId(),
		invitationToken: unique,
		enrollmentCode: unique,
		unique,
	}
}

export interface Person {
	id: string
	email: string
	/** Of one browser of theirs. */
	cookie: string
	token: TokenId
	/** The token's secret. */
	secret: string
	passkey: string
	/** Another browser of theirs. */
	signIn: string
}

/** As long as a sign-in lasts: one that is nearer to its end is renewed when it is used. */
const SIGN_IN_MS = 30 * 24 * 60 * 60_000

/** A workspace with an owner, another member, and one of everything. */
export class World {
	readonly things: Things
	readonly founder: Person
	/** Its row, which may change until it is inserted. */
	readonly machine: typeof schema.machine.$inferInsert
	readonly #rows: Rows
	#joined = 0

	constructor(rows: Rows) {
		this.#rows = rows
		this.things = missing()
		const { workspace, machine, member, invitation, secret, invitationToken, enrollmentCode, unique } = this.things
		this.addWorkspace(workspace)
		this.founder = this.addPerson()
		this.join(this.founder.id, "owner")
		this.addPerson(member)
		this.join(member, "developer")
		const { token, passkey, signIn } = this.founder
		Object.assign(this.things, { token, passkey, signIn })
		const now = Date.now()
		this.machine = {
			id: machine,
			workspaceId: workspace.id,
			name: "box",
			publicKey: KEYS.publicKey,
			tags: [],
			members: null,
			enrolledBy: this.founder.id,
			platform: PLATFORM,
			createdAt: now,
		}
		rows.add(schema.machine, this.machine)
		rows.add(schema.attention, overRequest(this.things))
		const invite = { inviterId: this.founder.id, role: "guest", createdAt: now, expiresAt: now + INVITATION_MS }
		rows.add(schema.invite, { id: invitation, workspaceId: workspace.id, hash: hash(`of ${unique}`), ...invite })
		const club = this.addWorkspace()
		this.join(this.founder.id, "owner", club)
		rows.add(schema.invite, { id: newId(), workspaceId: club, hash: hash(invitationToken), ...invite })
		rows.add(schema.secret, {
			workspaceId: workspace.id,
			name: secret,
			variable: secret,
			runtimes: [],
			sealed: "",
			keyVersion: 1,
			updatedAt: now,
			updatedBy: "",
		})
		rows.add(schema.enrollment, {
			hash: hash(enrollmentCode.toUpperCase()),
			workspaceId: workspace.id,
			createdBy: this.founder.id,
			expiresAt: now + INVITATION_MS,
		})
	}

	addWorkspace({ id, name }: Things["workspace"] = { id: newId(), name: "Elsewhere" }): string {
		this.#rows.add(schema.workspace, { id, name, slug: id, createdAt: new Date() })
		return id
	}

	/** Somebody who is a member of nothing yet. */
	addPerson(id = newId()): Person {
		const now = new Date()
		const stamps = { createdAt: now, updatedAt: now }
		const email = `${id}@people.example`
		this.#rows.add(schema.user, { id, name: "Somebody", email, ...stamps })
		const token = this.addToken(id)
		const passkey = newId()
		this.#rows.add(schema.passkey, {
			id: passkey,
			publicKey: "",
			userId: id,
			credentialID: passkey,
			counter: 0,
			deviceType: "singleDevice",
			backedUp: false,
			...stamps,
		})
		this.#rows.add(schema.account, { id: newId(), providerId: "github", accountId: id, userId: id, ...stamps })
		const { cookie } = this.addSignIn(id)
		return { id, email, cookie, token: token.id, secret: token.secret, passkey, signIn: this.addSignIn(id).id }
	}

	/** Later places of one person are newer: where a request names no workspace, it is for the oldest. */
	join(userId: string, role: Role, workspaceId = this.things.workspace.id): void {
		const createdAt = new Date(Date.now() + this.#joined++)
		this.#rows.add(schema.member, { id: newId(), workspaceId, userId, role, createdAt })
	}

	addSignIn(userId: string, lastsMs = SIGN_IN_MS): { id: string; cookie: string; token: string } {
		const now = Date.now()
		const [id, token] = [newId(), randomBytes(24).toString("base64url")]
		this.#rows.add(schema.session, {
			id,
			token,
			userId,
			expiresAt: new Date(now + lastsMs),
			createdAt: new Date(now),
			updatedAt: new Date(now),
		})
		return { id, token, cookie: cookieOf(token) }
	}

	addToken(userId: string, made: TokenMade = {}): { id: TokenId; secret: string } {
		const [id, secret] = [newTokenId(), newSecret()]
		const { workspaceId = this.things.workspace.id, actions = null, tags = null, expiresAt, revokedAt } = made
		this.#rows.add(schema.token, {
			id,
			workspaceId,
			userId,
			name: "token",
			prefix: secret.slice(0, 8),
			hash: hash(secret),
			actions: actions && [...actions],
			tags,
			expiresAt,
			revokedAt,
			createdAt: Date.now(),
		})
		return { id, secret }
	}

	/** Somebody with a place here. */
	addMember(role: Role): Person {
		const person = this.addPerson()
		this.join(person.id, role)
		return person
	}

	/** A machine that was removed; its id. */
	addRemovedMachine(): MachineId {
		const id = newMachineId()
		this.#rows.add(schema.machine, {
			id,
			workspaceId: this.things.workspace.id,
			name: "gone",
			publicKey: KEYS.publicKey,
			platform: PLATFORM,
			tags: [],
			createdAt: 0,
			revokedAt: 1,
		})
		return id
	}
}

function overRequest({ workspace, machine, session, request }: Things): typeof schema.attention.$inferInsert {
	const state = { is: "gone", because: "exited", at: 2 } as const
	const item: InboxItem = {
		...{
			id: request,
			session,
			run: 1,
			kind: "approval",
			text: "Run it?",
			subject: null,
			options: [],
			takesText: false,
		},
		...{ source: "screen", rule: null, confidence: 1, excerpt: [], at: 1, machine, machineName: "box" },
		...{ sessionName: "shell", runtime: "shell", cwd: "/", risk: "high", raisedAt: 1, deadline: null, state },
	}
	return { workspaceId: workspace.id, id: request, machineId: machine, sessionId: session, at: state.at, item }
}

export const PLATFORM = { os: "linux", arch: "x64", release: "Debian 12", hostname: "box", connector: "0.1.0" }

interface TokenMade {
	workspaceId?: string
	actions?: readonly Action[] | null
	tags?: string[] | null
	expiresAt?: number
	revokedAt?: number
}

/** Enrolls the world's machine again, so that its object knows of it as well. The key keeps its machine. */
export async function introduce(
	home: Home,
	things: Things,
	{ publicKey }: Pick<Keys, "publicKey"> = KEYS,
): Promise<void> {
	const body = { code: things.enrollmentCode, publicKey, name: "box", platform: PLATFORM }
	const answer = await home.post("/api/enroll", body)
	const { machine } = (await answer.json()) as { machine?: string }
	if (machine !== things.machine) throw new Error(`invariant: the machine enrolls: ${answer.status}`)
}

export interface Keys {
	publicKey: string
	privateKey: CryptoKey
}

export async function newKeys(): Promise<Keys> {
	const { publicKey, privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true })
	const { x } = await exportJWK(publicKey)
	if (x === undefined) throw new Error("invariant: an Ed25519 key has its x")
	return { publicKey: x, privateKey }
}

/** Those of every machine here: workspaces do not share, so that no two of them meet. */
export const KEYS = await newKeys()

/** A dial token; `claims` in seconds and by their JWT names replace what an honest connector says. */
export function dialToken(
	machine: MachineId,
	{ privateKey }: Keys = KEYS,
	claims: Partial<Record<"iat" | "exp", number>> & Partial<Record<"aud" | "sub" | "jti", string>> = {},
): Promise<string> {
	const {
		iat = Math.floor(Date.now() / 1000),
		exp = iat + 60,
		aud = "homeport-link",
		sub = machine,
		jti = newId(),
	} = claims
	return new SignJWT({ iat, exp, aud, sub, jti }).setProtectedHeader({ alg: "EdDSA" }).sign(privateKey)
}
