// What an attempt has changed, as a commit on a branch, pushed, and as a pull request. Each step can be done again.

import type { Place as Inside } from "../place.ts"
import { NO_REPOSITORY, script } from "../workdir/tree.ts"
import { Failed } from "./failed.ts"
import { type Credential, type GitDone, git, gitScript, whyGit } from "./git.ts"
import {
	findRequest,
	foundUrl,
	type Hosting,
	type HostingRequest,
	openedUrl,
	openRequest,
	type PullRequest,
	signedIn,
	whyNot,
} from "./hosting.ts"
import type { Place } from "./kept.ts"
import { MOST_TRIES, numbered } from "./prepare.ts"

interface Committing {
	place: Place
	/** Where the program ran: what it has left is looked at there, and reaches nothing else. */
	inside: Inside
	/** Whether that is not the host itself. */
	isContained: boolean
	/** Where the working directory is, there. */
	cwd: string
	message: string
	author: { name: string; email: string }
}

/**
 * All that is in the working directory, as a commit on the branch; what the program has committed itself is under it. Null
 * where nothing is other than at the start. Throws Failed("collect").
 */
export async function commit(committing: Committing): Promise<{ commit: string; branch: string } | null> {
	const { place, inside, isContained, cwd, message, author } = committing
	const reach = isContained ? "inside" : "anywhere"
	for (let count = 1; count < MOST_TRIES; count++) {
		const branch = numbered(place.branch ?? "", count)
		const args = [cwd, reach, place.base ?? "-", branch, message, author.name, author.email]
		const done = await inside.exec({
			argv: ["/bin/sh", "-c", COMMIT, "sh", ...args],
			timeoutMs: COMMIT_MS,
			limit: 4_096,
			isOffline: true,
		})
		const { code } = done.ended
		if (code === TAKEN) continue
		if (code !== 0) throw new Failed("collect", whyNotCommitted(code, done.errors))
		const made = done.output.toString().trim()
		if (made === "-") return null
		if (!OBJECT.test(made)) throw new Failed("collect", "Git there has answered what is no commit.")
		return { commit: made, branch }
	}
	throw new Failed("collect", `There are too many branches that begin with ${place.branch}.`)
}

const OBJECT = /^([0-9a-f]{40}|[0-9a-f]{64})$/
const COMMIT_MS = 10 * 60_000
const TAKEN = 46
const LEADS_OUT = 45

function whyNotCommitted(code: number | null, errors: string): string {
	if (code === NO_REPOSITORY) return "Its repository is gone, or leads out of its folder."
	if (code === LEADS_OUT)
		return "Its repository has links or borrows objects from elsewhere, so nothing is taken of it."
	return `Its changes could not be committed: ${errors.trim().split("\n").at(-1) || "git has given up"}.`
}

/** A repository that was in a program's hands has its objects itself, as files: what it names elsewhere is not read for it. */
const OWN_OBJECTS = `
if [ "$2" = inside ]; then
	[ ! -e "$store/info/alternates" ] || exit LEADS_OUT
	[ -z "$(find "$store" ! -type d ! -type f -print | head -n 1)" ] || exit LEADS_OUT
fi
[ -f "$common/shallow" ] && cp -- "$common/shallow" "$scratch/git/shallow"
`.replaceAll("LEADS_OUT", String(LEADS_OUT))

/** $1, $2: as there; $3: the commit at the start, or "-"; $4: the branch; $5: the message; $6, $7: the author. */
const COMMIT = script(`${OWN_OBJECTS}
export GIT_OBJECT_DIRECTORY="$store"
export GIT_AUTHOR_NAME="$6" GIT_AUTHOR_EMAIL="$7" GIT_COMMITTER_NAME="$6" GIT_COMMITTER_EMAIL="$7"
printf '\\n.homeport/\\n' >> "$scratch/git/info/exclude"
now=$(tree) || exit 1
was=; [ -n "$head" ] && was=$(ours rev-parse --verify --quiet "$head^{tree}")
if [ "$was" = "$now" ]; then made=$head
elif [ -z "$head" ] && [ -z "$(ours ls-tree "$now")" ]; then made=
else made=$(printf '%s\\n' "$5" | ours commit-tree "$now" \${head:+-p "$head"}) || exit 1; fi
if [ -z "$made" ] || [ "$made" = "$3" ]; then echo -; exit 0; fi
ref=refs/heads/$4
there() { GIT_DIR="$own" GIT_WORK_TREE="$top" git -c safe.directory='*' -c core.bare=false -c core.fsmonitor=false -c core.hooksPath=/dev/null "$@"; }
at=$(ask --verify --quiet "$ref") || at=
on=$(there symbolic-ref --quiet HEAD) || on=
none=$(printf '%s' "$made" | tr '0-9a-f' 0)
if [ "$at" = "$made" ]; then :
elif [ -z "$at" ]; then there update-ref --no-deref "$ref" "$made" "$none" || exit 1
elif [ "$at" = "$3" ] || { [ "$on" = "$ref" ] && [ "$at" = "$head" ]; }; then there update-ref --no-deref "$ref" "$made" "$at" || exit 1
else exit ${TAKEN}; fi
[ "$on" = "$ref" ] && [ ! -L "$index" ] && cp -- "$GIT_DIR/index" "$index"
printf '%s\\n' "$made"
`)

