// What an attempt has left in its outbox: copied to a folder of its own, each file under its hash. Only files come.
import { createHash, randomBytes } from "node:crypto"
import { constants } from "node:fs"
import { type FileHandle, lstat, mkdir, open, readdir, readlink, realpath, rename, rm, statfs } from "node:fs/promises"
import { join } from "node:path"
import { lookup } from "mrmime"
import picomatch from "picomatch"
import { Artifact } from "../../protocol/task.ts"
import { Failed } from "./failed.ts"
import { OUTBOX } from "./inputs.ts"

export interface Bounds {
	files: number
	/** Of one. */
	fileBytes: number
	/** Of all together. */
	bytes: number
	/** What stays free of the disk. */
	reserveBytes: number
}

export const BOUNDS: Bounds = {
	files: 1_000,
	fileBytes: 1024 ** 3,
	bytes: 4 * 1024 ** 3,
	reserveBytes: 256 * 1024 ** 2,
}

export interface Collected {
	artifacts: Artifact[]
	/** What was not taken, a sentence each. */
	refused: string[]
}

const DEPTH = 32
const MOST_REFUSED = 20

/**
 * `outbox`: a path `within` a folder, of which no part may be a link. `to` has what is answered, and nothing else, also after a
 * try that was cut short. Throws Failed: collect for what does not fit.
 */
export async function collect(
	within: string,
	to: string,
	bounds: Bounds = BOUNDS,
	outbox = OUTBOX,
): Promise<Collected> {
	await rm(to, { recursive: true, force: true })
	await mkdir(to, { recursive: true, mode: 0o700 })
	const collecting = new Collecting(within, outbox, to, bounds)
	try {
		await collecting.all()
	} catch (error) {
		await rm(to, { recursive: true, force: true })
		if (error instanceof Error && "code" in error && error.code === "ENOSPC")
			throw new Failed("collect", "The artifacts do not fit on the machine's disk.")
		throw error
	}
	return { artifacts: collecting.artifacts, refused: collecting.refused.slice(0, MOST_REFUSED) }
}

/** Throws Failed("artifact_missing") where a glob matches none; what was refused, its task says in any case. */
export function mustHave({ artifacts }: Collected, expected: string[]): void {
	for (const glob of expected) {
		const matches = picomatch(glob, { dot: true })
		if (artifacts.some(({ path }) => matches(path))) continue
		throw new Failed("artifact_missing", `Nothing in the outbox is called ${glob}.`.slice(0, 1_000))
	}
}

class Collecting {
	readonly artifacts: Artifact[] = []
	readonly refused: string[] = []
	readonly #within: string
	readonly #outbox: string
	readonly #to: string
	readonly #bounds: Bounds
	#room: number
	#entries = 0

	constructor(within: string, outbox: string, to: string, bounds: Bounds) {
		this.#within = within
		this.#outbox = outbox
		this.#to = to
		this.#bounds = bounds
		this.#room = bounds.bytes
	}

