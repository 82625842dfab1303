// The working directory of an attempt: an empty one, a clone, a worktree or a directory of the machine; whole, or not there.
import { randomBytes } from "node:crypto"
import { mkdir, rename, rm } from "node:fs/promises"
import { basename, join } from "node:path"
import { Refusal } from "../../protocol/errors.ts"
import type { SessionId } from "../../protocol/ids.ts"
import type { Manifest } from "../../protocol/task.ts"
import { misplaced } from "../../protocol/undoable.ts"
import { workingDirectory } from "../folders.ts"
import { hasChanged } from "../workdir/changes.ts"
import { checkedUrl, removeWorktree, workFolder } from "../workdir/make.ts"
import { Failed, sentence } from "./failed.ts"
import { type Credential, type GitDone, git, whyGit } from "./git.ts"
import { hostingOf } from "./hosting.ts"
import type { Kept, Place } from "./kept.ts"

export interface Preparing {
	dataDir: string
	session: SessionId
	/** The task's name. */
	name: string
	manifest: Manifest
	credential: Credential | undefined
	signal: AbortSignal
	/** What a try before this one has begun. */
	making: Kept["making"]
	/** Called before a worktree is made. */
	keepMaking: (making: Kept["making"]) => Promise<void>
}

/** Makes it anew: what an earlier try has left is taken away first. Throws Failed("prepare"), or Stopped. */
export async function prepare(preparing: Preparing): Promise<Place> {
	const { dataDir, session, manifest } = preparing
	refuseEarly(manifest)
	const home = workFolder(dataDir, session)
	if (preparing.making !== null) await undoWorktree(preparing.making)
	await rm(home, { recursive: true, force: true })
	try {
		const { workOn } = manifest
		if (workOn?.is === "repository") return await clone(preparing, workOn, home)
		if (workOn?.is === "directory" && workOn.worktree) return await worktree(preparing, workOn.path, home)
		if (workOn?.is === "directory") return await directory(preparing, workOn.path)
		const cwd = join(home, "work")
		await mkdir(cwd, { recursive: true, mode: 0o700 })
		return { cwd, is: "empty", branch: null, base: null, remote: null, into: null }
	} catch (error) {
		await rm(home, { recursive: true, force: true })
		if (error instanceof Refusal) throw new Failed("prepare", sentence(error))
		throw error
	}
}

/** What cannot come right later is said before anything is made. */
function refuseEarly(manifest: Manifest): void {
	const no = misplaced(manifest)
	if (no !== null) throw new Failed("prepare", no)
	const { workOn, changes } = manifest
	if (changes.do === "pull-request" && workOn?.is === "repository" && hostingOf(workOn.url, changes.hosting) === null)
		throw new Failed(
			"prepare",
			"It cannot be told whose API opens pull requests there: say changes.hosting, github or gitlab.",
		)
}

async function clone(
	preparing: Preparing,
	{ url, ref, depth }: Extract<NonNullable<Manifest["workOn"]>, { is: "repository" }>,
	home: string,
): Promise<Place> {
	const { manifest, credential, signal } = preparing
	const from = checkedUrl(url)
	if (ref?.startsWith("-") === true) throw new Failed("prepare", "The ref begins with a dash.")
	const called = basename(from.replace(/[/:]+$/, "").replaceAll(":", "/"), ".git") || "work"
	// Git of a connector that was killed may still write: into a folder that nobody looks at any more.
	const draft = join(home, `draft-${randomBytes(4).toString("hex")}`)
	const folder = join(draft, called)
	await mkdir(folder, { recursive: true, mode: 0o700 })
	const run = async (args: string[]) => must(await git(args, { cwd: folder, credential, signal }))
	const isCommit = ref !== undefined && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(ref)
	// As a pull request's own, of which a clone brings nothing.
	const isWhole = ref?.startsWith("refs/") === true
	if (depth === undefined) {
		await run(["clone", ...CLONE, "--", from, folder])
		if (isWhole) await run(["fetch", "--quiet", "--no-recurse-submodules", "origin", ref])
		if (ref !== undefined) await run(["checkout", "--quiet", ...(isWhole ? ["--detach", "FETCH_HEAD"] : [ref]), "--"])
	} else if (isCommit || isWhole) {
		await run(["init", "--quiet", "--template=", "."])
		await run(["remote", "add", "--", "origin", from])
		await run(["fetch", "--quiet", `--depth=${depth}`, "--no-recurse-submodules", "origin", ref])
		await run(["checkout", "--quiet", "--detach", "FETCH_HEAD"])
	} else {
		const at = ref === undefined ? [] : [`--branch=${ref}`]
		await run(["clone", ...CLONE, `--depth=${depth}`, ...at, "--", address(from), folder])
	}
	const place = { is: "clone" as const, ...(await branched(preparing, folder)) }
	const isPushed = manifest.changes.do === "push" || manifest.changes.do === "pull-request"
	const into = manifest.changes.do === "pull-request" ? await baseBranch(preparing, folder, from) : null
	const cwd = join(home, called)
	await rename(folder, cwd)
	await rm(draft, { recursive: true, force: true })
	return { ...place, cwd, remote: isPushed ? from : null, into }
}

