// A working directory of a session's own: a copy of a folder, a clone, or a worktree; whole, or not made at all.
import { spawn } from "node:child_process"
import { constants } from "node:fs"
import { cp, lstat, mkdir, realpath, rename, rm, statfs } from "node:fs/promises"
import { homedir } from "node:os"
import { basename, dirname, join, resolve } from "node:path"
import * as z from "zod"
import { Refusal } from "../../protocol/errors.ts"
import type { SessionId } from "../../protocol/ids.ts"
import { From } from "../../protocol/session.ts"
import { workingDirectory } from "../folders.ts"
import { readPrivate, writePrivate } from "../private-file.ts"
import { refuseMount } from "../substrates/sandbox/rules.ts"
import { recordBase } from "./changes.ts"

const Making = z.object({
	from: From,
	/** The folder to be made; its parent is this session's alone. */
	folder: z.string(),
	/** The session's name. */
	name: z.string(),
})
export type Making = z.infer<typeof Making>

/** Where the working directories that are made for sessions lie: one folder a session. */
export function workFolder(dataDir: string, session: SessionId): string {
	return join(dataDir, "work", session)
}

interface Where {
	dataDir: string
	session: SessionId
	name: string
	/** The substrate that it is for, if not the host itself. */
	within: "sandbox" | "container" | "vm" | undefined
}

const SHARED =
	"A worktree shares its repository's hooks and settings with the host. Take a clone, by --from-git and the repository's path, or the host, by --substrate host."

/** What is to be made, checked as far as that is quick. Throws Refusal: directory_missing, invalid_request. */
export async function planWorkingFolder(given: From, { dataDir, session, name, within }: Where): Promise<Making> {
	if (given.is === "worktree" && within !== undefined) throw new Refusal("substrate_unavailable", SHARED)
	const from = given.is === "git" ? given : { ...given, path: await workingDirectory(given.path) }
	// As it is when every link has been followed: what is held in it must not have another name.
	const place = workFolder(await realpath(dataDir), session)
	const isMade = from.is === "dir" && dirname(await realpath(from.path)) === place
	// A copy that is shown inside shows as much as the folder itself would.
	if (from.is === "dir" && within !== undefined && !isMade)
		refuseMount(await realpath(from.path), false, {
			homes: [homedir(), await realpath(homedir())],
			dataDir: await realpath(dataDir),
			workDir: workFolder(dataDir, session),
		})
	const source = from.is === "git" ? checkedUrl(from.url) : from.path
	if ("ref" in from && from.ref?.startsWith("-")) throw new Refusal("invalid_request", "ref: it begins with a dash.")
	const called = basename(source.replace(/[/:]+$/, "").replaceAll(":", "/"), ".git")
	return { from, folder: join(place, called === "" ? "work" : called), name }
}

/** The place within a folder that is to be made; the folder itself where none is said. Throws Refusal for one outside. */
export function placeWithin(folder: string, place: string | undefined): string {
	const within = resolve(folder, place ?? ".")
	if (!`${within}/`.startsWith(`${folder}/`))
		throw new Refusal("invalid_request", "cwd: it leads out of the working directory that is made.")
	return within
}

/** Where in a VM what was made for a session lies: under the home directory there. */
export function folderInVm({ folder }: Making, session: SessionId): string {
	return `work/${session}/${basename(folder)}`
}

/** The file in a session's folder that says what is still to be made, and the one that says what was. */
export const MAKING = "making.json"
const MADE = "made.json"

/**
 * Makes what the session's folder says, if that says anything, and remembers what was in it at the start. Tells its progress
 * by `say`. Answers what it has made. Throws Refusal; nothing is left then.
 */
export async function makeWanted(sessionFolder: string, say: (line: string) => void): Promise<Making | null> {
	const file = join(sessionFolder, MAKING)
	const making = await readPrivate(file, Making)
	if (making === undefined) return null
	await makeWorkingFolder(making, say)
	await recordBase(making.folder, sessionFolder, making.from.is === "worktree" ? "anywhere" : "inside")
	await rename(file, join(sessionFolder, MADE))
	return making
}

/** What was made is somewhere else now: it is neither here, nor to be looked after here, any more. */
export async function forgetMade({ folder }: Making, sessionFolder: string): Promise<void> {
	await rm(join(folder, ".."), { recursive: true, force: true })
	await rm(join(sessionFolder, MADE), { force: true })
}

/** The same for a folder that was made before the session began. */
export function rememberMade(making: Making, sessionFolder: string): Promise<void> {
	return writePrivate(join(sessionFolder, MADE), making)
}

/** What was made for the session of this folder; undefined where nothing was. */
export function readMade(sessionFolder: string): Promise<Making | undefined> {
	return readPrivate(join(sessionFolder, MADE), Making)
}

