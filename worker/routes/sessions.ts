// Sessions on the workspace's machines: listed together, and each asked of the machine that holds it.
import { newViewerId } from "../../protocol/ids.ts"
import type { Session } from "../../protocol/routes/sessions.ts"
import { runtimeOf } from "../../protocol/session.ts"
import type { Handlers } from "../call.ts"
import { ask, describe, findMachine, listMachines } from "../machines.ts"
import { secretsFor, touchSecrets } from "../secrets.ts"

export const sessions: Handlers<
	| "listSessions"
	| "startSession"
	| "renameSession"
	| "removeSession"
	| "signalSession"
	| "sendInput"
	| "readScreen"
	| "readLog"
> = {
	async listSessions({ env, registry, principal }) {
		const entries = await listMachines(registry, principal)
		const lists = entries.map(async ({ id, name }): Promise<Session[]> => {
			const { presence, sessions } = await describe(env, id)
			return sessions.map((session) => ({ ...session, machine: id, machineName: name, machinePresence: presence }))
		})
		return { sessions: (await Promise.all(lists)).flat() }
	},

	async startSession({ env, registry, principal, params, body }) {
		const { id, workspaceId } = await findMachine(registry, principal, params.machine)
		const spec = { ...body, runtime: runtimeOf(body) }
		const secrets = await secretsFor(env, registry, workspaceId, spec)
		const started = await ask(env, id, "start", { ...spec, secrets })
		await touchSecrets(registry, workspaceId, secrets)
		return started
	},

	async renameSession({ env, registry, principal, params, body: { name } }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "rename", { session: params.session, name })
	},

	async removeSession({ env, registry, principal, params }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "remove", { session: params.session })
	},

	async signalSession({ env, registry, principal, params, body: { signal } }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "signal", { session: params.session, signal })
	},

	async sendInput({ env, registry, principal, params, body }) {
		const { id } = await findMachine(registry, principal, params.machine)
		// Each request is a viewer of its own: its input has no sequence to keep with anybody's.
		return ask(env, id, "write", { ...body, session: params.session, viewer: newViewerId() })
	},

	async readScreen({ env, registry, principal, params }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "screen", { session: params.session })
	},

	async readLog({ env, registry, principal, params, query }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "log", { session: params.session, ...query })
	},
}
