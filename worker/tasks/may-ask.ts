// What a manifest asks for: whether whoever writes it may have that, and whether any machine could do it.
import { Refusal } from "../../protocol/errors.ts"
import type { Manifest } from "../../protocol/task.ts"
import { undoable } from "../../protocol/undoable.ts"
import { mustBeAllowed, type Principal } from "../access.ts"
import { listMachines } from "../machines.ts"
import type { Registry } from "../registry.ts"

/**
 * For whoever submits these, keeps them for later, or changes a task to one. Throws Refusal: not_allowed for what their role or
 * token does not give, not_found for a machine, secret or upload that is not there for them, invalid_request for what can
 * never be done.
 */
export async function mustMayAsk(registry: Registry, principal: Principal, manifests: Manifest[]): Promise<void> {
	const all = manifests.flatMap(withFollowing)
	const { workspaceId } = principal.membership
	if (all.some(({ target }) => target.newVm !== undefined)) mustBeAllowed(principal, "vm:manage")
	const secrets = new Set(all.flatMap(secretsIn))
	if (secrets.size > 0) {
		mustBeAllowed(principal, "secret:read")
		const known = new Set((await registry.secrets.list(workspaceId)).map(({ name }) => name))
		mustHave([...secrets], (name) => known.has(name), "secret")
	}
	const machines = new Set(all.flatMap(({ target }) => target.machine ?? []))
	if (machines.size > 0) {
		const seen = new Set((await listMachines(registry, principal)).flatMap(({ id, name }) => [id, name]))
		mustHave([...machines], (name) => seen.has(name), "machine")
	}
	const uploads = all.flatMap(({ inputs }) => inputs.flatMap(({ from }) => (from.is === "upload" ? from.id : [])))
	const present = await registry.uploads.present(workspaceId, uploads, Date.now())
	mustHave(uploads, (id) => present.has(id), "upload")
	const no = all.map(undoable).find((reason) => reason !== null)
	if (no !== undefined) throw new Refusal("invalid_request", no)
}

/** The manifest, and those of the tasks that follow it. */
function withFollowing(manifest: Manifest): Manifest[] {
	const follow = [...manifest.onSuccess, ...manifest.onFailure]
	// A schema within itself loses its type.
	return [manifest, ...follow.flatMap((each) => (each.is === "task" ? withFollowing(each.manifest as Manifest) : []))]
}

/** Names of the workspace's secrets. */
function secretsIn({ secrets, workOn, onSuccess, onFailure }: Manifest): string[] {
	const credential = workOn?.is === "repository" ? workOn.credential?.secret : undefined
	const signing = [...onSuccess, ...onFailure].map((follow) => (follow.is === "webhook" ? follow.secret : undefined))
	return [...Object.values(secrets), credential, ...signing].filter((name) => name !== undefined)
}

function mustHave(names: string[], has: (name: string) => boolean, what: string): void {
	const missing = names.find((name) => !has(name))
	if (missing !== undefined) throw new Refusal("not_found", `The workspace has no ${what} ${missing}.`)
}
