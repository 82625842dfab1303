// Sessions on the workspace's machines: listed together, and each asked of the machine that holds it.
import { Refusal } from "../../protocol/errors.ts"
import { newViewerId } from "../../protocol/ids.ts"
import type { Session } from "../../protocol/routes/sessions.ts"
import { runtimeOf } from "../../protocol/session.ts"
import type { Handlers } from "../call.ts"
import { ask, describe, findMachine, listMachines, objectOf } from "../machines.ts"
import { secretsAgain, secretsFor, touchSecrets } from "../secrets.ts"

export const sessions: Handlers<
	| "listSessions"
	| "startSession"
	| "changeSession"
	| "restartSession"
	| "returnSession"
	| "cloneSession"
	| "removeSession"
	| "signalSession"
	| "sendInput"
	| "readScreen"
	| "readDiff"
	| "listDenied"
	| "readFile"
	| "writeFile"
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
		const secrets = await secretsFor(env, registry, { machine: id, workspaceId }, spec)
		const started = await ask(env, id, "start", { ...spec, secrets })
		await touchSecrets(registry, workspaceId, secrets)
		return started
	},

	async changeSession({ env, registry, principal, params, body }) {
		const { id } = await findMachine(registry, principal, params.machine)
		const { name, ...more } = body
		if (Object.keys(more).length > 0) return ask(env, id, "change", { ...body, session: params.session })
		if (name === undefined) throw new Refusal("invalid_request", "Say a name, tags or comesBack.")
		return ask(env, id, "rename", { session: params.session, name })
	},

	async restartSession({ env, registry, principal, params, body: { resume } }) {
		const { id, workspaceId } = await findMachine(registry, principal, params.machine)
		const secrets = await secretsAgain(env, registry, { machine: id, workspaceId }, params.session)
		const started = await ask(env, id, "restart", { session: params.session, resume, secrets })
		await touchSecrets(registry, workspaceId, secrets)
		return started
	},

	/** A machine alone gets no secret: only what somebody who may had delivered to this very session, and is bound still. */
	async returnSession({ env, registry, dialler: { id, workspaceId }, traced, params: { session } }) {
		traced.target = { machine: id, session }
		const granted = await objectOf(env, id).granted(session)
		const bound = await secretsAgain(env, registry, { machine: id, workspaceId }, session)
		const secrets = bound.filter(({ name }) => granted.includes(name))
		await ask(env, id, "restart", { session, resume: true, secrets })
		await touchSecrets(registry, workspaceId, secrets)
		return {}
	},

	async cloneSession({ env, registry, principal, params, body }) {
		const { id, workspaceId } = await findMachine(registry, principal, params.machine)
		const secrets = await secretsAgain(env, registry, { machine: id, workspaceId }, params.session)
		const started = await ask(env, id, "clone", { ...body, session: params.session, secrets })
		await touchSecrets(registry, workspaceId, secrets)
		return started
	},

	async removeSession({ env, registry, principal, params, query }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "remove", { session: params.session, ...query })
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

	async readDiff({ env, registry, principal, params }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "diff", { session: params.session })
	},

	async listDenied({ env, registry, principal, params }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "denied", { session: params.session })
	},

	async readFile({ env, registry, principal, params, query }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "readFile", { session: params.session, ...query })
	},

	async writeFile({ env, registry, principal, params, body }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "writeFile", { session: params.session, ...body })
	},

	async readLog({ env, registry, principal, params, query }) {
		const { id } = await findMachine(registry, principal, params.machine)
		return ask(env, id, "log", { session: params.session, ...query })
	},
}
