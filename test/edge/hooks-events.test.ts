// What published payloads of GitHub and GitLab tell, and what hostile ones do not.
import { describe, expect, test } from "vitest"
import { type Happening, TriggerSource } from "../../protocol/trigger.ts"
import { happeningsIn } from "../../worker/hooks/events.ts"
import { commandIn, refOf } from "../../worker/hooks/happening.ts"
import { payload } from "./webhooks.ts"

const delivery = (event: string) => ({ id: "1", keys: ["id:1"], event, body: "", at: 0 })
const told = (source: unknown, event: string, said: unknown) =>
	happeningsIn(TriggerSource.parse(source), delivery(event), said, "/homeport")
function happenings(source: unknown, event: string, said: unknown): Happening[] {
	const all = told(source, event, said)
	if (all.is === "misshapen") throw new Error(all.reason)
	return all.happenings
}
const github = (event: string, said: unknown) => happenings({ is: "github" }, event, said)
const gitlab = (said: unknown) => happenings({ is: "gitlab", url: "http://example.com" }, "", said)

const OWNER = { login: "Codertocat", trust: "member", isBot: false }
const HELLO = {
	name: "Codertocat/Hello-World",
	id: 186853002,
	url: "https://github.com/Codertocat/Hello-World",
	cloneUrl: "https://github.com/Codertocat/Hello-World.git",
}

