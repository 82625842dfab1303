// Machines of the workspace: listed, renamed, removed, and asked about themselves.
import { Refusal } from "../../protocol/errors.ts"
import type { Machine } from "../../protocol/routes/machines.ts"
import type { Handlers } from "../call.ts"
import { didKey } from "../did-key.ts"
import { changed } from "../feed.ts"
import { ask, describe, findMachine, objectOf } from "../machines.ts"

export const machines: Handlers<
	"listMachines" | "changeMachine" | "removeMachine" | "ping" | "listRuntimes" | "listFolders"
> = {
	async listMachines({ env, registry, principal }) {
		const entries = await registry.machines.list(principal.membership.workspaceId)
		const machines = entries.map(async ({ id, name, publicKey, createdAt, ...entry }): Promise<Machine> => {
			const { presence, platform, sessions } = await describe(env, id)
			return {
				id,
				name,
				platform: platform ?? entry.platform,
				key: didKey(publicKey),
				createdAt,
				presence,
				running: sessions.filter(({ state }) => state.is === "running").length,
			}
		})
		return { machines: await Promise.all(machines) }
	},

	async changeMachine({ env, registry, principal, params, body: { name } }) {
		const machine = await findMachine(registry, principal.membership, params.machine)
		if (!(await registry.machines.rename(machine, name))) throw new Refusal("name_taken")
		await objectOf(env, machine.id).rename(name)
		await changed(env, machine.workspaceId, "machines")
		return {}
	},

	async removeMachine({ env, registry, principal, params }) {
		const machine = await findMachine(registry, principal.membership, params.machine)
		// In this order: a dial that comes between the two finds its key revoked.
		await registry.machines.revoke(machine.id, Date.now())
		await objectOf(env, machine.id).revoke()
		await changed(env, machine.workspaceId, "machines")
		return {}
	},

	async ping({ env, registry, principal, params }) {
		const { id } = await findMachine(registry, principal.membership, params.machine)
		return ask(env, id, "ping", {})
	},

	async listRuntimes({ env, registry, principal, params }) {
		const { id } = await findMachine(registry, principal.membership, params.machine)
		return ask(env, id, "runtimes", {})
	},

	async listFolders({ env, registry, principal, params, query }) {
		const { id } = await findMachine(registry, principal.membership, params.machine)
		return ask(env, id, "folders", query)
	},
}
