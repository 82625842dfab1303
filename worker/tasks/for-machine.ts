// What a machine gets for an attempt that it has: values of secrets, and inputs; and where it brings artifacts.
import type { Env } from "../../durable-objects/env.ts"
import type { DeliveredSecret } from "../../protocol/ask.ts"
import { Refusal } from "../../protocol/errors.ts"
import type { TaskId, UploadId } from "../../protocol/ids.ts"
import { FILE_BYTES } from "../../protocol/limits.ts"
import type { Manifest } from "../../protocol/task.ts"
import { artifactKey, fileIn, fileStore, uploadKey } from "../artifacts.ts"
import { KeyRing } from "../key-ring.ts"
import type { MachineEntry } from "../registry/machines.ts"
import type { Registry } from "../registry.ts"
import { secretsFor, touchSecrets } from "../secrets.ts"
import { workOf } from "../work.ts"

interface Of {
	task: TaskId
	fence: number
}

/** The manifest of an attempt that counts on this machine. Throws Refusal("request_gone") for every other. */
export async function manifestOf(env: Env, { id, workspaceId }: MachineEntry, of: Of): Promise<Manifest> {
	const manifest = await workOf(env, workspaceId).attempt(id, of)
	if (manifest === null) throw new Refusal("request_gone", "This attempt does not count any more.")
	return manifest
}

export interface TaskSecrets {
	/** Those that the manifest names, by their names. */
	secrets: Record<string, string>
	/** Those that every session of its runtime gets. */
	bound: DeliveredSecret[]
}

/** Throws Refusal("not_found") where one is not there any more, and Refusal("secret_unreadable"). */
export async function secretsOf(
	env: Env,
	registry: Registry,
	{ id: machine, workspaceId }: MachineEntry,
	{ secrets, environment, workOn, runtime, loadout }: Manifest,
): Promise<TaskSecrets> {
	const credential = workOn?.is === "repository" ? workOn.credential?.secret : undefined
	const names = new Set([...Object.values(secrets), ...(credential === undefined ? [] : [credential])])
	const named = await Promise.all([...names].map((name) => open(env, registry, workspaceId, name)))
	const bound = await secretsFor(
		env,
		registry,
		{ machine, workspaceId },
		{ runtime, environment: { ...environment, ...secrets }, ...(loadout !== undefined && { loadout }) },
	)
	const delivered = named.map(([name, value]) => ({ name, value, variable: name }))
	await touchSecrets(registry, workspaceId, [...bound, ...delivered])
	return { secrets: Object.fromEntries(named), bound }
}

async function open(env: Env, registry: Registry, workspaceId: string, name: string): Promise<[string, string]> {
	const secret = await registry.secrets.find(workspaceId, name)
	if (secret === undefined) throw new Refusal("not_found", `The workspace has no secret ${name}.`)
	return [name, await new KeyRing(env).open({ workspaceId, name }, secret.sealed)]
}

/** Throws Refusal("not_found") for what the manifest does not name, and for what is not kept any more. */
export async function inputOf(
	env: Env,
	{ workspaceId }: MachineEntry,
	{ inputs }: Manifest,
	upload: UploadId,
): Promise<Response> {
	const isNamed = inputs.some(({ from }) => from.is === "upload" && from.id === upload)
	const kept = isNamed ? await fileStore(env)?.get(uploadKey(workspaceId, upload)) : undefined
	if (kept === undefined) throw new Refusal("not_found")
	return new Response(kept.body, { headers: { "content-type": "application/octet-stream" } })
}

/** Whether it is kept: where nothing is, and what is too large for this, is read from the machine. */
export async function keep(
	env: Env,
	{ workspaceId }: MachineEntry,
	{ task, hash, request }: { task: TaskId; hash: string; request: Request },
): Promise<boolean> {
	const store = fileStore(env)
	if (Number(request.headers.get("content-length") ?? 0) > FILE_BYTES) return false
	const key = artifactKey(workspaceId, task, hash)
	if (store === null || (await store.has(key))) {
		// Who is answered while it still sends may hear a broken connection in place of the answer.
		await request.body?.pipeTo(new WritableStream())
		return store !== null
	}
	await store.put(key, { ...fileIn(request), hash })
	return true
}
