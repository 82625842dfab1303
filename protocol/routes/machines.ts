// Routes about machines: enrolling, managing, asking them about themselves.
import * as z from "zod"
import { ASKS } from "../ask.ts"
import { MachineId, SessionId } from "../ids.ts"
import { MACHINE_MEMBERS, TAGS } from "../limits.ts"
import type { Shape } from "../route.ts"
import { Name, Platform, Presence, Tag, Time } from "../session.ts"

export const Machine = z
	.object({
		id: MachineId,
		name: Name,
		tags: z.array(Tag),
		/** Ids of the only people who may use it, beside the owners; null for every member. */
		members: z.array(z.string()).nullable(),
		/** Who enrolled it. */
		enrolledBy: z.object({ id: z.string(), name: z.string() }).nullable(),
		platform: Platform.nullable(),
		/** The machine's Ed25519 public key as a did:key. */
		key: z.string(),
		createdAt: Time,
		presence: Presence,
		/** Sessions that run there, as last known. */
		running: z.int(),
	})
	.meta({ id: "Machine" })
export type Machine = z.infer<typeof Machine>

/** The machine's Ed25519 public key: 32 bytes, base64url. */
const PublicKey = z.string().regex(/^[A-Za-z0-9_-]{43}$/, "must be 32 bytes in base64url")
const ofMachine = z.object({ machine: MachineId })
const done = z.object({})

export const machineRoutes = {
	createEnrollment: {
		method: "POST",
		path: "/api/enrollments",
		may: "machine:enroll",
		summary: "Make a single-use code, good for ten minutes, with which a machine enrolls",
		answer: z.object({ code: z.string(), expiresAt: Time }),
		rate: "make",
	},
	enroll: {
		method: "POST",
		path: "/api/enroll",
		may: "anybody",
		summary: "Trade a code and a public key for a place in the workspace",
		body: z.object({ code: z.string().min(1).max(64), publicKey: PublicKey, name: Name, platform: Platform }),
		answer: z.object({ machine: MachineId, name: Name }),
		rate: "enroll",
		shown: ["name"],
	},
	link: {
		method: "GET",
		path: "/api/link",
		may: "machine",
		summary: "Socket: the connector's link; Authorization carries a dial token signed with the machine's key",
		kind: "socket",
	},
	rotateKey: {
		method: "POST",
		path: "/api/machine/key",
		may: "machine",
		summary: "Replace this machine's key; `proof` is a dial token signed with the new one",
		body: z.object({ publicKey: PublicKey, proof: z.string().max(1024) }),
		answer: done,
	},
	listMachines: {
		method: "GET",
		path: "/api/machines",
		may: "machine:read",
		summary: "Machines with their presence",
		answer: z.object({ machines: z.array(Machine) }),
	},
	changeMachine: {
		method: "PATCH",
		path: "/api/machines/:machine",
		may: "machine:manage",
		summary: "Rename a machine, tag it, or keep it to named members",
		params: ofMachine,
		body: z.object({
			name: Name.optional(),
			tags: z.array(Tag).max(TAGS).optional(),
			members: z.array(z.string().max(64)).min(1).max(MACHINE_MEMBERS).nullable().optional(),
		}),
		answer: done,
		shown: ["name", "tags", "members"],
	},
	removeMachine: {
		method: "DELETE",
		path: "/api/machines/:machine",
		may: "machine:manage",
		summary: "Revoke a machine's key at once and forget the machine",
		params: ofMachine,
		answer: done,
	},
	listAttachments: {
		method: "GET",
		path: "/api/machines/:machine/attachments",
		may: "machine:read",
		summary: "Who ever opened this machine's sessions; for whoever enrolled it, and maintainers",
		params: ofMachine,
		answer: z.object({
			attachments: z.array(
				z.object({
					name: z.string(),
					at: Time,
					address: z.string().nullable(),
					/** The session that they opened then. */
					session: SessionId,
				}),
			),
		}),
	},
	view: {
		method: "GET",
		path: "/api/machines/:machine/view",
		may: "session:watch",
		summary: "Socket: a viewer of this machine and its sessions",
		params: ofMachine,
		kind: "socket",
	},
	ping: {
		method: "POST",
		path: "/api/machines/:machine/ping",
		may: "machine:read",
		summary: "Ask the connector for a sign of life, through the whole link",
		params: ofMachine,
		answer: ASKS.ping.answered,
		audited: false,
	},
	listRuntimes: {
		method: "GET",
		path: "/api/machines/:machine/runtimes",
		may: "machine:read",
		summary: "Which runtimes the machine has, and what the others lack",
		params: ofMachine,
		answer: ASKS.runtimes.answered,
	},
	listFolders: {
		method: "GET",
		path: "/api/machines/:machine/folders",
		may: "session:start",
		summary: "Folders on the machine that begin with a path",
		params: ofMachine,
		query: z.object({ path: z.string().max(4096).default("") }),
		answer: ASKS.folders.answered,
	},
} as const satisfies Record<string, Shape>