describe("GitHub", () => {
	test("an issue is opened", () => {
		expect(github("issues", payload("github/issues.opened"))).toEqual([
			{
				what: "issue.opened",
				repository: HELLO,
				ref: "master",
				commit: null,
				number: 1,
				title: "Spelling error in the README file",
				text: "It looks like you accidently spelled 'commit' with two 't's.",
				command: "",
				labels: [],
				assignees: [],
				author: OWNER,
				actor: OWNER,
				url: "https://github.com/Codertocat/Hello-World/issues/1",
			},
		])
	})

	test("an issue is labelled and assigned", () => {
		expect(github("issues", payload("github/issues.labeled"))).toMatchObject([
			{ what: "issue.labelled", labels: ["bug"] },
		])
		const [assigned] = github("issues", payload("github/issues.assigned"))
		expect(assigned).toMatchObject({ what: "issue.assigned", assignees: ["Codertocat"] })
	})

	test("a stranger's issue that a maintainer labels is trusted by the label, and not by the text", () => {
		const said = payload("github/issues.labeled")
		said.issue.user = { login: "stranger", type: "User" }
		said.issue.author_association = "NONE"
		const [labelled] = github("issues", said)
		expect(labelled?.author).toEqual({ login: "stranger", trust: "anyone", isBot: false })
		expect(labelled?.actor.trust).toBe("member")
		// The author's own template of an issue sets labels, too.
		said.sender = { login: "stranger", type: "User" }
		expect(github("issues", said)[0]?.actor.trust).toBe("anyone")
	})

	test.each([
		["/homeport fix this", "fix this"],
		["  \n/homeport\nfix\nthis", "fix\nthis"],
		["/homeport", ""],
	])("a comment that is %j is a command", (body, command) => {
		const said = payload("github/issue_comment.created")
		said.comment.body = body
		expect(github("issue_comment", said)).toMatchObject([{ what: "issue.comment", command, text: body, author: OWNER }])
		said.issue.pull_request = { html_url: "https://github.com/Codertocat/Hello-World/pull/1" }
		const [comment] = github("issue_comment", said)
		expect(comment).toMatchObject({ what: "pull-request.comment", ref: "refs/pull/1/head" })
	})

	test.each(["You are right", "see /homeport", "/homeportfix", "> /homeport do it", "/HOMEPORT x", ""])(
		"a comment that is %j is none",
		(body) => {
			const said = payload("github/issue_comment.created")
			said.comment.body = body
			expect(github("issue_comment", said)).toEqual([])
			expect(commandIn(body, "/homeport")).toBeNull()
		},
	)

	test("a comment that is edited or deleted is no command again", () => {
		for (const action of ["edited", "deleted"]) {
			const said = { ...payload("github/issue_comment.created"), action }
			said.comment.body = "/homeport fix"
			expect(github("issue_comment", said)).toEqual([])
		}
	})

	test("a comment in a review is one of the pull request", () => {
		const said = payload("github/pull_request_review_comment.created")
		said.comment.body = "/homeport rename it"
		const [comment] = github("pull_request_review_comment", said)
		expect(comment).toMatchObject({ what: "pull-request.comment", number: 2, command: "rename it" })
		expect(comment?.url).toContain("#discussion_r")
	})

	test("a pull request is opened, pushed to and ready, and fetched by its own ref", () => {
		const opened = payload("github/pull_request.opened")
		const about = { number: 2, ref: "refs/pull/2/head", commit: opened.pull_request.head.sha, repository: HELLO }
		expect(github("pull_request", opened)).toMatchObject([{ what: "pull-request.opened", ...about }])
		const pushed = payload("github/pull_request.synchronize")
		expect(github("pull_request", pushed)).toMatchObject([{ what: "pull-request.updated" }])
		expect(github("pull_request", { ...opened, action: "ready_for_review" })).toMatchObject([
			{ what: "pull-request.ready" },
		])
		expect(github("pull_request", { ...opened, action: "closed" })).toEqual([])
	})

	test("a workflow fails: on a push to the repository, and on a fork's", () => {
		const said = payload("github/workflow_run.completed")
		expect(github("workflow_run", said)).toEqual([])
		said.workflow_run.conclusion = "failure"
		const [own] = github("workflow_run", said)
		expect(own).toMatchObject({
			what: "workflow.failed",
			commit: said.workflow_run.head_sha,
			title: said.workflow_run.name,
		})
		expect(own?.author.trust).toBe("member")
		said.workflow_run.head_repository.id = 1
		said.workflow_run.pull_requests = []
		const [fork] = github("workflow_run", said)
		expect(fork).toMatchObject({ author: { trust: "anyone" }, ref: null })
	})

	test("a pull request among the issues is nothing: it comes as itself, too", () => {
		const said = payload("github/issues.labeled")
		said.issue.pull_request = { html_url: "https://github.com/Codertocat/Hello-World/pull/1" }
		expect(github("issues", said)).toEqual([])
	})

	test("others, such as a ping, are nothing", () => {
		expect(github("ping", payload("github/ping"))).toEqual([])
		expect(github("constructor", {})).toEqual([])
		expect(github("issues", { ...payload("github/issues.opened"), action: "constructor" })).toEqual([])
	})

	test.each([
		["no object", null],
		["a list", []],
		["no repository", { action: "opened" }],
		["a number that is none", { ...payload("github/issues.opened"), issue: { number: "1; rm -rf /" } }],
		["a repository with another name", named("../../etc/passwd")],
		["a repository that is an option", named("--upload-pack=x/y")],
		["a repository with more in its address", named("a/b?x=@evil.example")],
	])("%s is misshapen", (_, said) => {
		expect(told({ is: "github" }, "issues", said).is).toBe("misshapen")
	})

	test("no address of a payload leads elsewhere", () => {
		const said = payload("github/issues.opened")
		said.repository.clone_url = "https://evil.example/x.git"
		said.repository.html_url = "https://evil.example/x"
		said.issue.html_url = "https://github.com.evil.example/x"
		const [opened] = github("issues", said)
		expect(opened?.repository).toEqual(HELLO)
		expect(opened?.url).toBe("")
	})

	test("a text that is too long is cut, and a field of every object is not read", () => {
		const said = payload("github/issues.opened")
		said.issue.body = "x".repeat(500_000)
		expect(github("issues", said)[0]?.text.length).toBeLessThan(100_000)
		const dark = JSON.parse(JSON.stringify(said).replace('"action":"opened"', '"__proto__":{"action":"opened"}'))
		expect(github("issues", dark)).toEqual([])
	})
})

function named(full_name: string) {
	const said = payload("github/issues.opened")
	return { ...said, repository: { ...said.repository, full_name } }
}

