// Sockets: the edge says who is there, the object takes the upgrade.
import type { Upgrade } from "../durable-objects/peer.ts"
import { Refusal } from "../protocol/errors.ts"
import { ROUTES } from "../protocol/routes.ts"
import { allowedTo, mustBeAllowed, whoAsks } from "./access.ts"
import type { Handlers } from "./call.ts"
import { refusalOf } from "./errors.ts"
import { workspaceOf } from "./feed.ts"
import { findMachine, objectOf } from "./machines.ts"

export const sockets: Handlers<"link" | "view" | "feed"> = {
	async link({ env, request, dialler }) {
		return objectOf(env, dialler.id).fetch(stamp(request, { is: "link", workspaceId: dialler.workspaceId }))
	},

	async view({ env, registry, request, address, principal, params }) {
		const machine = await findMachine(registry, principal, params.machine)
		const { is, id, name, membership, through, expiresAt } = principal
		// Of all that a role may do, a screen types or watches: one that is narrowed to watching is a guest's.
		const role = allowedTo(principal).includes("session:type") ? membership.role : "guest"
		const { workspaceId } = membership
		const viewer = { is, id, name, role, workspaceId, address, through, expiresAt }
		const opened = await objectOf(env, machine.id).fetch(stamp(request, { is: "viewer", principal: viewer }))
		return unlessTakenBack(opened, async () => {
			const now = await whoAsks(request, env, registry)
			mustBeAllowed(now, ROUTES.view.may)
			await findMachine(registry, now, machine.id)
			if (now.membership.role !== membership.role) throw new Refusal("access_changed")
		})
	},

	async feed({ env, registry, request, principal }) {
		const { membership, through, expiresAt } = principal
		const stamped = stamp(request, { is: "feed", through, expiresAt })
		const opened = await workspaceOf(env, membership.workspaceId).fetch(stamped)
		return unlessTakenBack(opened, async () => {
			await whoAsks(request, env, registry)
		})
	},
}

/**
 * Who may be here is asked again once the object has the socket: what is taken back before that is found out here, and
 * what is taken back later finds the socket.
 */
async function unlessTakenBack(opened: Response, ask: () => Promise<void>): Promise<Response> {
	try {
		await ask()
		return opened
	} catch (error) {
		const refusal = refusalOf(error)
		opened.webSocket?.accept()
		opened.webSocket?.close(refusal.closeCode, refusal.code)
		throw refusal
	}
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
