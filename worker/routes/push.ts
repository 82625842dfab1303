// Pushes to a member's browsers.
import { Refusal } from "../../protocol/errors.ts"
import { BROWSERS_PER_MEMBER } from "../../protocol/limits.ts"
import type { Handlers } from "../call.ts"
import { pushKey } from "../push/key.ts"
import { mustBeSubscription } from "../push/subscription.ts"

export const push: Handlers<"readPushKey" | "subscribePush"> = {
	async readPushKey({ env }) {
		return { publicKey: pushKey(env).publicKey }
	},

	async subscribePush({ env, registry, principal, origin, body }) {
		// Without a key nothing could ever be sent there.
		pushKey(env)
		await mustBeSubscription(body)
		const { endpoint: address, p256dh, auth, name, settings, replaces = null } = body
		const { workspaceId, userId } = principal.membership
		const said = { address, name, settings, replaces, details: { p256dh, auth, origin } }
		const destination = await registry.browsers.subscribe(workspaceId, userId, said, Date.now())
		if (destination === undefined)
			throw new Refusal("too_many", `A member is told in at most ${BROWSERS_PER_MEMBER} browsers: remove one first.`)
		return { destination }
	},
}
