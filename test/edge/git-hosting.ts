// A git hosting's API as the edge calls it: comments and statuses that are posted there, and the answers that it gives.
// https://docs.github.com/rest/issues/comments, https://docs.github.com/rest/commits/statuses, https://docs.gitlab.com/api/notes/

interface Posted {
	path: string
	body: Record<string, unknown>
}

export class GitHosting {
	/** The one that may post. */
	readonly token = "ghp_GOOD"
	readonly posted: Posted[] = []
	/** What it answers in place of taking the next posts. */
	readonly faults: { status: number; headers?: Record<string, string> }[] = []

	/** Null for what is not its own. */
	async answer(request: Request): Promise<Response | null> {
		const { host, pathname } = new URL(request.url)
		if (host !== "api.github.com" && host !== "gitlab.example.com") return null
		const { headers } = request
		const token = headers.get("private-token") ?? headers.get("authorization")?.replace(/^Bearer /, "") ?? ""
		if (token !== this.token) return Response.json({ message: "Bad credentials" }, { status: 401 })
		if (request.method === "GET") {
			const known = this.posted.filter(({ path }) => path === pathname).map(({ body }) => body)
			return Response.json(known)
		}
		const fault = this.faults.shift()
		if (fault !== undefined) return new Response("{}", { status: fault.status, headers: fault.headers ?? {} })
		const body = (await request.json()) as Record<string, unknown>
		this.posted.push({ path: pathname, body })
		return Response.json({}, { status: 201 })
	}

	/** The first that is like that, once there is one. What another request brings wakes nobody here. */
	async gets(is: (posted: Posted) => boolean): Promise<Posted> {
		for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
			const found = this.posted.find(is)
			if (found !== undefined) return found
			await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
		}
		throw new Error(`Not within ${PATIENCE_MS} ms. There is ${JSON.stringify(this.posted)}`)
	}
}

const PATIENCE_MS = 15_000
const EVERY_MS = 10
