// What my role does not allow, in words: by the same table that the edge asks.
import { type Action, can, ROLES } from "../protocol/roles.ts"
import { words } from "./messages.ts"
import { may, me } from "./state.ts"

/** Who may do what I may not; undefined where I may, and while that is not known. */
export function forbidden(action: Action): string | undefined {
	const who = me.value
	if (who.is !== "loaded" || may(action)) return undefined
	const least = ROLES.find((role) => can(role, action)) ?? "owner"
	return words.needsRole(least, who.value.role)
}
