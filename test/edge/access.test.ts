// That the table of routes is all that the edge answers. Who may do what is tried in test/authz.
import { expect, test } from "vitest"
import { ROUTES } from "../../protocol/routes.ts"
import worker from "../../worker/index.ts"

/** The API's own description, which is a file of the console's. */
const DOCUMENTS = ["/api/openapi.json", "/api/docs", "/api/docs/*"]

test("[TRU1] every path that the edge answers is a row of the table, beside the API's description", () => {
	const answered = worker.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`)
	const rows = Object.values(ROUTES).map(({ method, path }) => `${method} ${path}`)
	expect(answered.sort()).toEqual([...rows, ...DOCUMENTS.map((path) => `GET ${path}`)].sort())
	// Other methods of the same paths are refused by a word of their own.
	const others = worker.routes.filter(({ method }) => method === "ALL").map(({ path }) => path)
	expect(others.filter((path) => !Object.values<{ path: string }>(ROUTES).some((row) => row.path === path))).toEqual([])
})
