// The folder .homeport in an attempt's working directory: its inputs, an empty outbox, its prompt. No link there is followed.
import { constants } from "node:fs"
import { lstat, mkdir, open, readdir, rename, rm, rmdir, symlink } from "node:fs/promises"
import { dirname, join } from "node:path"
import type { SessionId, UploadId } from "../../protocol/ids.ts"
import type { Manifest } from "../../protocol/task.ts"
import { Failed, Stopped } from "./failed.ts"

const OWN = ".homeport"
export const INBOX = `${OWN}/inbox`
export const OUTBOX = `${OWN}/outbox`
/** Of all inputs together. */
const INPUT_BYTES = 1024 ** 3

/** The folder whose beginning is the program's, and the file that has its prompt. */
export function runFolder(session: SessionId): { once: string; prompt: string } {
	return { once: `${OWN}/runs/${session}`, prompt: `${OWN}/runs/${session}.prompt` }
}

interface Delivering {
	cwd: string
	session: SessionId
	manifest: Manifest
	/** What was uploaded. */
	upload: (id: UploadId) => Promise<AsyncIterable<Uint8Array>>
	signal: AbortSignal
	/** Where its outbox leads to, from the working directory on; null where it is a folder there. */
	outbox: string | null
}

/** Idempotent: what an earlier try has delivered is delivered anew. Throws Failed("prepare"). */
export async function deliver({ cwd, session, manifest, upload, signal, outbox }: Delivering): Promise<void> {
	await makeFolders(cwd, `${OWN}/runs`)
	await makeFolders(cwd, INBOX)
	await write(join(cwd, OWN, ".gitignore"), [Buffer.from("*\n")], 16)
	await emptyOutbox(cwd, session)
	if (outbox !== null) await linkOutbox(cwd, outbox)
	let room = INPUT_BYTES
	for (const { path, from } of manifest.inputs) {
		if (signal.aborted) throw new Stopped()
		const place = `${INBOX}/${path}`
		await makeFolders(cwd, dirname(place))
		const bytes = from.is === "content" ? [Buffer.from(from.base64, "base64")] : await upload(from.id)
		room -= await write(join(cwd, place), bytes, room)
	}
	await write(join(cwd, runFolder(session).prompt), [Buffer.from(manifest.prompt)], INPUT_BYTES)
}

/** What another task has left there is none of this one's artifacts: it is put aside. */
async function emptyOutbox(cwd: string, session: SessionId): Promise<void> {
	const outbox = join(cwd, OUTBOX)
	const found = await lstat(outbox).catch(() => null)
	const isEmpty = found?.isDirectory() === true && (await readdir(outbox)).length === 0
	if (found !== null && !isEmpty) await rename(outbox, join(cwd, `${OWN}/before-${session}`))
	await makeFolders(cwd, OUTBOX)
}

/** In what is in a VM soon, where everything but this folder stays. */
async function linkOutbox(cwd: string, outbox: string): Promise<void> {
	await rmdir(join(cwd, OUTBOX))
	await symlink(join("..", outbox), join(cwd, OUTBOX))
}

/** A folder at a time, so that no link is taken for one. */
async function makeFolders(cwd: string, path: string): Promise<void> {
	let at = cwd
	for (const part of path.split("/")) {
		at = join(at, part)
		await mkdir(at, { mode: 0o755 }).catch((error: unknown) => {
			if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw unwritable(at, error)
		})
		if (!(await lstat(at)).isDirectory())
			throw new Failed("prepare", `${at.slice(cwd.length + 1)} is there, and is no folder: the inputs have no place.`)
	}
}

/** Answers how many bytes. Whatever was there is replaced, never written through. */
async function write(
	path: string,
	bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
	room: number,
): Promise<number> {
	const draft = `${path}.homeport-part`
	let written = 0
	try {
		await rm(draft, { force: true })
		const file = await open(
			draft,
			constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
			0o644,
		)
		try {
			for await (const part of bytes) {
				written += part.length
				if (written > room) throw new Failed("prepare", "The inputs have more than 1 GiB together.")
				await file.writeFile(part)
			}
		} finally {
			await file.close()
		}
		await rename(draft, path)
		return written
	} catch (error) {
		await rm(draft, { force: true })
		throw unwritable(path, error)
	}
}

function unwritable(path: string, error: unknown): Error {
	if (error instanceof Failed || error instanceof Stopped) return error
	const code = error instanceof Error && "code" in error ? String(error.code) : String(error)
	const why = code === "ENOSPC" ? "the disk is full" : code
	return new Failed("prepare", `${path} cannot be written: ${why}.`)
}
