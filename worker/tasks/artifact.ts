// An artifact for whoever may have it: from the store of files, else from the machine that it was left on.
import type { Env } from "../../durable-objects/env.ts"
import { Refusal } from "../../protocol/errors.ts"
import type { Artifact, TaskView } from "../../protocol/task.ts"
import { artifactKey, fileStore } from "../artifacts.ts"
import { ask } from "../machines.ts"
import { attemptTold } from "./attempt.ts"

/** Throws Refusal("not_found"), and what the machine refuses with. */
export async function artifactOf(env: Env, workspaceId: string, task: TaskView, path: string): Promise<Response> {
	const artifact = task.artifacts.find((one) => one.path === path)
	if (artifact === undefined) throw new Refusal("not_found")
	const kept = await fileStore(env)?.get(artifactKey(workspaceId, task.id, artifact.hash))
	// What is kept has its length already, and the platform takes no second one.
	const sized = async () => (await fromMachine(env, task, artifact)).pipeThrough(new FixedLengthStream(artifact.size))
	return new Response(kept?.body ?? (await sized()), { headers: headersOf(artifact) })
}

async function fromMachine(env: Env, task: TaskView, { hash, size }: Artifact): Promise<ReadableStream<Uint8Array>> {
	const { machine, id } = task
	const fence = attemptTold(task)
	if (machine === null || fence === null) throw new Refusal("not_found")
	const part = async (from: number) => {
		const { base64 } = await ask(env, machine, "readArtifact", { task: id, fence, hash, from })
		return Uint8Array.fromBase64(base64)
	}
	// Asked before anything is answered, so that a refusal is one.
	let next = await part(0)
	let at = 0
	return new ReadableStream({
		async pull(out) {
			if (at > 0) next = await part(at)
			at += next.length
			if (next.length > 0) out.enqueue(next)
			if (at >= size) out.close()
			else if (next.length === 0) out.error(new Error("the machine has less of it than it has told"))
		},
	})
}

/** A program has written it, so that no browser may take it for a page of this home, whatever its type. */
function headersOf({ path, type, hash }: Artifact): Record<string, string> {
	const name = encodeURIComponent(path.split("/").at(-1) ?? "").replace(/['()*]/g, percent)
	return {
		"content-type": /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : "application/octet-stream",
		"content-disposition": `attachment; filename*=UTF-8''${name}`,
		etag: `"${hash}"`,
	}
}

/** https://www.rfc-editor.org/rfc/rfc8187#section-3.2.1 */
function percent(letter: string): string {
	return `%${letter.charCodeAt(0).toString(16).toUpperCase()}`
}
