// Inputs that people upload for tasks, kept until their time is over.
import type { Env } from "../../durable-objects/env.ts"
import { Refusal } from "../../protocol/errors.ts"
import { newUploadId, type UploadId } from "../../protocol/ids.ts"
import { FILES_KEPT_MS, UPLOADED_BYTES } from "../../protocol/limits.ts"
import type { Principal } from "../access.ts"
import { fileIn, fileStore, uploadKey } from "../artifacts.ts"
import type { Registry } from "../registry.ts"

interface Upload {
	id: UploadId
	size: number
	hash: string
	expiresAt: number
}

/** Throws Refusal: files_off, too_large, too_many. */
export async function keepUpload(
	env: Env,
	registry: Registry,
	{ id: createdBy, membership: { workspaceId } }: Principal,
	request: Request,
): Promise<Upload> {
	const store = fileStore(env)
	if (store === null) throw new Refusal("files_off")
	const file = fileIn(request)
	const now = Date.now()
	for (const old of await registry.uploads.expire(now)) await store.remove(uploadKey(old.workspaceId, old.id))
	if ((await registry.uploads.size(workspaceId)) + file.size > UPLOADED_BYTES)
		throw new Refusal("too_many", `A workspace keeps at most ${UPLOADED_BYTES} bytes of inputs.`)
	const id = newUploadId()
	const hash = await store.put(uploadKey(workspaceId, id), file)
	const upload = { id, size: file.size, hash, expiresAt: now + FILES_KEPT_MS }
	await registry.uploads.add({ ...upload, workspaceId, createdBy })
	return upload
}
