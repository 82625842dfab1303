// The way of a secret from the registry to the one session that gets it: unsealed here, kept by nobody on the way.
import type { Env } from "../durable-objects/env.ts"
import type { DeliveredSecret } from "../protocol/ask.ts"
import { Refusal } from "../protocol/errors.ts"
import type { MachineId, SessionId } from "../protocol/ids.ts"
import { SESSION_SECRETS_CHARS } from "../protocol/limits.ts"
import { BUILT_IN, type StartSpec } from "../protocol/session.ts"
import { KeyRing } from "./key-ring.ts"
import { ask, describe } from "./machines.ts"
import type { Registry } from "./registry.ts"

interface On {
	machine: MachineId
	workspaceId: string
}

/**
 * What a session of the workspace gets: the secrets bound to its runtime and those that its profile or loadout names, less
 * those whose variable the caller gives a value of their own. Throws Refusal("secret_unreadable") where one cannot be
 * opened, and Refusal("not_found") where one that is named is not there: nothing starts with less than it was promised.
 */
export async function secretsFor(
	env: Env,
	registry: Registry,
	on: On,
	{ runtime, environment, loadout }: Pick<StartSpec, "environment" | "loadout"> & { runtime: string },
): Promise<DeliveredSecret[]> {
	const { workspaceId } = on
	const bound = await registry.secrets.boundTo(workspaceId, runtime)
	const named = await namedSecrets(env, registry, on, runtime, loadout)
	const variables = new Set(named.map(({ variable }) => variable))
	const wanted = [...named, ...bound.filter(({ variable }) => !variables.has(variable))].filter(
		({ variable }) => !Object.hasOwn(environment, variable),
	)
	if (wanted.length === 0) return []
	const ring = new KeyRing(env)
	const secrets = await Promise.all(
		wanted.map(async ({ name, variable, sealed }) => {
			return { name, variable, value: await ring.open({ workspaceId, name }, sealed) }
		}),
	)
	if (JSON.stringify(secrets).length > SESSION_SECRETS_CHARS)
		throw new Refusal(
			"too_large",
			`The secrets of ${runtime} have more than ${SESSION_SECRETS_CHARS} characters in all.`,
		)
	return secrets
}

/** The same for a session that is begun again, or copied. */
export async function secretsAgain(
	env: Env,
	registry: Registry,
	on: On,
	session: SessionId,
): Promise<DeliveredSecret[]> {
	const { sessions } = await describe(env, on.machine)
	const known = sessions.find(({ id }) => id === session)
	// The machine says itself that it has no such session.
	if (known === undefined) return []
	const loadout = known.loadout === null ? {} : { loadout: known.loadout }
	return secretsFor(env, registry, on, { runtime: known.runtime, environment: {}, ...loadout })
}

/** Those that the machine's profile of this runtime, or its loadout, asks for by name. */
async function namedSecrets(env: Env, registry: Registry, on: On, runtime: string, loadout: string | undefined) {
	if (loadout === undefined && BUILT_IN.includes(runtime)) return []
	const of = loadout === undefined ? { runtime } : { runtime, loadout }
	const { secrets } = await ask(env, on.machine, "wants", of)
	return Promise.all(
		secrets.map(async ({ name, variable }) => {
			const secret = await registry.secrets.find(on.workspaceId, name)
			if (secret === undefined) throw new Refusal("not_found", `The workspace has no secret ${name}.`)
			return { ...secret, variable }
		}),
	)
}

/** The value of one that the edge itself uses; undefined where the workspace has none of that name. */
export async function openSecret(
	env: Env,
	registry: Registry,
	workspaceId: string,
	name: string,
): Promise<string | undefined> {
	const secret = await registry.secrets.find(workspaceId, name)
	return secret === undefined ? undefined : new KeyRing(env).open({ workspaceId, name }, secret.sealed)
}

/** Remembers that a session got them. */
export async function touchSecrets(registry: Registry, workspaceId: string, secrets: DeliveredSecret[]): Promise<void> {
	if (secrets.length === 0) return
	const now = Date.now()
	const names = secrets.map(({ name }) => name)
	await registry.secrets.touch(workspaceId, names, now - TOUCH_EVERY_MS, now)
}

/** A write a start would cost more than it tells. */
const TOUCH_EVERY_MS = 60_000
