// Telling a git hosting what came of it: the requests of a comment and of a commit status, for whoever may send them.
import type { TaskStateName } from "../../protocol/task.ts"
import type { Happening, TriggerSource } from "../../protocol/trigger.ts"

/** To be sent with no redirect followed: the headers hold the token. */
export interface Reply {
	method: "POST"
	url: string
	headers: Record<string, string>
	body: string
}

export type Hosting = Extract<TriggerSource, { is: "github" | "gitlab" }>
type About = Pick<Happening, "repository" | "number" | "commit" | "what">

/** Null where there is nothing to comment on. */
export function commentReply(source: Hosting, token: string, about: About, text: string): Reply | null {
	const { repository, number } = about
	if (repository === null || number === null) return null
	const body = { body: plain(text) }
	if (source.is === "github")
		return post(`${githubApi(source)}/repos/${repository.name}/issues/${number}/comments`, githubHeaders(token), body)
	const kind = about.what.startsWith("issue.") ? "issues" : "merge_requests"
	return post(`${gitlabApi(source)}/projects/${repository.id}/${kind}/${number}/notes`, gitlabHeaders(token), body)
}

/** Where to read the comments that came after that time beside the one that is posted to this address: a hundred at most. */
export function commentsSince({ is }: Hosting, url: string, since: number): string {
	const query =
		is === "github" ? { since: new Date(since - SKEW_MS).toISOString() } : { sort: "desc", order_by: "created_at" }
	return `${url}?${new URLSearchParams({ ...query, per_page: "100" })}`
}

/** Null where no commit is known. `name` tells statuses of one commit apart. */
export function statusReply(
	source: Hosting,
	token: string,
	about: About,
	status: { state: TaskStateName; name: string; description: string; url: string },
): Reply | null {
	const { repository, commit } = about
	if (repository === null || commit === null) return null
	const { name, description, url } = status
	const said = { context: name.slice(0, 100), description: description.slice(0, 140), target_url: url }
	if (source.is === "github") {
		const state = GITHUB[status.state]
		return post(`${githubApi(source)}/repos/${repository.name}/statuses/${commit}`, githubHeaders(token), {
			...said,
			state,
		})
	}
	const state = GITLAB[status.state]
	return post(`${gitlabApi(source)}/projects/${repository.id}/statuses/${commit}`, gitlabHeaders(token), {
		...said,
		state,
	})
}

/** https://docs.github.com/rest/commits/statuses */
const GITHUB: Record<TaskStateName, "pending" | "success" | "failure" | "error"> = {
	queued: "pending",
	claimed: "pending",
	preparing: "pending",
	running: "pending",
	waiting: "pending",
	collecting: "pending",
	succeeded: "success",
	failed: "failure",
	cancelled: "error",
	"timed-out": "failure",
	lost: "error",
}

/** https://docs.gitlab.com/api/commits/#set-commit-pipeline-status */
const GITLAB: Record<TaskStateName, "pending" | "running" | "success" | "failed" | "canceled"> = {
	queued: "pending",
	claimed: "pending",
	preparing: "running",
	running: "running",
	waiting: "running",
	collecting: "running",
	succeeded: "success",
	failed: "failed",
	cancelled: "canceled",
	"timed-out": "failed",
	lost: "failed",
}

function githubApi({ url }: Hosting): string {
	return url === "https://github.com" ? "https://api.github.com" : `${url}/api/v3`
}

function gitlabApi({ url }: Hosting): string {
	return `${url}/api/v4`
}

function githubHeaders(token: string): Record<string, string> {
	const accept = "application/vnd.github+json"
	return { authorization: `Bearer ${token}`, accept, "x-github-api-version": "2022-11-28" }
}

function gitlabHeaders(token: string): Record<string, string> {
	return { "private-token": token, accept: "application/json" }
}

function post(url: string, headers: Record<string, string>, body: Record<string, unknown>): Reply {
	const all = { ...headers, "content-type": "application/json", "user-agent": "homeport" }
	return { method: "POST", url, headers: all, body: JSON.stringify(body) }
}

/** Our clock and the service's may differ. */
const SKEW_MS = 10 * 60_000
/** GitHub takes 65,536. */
const COMMENT_CHARS = 60_000

/** Calls nobody, and begins with no command of a trigger: what a task says could be what somebody made it say. */
function plain(text: string): string {
	return `**Homeport**: ${text
		.slice(0, COMMENT_CHARS)
		.replaceAll("@", "@\u200b")
		.replace(/^(\s*)\//gm, "$1\\/")}`
}
