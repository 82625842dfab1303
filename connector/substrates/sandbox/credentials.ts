// Sign-ins that a private home shares with the person's own: a token that was refreshed on one side is good on both. Of
// what a program inside has written only values go out, for keys that the person's file has already.
import { constants, type FileHandle, open, readFile, rename, rm, stat } from "node:fs/promises"
import { basename, dirname, join } from "node:path"

/** Under a home directory: files with tokens, in which no program finds a command to run. */
const SHARED = [
	".claude/.credentials.json",
	".codex/auth.json",
	".gemini/oauth_creds.json",
	".local/share/opencode/auth.json",
]
const MOST_BYTES = 256 * 1024
/** Tokens are refreshed once in hours. */
const LOOK_EVERY_MS = 2_000

interface Sides {
	/** Under a home directory: what the runtime keeps its settings in. */
	configuration: string[]
	/** The person's home, and the folder that is the private one. */
	home: string
	privateHome: string
	owner: { uid: number; gid: number }
}

/** Shares until `end`, and once more then. */
export async function shareCredentials(sides: Sides): Promise<{ end(): Promise<void> }> {
	const paths = SHARED.filter((path) =>
		sides.configuration.some((each) => path === each || path.startsWith(`${each}/`)),
	)
	const share = async () => {
		// What cannot be read or written now may be later; the program goes on with what it has.
		for (const path of paths) await shareOne(path, sides).catch(() => {})
	}
	await share()
	if (paths.length === 0) return { end: async () => {} }
	let last = Promise.resolve()
	const timer = setInterval(() => {
		last = last.then(share)
	}, LOOK_EVERY_MS).unref()
	return {
		end: async () => {
			clearInterval(timer)
			await last
			await share()
		},
	}
}

/** The newer side goes to the other. A sign-in that the person has not made is never made by a program. */
async function shareOne(path: string, { home, privateHome, owner }: Sides): Promise<void> {
	const outside = join(home, path)
	const person = await stat(outside).catch(() => null)
	if (person === null || person.size > MOST_BYTES) return
	const folder = await openFolder(privateHome, dirname(path))
	if (folder === null) return
	try {
		const inside = join(`/proc/self/fd/${folder.fd}`, basename(path))
		const there = await readPlain(inside)
		const own = await readFile(outside)
		if (there === null || there.mtimeMs < person.mtimeMs) {
			if (there === null || !there.bytes.equals(own)) await replace(inside, own, person.mtimeMs, owner)
			return
		}
		const merged = withValuesOf(own, there.bytes)
		if (merged !== null && there.mtimeMs > person.mtimeMs) await replace(outside, merged, there.mtimeMs, person)
	} finally {
		await folder.close()
	}
}

/** A folder below `root`, reached by no link, whatever a program does meanwhile; null where there is none. */
async function openFolder(root: string, path: string): Promise<FileHandle | null> {
	const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
	let folder = await open(root, flags)
	for (const part of path.split("/").filter((part) => part !== "" && part !== ".")) {
		const next = await open(`/proc/self/fd/${folder.fd}/${part}`, flags).catch(() => null)
		await folder.close()
		if (next === null) return null
		folder = next
	}
	return folder
}

/** A plain file's bytes, through no link. */
async function readPlain(path: string): Promise<{ bytes: Buffer; mtimeMs: number } | null> {
	// A pipe that a program has put there would be waited for.
	const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
	const file = await open(path, flags).catch(() => null)
	if (file === null) return null
	try {
		const found = await file.stat()
		if (!found.isFile() || found.size > MOST_BYTES) return null
		return { bytes: await file.readFile(), mtimeMs: found.mtimeMs }
	} finally {
		await file.close()
	}
}

/** The old file or the new one, for its owner only; as new as `time` says, so that both sides are equally new. */
async function replace(path: string, bytes: Buffer, time: number, { uid, gid }: Sides["owner"]): Promise<void> {
	const draft = `${path}.homeport`
	await rm(draft, { force: true })
	const file = await open(
		draft,
		constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
		0o600,
	)
	try {
		await file.writeFile(bytes)
		if (process.getuid?.() === 0) await file.chown(uid, gid)
		await file.utimes(time / 1000, time / 1000)
	} finally {
		await file.close()
	}
	await rename(draft, path)
}

/** `own` with the values that `theirs` has for its keys; null where nothing differs, or it is no such thing. */
export function withValuesOf(own: Buffer, theirs: Buffer): Buffer | null {
	try {
		const before = JSON.parse(own.toString()) as unknown
		const after = merge(before, JSON.parse(theirs.toString()) as unknown)
		return JSON.stringify(after) === JSON.stringify(before) ? null : Buffer.from(`${JSON.stringify(after, null, 2)}\n`)
	} catch {
		// Half written, or not what it should be.
		return null
	}
}

function merge(own: unknown, theirs: unknown): unknown {
	if (isRecord(own) && isRecord(theirs))
		return Object.fromEntries(
			Object.entries(own).map(([name, value]) => [
				name,
				Object.hasOwn(theirs, name) ? merge(value, theirs[name]) : value,
			]),
		)
	const isPlain = typeof own === typeof theirs && (typeof own === "number" || isToken(own))
	return isPlain && (typeof theirs === "number" || isToken(theirs)) ? theirs : own
}

/** Tokens, dates and ids: nothing with a space or a slash before it, as commands and paths have. */
function isToken(value: unknown): value is string {
	return typeof value === "string" && /^[A-Za-z0-9][\x21-\x7e]*$/.test(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value)
}