interface Pushing {
	place: Place & { remote: string; branch: string }
	commit: string
	/** The branch that was tried before this process began; null for none. */
	tried: string | null
	isContained: boolean
	credential: Credential | undefined
	signal: AbortSignal
	/** Called before each try. */
	keepTried: (branch: string) => Promise<void>
}

/**
 * The commit is on a branch of the remote that nobody else's is on. Answers the branch. Nothing there is ever overwritten.
 * Throws Failed("collect").
 */
export async function push(pushing: Pushing): Promise<string> {
	const { place, commit, tried, isContained, credential, signal, keepTried } = pushing
	const how = { cwd: "/", credential, signal, timeoutMs: PUSH_MS }
	for (let count = 1; count < MOST_TRIES; count++) {
		const branch = numbered(place.branch, count)
		const there = await git(["ls-remote", "--", place.remote, `refs/heads/${branch}`], how)
		if (there.code !== 0) throw notPushed(there)
		const at = there.output.split("\t")[0] ?? ""
		if (at === commit && branch === tried) return branch
		if (at !== "") continue
		if (branch !== tried) await keepTried(branch)
		const reach = isContained ? "inside" : "anywhere"
		const who = credential === undefined ? "own" : "given"
		const done = await gitScript(PUSH, [place.cwd, reach, commit, place.remote, branch, who], how)
		if (done.code === 0) return branch
		if (done.code === LEADS_OUT || done.code === NO_REPOSITORY)
			throw new Failed("collect", whyNotCommitted(done.code, ""))
		// Somebody was quicker.
		if (/\[rejected\]|stale info|already exists|cannot lock ref/.test(done.output + done.errors)) continue
		throw notPushed(done)
	}
	throw new Failed("collect", `There are too many branches at the repository that begin with ${place.branch}.`)
}

const PUSH_MS = 30 * 60_000

function notPushed(done: GitDone): Failed {
	return new Failed("collect", `The branch could not be pushed: ${whyGit(done)}.`)
}

/**
 * $1, $2: as there; $3: the commit; $4: the address; $5: the branch; $6: "own" for the machine's own credentials; then git's
 * options. From a git directory of ours: nothing that the repository's own configuration says is heard.
 */
const PUSH = script(`${OWN_OBJECTS}
commit=$3 url=$4 branch=$5 who=$6
shift 6
[ "$who" = own ] && unset GIT_CONFIG_NOSYSTEM GIT_CONFIG_GLOBAL
unset GIT_WORK_TREE
ours cat-file -e "$commit^{commit}" || exit 1
ours -c push.followTags=false -c push.gpgSign=false "$@" push --porcelain --no-verify --recurse-submodules=no --force-with-lease="refs/heads/$branch:" -- "$url" "$commit:refs/heads/$branch"
`)

/** Sends a request to git hosting: `fetch`, but for tests. */
export type Send = (url: string, init: RequestInit) => Promise<Response>

/** The address of a pull request of these branches: the one that is open already, or a new one. Throws Failed("collect"). */
export async function propose(
	hosting: Hosting,
	request: PullRequest,
	secret: string,
	signal: AbortSignal,
	send: Send = fetch,
): Promise<string> {
	const ask = async ({ method, url, headers, body }: HostingRequest) => {
		const init = {
			...{ method, headers: { ...headers, ...signedIn(hosting, secret) } },
			...{ redirect: "error" as const, signal: AbortSignal.any([signal, AbortSignal.timeout(API_MS)]) },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		}
		const response = await send(url, init).catch((error: unknown) => {
			throw new Failed(
				"collect",
				`${new URL(url).host} does not answer: ${error instanceof Error ? error.message : "?"}.`,
			)
		})
		return { status: response.status, isOk: response.ok, answer: await jsonOf(response) }
	}
	const found = await ask(findRequest(hosting, request))
	const open = found.isOk ? foundUrl(hosting, found.answer) : null
	if (open !== null) return open
	const { status, isOk, answer } = await ask(openRequest(hosting, request))
	const url = isOk ? openedUrl(hosting, answer) : null
	if (url === null)
		throw new Failed("collect", `The branch ${request.head} is pushed, but no pull request: ${whyNot(status, answer)}.`)
	return url
}

const API_MS = 30_000
const ANSWER_BYTES = 4 * 1024 ** 2

/** Undefined for what is no JSON, or too long for it. */
async function jsonOf(response: Response): Promise<unknown> {
	let text = ""
	const decoder = new TextDecoder()
	for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
		text += decoder.decode(part, { stream: true })
		if (text.length > ANSWER_BYTES) return undefined
	}
	try {
		return JSON.parse(text)
	} catch {
		return undefined
	}
}
