// Which machines somebody may have work done on: what their role, their name and their token show them.
import type { Reach } from "../durable-objects/ledger/held.ts"
import type { As } from "../durable-objects/schedule/schedule-store.ts"
import { can } from "../protocol/roles.ts"
import type { Principal } from "./access.ts"
import type { Registry } from "./registry.ts"

/** The same machines as `sees` of access.ts says, also later. */
export function reachOf({ membership, tags }: Pick<Principal, "membership" | "tags">): Reach {
	return { member: membership.role === "owner" ? null : membership.userId, tags: tags === null ? null : [...tags] }
}

/** As whom what this principal makes is submitted later. */
export function asOf({ membership, tags }: Pick<Principal, "membership" | "tags">): As {
	return { userId: membership.userId, tags: tags === null ? null : [...tags] }
}

/** As of now; null for who may not submit tasks any more. */
export async function reachAs(registry: Registry, workspaceId: string, { userId, tags }: As): Promise<Reach | null> {
	const membership = await registry.members.membershipOf(userId, workspaceId)
	return membership === undefined || !can(membership.role, "task:submit") ? null : reachOf({ membership, tags })
}
