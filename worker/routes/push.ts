// Pushes to a member's browsers.
import { Refusal } from "../../protocol/errors.ts"
import { BROWSERS_PER_MEMBER } from "../../protocol/limits.ts"
import type { Handlers } from "../call.ts"
import { changed } from "../feed.ts"
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
		const { endpoint: address, p256dh, auth, name, settings, replaces } = body
		const { workspaceId, userId } = principal.membership
		const details = { p256dh, auth, origin }
		if (replaces !== undefined) {
			// A browser does not know where it is told; a token reaches no further than its workspace.
			const where = principal.is === "person" ? null : workspaceId
			const moved = await registry.browsers.move(where, userId, { from: replaces, to: address, details })
			if (moved === undefined) throw new Refusal("not_found")
			await changed(env, workspaceId, "channels")
			return { destination: moved }
		}
		const said = { address, name, settings, details }
		const destination = await registry.browsers.subscribe(workspaceId, userId, said, Date.now())
		if (destination === undefined)
			throw new Refusal("too_many", `A member is told in at most ${BROWSERS_PER_MEMBER} browsers: remove one first.`)
		await changed(env, workspaceId, "channels")
		return { destination }
	},
}
