// GitLab's deliveries. https://docs.gitlab.com/user/project/integrations/webhook_events/

import * as z from "zod"
import { explain } from "../../protocol/explain.ts"
import type { Happening, Person, What } from "../../protocol/trigger.ts"
import { Count, commandIn, commitOf, type Hosting, NOTHING, refOf, Text, type Told } from "./happening.ts"

const User = z
	.object({ id: z.int().nullish(), username: Text })
	.nullish()
	.transform((user) => ({ id: user?.id ?? null, login: user?.username ?? "" }))
const Titles = z
	.array(z.object({ title: Text }))
	.max(1_000)
	.nullish()
	.transform((labels) => (labels ?? []).map(({ title }) => title))
const Usernames = z
	.array(z.object({ username: Text }))
	.max(1_000)
	.nullish()
	.transform((users) => (users ?? []).map(({ username }) => username))

const Item = z.object({
	iid: Count,
	title: Text,
	description: Text,
	url: Text,
	author_id: z.int().nullish(),
	last_commit: z.object({ id: Text }).nullish(),
	source_project_id: z.int().nullish(),
	target_project_id: z.int().nullish(),
})
const Base = z.object({
	project: z.object({ id: Count, path_with_namespace: z.string().max(500), default_branch: z.string().nullish() }),
	user: User,
})
/** What an object of the payload's kind has besides. */
const Kinds = {
	issue: Base.extend({
		object_attributes: Item.extend({ action: z.string().nullish() }),
		changes: z
			.object({
				labels: z.object({ previous: Titles, current: Titles }).nullish(),
				assignees: z.object({ previous: Usernames, current: Usernames }).nullish(),
				draft: z.object({ previous: z.boolean().nullish(), current: z.boolean().nullish() }).nullish(),
			})
			.nullish(),
	}),
	note: Base.extend({
		object_attributes: z.object({
			note: Text,
			noteable_type: z.string(),
			system: z.boolean().nullish(),
			action: z.string().nullish(),
			url: Text,
		}),
		issue: Item.partial({ url: true }).nullish(),
		merge_request: Item.partial({ url: true }).nullish(),
	}),
	pipeline: Base.extend({
		object_attributes: z.object({
			id: Count,
			status: z.string(),
			ref: z.string().nullish(),
			sha: Text,
			name: Text,
			url: Text,
		}),
		merge_request: Item.partial({ description: true, url: true }).nullish(),
		commit: z.object({ message: Text }).nullish(),
	}),
}
const Issue = Kinds.issue
const Changed = Issue.extend({
	object_attributes: Issue.shape.object_attributes.extend({ oldrev: z.string().nullish() }),
})
type Changed = z.infer<typeof Changed>

export function gitlabHappenings(hosting: Hosting, said: unknown, command: string): Told {
	const kind = z.object({ object_kind: z.string() }).safeParse(said)
	if (!kind.success) return { is: "misshapen", reason: "It is no delivery of GitLab: it has no object_kind." }
	switch (kind.data.object_kind) {
		case "issue":
		case "merge_request": {
			const isIssue = kind.data.object_kind === "issue"
			return read(hosting, said, Changed, (changed) => ofChange(changed, isIssue, hosting))
		}
		case "note":
			return read(hosting, said, Kinds.note, (note) => ofNote(note, hosting, command))
		case "pipeline":
			return read(hosting, said, Kinds.pipeline, (pipeline) => ofPipeline(pipeline, hosting))
		default:
			return { is: "told", happenings: [] }
	}
}

type Read = Partial<Happening> & { what: What }

function read<S extends z.ZodType<z.infer<typeof Base>>>(
	hosting: Hosting,
	said: unknown,
	schema: S,
	of: (payload: z.infer<S>) => Read[],
): Told {
	const parsed = schema.safeParse(said)
	if (!parsed.success) return { is: "misshapen", reason: `It is no delivery of GitLab. ${explain(parsed.error)}` }
	const { project } = parsed.data
	const repository = hosting.repository(project.path_with_namespace, project.id)
	if (repository === null) return { is: "misshapen", reason: "Its project has a path that GitLab would not give." }
	return { is: "told", happenings: of(parsed.data).map((happening) => ({ ...NOTHING, ...happening, repository })) }
}

