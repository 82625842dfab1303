// Sockets: the edge says who is there, the object takes the upgrade.
import type { Upgrade } from "../durable-objects/peer.ts"
import type { Handlers } from "./call.ts"
import { workspaceOf } from "./feed.ts"
import { findMachine, objectOf } from "./machines.ts"

export const sockets: Handlers<"link" | "view" | "feed"> = {
	async link({ env, request, dialler }) {
		return objectOf(env, dialler.id).fetch(stamp(request, { is: "link" }))
	},

	async view({ env, registry, request, principal, params }) {
		const machine = await findMachine(registry, principal, params.machine)
		const { id, name, membership, through, expiresAt } = principal
		const viewer = { id, name, role: membership.role, through, expiresAt }
		return objectOf(env, machine.id).fetch(stamp(request, { is: "viewer", principal: viewer }))
	},

	async feed({ env, request, principal }) {
		const { membership, through } = principal
		return workspaceOf(env, membership.workspaceId).fetch(stamp(request, { is: "feed", through }))
	},
}

/** The upgrade as the object gets it: what the edge found out, and no credential. */
function stamp(request: Request, upgrade: Upgrade): Request {
	const headers = new Headers(request.headers)
	headers.delete("cookie")
	headers.delete("authorization")
	headers.set("x-homeport-upgrade", ascii(JSON.stringify(upgrade)))
	return new Request(request.url, { headers })
}

/** JSON that a header may carry: names have letters of every script. */
function ascii(json: string): string {
	return json.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
}
