// Folders of this machine, for choosing a working directory.
import { readdir, stat } from "node:fs/promises"
import { homedir } from "node:os"
import { basename, dirname, join, resolve } from "node:path"
import { Refusal } from "../protocol/errors.ts"

const MOST = 200

/** The folders whose path begins with `path`; hidden ones only when its last part begins with a dot. */
export async function completeFolders(path: string): Promise<{ home: string; folders: string[] }> {
	const home = homedir()
	const whole = expand(path === "" ? "~/" : path)
	const parent = whole.endsWith("/") ? whole : dirname(whole)
	const start = whole.endsWith("/") ? "" : basename(whole)
	const entries = await readdir(parent, { withFileTypes: true }).catch(() => [])
	const named = entries.filter(({ name }) => name.startsWith(start) && (start.startsWith(".") || !name.startsWith(".")))
	const folders: string[] = []
	for (const entry of named.sort((a, b) => a.name.localeCompare(b.name))) {
		if (folders.length === MOST) break
		const folder = join(parent, entry.name)
		if (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(folder)))) folders.push(folder)
	}
	return { home, folders }
}

/** The working directory of a new session. Throws Refusal("directory_missing"). */
export async function workingDirectory(path: string | undefined): Promise<string> {
	const folder = resolve(expand(path ?? "~"))
	if (!(await isFolder(folder))) throw new Refusal("directory_missing", folder)
	return folder
}

function expand(path: string): string {
	if (path === "~") return homedir()
	if (path.startsWith("~/")) return homedir() + path.slice(1)
	return path.startsWith("/") ? path : join(homedir(), path)
}

async function isFolder(path: string): Promise<boolean> {
	try {
		return (await stat(path)).isDirectory()
	} catch {
		return false
	}
}
