// What machines run sessions in: each question asked of the machine itself.
import type { Handlers } from "../call.ts"
import { ask, findMachine } from "../machines.ts"

export const substrates: Handlers<
	| "listSubstrates"
	| "configureMachine"
	| "configureTasks"
	| "readUsage"
	| "listVms"
	| "changeVm"
	| "listLoadouts"
	| "readLoadout"
	| "saveLoadout"
	| "removeLoadout"
	| "listProfiles"
	| "saveProfile"
	| "removeProfile"
> = {
	async listSubstrates({ env, registry, principal, params, query }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "substrates", query)
	},

	async configureMachine({ env, registry, principal, params, body }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "configure", body)
	},

	async configureTasks({ env, registry, principal, params, body }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "configureTasks", body)
	},

	async readUsage({ env, registry, principal, params }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "usage", {})
	},

	async listVms({ env, registry, principal, params }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "vms", {})
	},

	async changeVm({ env, registry, principal, params, body }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "vm", { name: params.vm, deed: body.deed })
	},

	async listLoadouts({ env, registry, principal, params }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "loadouts", {})
	},

	async readLoadout({ env, registry, principal, params }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "readLoadout", { name: params.loadout })
	},

	async saveLoadout({ env, registry, principal, params, body }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "saveLoadout", { name: params.loadout, text: body.text })
	},

	async removeLoadout({ env, registry, principal, params }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "removeLoadout", { name: params.loadout })
	},

	async listProfiles({ env, registry, principal, params }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "profiles", {})
	},

	async saveProfile({ env, registry, principal, params, body }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "saveProfile", { id: params.profile, ...body })
	},

	async removeProfile({ env, registry, principal, params }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "removeProfile", { id: params.profile })
	},
}
