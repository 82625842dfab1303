// What a session has left in a VM, taken from there by SFTP. Whatever the VM says is taken for a lie that could do harm: only
// files come, whole, under names that were checked, into folders made here, and no more than there is room for.
import { lstat, mkdir, open, rename, rm, statfs, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import type { FileEntryWithStats, SFTPWrapper } from "ssh2"
import { makeDraft } from "./draft.ts"
import { readPart } from "./guest-files.ts"
import { MOST } from "./listing.ts"

interface Taken {
	/** Files that have come. */
	taken: number
	/** A sentence, where something stays there. */
	left: string | null
}

interface Where {
	/** Files of these names are replaced; links are replaced, and never followed. */
	to: string
	/** Where a file is until it is whole; on the same file system. */
	drafts: string
}

/** What stays free of the machine's disk. */
const RESERVE_BYTES = 1024 ** 3
const DEPTH = 64
const PART_BYTES = 32 * 1024
const LANES = 16
/** Where nothing comes for so long, nothing will. */
const SILENT_MS = 30_000
const MOST_MS = 10 * 60_000

export async function takeFolder(files: SFTPWrapper, from: string, { to, drafts }: Where): Promise<Taken> {
	if (!(await makeFolder(to))) return { taken: 0, left: `${to} is no folder.` }
	const { bavail, bsize } = await statfs(drafts)
	const draft = await makeDraft(drafts)
	const taking = new Taking(files, join(draft, "part"), Math.min(MOST.bytes, bavail * bsize - RESERVE_BYTES))
	const { promise: stopped, reject } = Promise.withResolvers<never>()
	const broke = () => reject(new Full("the connection has broken."))
	files.once("error", broke).once("close", broke)
	const until = Date.now() + MOST_MS
	const watch = setInterval(() => {
		if (Date.now() > Math.min(until, taking.heardAt + SILENT_MS)) reject(new Full("it takes too long."))
	}, 1_000)
	try {
		await Promise.race([taking.folder(from, to, 0), stopped])
	} catch (error) {
		if (!(error instanceof Full)) throw error
		taking.stop(error.message)
	} finally {
		clearInterval(watch)
		files.off("error", broke).off("close", broke)
		await rm(draft, { recursive: true, force: true })
	}
	const { taken, left, why } = taking
	if (why !== null) return { taken, left: why }
	return { taken, left: left === 0 ? null : `${left} of its entries are no files, or have names that cannot be here.` }
}

const TOO_MUCH = `it has more than ${MOST.told}, or than there is room for.`

/** Nothing more is taken. */
class Full extends Error {}

class Taking {
	readonly #files: SFTPWrapper
	readonly #part: string
	#room: number
	#entries = 0
	heardAt = Date.now()
	taken = 0
	left = 0
	why: string | null = null

	constructor(files: SFTPWrapper, part: string, room: number) {
		this.#files = files
		this.#part = part
		this.#room = room
	}

	stop(why: string): void {
		this.why = why
	}

	async folder(from: string, to: string, depth: number): Promise<void> {
		for await (const { filename, attrs } of this.#list(from)) {
			if (this.why !== null) return
			this.#count()
			const name = String(filename)
			const isFolder = attrs.isDirectory()
			if (!isName(name) || !(isFolder || attrs.isFile())) this.left++
			else if (!isFolder) await this.#file(`${from}/${name}`, join(to, name), attrs.size)
			else if (depth < DEPTH && (await makeFolder(join(to, name))))
				await this.folder(`${from}/${name}`, join(to, name), depth + 1)
			else this.left++
		}
	}

	/** One answer at a time: a list without end fills no memory. */
	async *#list(path: string): AsyncGenerator<FileEntryWithStats> {
		const files = this.#files
		const handle = await promisify(files.opendir.bind(files) as OpenFolder)(path)
		try {
			for (;;) {
				const batch = await promisify(files.readdir.bind(files) as ReadFolder)(handle).catch((error: unknown) => {
					// The end of the list.
					if (error instanceof Error && "code" in error && error.code === END_OF_FILE) return null
					throw error
				})
				this.#heard()
				if (batch === null) return
				this.#count()
				yield* batch
			}
		} finally {
			files.close(handle, () => {})
		}
	}

	async #file(from: string, to: string, size: number): Promise<void> {
		if (!Number.isSafeInteger(size) || size > this.#room) throw new Full(TOO_MUCH)
		this.#room -= size
		try {
			await rm(this.#part, { force: true })
			if (size === 0) await writeFile(this.#part, "", { mode: 0o600 })
			else await this.#read(from, size)
			// What came too late for whoever waited is not taken any more.
			if (this.why !== null) return
			await rename(this.#part, to)
			this.taken++
		} catch {
			// It is gone, cannot be read, is shorter than was said, or there is a folder in its place here.
			this.left++
		}
	}

	/** Exactly so many bytes, whatever there is; several parts at once, since each takes its time to come. */
	async #read(from: string, size: number): Promise<void> {
		const files = this.#files
		const handle = await promisify(files.open.bind(files) as OpenFile)(from, "r")
		const file = await open(this.#part, "wx", 0o600)
		let next = 0
		const lane = async () => {
			const part = Buffer.alloc(Math.min(PART_BYTES, size))
			while (next < size && this.why === null) {
				const at = next
				const wanted = part.subarray(0, Math.min(part.length, size - at))
				next += wanted.length
				for (let had = 0; had < wanted.length; ) {
					const count = await readPart(files, handle, wanted, had, at + had)
					if (count === 0) throw new Error("It is shorter than it was said to be.")
					this.#heard()
					had += count
				}
				await file.write(wanted, 0, wanted.length, at)
			}
		}
		try {
			await Promise.all(Array.from({ length: Math.min(LANES, Math.ceil(size / PART_BYTES)) }, lane))
		} finally {
			next = size
			await file.close()
			files.close(handle, () => {})
		}
	}

	#count(): void {
		if (++this.#entries > MOST.entries) throw new Full(TOO_MUCH)
	}

	#heard(): void {
		this.heardAt = Date.now()
	}
}

type Done<T> = (error: Error | undefined | null, value: T) => void
type OpenFolder = (path: string, done: Done<Buffer>) => void
type ReadFolder = (handle: Buffer, done: Done<FileEntryWithStats[]>) => void
type OpenFile = (path: string, mode: "r", done: Done<Buffer>) => void

/** One of this machine's, and one that can be shown; not what a name in another encoding has become. */
function isName(name: string): boolean {
	return name !== "" && name !== "." && name !== ".." && !/[/\x00-\x1f\x7f-\x9f\ufffd]/.test(name)
}

/** Whether there is a folder now, which is no link. */
async function makeFolder(path: string): Promise<boolean> {
	await mkdir(path, { mode: 0o700 }).catch(() => {})
	return (await lstat(path).catch(() => null))?.isDirectory() ?? false
}

/** A status code of SFTP, as draft-ietf-secsh-filexfer-02 has it. */
const END_OF_FILE = 1