	async all(): Promise<void> {
		const { bavail, bsize } = await statfs(this.#to)
		const free = bavail * bsize - this.#bounds.reserveBytes
		this.#room = Math.min(this.#bounds.bytes, free)
		let at = await realpath(this.#within).catch(() => null)
		if (at === null) return
		for (const part of this.#outbox.split("/")) {
			at = join(at, part)
			const found = await lstat(at).catch(() => null)
			if (found === null) return
			if (!found.isDirectory()) return this.#refuse(this.#outbox, "is no folder")
		}
		await this.#folder(at, "", 0)
	}

	async #folder(folder: string, within: string, depth: number): Promise<void> {
		const names = await readdir(folder, { encoding: "buffer" })
		for (const bytes of names.sort(Buffer.compare)) {
			if (++this.#entries > this.#bounds.files * 4) throw tooMany(this.#bounds)
			const name = bytes.toString()
			const path = within === "" ? name : `${within}/${name}`
			if (!Buffer.from(name).equals(bytes) || /[\x00-\x1f\x7f-\x9f\ufffd]/.test(name)) {
				this.#refuse(JSON.stringify(path), "has a name that cannot be shown")
				continue
			}
			const place = join(folder, name)
			const found = await lstat(place)
			if (found.isSymbolicLink()) this.#refuse(path, "is a link")
			else if (found.isDirectory() && depth >= DEPTH) this.#refuse(path, "is too deep")
			else if (found.isDirectory()) await this.#folder(place, path, depth + 1)
			else if (found.isFile()) await this.#file(place, path)
			else this.#refuse(path, found.isFIFO() ? "is a pipe" : found.isSocket() ? "is a socket" : "is a device")
		}
	}

	async #file(place: string, path: string): Promise<void> {
		let file: FileHandle
		try {
			file = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
		} catch {
			return this.#refuse(path, "cannot be read")
		}
		try {
			const found = await file.stat()
			if (!found.isFile() || !(await isAt(file, place))) return this.#refuse(path, "is not in the outbox")
			if (found.size > this.#bounds.fileBytes || found.size > this.#room)
				throw new Failed("collect", `${path} has ${found.size} bytes: that is more than there is room for.`)
			if (this.artifacts.length >= this.#bounds.files) throw tooMany(this.#bounds)
			const { size, hash, head } = await this.#copy(file, path, found.size)
			const artifact = Artifact.safeParse({ path, size, hash, type: typeOf(path, head) })
			if (artifact.success) this.artifacts.push(artifact.data)
			else this.#refuse(path.slice(0, 200), "has a name that cannot be kept")
		} finally {
			await file.close()
		}
	}

	/** No more than it had when it was looked at. What is announced is what was copied. */
	async #copy(file: FileHandle, path: string, most: number) {
		const draft = join(this.#to, `part-${randomBytes(4).toString("hex")}`)
		const copy = await open(draft, "wx", 0o600)
		const digest = createHash("sha256")
		const part = Buffer.alloc(256 * 1024)
		let head = Buffer.alloc(0)
		let size = 0
		try {
			while (size < most) {
				const { bytesRead } = await file.read(part, 0, Math.min(part.length, most - size), size)
				if (bytesRead === 0) throw new Failed("collect", `${path} became shorter while it was read.`)
				const bytes = part.subarray(0, bytesRead)
				if (size === 0) head = Buffer.from(bytes.subarray(0, 512))
				digest.update(bytes)
				await copy.writeFile(bytes)
				size += bytesRead
			}
			await copy.sync()
		} finally {
			await copy.close()
		}
		this.#room -= size
		const hash = digest.digest("hex")
		await rename(draft, join(this.#to, hash))
		return { size, hash, head }
	}

	#refuse(path: string, why: string): void {
		this.refused.push(`${path} ${why}, so it was not taken.`)
	}
}

function tooMany({ files }: Bounds): Failed {
	return new Failed("collect", `There are more than ${files} files in the outbox.`)
}

/** Whether what was opened is there, and not where a folder on the way has become a link to meanwhile. */
async function isAt(file: FileHandle, place: string): Promise<boolean> {
	if (process.platform !== "linux") return (await realpath(place)) === place
	return (await readlink(`/proc/self/fd/${file.fd}`)) === place
}

/** By what the file begins with, else by its name. */
function typeOf(path: string, head: Buffer): string {
	const known = MAGIC.find(([begins]) => head.subarray(0, begins.length).equals(begins))
	if (known !== undefined) return known[1]
	const named = lookup(path)
	if (named !== undefined) return named
	return head.includes(0) ? "application/octet-stream" : "text/plain"
}

const MAGIC: [Buffer, string][] = [
	[Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), "image/png"],
	[Buffer.from("\xff\xd8\xff", "latin1"), "image/jpeg"],
	[Buffer.from("GIF8", "latin1"), "image/gif"],
	[Buffer.from("%PDF-", "latin1"), "application/pdf"],
	[Buffer.from("\x1f\x8b", "latin1"), "application/gzip"],
	[Buffer.from("\x7fELF", "latin1"), "application/x-elf"],
]
