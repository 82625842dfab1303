// The private folders of a session: its home and its /tmp, kept in the session's folder. The home begins with a copy of
// what the runtime keeps in the person's own.
import {
	chmod,
	chown,
	copyFile,
	lstat,
	mkdir,
	readdir,
	readFile,
	realpath,
	rename,
	rm,
	stat,
	symlink,
	writeFile,
} from "node:fs/promises"
import { dirname, join } from "node:path"
import { Refusal } from "../../../protocol/errors.ts"
import type { Contained } from "../contained.ts"
import { type Entry, type Facts, holder, mountsOf, pins } from "./policy.ts"

/** Where they lie in a session's folder. */
export function privateFolders(folder: string) {
	const inside = join(folder, "inside")
	return { inside, image: join(folder, "inside.img"), home: join(inside, "home"), tmp: join(inside, "tmp") }
}

type Owner = Pick<Facts["user"], "uid" | "gid">

/** Makes the private folders where they are missing, the home with the runtime's configuration. Tells what was left out. */
export async function makeHome(
	contained: Contained,
	owner: Owner,
	home: string,
	say: (line: string) => void,
): Promise<void> {
	const folders = privateFolders(contained.folder)
	await mkdir(folders.tmp, { recursive: true, mode: 0o700 })
	await own(folders.tmp, owner)
	if (await exists(folders.home)) return
	// Whole or not at all: a start that was cut short begins anew.
	const draft = `${folders.home}.new`
	await rm(draft, { recursive: true, force: true })
	await mkdir(draft, { recursive: true, mode: 0o700 })
	const copy = new Copy(owner, contained.cwd)
	for (const path of contained.configuration) {
		await makeFolders(draft, dirname(join("/", path)).slice(1), owner)
		await copy.take(join(home, path), join(draft, path), path)
	}
	await own(draft, owner)
	await rename(draft, folders.home)
	if (copy.leftOut > 0)
		say(
			`Of the runtime's settings, ${copy.leftOut} files were left out of the private home: they are too large or too many.`,
		)
}

/** Empties /tmp. Only while nothing of the session runs. */
export async function emptyTmp(folder: string): Promise<void> {
	const { tmp } = privateFolders(folder)
	await removeAll(tmp)
}

/** Removes a folder whatever programs have done to its permissions. */
export async function removeAll(folder: string): Promise<void> {
	for (let tries = 1; ; tries++)
		try {
			return await rm(folder, { recursive: true, force: true, maxRetries: 3 })
		} catch (error) {
			if (tries === REMOVE_TRIES) throw error
			await openUp(folder)
		}
}

/** What was being removed when a removal failed goes on being so for a moment. */
const REMOVE_TRIES = 5

/** Lets its owner remove what is in a folder. Links are left alone. */
async function openUp(folder: string): Promise<void> {
	try {
		await chmod(folder, 0o700)
		for (const entry of await readdir(folder, { withFileTypes: true }))
			if (entry.isDirectory()) await openUp(join(folder, entry.name))
	} catch {
		// It is gone by now, or removing it will say why not.
	}
}

/**
 * Makes the places in private folders at which something is shown. Throws Refusal where a program has put a link in the
 * way, through which it would be shown elsewhere.
 */
export async function makePlaces(facts: Pick<Facts, "privates" | "entries" | "user">): Promise<void> {
	const mounts = mountsOf(facts)
	const pinned = pins(facts)
	const entries: Entry[] = [...facts.privates, ...facts.entries, ...pinned]
	for (const entry of entries.toSorted((one, other) => one.at.length - other.at.length)) {
		const root = holder(mounts, entry.at)
		if (root === null || !facts.privates.includes(root)) continue
		const path = entry.at.slice(root.at.length + 1)
		const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ""
		await makeFolders(root.from, folder, facts.user)
		const place = join(root.from, path)
		const there = await lstat(place).catch(() => null)
		if (entry.is === "link") {
			if (there === null) await symlink(entry.to, place)
			continue
		}
		const isFile = entry.is === "mount" && !pinned.includes(entry) && (await stat(entry.from)).isFile()
		if (there === null)
			await (isFile ? writeFile(place, "", { flag: "wx", mode: 0o600 }) : mkdir(place, { mode: 0o700 }))
		else if (isFile ? !there.isFile() : !there.isDirectory()) refuseInTheWay(place)
		if (there === null) await own(place, facts.user)
	}
}

