// GitHub's deliveries. https://docs.github.com/webhooks/webhook-events-and-payloads

import * as z from "zod"
import { explain } from "../../protocol/explain.ts"
import type { Happening, Person, What } from "../../protocol/trigger.ts"
import { Count, commandIn, commitOf, type Hosting, NOTHING, refOf, Text, type Told } from "./happening.ts"

const User = z
	.object({ login: Text, type: z.string().nullish() })
	.nullish()
	.transform((user) => ({ login: user?.login ?? "", isBot: user?.type === "Bot" }))
const Label = z.object({ name: Text })

const Issue = z.object({
	number: Count,
	title: Text,
	body: Text,
	html_url: Text,
	user: User,
	author_association: z.string().nullish(),
	/** There for a pull request alone. */
	pull_request: z.unknown().optional(),
})
const Side = z.object({ ref: Text, sha: Text })
const PullRequest = Issue.extend({ head: Side, base: Side })
const Comment = z.object({ body: Text, html_url: Text, user: User, author_association: z.string().nullish() })

const Payload = z.object({
	action: z.string().optional(),
	repository: z.object({ id: Count, full_name: z.string().max(300), default_branch: z.string().nullish() }),
	sender: User,
	issue: Issue.optional(),
	pull_request: PullRequest.optional(),
	comment: Comment.optional(),
	label: Label.optional(),
	assignee: User,
	workflow_run: z
		.object({
			conclusion: z.string().nullish(),
			name: Text,
			display_title: Text,
			head_branch: z.string().nullish(),
			head_sha: Text,
			html_url: Text,
			actor: User,
			head_repository: z.object({ id: Count }).nullish(),
			pull_requests: z
				.array(z.object({ number: Count }))
				.max(1_000)
				.nullish(),
		})
		.optional(),
})
type Payload = z.infer<typeof Payload>

export function githubHappenings(hosting: Hosting, event: string, said: unknown, command: string): Told {
	if (!EVENTS.includes(event)) return { is: "told", happenings: [] }
	const parsed = Payload.safeParse(said)
	if (!parsed.success)
		return { is: "misshapen", reason: `It is no event "${event}" of GitHub. ${explain(parsed.error)}` }
	const payload = parsed.data
	const repository = hosting.repository(payload.repository.full_name, payload.repository.id)
	if (repository === null) return { is: "misshapen", reason: "Its repository has a name that GitHub would not give." }
	const happening = read(event, payload, hosting, command)
	return { is: "told", happenings: happening === null ? [] : [{ ...NOTHING, ...happening, repository }] }
}

const EVENTS = [
	"issues",
	"issue_comment",
	"pull_request",
	"pull_request_target",
	"pull_request_review_comment",
	"workflow_run",
]

type Read = Partial<Happening> & { what: What }

function read(event: string, payload: Payload, hosting: Hosting, command: string): Read | null {
	const { action, issue, pull_request: pull, comment, workflow_run: run } = payload
	if (comment !== undefined && action === "created") {
		const said = commandIn(comment.body, command)
		if (said === null) return null
		const author = { ...comment.user, trust: trustOf(comment.author_association) }
		const about = pull !== undefined ? ofPull(pull, payload) : issue !== undefined ? ofIssue(issue, payload) : null
		if (about === null) return null
		const isPull = pull !== undefined || issue?.pull_request != null
		const url = hosting.page(comment.html_url)
		const what = isPull ? "pull-request.comment" : "issue.comment"
		return { ...about, what, text: comment.body, command: said, author, actor: author, url }
	}
	// What is done to a pull request comes as an event of its own.
	if (event === "issues" && issue !== undefined && issue.pull_request == null) {
		const what = ISSUE.get(action ?? "")
		return what === undefined ? null : { ...ofIssue(issue, payload), what, url: hosting.page(issue.html_url) }
	}
	if (event === "pull_request" && pull !== undefined) {
		const what = PULL.get(action ?? "")
		return what === undefined ? null : { ...ofPull(pull, payload), what, url: hosting.page(pull.html_url) }
	}
	const hasFailed = ["failure", "timed_out", "startup_failure"].includes(run?.conclusion ?? "")
	if (event !== "workflow_run" || run === undefined || action !== "completed" || !hasFailed) return null
	return ofRun(run, payload, hosting)
}

const ISSUE = new Map<string, What>([
	["opened", "issue.opened"],
	["labeled", "issue.labelled"],
	["assigned", "issue.assigned"],
])
const PULL = new Map<string, What>([
	["opened", "pull-request.opened"],
	["reopened", "pull-request.opened"],
	["synchronize", "pull-request.updated"],
	["ready_for_review", "pull-request.ready"],
	["labeled", "pull-request.labelled"],
])

function ofIssue(issue: z.infer<typeof Issue>, payload: Payload) {
	const { number, title } = issue
	const author: Person = { ...issue.user, trust: trustOf(issue.author_association) }
	const isPull = issue.pull_request != null
	const ref = isPull ? `refs/pull/${number}/head` : refOf(payload.repository.default_branch)
	const actor = actorOf(payload, author)
	const labels = payload.action === "labeled" && payload.label !== undefined ? [payload.label.name] : []
	const assignees = payload.action === "assigned" && payload.assignee.login !== "" ? [payload.assignee.login] : []
	return { ref, number, title, text: issue.body, author, actor, labels, assignees }
}

/** Its own ref is in the repository itself, also where the branch is in a fork of somebody. */
function ofPull(pull: z.infer<typeof PullRequest>, payload: Payload) {
	return { ...ofIssue({ ...pull, pull_request: {} }, payload), commit: commitOf(pull.head.sha) }
}

function ofRun(run: NonNullable<Payload["workflow_run"]>, payload: Payload, hosting: Hosting): Read {
	// Who pushes to the repository itself is one of it; a fork's pushes are anybody's.
	const isOwn = run.head_repository?.id === payload.repository.id
	const author: Person = { ...run.actor, trust: isOwn ? "member" : "anyone" }
	const number = run.pull_requests?.[0]?.number ?? null
	return {
		what: "workflow.failed",
		ref: isOwn ? refOf(run.head_branch) : number === null ? null : `refs/pull/${number}/head`,
		commit: commitOf(run.head_sha),
		number,
		title: run.name,
		text: run.display_title,
		author,
		actor: author,
		url: hosting.page(run.html_url),
	}
}

/**
 * Labels and assignees are set by people who may write to the repository, except where the author's own template of an
 * issue sets them.
 */
function actorOf({ action, sender }: Payload, author: Person): Person {
	if (sender.login === author.login) return author
	return { ...sender, trust: action === "labeled" || action === "assigned" ? "member" : "anyone" }
}

function trustOf(association: string | null | undefined): Happening["author"]["trust"] {
	if (["OWNER", "MEMBER", "COLLABORATOR"].includes(association ?? "")) return "member"
	return association === "CONTRIBUTOR" ? "contributor" : "anyone"
}
