// Where this home keeps the files of tasks: inputs that were uploaded, and artifacts. In R2 where a bucket is bound; on the disk
// of a home of one's own; else nowhere, and artifacts are read from the machine that has them.
import type { Env } from "../durable-objects/env.ts"
import { Refusal } from "../protocol/errors.ts"
import type { TaskId, UploadId } from "../protocol/ids.ts"
import { FILE_BYTES } from "../protocol/limits.ts"
import { BucketStore } from "./artifacts/bucket.ts"
import { DiskStore } from "./artifacts/disk.ts"

export interface FileStore {
	/**
	 * Keeps what is read, whole or not at all, for as long as files are kept. Answers with its SHA-256 in hex. Throws
	 * Refusal("invalid_request") where it has not so many bytes, or another hash than the expected one.
	 */
	put(key: string, file: { body: ReadableStream<Uint8Array>; size: number; hash?: string }): Promise<string>
	/** Undefined where it is not there any more, or never was. */
	get(key: string): Promise<{ body: ReadableStream<Uint8Array>; size: number } | undefined>
	has(key: string): Promise<boolean>
	remove(key: string): Promise<void>
}

export function fileStore({ ARTIFACT_BUCKET, ARTIFACT_DISK }: Env): FileStore | null {
	if (ARTIFACT_BUCKET !== undefined) return new BucketStore(ARTIFACT_BUCKET)
	return ARTIFACT_DISK === undefined ? null : new DiskStore(ARTIFACT_DISK)
}

/** The same bytes of one task are kept once, whichever attempt has left them. */
export function artifactKey(workspaceId: string, task: TaskId, hash: string): string {
	return `artifacts/${workspaceId}/${task}/${hash}`
}

export function uploadKey(workspaceId: string, upload: UploadId): string {
	return `uploads/${workspaceId}/${upload}`
}

/** The body's stream with its size, which it must say. Throws Refusal("too_large") or Refusal("invalid_request"). */
export function fileIn({ headers, body }: Request): { body: ReadableStream<Uint8Array>; size: number } {
	const said = headers.get("content-length")
	if (said === null || !/^\d{1,15}$/.test(said))
		throw new Refusal("invalid_request", "Say the file's size: content-length.")
	const size = Number(said)
	if (size > FILE_BYTES) throw new Refusal("too_large", `A file has at most ${FILE_BYTES} bytes.`)
	return { body: (body as ReadableStream<Uint8Array> | null) ?? new Blob([]).stream(), size }
}
