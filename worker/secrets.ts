// The way of a secret from the registry to the one session that gets it: unsealed here, kept by nobody on the way.
import type { Env } from "../durable-objects/env.ts"
import type { DeliveredSecret } from "../protocol/ask.ts"
import { Refusal } from "../protocol/errors.ts"
import { SESSION_SECRETS_CHARS } from "../protocol/limits.ts"
import type { StartSpec } from "../protocol/session.ts"
import { KeyRing } from "./key-ring.ts"
import type { Registry } from "./registry.ts"

/**
 * What a session of the workspace gets: the secrets bound to its runtime, less those whose variable the caller gives a
 * value of their own. Throws Refusal("secret_unreadable") where one cannot be opened: nothing starts with less than it
 * was promised.
 */
export async function secretsFor(
	env: Env,
	registry: Registry,
	workspaceId: string,
	{ runtime, environment }: StartSpec & { runtime: string },
): Promise<DeliveredSecret[]> {
	const bound = await registry.secrets.boundTo(workspaceId, runtime)
	const wanted = bound.filter(({ variable }) => !Object.hasOwn(environment, variable))
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

/** Remembers that a session got them. */
export async function touchSecrets(registry: Registry, workspaceId: string, secrets: DeliveredSecret[]): Promise<void> {
	if (secrets.length === 0) return
	const now = Date.now()
	const names = secrets.map(({ name }) => name)
	await registry.secrets.touch(workspaceId, names, now - TOUCH_EVERY_MS, now)
}

/** A write a start would cost more than it tells. */
const TOUCH_EVERY_MS = 60_000
