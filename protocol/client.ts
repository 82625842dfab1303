// A typed client of the API: the same for console, CLI and tests.
import { Refusal, refusalCode } from "./errors.ts"
import { type Answer, type JsonRouteName, RefusalBody, type Request, ROUTES, routePath } from "./routes.ts"

/** `fetch` gets an absolute path and must add what authenticates: the browser its cookie, programs their header. */
export type Fetch = (
	path: string,
	init: { method: string; headers: Record<string, string>; body?: string },
) => Promise<Answered>

/** What is read of a Response. */
type Answered = Pick<Response, "ok" | "status" | "json">

export type Client = ReturnType<typeof client>

/** Calls routes by name. Throws Refusal for every refusal of the server; network errors pass through. */
export function client(fetch: Fetch) {
	return async function call<N extends JsonRouteName>(
		name: N,
		...[request]: unknown extends Request<N> ? [] : [Request<N>]
	): Promise<Answer<N>> {
		const { params, query, body } = (request ?? {}) as {
			params?: Record<string, string>
			query?: Record<string, unknown>
			body?: unknown
		}
		const search = new URLSearchParams()
		for (const [key, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(key, String(value))
		const path = routePath(name, params) + (search.size > 0 ? `?${search}` : "")
		const headers: Record<string, string> = { accept: "application/json" }
		if (body !== undefined) headers["content-type"] = "application/json"
		const response = await fetch(path, {
			method: ROUTES[name].method,
			headers,
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		})
		if (!response.ok) throw await refusalOf(response)
		const value: unknown = await response.json().catch(() => undefined)
		return ROUTES[name].answer.parse(value) as Answer<N>
	}
}

/** What an answer refuses; for whoever calls a route that answers with a file, too. */
export async function refusalOf(response: Answered): Promise<Refusal> {
	const parsed = RefusalBody.safeParse(await response.json().catch(() => undefined))
	if (!parsed.success) return new Refusal("internal", `The server answered ${response.status}.`)
	const { code, message } = parsed.data.error
	const known = new Refusal(refusalCode(code))
	const detail = message.startsWith(known.message) ? message.slice(known.message.length).trim() : message
	return detail === "" ? known : new Refusal(known.code, detail)
}
