// What has changed in a session's working directory since it was started.
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import * as z from "zod"
import type { Diff } from "../../protocol/ask.ts"
import { Refusal } from "../../protocol/errors.ts"
import { DIFF_BYTES } from "../../protocol/limits.ts"
import type { Place } from "../place.ts"
import { readPrivate, writePrivate } from "../private-file.ts"
import { execOnHost } from "../substrates/host.ts"
import type { Done } from "../substrates/substrate.ts"
import { DIFF, NO_REPOSITORY, RECORD, RECORD_HEAD } from "./tree.ts"

/** A name of one of git's objects. */
const OBJECT = /^([0-9a-f]{40}|[0-9a-f]{64})$/

const Base = z.object({
	/** The commit that was checked out; null where there was none yet. */
	commit: z.string().regex(OBJECT).nullable(),
	/** What was in the work tree, untracked files included. */
	tree: z.string().regex(OBJECT),
})

/** A start waits no longer for it: a larger work tree is compared with its commit, and what was changed before shows, too. */
const RECORD_MS = 5_000
/** Less than a question to a machine may take. */
const DIFF_MS = 15_000
/** Names of more files than anybody reads, before the patch. */
const NAMES_BYTES = 1024 * 1024

/** Whether a repository may have parts outside of its folder: not where a program that is held in one may have put them. */
type Reach = "inside" | "anywhere"

/** Remembers what is in a folder of this machine that a session is about to work in. */
export async function recordBase(workingFolder: string, sessionFolder: string, reach: Reach): Promise<void> {
	const base = (await record(workingFolder, RECORD, reach)) ?? (await record(workingFolder, RECORD_HEAD, reach))
	if (base !== undefined) await writePrivate(join(sessionFolder, FILE), base)
}

/** Undefined where there is no repository, or it takes too long. */
async function record(workingFolder: string, script: string, reach: Reach): Promise<z.infer<typeof Base> | undefined> {
	const argv = ["sh", "-c", script, "sh", workingFolder, reach]
	const done = await execOnHost(workingFolder, { argv, timeoutMs: RECORD_MS, limit: 1024 })
	if (done.ended.code !== 0) return undefined
	const [commit = "", tree] = done.output.toString().trim().split(" ")
	return Base.safeParse({ commit: commit === "-" ? null : commit, tree }).data
}

/** Whether the folder has other contents than at the start, or than its commit; true also where nobody can tell. */
export async function hasChanged(
	workingFolder: string,
	sessionFolder: string,
	since: "the start" | "its commit",
): Promise<boolean> {
	// A worktree alone has its objects elsewhere, and is on the host.
	const reach = since === "the start" ? "inside" : "anywhere"
	const before =
		since === "the start"
			? await readPrivate(join(sessionFolder, FILE), Base)
			: await record(workingFolder, RECORD_HEAD, reach)
	const now = await record(workingFolder, RECORD, reach)
	if (before === undefined || now === undefined) return true
	return before.tree !== now.tree || before.commit !== now.commit
}

/** As seen by git where the session runs, so that what is in the folder reaches nothing else. Throws Refusal. */
export async function diffSince(
	place: Place,
	workingDirectory: string,
	sessionFolder: string,
	reach: Reach,
): Promise<Diff> {
	const base = await readPrivate(join(sessionFolder, FILE), Base)
	if (base === undefined) throw new Refusal("not_comparable", "It did not begin in a git repository.")
	const mark = randomBytes(16).toString("hex")
	const argv = ["sh", "-c", DIFF, "sh", workingDirectory, reach, base.tree, mark]
	const limit = NAMES_BYTES + DIFF_BYTES
	const done = await place.exec({ argv, timeoutMs: DIFF_MS, limit, isOffline: true })
	const [names, counts, ...patch] = done.output.toString("utf8").split(`\0${mark}\0`)
	if (names === undefined || counts === undefined || (done.ended.code !== 0 && !done.isCut))
		throw new Refusal("not_comparable", whyNot(done))
	const whole = patch.join("")
	return {
		base: base.commit,
		files: filesOf(names, counts),
		patch: whole.slice(0, DIFF_BYTES),
		isCut: done.isCut || whole.length > DIFF_BYTES,
	}
}

function whyNot({ ended, errors }: Done): string {
	if (ended.code === NO_REPOSITORY) return "Its repository is gone, or leads out of its folder."
	return `${errors.trim().split("\n").at(-1) || "Git has given up: the folder is too large, or its repository is damaged"}.`
}

/** From `--name-status -z` and `--numstat -z`: a renamed file has two paths in either. */
function filesOf(names: string, counts: string): Diff["files"] {
	const lines = linesOf(counts)
	const files: Diff["files"] = []
	const words = names.split("\0").values()
	for (const [state = ""] of words) {
		if (state === "R") words.next()
		const path = words.next().value
		if (path === undefined) break
		files.push({ path, is: STATES[state] ?? "changed", ...(lines.get(path) ?? { added: null, removed: null }) })
	}
	return files
}

function linesOf(counts: string): Map<string, Pick<Diff["files"][number], "added" | "removed">> {
	const lines = new Map<string, { added: number | null; removed: number | null }>()
	const words = counts.split("\0").values()
	for (const word of words) {
		const [added, removed, name] = word.split("\t")
		if (added === undefined || removed === undefined || name === undefined) continue
		if (name === "") words.next()
		const path = name === "" ? words.next().value : name
		if (path !== undefined) lines.set(path, { added: count(added), removed: count(removed) })
	}
	return lines
}

const STATES: Record<string, Diff["files"][number]["is"]> = { A: "added", D: "removed", R: "renamed" }

/** A dash for what is not text. */
function count(word: string): number | null {
	return word === "-" ? null : Number(word)
}

const FILE = "base.json"
