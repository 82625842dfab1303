// Machines of the workspace: listed, changed, removed, given a new key, and asked about themselves.
import { Refusal } from "../../protocol/errors.ts"
import type { Machine } from "../../protocol/routes/machines.ts"
import { allowedTo } from "../access.ts"
import type { Handlers } from "../call.ts"
import { mustBeSignedBy } from "../dial.ts"
import { didKey } from "../did-key.ts"
import { changed, workspaceOf } from "../feed.ts"
import { ask, describe, findMachine, listMachines, objectOf } from "../machines.ts"
import { workOf } from "../work.ts"

export const machines: Handlers<
	| "rotateKey"
	| "listMachines"
	| "changeMachine"
	| "removeMachine"
	| "listAttachments"
	| "ping"
	| "listRuntimes"
	| "listFolders"
> = {
	/** The link that is open stays; the next dial needs the new key. */
	async rotateKey({ env, registry, dialler, traced, body: { publicKey, proof } }) {
		traced.target = { machine: dialler.id }
		if (publicKey === dialler.publicKey) throw new Refusal("invalid_request", "The machine has this key already.")
		await mustBeSignedBy(proof, dialler.id, publicKey, env)
		if (!(await registry.machines.replaceKey(dialler, publicKey)))
			throw new Refusal("dial_token_invalid", "The machine has another key by now, or another machine has the new one.")
		await changed(env, dialler.workspaceId, "machines")
		return {}
	},

	async listMachines({ env, registry, principal }) {
		const entries = await listMachines(registry, principal)
		const machines = entries.map(async (entry): Promise<Machine> => {
			const { id, name, tags, members, enrolledBy, createdAt } = entry
			const { presence, platform, sessions } = await describe(env, id)
			return {
				id,
				name,
				tags,
				members,
				enrolledBy,
				platform: platform ?? entry.platform,
				key: didKey(entry.publicKey),
				createdAt,
				presence,
				running: sessions.filter(({ state }) => state.is === "running").length,
			}
		})
		return { machines: await Promise.all(machines) }
	},

	async changeMachine({ env, registry, principal, params, body }) {
		const machine = await findMachine(registry, principal, params.machine)
		const { name, tags, members } = body
		if (Object.keys(body).length === 0) throw new Refusal("invalid_request", "Say a name, tags or members.")
		if (members) {
			const known = await registry.members.among(machine.workspaceId, members)
			if (members.some((id) => !known.has(id)))
				throw new Refusal("invalid_request", "members: only members of the workspace can be named.")
		}
		if (!(await registry.machines.change(machine, body))) throw new Refusal("name_taken")
		if (name !== undefined) await objectOf(env, machine.id).rename(name)
		await workOf(env, machine.workspaceId).described(machine.id)
		// Whoever may still see it dials again at once.
		if (tags !== undefined || members !== undefined) await objectOf(env, machine.id).dismiss(null)
		await changed(env, machine.workspaceId, "machines")
		return {}
	},

	async removeMachine({ env, registry, principal, params }) {
		const machine = await findMachine(registry, principal, params.machine)
		// In this order: a dial that comes between the two finds its key revoked.
		await registry.machines.revoke(machine.id, Date.now())
		await objectOf(env, machine.id).revoke()
		await changed(env, machine.workspaceId, "machines")
		return {}
	},

	async listAttachments({ env, registry, principal, params }) {
		const { id, workspaceId, enrolledBy } = await findMachine(registry, principal, params.machine)
		if (enrolledBy?.id !== principal.membership.userId && !allowedTo(principal).includes("audit:read"))
			throw new Refusal("not_allowed", "Whoever enrolled a machine may ask, and who may read the trail.")
		await workspaceOf(env, workspaceId).flush()
		return { attachments: await registry.audit.attachments(workspaceId, id) }
	},

	async ping({ env, registry, principal, params }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "ping", {})
	},

	async listRuntimes({ env, registry, principal, params }) {
		const { id, workspaceId } = await findMachine(registry, principal, params.machine)
		const { runtimes } = await ask(env, id, "runtimes", {})
		const secrets = await registry.secrets.list(workspaceId)
		return {
			// Any one of the keys that a runtime misses makes it ready, and the workspace may give it one.
			runtimes: runtimes.map((runtime) => {
				const given = secrets.filter(({ runtimes }) => runtimes.includes(runtime.id))
				const isReady = given.some(({ variable }) => runtime.missingKeys.includes(variable))
				return isReady ? { ...runtime, missingKeys: [] } : runtime
			}),
		}
	},

	async listFolders({ env, registry, principal, params, query }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "folders", query)
	},
}
