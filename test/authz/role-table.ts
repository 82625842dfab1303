// Which role may do what, written down a second time: a slip in the protocol's table is a difference from this one.
import type { Action, Role } from "../../protocol/roles.ts"

export const ROLE_TABLE: Record<Action, readonly Role[]> = {
	// Guests watch.
	"workspace:read": ["guest", "developer", "maintainer", "owner"],
	"workspace:leave": ["guest", "developer", "maintainer", "owner"],
	"machine:read": ["guest", "developer", "maintainer", "owner"],
	"session:watch": ["guest", "developer", "maintainer", "owner"],
	// Developers type, start and stop, by programs of their own too, and see which secrets there are for that.
	"session:type": ["developer", "maintainer", "owner"],
	"session:start": ["developer", "maintainer", "owner"],
	"session:end": ["developer", "maintainer", "owner"],
	"vm:manage": ["developer", "maintainer", "owner"],
	"token:manage": ["developer", "maintainer", "owner"],
	"secret:read": ["developer", "maintainer", "owner"],
	// Maintainers look after machines, secrets, channels and the policy.
	"machine:enroll": ["maintainer", "owner"],
	"machine:manage": ["maintainer", "owner"],
	"secret:manage": ["maintainer", "owner"],
	"channel:manage": ["maintainer", "owner"],
	"policy:manage": ["maintainer", "owner"],
	"audit:read": ["maintainer", "owner"],
	// Owners look after people, and may end it all.
	"people:manage": ["owner"],
	"workspace:manage": ["owner"],
}
