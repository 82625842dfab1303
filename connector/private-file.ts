// Small JSON files that only their owner may read: written whole or not at all.
import { randomBytes } from "node:crypto"
import { mkdir, open, readFile, rename, rm } from "node:fs/promises"
import { dirname } from "node:path"
import type * as z from "zod"
import { Failure } from "./exit.ts"

/** The file's contents, or undefined where there is no file. Throws Failure for a file that is not what it should be. */
export async function readPrivate<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S> | undefined> {
	let text: string
	try {
		text = await readFile(path, "utf8")
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined
		throw error
	}
	let value: unknown
	try {
		value = JSON.parse(text)
	} catch {
		value = undefined
	}
	const parsed = schema.safeParse(value)
	if (!parsed.success) throw new Failure("file", `${path} is damaged. Move it away and try again.`)
	return parsed.data
}

/** What `deed` makes can be read by its owner only. Programs of sessions keep the person's own mask. */
export function privately<T>(deed: () => T): T {
	const mask = process.umask(0o077)
	try {
		return deed()
	} finally {
		process.umask(mask)
	}
}

export async function writePrivate(path: string, value: unknown): Promise<void> {
	await mkdir(dirname(path), { recursive: true, mode: 0o700 })
	const draft = `${path}.${randomBytes(4).toString("hex")}`
	const file = await open(draft, "wx", 0o600)
	try {
		await file.writeFile(`${JSON.stringify(value, null, "\t")}\n`)
		// A machine that loses power keeps the old file or the new one, never an empty one.
		await file.sync()
	} finally {
		await file.close()
	}
	await rename(draft, path).catch(async (error: unknown) => {
		await rm(draft, { force: true })
		throw error
	})
}
