// A task's manifest in a file of a person: as the home takes it, but prompt and inputs may be files beside it.
import { openAsBlob } from "node:fs"
import { stat } from "node:fs/promises"
import { basename, dirname, resolve } from "node:path"
import * as z from "zod"
import { refusalOf } from "../protocol/client.ts"
import { FILE_BYTES } from "../protocol/limits.ts"
import { ROUTES, routePath } from "../protocol/routes.ts"
import { INPUTS, Manifest } from "../protocol/task.ts"
import { type Credentials, fetchSigned } from "./credentials.ts"
import { Failure } from "./exit.ts"
import { bytes } from "./output.ts"
import { cannotRead, readBytes, readText, readWritten } from "./written-file.ts"

const Input = Manifest.shape.inputs.unwrap().element
const LocalInput = Input.extend({
	/** `file`: one of this computer, from the manifest's folder on, which is uploaded. */
	from: z.discriminatedUnion("is", [
		...Input.shape.from.options,
		z.strictObject({ is: z.literal("file"), path: z.string().min(1) }),
	]),
})

export const ManifestFile = Manifest.extend({
	/** The text, or the file that holds it, from the manifest's folder on. */
	prompt: z.union([Manifest.shape.prompt.unwrap(), z.strictObject({ file: z.string().min(1) })]).default(""),
	inputs: z.array(LocalInput).max(INPUTS).default([]),
}).meta({ id: "ManifestFile", title: "A task of Homeport" })
export type ManifestFile = z.infer<typeof ManifestFile>

/** `-`: standard input, whose files are meant from here. Throws Failure with every mistake. */
export async function readManifest(path: string, credentials: Credentials): Promise<Manifest> {
	return withFiles(await readWritten(path, ManifestFile), path === "-" ? "." : dirname(path), credentials)
}

/** Reads and uploads what it names of this computer. `folder`: where relative paths are meant from. */
export async function withFiles(
	{ prompt, inputs, ...rest }: ManifestFile,
	folder: string,
	credentials: Credentials,
): Promise<Manifest> {
	const words = typeof prompt === "string" ? prompt : await readText(resolve(folder, prompt.file))
	const room = { bytes: INLINE_BYTES }
	const given: Manifest["inputs"] = []
	for (const { path, from } of inputs) {
		if (from.is !== "file") given.push({ path, from })
		else given.push({ path, from: await contentOf(resolve(folder, from.path), room, credentials) })
	}
	return { ...rest, prompt: words, inputs: given }
}

/** Each `FILE`, or `PATH=FILE`, where PATH is where the task finds it in its inbox. */
export async function inputsFrom(words: string[], credentials: Credentials): Promise<Manifest["inputs"]> {
	const room = { bytes: INLINE_BYTES }
	const given: Manifest["inputs"] = []
	for (const word of words) {
		const [, path, named] = /^([^=]+)=(.+)$/s.exec(word) ?? []
		const file = named ?? word
		given.push({ path: path ?? basename(file), from: await contentOf(file, room, credentials) })
	}
	return given
}

/** Of files that go in the manifest itself, all together: far below what the queue takes of one. */
const INLINE_BYTES = 64 * 1024

/** What has no room there is uploaded: the bytes go from the disk to the home without being in memory all at once. */
async function contentOf(
	file: string,
	room: { bytes: number },
	credentials: Credentials,
): Promise<Manifest["inputs"][number]["from"]> {
	// A pipe would be waited for where it is opened.
	const found = await stat(file).catch((error: unknown) => cannotRead(file, error))
	if (!found.isFile()) throw new Failure("file", `${file} is not a file.`)
	if (found.size > FILE_BYTES)
		throw new Failure("file", `${file} has ${bytes(found.size)}; an input has at most ${bytes(FILE_BYTES)}.`)
	if (found.size <= room.bytes) {
		room.bytes -= found.size
		return { is: "content", base64: (await readBytes(file)).toString("base64") }
	}
	const body = await openAsBlob(file).catch((error: unknown) => cannotRead(file, error))
	const response = await fetchSigned(credentials)(routePath("upload"), {
		method: ROUTES.upload.method,
		headers: { "content-type": "application/octet-stream" },
		body,
	})
	if (!response.ok) throw await refusalOf(response)
	return { is: "upload", id: ROUTES.upload.answer.parse(await response.json()).id }
}
