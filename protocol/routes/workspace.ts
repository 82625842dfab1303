// Routes about the workspace that a request is for: who I am in it, and its people.
import * as z from "zod"
import { ACTIONS, ROLES } from "../roles.ts"
import type { Shape } from "../route.ts"
import { Name, Time } from "../session.ts"
import { Email } from "./sign-in.ts"

export const Me = z
	.object({
		/** The person; for a token, whoever made it. */
		id: z.string(),
		/** The person's or the token's. */
		name: z.string(),
		role: z.enum(ROLES),
		/** What I may do here: all that the role allows, or what a token is narrowed to. */
		actions: z.array(z.enum(ACTIONS)),
		workspace: z.object({ id: z.string(), name: z.string() }),
		version: z.string(),
	})
	.meta({ id: "Me" })
export type Me = z.infer<typeof Me>

export const Member = z
	.object({
		/** The person's id. */
		id: z.string(),
		name: z.string(),
		email: z.string().nullable(),
		role: z.enum(ROLES),
		joinedAt: Time,
	})
	.meta({ id: "Member" })
export type Member = z.infer<typeof Member>

export const Invitation = z
	.object({
		id: z.string(),
		email: z.string().nullable(),
		role: z.enum(ROLES),
		invitedBy: z.string(),
		createdAt: Time,
		expiresAt: Time,
	})
	.meta({ id: "Invitation" })
export type Invitation = z.infer<typeof Invitation>

const done = z.object({})
const ofMember = z.object({ member: z.string().max(64) })

export const workspaceRoutes = {
	me: { method: "GET", path: "/api/me", may: "workspace:read", summary: "Who I am here", answer: Me },
	feed: {
		method: "GET",
		path: "/api/feed",
		may: "workspace:read",
		summary: "Socket: told when the registry changes",
		kind: "socket",
	},
	updateWorkspace: {
		method: "PATCH",
		path: "/api/workspace",
		may: "workspace:manage",
		summary: "Rename the workspace",
		body: z.object({ name: Name }),
		answer: done,
		shown: ["name"],
	},
	removeWorkspace: {
		method: "DELETE",
		path: "/api/workspace",
		may: "workspace:manage",
		summary: "Delete the workspace: its machines are revoked, its secrets and members forgotten",
		/** The workspace's name, so that nobody deletes the wrong one. */
		query: z.object({ name: z.string() }),
		answer: done,
	},
	leaveWorkspace: {
		method: "POST",
		path: "/api/workspace/leave",
		may: "workspace:leave",
		summary: "Be a member no more; the last owner cannot leave",
		answer: done,
	},
	listMembers: {
		method: "GET",
		path: "/api/members",
		may: "workspace:read",
		summary: "People of the workspace",
		answer: z.object({ members: z.array(Member) }),
	},
	changeMember: {
		method: "PATCH",
		path: "/api/members/:member",
		may: "people:manage",
		summary: "Give a member another role",
		params: ofMember,
		body: z.object({ role: z.enum(ROLES) }),
		answer: done,
		shown: ["role"],
	},
	removeMember: {
		method: "DELETE",
		path: "/api/members/:member",
		may: "people:manage",
		summary: "Remove a member; their tokens here stop at once",
		params: ofMember,
		answer: done,
	},
	listInvitations: {
		method: "GET",
		path: "/api/invitations",
		may: "people:manage",
		summary: "Invitations that nobody has taken yet",
		answer: z.object({ invitations: z.array(Invitation) }),
	},
	createInvitation: {
		method: "POST",
		path: "/api/invitations",
		may: "people:manage",
		summary: "Make an invitation link, good once and for seven days; it is shown in this answer only",
		body: z.object({ role: z.enum(ROLES), email: Email.optional() }),
		answer: z.object({ invitation: Invitation, url: z.url() }),
		rate: "make",
		shown: ["role", "email"],
	},
	revokeInvitation: {
		method: "DELETE",
		path: "/api/invitations/:invitation",
		may: "people:manage",
		summary: "Make an invitation link void",
		params: z.object({ invitation: z.string().max(64) }),
		answer: done,
	},
} as const satisfies Record<string, Shape>
