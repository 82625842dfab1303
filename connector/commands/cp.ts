// `homeport cp`: a file to where a session runs, or from there.
import { randomBytes } from "node:crypto"
import { open, rename, rm, stat } from "node:fs/promises"
import { basename, join } from "node:path"
import type { Client } from "../../protocol/client.ts"
import { FILE_CHUNK_BYTES } from "../../protocol/limits.ts"
import type { Session } from "../../protocol/routes/sessions.ts"
import { Failure } from "../exit.ts"
import { findSession } from "../lookup.ts"
import { action, verb } from "../verb.ts"

export function cp() {
	return verb("cp", {
		summary: "copy a file to where a session runs, or from there",
		description:
			"NAME:PATH is a file of the session: from its working directory on, or an absolute path, as its program sees it. A file is put in place whole or not at all.",
		examples: [
			["homeport cp shot.png agent:", "into its working directory"],
			["homeport cp notes.md agent:docs/notes.md", "under another name"],
			["homeport cp agent:out/report.pdf .", "from there"],
		],
	})
		.argument("<from>", "a file here, or NAME:PATH")
		.argument("<to>", "NAME:PATH, or a file or folder here")
		.action(
			action<[string, string], object>(async ({ out, signIn }, _options, from, to) => {
				const [source, target] = [split(from), split(to)]
				if ((source === null) === (target === null))
					throw new Failure("usage", "One of the two is a file of a session, as NAME:PATH, and the other a file here.")
				const { call } = await signIn()
				if (target !== null) {
					const session = await findSession(call, target.session)
					const path = /(^|\/)$/.test(target.path) ? `${target.path}${basename(from)}` : target.path
					const bytes = await upload(call, session, from, path)
					return out.result({ session: session.id, path, bytes }, () => "")
				}
				if (source === null) return
				if (source.path === "")
					throw new Failure("usage", `Say which file of ${source.session}: ${source.session}:PATH.`)
				const session = await findSession(call, source.session)
				const path = await placeHere(to, source.path)
				const bytes = await download(call, session, source.path, path)
				out.result({ session: session.id, path, bytes }, () => "")
			}),
		)
}

/** A path with a slash before its first colon is a file here, however it goes on. */
function split(word: string): { session: string; path: string } | null {
	const [, session, path] = /^([^:]*):(.*)$/s.exec(word) ?? []
	if (session === undefined || path === undefined || /^[./~]/.test(session)) return null
	return { session, path }
}

async function placeHere(to: string, from: string): Promise<string> {
	const found = await stat(to).catch(() => null)
	return found?.isDirectory() ? join(to, basename(from)) : to
}

async function upload(call: Client, { machine, id }: Session, from: string, path: string): Promise<number> {
	const unreadable = (error: NodeJS.ErrnoException) => {
		throw new Failure("file", `${from} cannot be read (${error.code}).`)
	}
	// A pipe would be waited for where it is opened.
	if (!(await stat(from).catch(unreadable)).isFile()) throw new Failure("file", `${from} is not a file.`)
	const file = await open(from).catch(unreadable)
	try {
		const buffer = Buffer.alloc(FILE_CHUNK_BYTES)
		let at = 0
		for (;;) {
			const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
			const isLast = bytesRead < buffer.length
			const base64 = buffer.toString("base64", 0, bytesRead)
			await call("writeFile", { params: { machine, session: id }, body: { path, at, base64, isLast } })
			at += bytesRead
			if (isLast) return at
		}
	} finally {
		await file.close()
	}
}

async function download(call: Client, { machine, id }: Session, path: string, to: string): Promise<number> {
	const draft = `${to}.${randomBytes(4).toString("hex")}`
	const file = await open(draft, "wx").catch((error: NodeJS.ErrnoException) => {
		throw new Failure("file", `${to} cannot be written (${error.code}).`)
	})
	try {
		let at = 0
		for (;;) {
			const part = await call("readFile", { params: { machine, session: id }, query: { path, from: String(at) } })
			const bytes = Buffer.from(part.base64, "base64")
			await file.write(bytes, 0, bytes.length, at)
			at += bytes.length
			if (at >= part.size || bytes.length === 0) break
		}
		await file.close()
		await rename(draft, to)
		return at
	} catch (error) {
		await file.close().catch(() => {})
		await rm(draft, { force: true })
		throw error
	}
}