const CLONE = ["--quiet", "--no-hardlinks", "--no-recurse-submodules", "--template="]

/** Git makes no shallow clone by a plain path. */
function address(url: string): string {
	return url.startsWith("/") ? `file://${url}` : url
}

/** On a branch of its own, where its changes are to be in git. */
async function branched({ manifest, name, signal }: Preparing, folder: string) {
	const how = { cwd: folder, signal }
	const found = await git(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], how)
	const base = found.code === 0 ? found.output.trim() : null
	if (manifest.changes.do === "keep") return { branch: null, base }
	const branch = await freeBranch(folder, manifest.changes.branch ?? branchFor(name), signal)
	must(await git(["switch", "--quiet", ...(base === null ? ["--orphan"] : ["-c"]), branch], how))
	return { branch, base }
}

async function baseBranch({ manifest, credential, signal }: Preparing, cwd: string, url: string): Promise<string> {
	if (manifest.changes.base !== undefined) return manifest.changes.base
	const { output } = must(await git(["ls-remote", "--symref", "--", url, "HEAD"], { cwd, credential, signal }))
	const head = /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(output)?.[1]
	if (head === undefined) throw new Failed("prepare", "The repository does not say its main branch: say changes.base.")
	return head
}

async function worktree(preparing: Preparing, path: string, home: string): Promise<Place> {
	const { manifest, name, signal, keepMaking } = preparing
	const repository = await workingDirectory(path)
	const how = { cwd: repository, signal }
	const base = must(await git(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], how)).output.trim()
	const branch = await freeBranch(repository, manifest.changes.branch ?? branchFor(name), signal)
	const cwd = join(home, basename(repository))
	await mkdir(home, { recursive: true, mode: 0o700 })
	await keepMaking({ repository, folder: cwd, branch, base })
	must(await git(["worktree", "add", "--quiet", "-b", branch, "--", cwd, base], how))
	const remote = await remoteOf(manifest, repository, signal)
	return { cwd, is: "worktree", branch, base, remote, into: manifest.changes.base ?? null }
}

/** Without doubt this attempt's: nothing has been committed on it. */
async function undoWorktree({ repository, folder, branch, base }: NonNullable<Kept["making"]>): Promise<void> {
	await removeWorktree(repository, folder)
	await rm(folder, { recursive: true, force: true })
	await git(["worktree", "prune"], { cwd: repository })
	// Only as long as it is at its base; where it is not, or is not there, that is right as it is.
	await git(["update-ref", "-d", `refs/heads/${branch}`, base], { cwd: repository })
}

async function directory({ manifest, name, signal }: Preparing, path: string): Promise<Place> {
	const cwd = await workingDirectory(path)
	if (manifest.changes.do === "keep")
		return { cwd, is: "directory", branch: null, base: null, remote: null, into: null }
	const base = must(await git(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], { cwd, signal })).output.trim()
	if (await hasChanged(cwd, cwd, "its commit"))
		throw new Failed(
			"prepare",
			`${cwd} has changes that are not committed, which would be taken for the task's. Commit them, or ask for a worktree.`,
		)
	const branch = await freeBranch(cwd, manifest.changes.branch ?? branchFor(name), signal)
	const remote = await remoteOf(manifest, cwd, signal)
	return { cwd, is: "directory", branch, base, remote, into: manifest.changes.base ?? null }
}

/** Where a repository of this machine is pushed to. */
async function remoteOf({ changes }: Manifest, repository: string, signal: AbortSignal): Promise<string | null> {
	if (changes.do !== "push" && changes.do !== "pull-request") return null
	if (changes.do === "pull-request")
		throw new Failed("prepare", "A pull request needs a task that works on a repository, by its address.")
	const found = await git(["remote", "get-url", "--push", "origin"], { cwd: repository, signal })
	if (found.code !== 0) throw new Failed("prepare", `${repository} has no remote "origin" to push to.`)
	return checkedUrl(found.output.trim())
}

/** The branch, or with the first number after it that none here or at its origin has. */
async function freeBranch(repository: string, wanted: string, signal: AbortSignal): Promise<string> {
	const how = { cwd: repository, signal }
	if ((await git(["check-ref-format", "--branch", wanted], how)).code !== 0)
		throw new Failed("prepare", `"${wanted}" is no name of a branch.`)
	for (let count = 1; count < MOST_TRIES; count++) {
		const branch = numbered(wanted, count)
		const found = await git(["show-ref", "--quiet", `refs/heads/${branch}`, `refs/remotes/origin/${branch}`], how)
		if (found.code === 1) return branch
		if (found.code !== 0) throw new Failed("prepare", whyGit(found))
	}
	throw new Failed("prepare", `There are too many branches that begin with ${wanted}.`)
}

export function numbered(branch: string, count: number): string {
	return count === 1 ? branch : `${branch}-${count}`
}

export const MOST_TRIES = 100

function branchFor(name: string): string {
	const called = name.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+|[.-]+$|\.lock$/g, "") || "task"
	return `homeport/${called.replaceAll("..", ".")}`
}

function must(done: GitDone): GitDone {
	if (done.code !== 0) throw new Failed("prepare", `${whyGit(done)}.`)
	return done
}
