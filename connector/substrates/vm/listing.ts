// What is in a folder of this machine, as far as it can be copied into a VM: files, folders, and links as links.
import { createHash } from "node:crypto"
import { lstat, readdir, readlink } from "node:fs/promises"
import { join } from "node:path"
import { Refusal } from "../../../protocol/errors.ts"

export interface Listing {
	/** Paths from the folder on, each folder before what is in it. */
	names: string[]
	/** Another one whenever something in it has changed. */
	hash: string
}

/** What is copied at once, of a share, an inbox or an outbox. */
export const MOST = { bytes: 1024 ** 3, entries: 10_000, told: "1 GiB or 10000 files" } as const

/** Null where there is no such folder. Throws Refusal where it holds too much. */
export async function listFolder(folder: string): Promise<Listing | null> {
	const names: string[] = []
	let bytes = 0
	const hash = createHash("sha256")
	const walk = async (place: string) => {
		for (const entry of (await readdir(join(folder, place))).sort()) {
			const name = `${place}/${entry}`
			const found = await lstat(join(folder, name))
			const isLink = found.isSymbolicLink()
			// Sockets, pipes and devices are whoever's made them.
			if (!isLink && !found.isFile() && !found.isDirectory()) continue
			if (found.isFile()) bytes += found.size
			names.push(name)
			if (bytes > MOST.bytes || names.length > MOST.entries)
				throw new Refusal("invalid_request", `The folder ${folder} has more than ${MOST.told}.`)
			const target = isLink ? await readlink(join(folder, name)) : ""
			// Of a folder, its entries are what counts. Whatever changes a file changes its ctime.
			const state = found.isDirectory() ? [] : [found.size, found.ctimeMs]
			hash.update(JSON.stringify([name, found.mode, target, ...state]))
			if (found.isDirectory()) await walk(name)
		}
	}
	try {
		await walk(".")
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return null
		throw error
	}
	return { names, hash: hash.digest("hex").slice(0, 32) }
}
