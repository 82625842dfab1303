// The workspace's secrets: saved, bound to runtimes, checked, sealed anew, forgotten; never shown.
import { Refusal } from "../../protocol/errors.ts"
import { SECRETS_PER_WORKSPACE } from "../../protocol/limits.ts"
import type { Secret } from "../../protocol/routes/secrets.ts"
import type { Handlers } from "../call.ts"
import { resealCredentials } from "../channels/credentials.ts"
import { KeyRing } from "../key-ring.ts"
import type { SecretEntry } from "../registry/secrets.ts"
import type { Registry } from "../registry.ts"
import { checkSecret } from "../secret-check.ts"

export const secrets: Handlers<
	"listSecrets" | "saveSecret" | "bindSecret" | "removeSecret" | "checkSecret" | "resealSecrets"
> = {
	async listSecrets({ registry, principal }) {
		return { secrets: (await registry.secrets.list(principal.membership.workspaceId)).map(shown) }
	},

	async saveSecret({ env, registry, principal, params: { secret: name }, body }) {
		const { workspaceId } = principal.membership
		const known = await registry.secrets.find(workspaceId, name)
		const binding = bindingOf(body, known ?? { variable: name, runtimes: [] })
		const sealed = await new KeyRing(env).seal({ workspaceId, name }, body.value)
		const made = { name, ...binding, sealed, updatedAt: Date.now(), updatedBy: principal.name }
		const saved = await registry.secrets.save(workspaceId, made)
		if (saved !== undefined) return shown(saved)
		await mustBeFree(registry, workspaceId, name, binding)
		throw new Refusal("too_many", `A workspace keeps at most ${SECRETS_PER_WORKSPACE} secrets.`)
	},

	async bindSecret({ registry, principal, params: { secret: name }, body }) {
		const { workspaceId } = principal.membership
		const known = await registry.secrets.find(workspaceId, name)
		if (known === undefined) throw new Refusal("not_found")
		const binding = bindingOf(body, known)
		const bound = await registry.secrets.bind(workspaceId, name, binding, principal.name, Date.now())
		if (bound !== undefined) return shown(bound)
		await mustBeFree(registry, workspaceId, name, binding)
		throw new Refusal("not_found")
	},

	async removeSecret({ registry, principal, params }) {
		if (!(await registry.secrets.remove(principal.membership.workspaceId, params.secret)))
			throw new Refusal("not_found")
		return {}
	},

	async checkSecret({ env, registry, principal, params: { secret: name } }) {
		const { workspaceId } = principal.membership
		const known = await registry.secrets.find(workspaceId, name)
		if (known === undefined) throw new Refusal("not_found")
		return checkSecret(known.variable, await new KeyRing(env).open({ workspaceId, name }, known.sealed))
	},

	/** What cannot be opened stays as it is and is named; everything else is sealed anew first. */
	async resealSecrets({ env, registry, principal }) {
		const { workspaceId } = principal.membership
		const ring = new KeyRing(env)
		const unreadable: string[] = []
		let resealed = 0
		for (const entry of await registry.secrets.list(workspaceId)) {
			const place = { workspaceId, name: entry.name }
			try {
				const anew = await ring.seal(place, await ring.open(place, entry.sealed))
				if (await registry.secrets.reseal(workspaceId, entry, anew)) resealed++
			} catch (error) {
				if (!(error instanceof Refusal)) throw error
				unreadable.push(entry.name)
			}
		}
		for (const row of await registry.channels.list(workspaceId)) {
			if (row.sealed === null) continue
			try {
				const anew = await resealCredentials(env, row, row.sealed)
				if (await registry.channels.reseal(row.id, row.sealed, anew)) resealed++
			} catch (error) {
				if (!(error instanceof Refusal)) throw error
				unreadable.push(row.name)
			}
		}
		if (unreadable.length > 0)
			throw new Refusal("secret_unreadable", `${unreadable.join(", ")}; the other ${resealed} are sealed anew.`)
		return { resealed, version: ring.newest }
	},
}

type Binding = Pick<Secret, "variable" | "runtimes">

function bindingOf(said: { [K in keyof Binding]?: Binding[K] | undefined }, known: Binding): Binding {
	return { variable: said.variable ?? known.variable, runtimes: [...new Set(said.runtimes ?? known.runtimes)] }
}

function shown({ name, variable, runtimes, updatedAt, updatedBy, lastUsedAt }: Secret): Secret {
	return { name, variable, runtimes, updatedAt, updatedBy, lastUsedAt }
}

/** A session has each variable once. Throws Refusal("name_taken") with which secret has it. */
async function mustBeFree(registry: Registry, workspaceId: string, name: string, binding: Binding): Promise<void> {
	const clash = (other: SecretEntry) =>
		other.name !== name &&
		other.variable === binding.variable &&
		other.runtimes.find((runtime) => binding.runtimes.includes(runtime))
	for (const other of await registry.secrets.list(workspaceId)) {
		const runtime = clash(other)
		if (runtime) throw new Refusal("name_taken", `${other.name} is ${binding.variable} for ${runtime} already.`)
	}
}