/** Makes `path` below `root`, a folder at a time. */
async function makeFolders(root: string, path: string, owner: Owner): Promise<void> {
	let folder = root
	for (const part of path.split("/").slice(0, path === "" ? 0 : undefined)) {
		folder = join(folder, part)
		const there = await lstat(folder).catch(() => null)
		if (there === null) {
			await mkdir(folder, { mode: 0o700 })
			await own(folder, owner)
		} else if (!there.isDirectory()) refuseInTheWay(folder)
	}
}

function refuseInTheWay(path: string): never {
	throw new Refusal(
		"substrate_unavailable",
		`A program of this session has put something at ${path}, where a folder must be. Remove that, or start a new session.`,
	)
}

/** Copies settings, within bounds, and without what only fills the disk or tells of other work. */
class Copy {
	leftOut = 0
	readonly #owner: Owner
	readonly #cwd: string | null
	#files = 0
	#bytes = 0

	constructor(owner: Owner, cwd: string | null) {
		this.#owner = owner
		this.#cwd = cwd
	}

	/** `path`: under the home directory. `depth`: in the folder that is configuration as a whole. */
	async take(from: string, to: string, path: string, depth = 0): Promise<void> {
		// A link stands for what it leads to: people keep their settings elsewhere.
		const real = await realpath(from).catch(() => null)
		const file = real === null ? null : await stat(real)
		if (real === null || file === null) return
		if (file.isDirectory()) {
			if (depth > DEEPEST) return
			await rm(to, { force: true, recursive: true })
			await mkdir(to, { mode: 0o700 })
			for (const name of await readdir(real))
				if (depth > 0 || !OTHER_WORK.has(name))
					await this.take(join(real, name), join(to, name), `${path}/${name}`, depth + 1)
			return own(to, this.#owner)
		}
		if (!file.isFile()) return
		if (this.#files >= MOST_FILES || this.#bytes + file.size > MOST_BYTES) {
			this.leftOut++
			return
		}
		this.#files++
		this.#bytes += file.size
		await rm(to, { force: true, recursive: true })
		if (path === ".claude.json") await writeFile(to, await claudeSettings(real, this.#cwd), { mode: 0o600 })
		else await copyFile(real, to)
		await own(to, this.#owner)
	}
}

const DEEPEST = 12
const MOST_FILES = 5_000
const MOST_BYTES = 64 * 1024 * 1024

/** In the folders of Claude Code, Codex, Gemini CLI and OpenCode: conversations, logs, caches. */
const OTHER_WORK = new Set([
	...["projects", "sessions", "archived_sessions", "history", "history.jsonl", "todos", "tasks", "teams", "plans"],
	...[
		"shell-snapshots",
		"shell_snapshots",
		"session-env",
		"file-history",
		"paste-cache",
		"debug",
		"statsig",
		"telemetry",
	],
	...[
		"cache",
		"log",
		"logs",
		"tmp",
		"backups",
		"ide",
		"storage",
		"snapshot",
		"project",
		"downloads",
		"bin",
		"node_modules",
	],
	...[".git", "usage-data", "stats-cache.json", "opencode.db", "opencode.db-wal", "opencode.db-shm"],
])

/** What Claude Code knows of other projects stays out: names, prompts, and which it trusts. */
async function claudeSettings(path: string, cwd: string | null): Promise<string> {
	const text = await readFile(path, "utf8")
	try {
		const settings = JSON.parse(text) as { projects?: Record<string, unknown> }
		const project = cwd === null ? undefined : settings.projects?.[cwd]
		const projects = cwd === null || project === undefined ? {} : { [cwd]: project }
		return JSON.stringify({ ...settings, projects }, null, 2)
	} catch {
		// The runtime says itself what it does not understand.
		return text
	}
}

/** Root makes it somebody's; anybody else's is already. */
async function own(path: string, { uid, gid }: Owner): Promise<void> {
	if (process.getuid?.() === 0) await chown(path, uid, gid)
}

function exists(path: string): Promise<boolean> {
	return lstat(path).then(
		() => true,
		() => false,
	)
}