/** What git tells of its progress goes to this process's own standard error. */
async function makeWorkingFolder({ from, folder, name }: Making, say: (line: string) => void): Promise<void> {
	await mkdir(folder, { recursive: true, mode: 0o700 })
	try {
		switch (from.is) {
			case "dir":
				// Whoever asked has put it there for this session.
				if ((await realpath(from.path)) === folder) return
				say(`Copying ${from.path} …`)
				return await copy(from.path, folder)
			case "git":
				say(`Cloning ${from.url} …`)
				await git([
					"clone",
					"--no-hardlinks",
					"--no-recurse-submodules",
					"--template=",
					"--progress",
					"--",
					from.url,
					folder,
				])
				if (from.ref !== undefined) await git(["-C", folder, "checkout", "--quiet", from.ref, "--"])
				return
			case "worktree": {
				const branch = await freeBranch(from.path, name)
				say(`Making a worktree of ${from.path} on ${branch} …`)
				await git(["-C", from.path, "worktree", "add", "--quiet", "-b", branch, "--", folder, from.ref ?? "HEAD"])
			}
		}
	} catch (error) {
		await rm(join(folder, ".."), { recursive: true, force: true })
		throw error
	}
}

/** What stays free of the file system, whoever copies. */
const RESERVE_BYTES = 1024 ** 3

async function copy(from: string, to: string): Promise<void> {
	const { bavail, bsize } = await statfs(to)
	let room = bavail * bsize - RESERVE_BYTES
	if (isWithin(to, from))
		throw new Refusal("invalid_request", `${from} holds Homeport's own folder: copy a folder in it.`)
	await cp(from, to, {
		recursive: true,
		preserveTimestamps: true,
		// Links stay what they are: none is followed out of the folder.
		verbatimSymlinks: true,
		mode: constants.COPYFILE_FICLONE,
		filter: async (path) => {
			const found = await lstat(path)
			if (found.isFile()) room -= found.size
			if (room < 0) throw new Refusal("invalid_request", `There is too little room on this disk for a copy of ${from}.`)
			// Sockets, pipes and devices are whoever's made them.
			return found.isFile() || found.isDirectory() || found.isSymbolicLink()
		},
	})
}

function isWithin(path: string, folder: string): boolean {
	return `${path}/`.startsWith(`${folder === "/" ? "" : folder}/`)
}

/** Throws Refusal for an address that is a command, an option, or holds a password. */
export function checkedUrl(url: string): string {
	if (url.startsWith("-")) throw new Refusal("invalid_request", "The repository's address begins with a dash.")
	if (/^[a-z][a-z0-9+.-]*::/i.test(url)) throw new Refusal("invalid_request", "That is no address of a repository.")
	if (/^[a-z+]+:\/\/[^/@]*:[^/@]*@/i.test(url))
		throw new Refusal(
			"invalid_request",
			"The address holds a password, which would be kept. Use git's own credentials.",
		)
	return url
}

/** `homeport/NAME`, or with the first number after it that no branch has. */
async function freeBranch(repository: string, name: string): Promise<string> {
	const called = name.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+|[.-]+$|\.lock$/g, "") || "session"
	for (let count = 1; ; count++) {
		const branch = `homeport/${called.replaceAll("..", ".")}${count === 1 ? "" : `-${count}`}`
		const found = await run(["-C", repository, "show-ref", "--verify", "--quiet", `refs/heads/${branch}`])
		if (found === 1) return branch
		if (found !== 0) throw new Refusal("invalid_request", `${repository} is no git repository.`)
	}
}

async function git(args: string[]): Promise<void> {
	if ((await run(args)) !== 0) throw new Refusal("start_failed", "git has said why above.")
}

/** Nothing that a repository brings is run: no hook, no monitor, no transport that is a command. */
export const SAFE = [
	...["core.hooksPath=/dev/null", "core.fsmonitor=false", "submodule.recurse=false", "gc.auto=0"],
	...["protocol.allow=never", "protocol.https.allow=always", "protocol.http.allow=always", "protocol.ssh.allow=always"],
	...["protocol.git.allow=always", "protocol.file.allow=always"],
].flatMap((setting) => ["-c", setting])

/** Takes a worktree out of its repository, whatever is in it; its branch stays. */
export async function removeWorktree(repository: string, folder: string): Promise<void> {
	await run(["-C", repository, "worktree", "remove", "--force", "--", folder])
}

/** Answers git's exit code. Its words go where this process's do, since they are progress for the person. */
function run(args: string[]): Promise<number | null> {
	const asksNobody = { GIT_TERMINAL_PROMPT: "0", GIT_SSH_COMMAND: "ssh -o BatchMode=yes" }
	const child = spawn("git", [...SAFE, ...args], {
		stdio: ["ignore", "inherit", "inherit"],
		env: { ...asksNobody, ...process.env, GIT_TERMINAL_PROMPT: "0" },
	})
	return new Promise((resolve, reject) => {
		child.once("error", () => reject(new Refusal("program_missing", "There is no git on this machine.")))
		child.once("close", resolve)
	})
}
