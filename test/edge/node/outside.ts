// The rest of the internet for the edge's tests: providers that know one good key each, and answer as theirs do.

interface Provider {
	host: string
	path: string
	/** The key that a request carries. */
	key: (headers: Headers) => string | null
	/** Its status for a key that it does not know. */
	wrong: number
}

const bearer = (headers: Headers) => headers.get("authorization")?.replace(/^Bearer /, "") ?? null

const PROVIDERS: Provider[] = [
	{ host: "api.anthropic.com", path: "/v1/models", key: (headers) => headers.get("x-api-key"), wrong: 401 },
	{ host: "api.openai.com", path: "/v1/models", key: bearer, wrong: 401 },
	{ host: "openrouter.ai", path: "/api/v1/key", key: bearer, wrong: 401 },
	{
		host: "generativelanguage.googleapis.com",
		path: "/v1beta/models",
		key: (headers) => headers.get("x-goog-api-key"),
		wrong: 400,
	},
	{ host: "api.github.com", path: "/user", key: bearer, wrong: 401 },
]

/** A good key holds the word, and so does one that may not ask, leads elsewhere, or meets a provider in trouble. */
const ANSWERS: [word: string, status: number][] = [
	["GOOD", 200],
	["NARROW", 403],
	["MOVED", 302],
	["TROUBLE", 503],
]

/** Anything else outside is out of reach. */
export function outside(request: Request): Response {
	const url = new URL(request.url)
	const provider = PROVIDERS.find(({ host, path }) => url.host === host && url.pathname === path)
	const key = provider?.key(request.headers) ?? null
	if (provider === undefined || key === null || url.protocol !== "https:" || request.method !== "GET")
		throw new Error(`out of reach: ${request.method} ${url.origin}${url.pathname}`)
	const status = ANSWERS.find(([word]) => key.includes(word))?.[1] ?? provider.wrong
	const headers = status === 302 ? { location: "https://elsewhere.example/" } : {}
	return new Response("{}", { status, headers })
}
