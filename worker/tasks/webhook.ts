// A task that is over, posted to an address as Standard Webhooks says: https://www.standardwebhooks.com
import type { Env } from "../../durable-objects/env.ts"
import type { TaskView } from "../../protocol/task.ts"
import { signStandard } from "../hooks/standard.ts"
import { KeyRing } from "../key-ring.ts"
import { Registry } from "../registry.ts"

interface Post {
	/** The same at each try: whoever receives it twice knows by that. */
	id: string
	url: string
	/** The name of the workspace's secret that signs it. */
	secret: string | undefined
}

/** Rejects where it must be tried again. */
export async function postTask(
	env: Env,
	workspaceId: string,
	{ id, url, secret }: Post,
	{ key: _, ...task }: TaskView,
): Promise<void> {
	const at = Date.now()
	const said = { type: `task.${task.state.is}`, timestamp: new Date(task.state.since).toISOString(), data: task }
	const body = new TextEncoder().encode(JSON.stringify(said))
	const signed = secret === undefined ? unsigned(id, at) : await signedBy(env, workspaceId, secret, { id, at, body })
	const request: RequestInit = {
		method: "POST",
		headers: { ...signed, "content-type": "application/json", "user-agent": "homeport" },
		body,
		// Where it leads is not what somebody has written down.
		redirect: "manual",
		signal: AbortSignal.timeout(TIMEOUT_MS),
	}
	// An address may be a secret: what the platform says of it goes nowhere.
	const response = await fetch(url, request).catch(() => {
		throw new Error("The webhook's address does not answer.")
	})
	await response.body?.cancel()
	// Whoever answers 410 wants nothing more.
	if (!response.ok && response.status !== GONE) throw new Error(`The webhook's address answers ${response.status}.`)
}

async function signedBy(
	env: Env,
	workspaceId: string,
	name: string,
	{ id, at, body }: { id: string; at: number; body: Uint8Array },
): Promise<Record<string, string>> {
	const secret = await new Registry(env.DB).secrets.find(workspaceId, name)
	if (secret === undefined) throw new Error("The webhook's secret is not there.")
	const headers = await signStandard(await new KeyRing(env).open({ workspaceId, name }, secret.sealed), id, at, body)
	if (headers === null) throw new Error("The webhook's secret is none of Standard Webhooks.")
	return headers
}

function unsigned(id: string, at: number): Record<string, string> {
	return { "webhook-id": id, "webhook-timestamp": String(Math.floor(at / 1_000)) }
}

const TIMEOUT_MS = 15_000
const GONE = 410