describe("GitLab", () => {
	const project = {
		name: "gitlabhq/gitlab-test",
		id: 1,
		url: "http://example.com/gitlabhq/gitlab-test",
		cloneUrl: "http://example.com/gitlabhq/gitlab-test.git",
	}

	test("an issue is opened", () => {
		const [opened, ...others] = gitlab(payload("gitlab/issue"))
		expect(opened).toMatchObject({ what: "issue.opened", repository: project, number: 23, ref: "master" })
		expect(opened).toMatchObject({ title: "New API: create/update/delete file" })
		expect(opened?.url).toBe("http://example.com/diaspora/issues/23")
		expect(others).toEqual([])
	})

	test("one update labels and assigns at once; who is not the author may do that", () => {
		const said = payload("gitlab/issue")
		said.object_attributes.action = "update"
		said.changes.assignees = { previous: [], current: [{ username: "user1" }] }
		const [labelled, assigned] = gitlab(said)
		expect(labelled).toMatchObject({
			what: "issue.labelled",
			labels: ["Platform"],
			actor: { login: "root", trust: "member" },
		})
		expect(assigned).toMatchObject({ what: "issue.assigned", assignees: ["user1"] })
		said.object_attributes.author_id = said.user.id
		expect(gitlab(said)[0]?.actor.trust).toBe("anyone")
	})

	test("a merge request is opened, pushed to, ready and labelled", () => {
		const said = payload("gitlab/merge_request")
		const about = { number: 1, ref: "refs/merge-requests/1/head", commit: "da1560886d4f094c3e6c9ef40349f7d38b5d27d7" }
		expect(gitlab(said)).toMatchObject([{ what: "pull-request.opened", ...about }])
		said.object_attributes.action = "update"
		expect(gitlab(said).map(({ what }) => what)).toEqual(["pull-request.ready", "pull-request.labelled"])
		said.object_attributes.oldrev = "da1560886d4f094c3e6c9ef40349f7d38b5d27d6"
		expect(gitlab(said)[0]?.what).toBe("pull-request.updated")
	})

	test("comments on issues and merge requests are commands when they are written, and by people", () => {
		const issue = payload("gitlab/note.issue")
		expect(gitlab(issue)).toEqual([])
		issue.object_attributes.note = "/homeport go"
		expect(gitlab(issue)).toMatchObject([
			{ what: "issue.comment", number: 17, command: "go", author: { login: "root" } },
		])
		expect(gitlab({ ...issue, object_attributes: { ...issue.object_attributes, action: "update" } })).toEqual([])
		expect(gitlab({ ...issue, object_attributes: { ...issue.object_attributes, system: true } })).toEqual([])
		const request = payload("gitlab/note.merge_request")
		request.object_attributes.note = "/homeport go"
		expect(gitlab(request)).toMatchObject([
			{ what: "pull-request.comment", number: 1, ref: "refs/merge-requests/1/head" },
		])
		request.object_attributes.noteable_type = "Snippet"
		expect(gitlab(request)).toEqual([])
	})

	test("a pipeline fails", () => {
		const said = payload("gitlab/pipeline")
		expect(gitlab(said)).toEqual([])
		said.object_attributes.status = "failed"
		expect(gitlab(said)).toMatchObject([
			{ what: "workflow.failed", number: 1, commit: said.object_attributes.sha, author: { trust: "member" } },
		])
		said.merge_request.source_project_id = 9
		expect(gitlab(said)[0]?.author.trust).toBe("anyone")
		delete said.merge_request.source_project_id
		delete said.merge_request.target_project_id
		expect(gitlab(said)[0]?.author.trust).toBe("anyone")
		said.merge_request = null
		expect(gitlab(said)[0]).toMatchObject({ ref: "master", number: null })
	})

	test("other kinds are nothing, and what is none is misshapen", () => {
		expect(gitlab({ object_kind: "push" })).toEqual([])
		expect(gitlab({ object_kind: "toString" })).toEqual([])
		for (const said of [null, {}, { object_kind: "issue" }, { object_kind: 7 }])
			expect(told({ is: "gitlab" }, "", said).is).toBe("misshapen")
	})
})

test.each(["--upload-pack=x", "a..b", "a b", "x\ny", "/x", "x.lock", "a@{1}", "", "a:b", "x/"])(
	"%j is no ref that git gets",
	(name) => {
		expect(refOf(name)).toBeNull()
	},
)