/** One update may have labelled, assigned and pushed at once. */
function ofChange(payload: Changed, isIssue: boolean, hosting: Hosting): Read[] {
	const { object_attributes: item, changes } = payload
	const added = (of: { previous: string[]; current: string[] } | null | undefined) =>
		(of?.current ?? []).filter((name) => !of?.previous.includes(name))
	const labels = added(changes?.labels)
	const assignees = added(changes?.assignees)
	const isOpened = item.action === "open" || item.action === "reopen"
	const isUpdate = item.action === "update"
	const hasLabels = isUpdate && labels.length > 0
	const whats: (What | false)[] = isIssue
		? [
				item.action === "open" && "issue.opened",
				hasLabels && "issue.labelled",
				isUpdate && assignees.length > 0 && "issue.assigned",
			]
		: [
				isOpened && "pull-request.opened",
				isUpdate && item.oldrev != null && "pull-request.updated",
				isUpdate && changes?.draft?.previous === true && changes.draft.current === false && "pull-request.ready",
				hasLabels && "pull-request.labelled",
			]
	const about = ofItem(item, isIssue, payload)
	// Who is no author and changes labels or assignees may do so in this project: guests can only with what they open.
	const isOther = item.author_id != null && payload.user.id !== null && payload.user.id !== item.author_id
	return whats
		.filter((what) => what !== false)
		.map((what) => {
			const mayWrite = isOther && /\.(labelled|assigned)$/.test(what)
			const actor = { ...personOf(payload.user), trust: mayWrite ? ("member" as const) : ("anyone" as const) }
			// GitLab names the author by a number alone.
			const author = isOther ? NOTHING.author : actor
			return { ...about, what, labels, assignees, author, actor, url: hosting.page(item.url) }
		})
}

function ofNote(payload: z.infer<typeof Kinds.note>, hosting: Hosting, command: string): Read[] {
	const { object_attributes: note, issue, merge_request: request } = payload
	if (note.system === true || !["create", undefined, null].includes(note.action)) return []
	const said = commandIn(note.note, command)
	const isIssue = note.noteable_type === "Issue"
	const item = isIssue ? issue : note.noteable_type === "MergeRequest" ? request : null
	if (said === null || item == null) return []
	const author = personOf(payload.user)
	const what = isIssue ? "issue.comment" : "pull-request.comment"
	const url = hosting.page(note.url)
	return [{ ...ofItem(item, isIssue, payload), what, text: note.note, command: said, author, actor: author, url }]
}

function ofPipeline(payload: z.infer<typeof Kinds.pipeline>, hosting: Hosting): Read[] {
	const { object_attributes: pipeline, merge_request: request, commit } = payload
	if (pipeline.status !== "failed") return []
	const { source_project_id: source, target_project_id: target } = request ?? {}
	const isOwn = request == null || (source != null && source === target)
	const actor: Person = { ...personOf(payload.user), trust: isOwn ? "member" : "anyone" }
	return [
		{
			what: "workflow.failed",
			ref: request == null ? refOf(pipeline.ref) : requestRef(request.iid),
			commit: commitOf(pipeline.sha),
			number: request?.iid ?? null,
			title: pipeline.name || `Pipeline ${pipeline.id}`,
			text: commit?.message ?? "",
			author: actor,
			actor,
			url: hosting.page(pipeline.url),
		},
	]
}

function ofItem(
	item: Pick<z.infer<typeof Item>, "iid" | "title" | "description" | "last_commit">,
	isIssue: boolean,
	{ project }: z.infer<typeof Base>,
) {
	return {
		ref: isIssue ? refOf(project.default_branch) : requestRef(item.iid),
		commit: commitOf(item.last_commit?.id),
		number: item.iid,
		title: item.title,
		text: item.description,
	}
}

/** In the project itself, also where the branch is in a fork of somebody. */
const requestRef = (iid: number) => `refs/merge-requests/${iid}/head`

/** GitLab says of nobody what they may do. Its robots' names begin so. */
function personOf({ login }: { login: string }): Person {
	return { login, trust: "anyone", isBot: /^(project|group)_\d+_bot/.test(login) }
}
