// Who may do what: the one table that the edge asks, and that the console greys buttons out by.

export const ROLES = ["guest", "developer", "maintainer", "owner"] as const
export type Role = (typeof ROLES)[number]

/** The least role that may do each action; the roles above it may too. */
const LEAST = {
	"workspace:read": "guest",
	"workspace:leave": "guest",
	"machine:read": "guest",
	"session:watch": "guest",
	"session:type": "developer",
	"session:start": "developer",
	"session:end": "developer",
	"vm:manage": "developer",
	"token:manage": "developer",
	"secret:read": "developer",
	"machine:enroll": "maintainer",
	"machine:manage": "maintainer",
	"secret:manage": "maintainer",
	"channel:manage": "maintainer",
	"policy:manage": "maintainer",
	"audit:read": "maintainer",
	"people:manage": "owner",
	"workspace:manage": "owner",
} as const satisfies Record<string, Role>

export type Action = keyof typeof LEAST

export const ACTIONS = Object.keys(LEAST) as [Action, ...Action[]]

export function can(role: Role, action: Action): boolean {
	return ROLES.indexOf(role) >= ROLES.indexOf(LEAST[action])
}
