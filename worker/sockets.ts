// Sockets: the edge says who is there, the object takes the upgrade.
import type { Principal as Viewer } from "../durable-objects/peer.ts"
import type { Handlers } from "./call.ts"
import { workspaceOf } from "./feed.ts"
import { findMachine, objectOf } from "./machines.ts"

export const sockets: Handlers<"link" | "view" | "feed"> = {
	async link({ env, request, dialler }) {
		return objectOf(env, dialler.id).fetch(stamp(request, { kind: "link", machine: dialler.id }))
	},

	async view({ env, registry, request, principal, params }) {
		const { id } = await findMachine(registry, principal.membership, params.machine)
		const viewer: Viewer = { id: principal.id, name: principal.name, role: principal.membership.role }
		return objectOf(env, id).fetch(stamp(request, { kind: "viewer", machine: id, principal: viewer }))
	},

	async feed({ env, request, principal }) {
		return workspaceOf(env, principal.membership.workspaceId).fetch(stamp(request, { kind: "feed" }))
	},
}

/** The upgrade as the object gets it: what the edge found out, and no credential. */
function stamp(request: Request, about: { kind: string; machine?: string; principal?: Viewer }): Request {
	const headers = new Headers(request.headers)
	for (const name of [...headers.keys()]) if (name.startsWith("x-homeport-")) headers.delete(name)
	headers.delete("cookie")
	headers.delete("authorization")
	headers.set("x-homeport-kind", about.kind)
	if (about.machine !== undefined) headers.set("x-homeport-machine", about.machine)
	if (about.principal !== undefined) headers.set("x-homeport-principal", ascii(JSON.stringify(about.principal)))
	return new Request(request.url, { headers })
}

/** JSON that a header may carry: names have letters of every script. */
function ascii(json: string): string {
	return json.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
}
