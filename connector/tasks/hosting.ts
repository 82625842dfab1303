// Git hosting's API: requests that open a pull request, as data, and what is read from the answers. Nothing here sends.
import * as z from "zod"

export type Hosting = "github" | "gitlab"

export interface PullRequest {
	/** The repository's address. */
	url: string
	/** The branch that has the changes, and the one that they are for. */
	head: string
	base: string
	title: string
	body: string
}

/** A request but for its credential, which is added by whoever sends it. */
export interface HostingRequest {
	method: "GET" | "POST"
	url: string
	headers: Record<string, string>
	body: unknown
}

/** Whose API there is at an address; null where that does not tell it. */
export function hostingOf(url: string, said?: Hosting): Hosting | null {
	if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return null
	if (said !== undefined) return said
	const { hostname } = new URL(url)
	if (hostname === "github.com" || hostname.startsWith("github.")) return "github"
	if (hostname === "gitlab.com" || hostname.startsWith("gitlab.")) return "gitlab"
	return null
}

/** Source: https://docs.github.com/en/rest/pulls/pulls and https://docs.gitlab.com/api/merge_requests/ */
export function openRequest(hosting: Hosting, { url, head, base, title, body }: PullRequest): HostingRequest {
	const at = pulls(hosting, url)
	const request = { method: "POST" as const, url: at, headers: HEADERS[hosting] }
	return hosting === "github"
		? { ...request, body: { title, head, base, body } }
		: { ...request, body: { title, source_branch: head, target_branch: base, description: body } }
}

/** Asks for the open one of these two branches, if there is one. */
export function findRequest(hosting: Hosting, { url, head, base }: PullRequest): HostingRequest {
	const words =
		hosting === "github"
			? { state: "open", head: `${owner(url)}:${head}`, base }
			: { state: "opened", source_branch: head, target_branch: base }
	return {
		method: "GET",
		url: `${pulls(hosting, url)}?${new URLSearchParams(words)}`,
		headers: HEADERS[hosting],
		body: undefined,
	}
}

/** The header that signs in. */
export function signedIn(hosting: Hosting, secret: string): Record<string, string> {
	return hosting === "github" ? { authorization: `Bearer ${secret}` } : { "private-token": secret }
}

const Opened = z.object({ html_url: z.url({ protocol: /^https?$/ }).max(2_048) })
const Merge = z.object({ web_url: z.url({ protocol: /^https?$/ }).max(2_048) })

/** The address of what was opened; null where the answer has none. */
export function openedUrl(hosting: Hosting, answer: unknown): string | null {
	return hosting === "github"
		? (Opened.safeParse(answer).data?.html_url ?? null)
		: (Merge.safeParse(answer).data?.web_url ?? null)
}

/** The address of the first of those that were found; null where there is none. */
export function foundUrl(hosting: Hosting, answer: unknown): string | null {
	return Array.isArray(answer) ? openedUrl(hosting, answer[0]) : null
}

const Why = z.object({
	message: z.unknown(),
	errors: z.array(z.object({ message: z.string().optional() }).or(z.string())).optional(),
})

/** What the API says against it, for a person. */
export function whyNot(status: number, answer: unknown): string {
	const { data } = Why.safeParse(answer)
	const more = (data?.errors ?? []).map((error) => (typeof error === "string" ? error : error.message))
	const said =
		data === undefined ? [] : [typeof data.message === "string" ? data.message : JSON.stringify(data.message)]
	return [`${status}`, ...said, ...more.filter((word) => word !== undefined)].join(": ").slice(0, 500)
}

const HEADERS = {
	github: {
		accept: "application/vnd.github+json",
		"x-github-api-version": "2022-11-28",
		"content-type": "application/json",
		"user-agent": "homeport",
	},
	gitlab: { accept: "application/json", "content-type": "application/json", "user-agent": "homeport" },
} satisfies Record<Hosting, Record<string, string>>

function pulls(hosting: Hosting, url: string): string {
	const { origin, hostname } = new URL(url)
	if (hosting === "gitlab") return `${origin}/api/v4/projects/${encodeURIComponent(path(url))}/merge_requests`
	const api = hostname === "github.com" ? "https://api.github.com" : `${origin}/api/v3`
	return `${api}/repos/${path(url).split("/").map(encodeURIComponent).join("/")}/pulls`
}

function owner(url: string): string {
	return path(url).split("/")[0] ?? ""
}

/** Such as "ada/engine", without the ending that addresses for git have. */
function path(url: string): string {
	return decodeURIComponent(new URL(url).pathname)
		.replace(/^\/+|\/+$/g, "")
		.replace(/\.git$/, "")
}
