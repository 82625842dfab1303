// What is wrong with a value, told as a sentence about the thing and never with the value itself.
import { expect, test } from "vitest"
import * as z from "zod"
import { explain } from "../../protocol/explain.ts"
import { newSessionId } from "../../protocol/ids.ts"
import type { Shape } from "../../protocol/route.ts"
import { ROUTES } from "../../protocol/routes.ts"
import { StartSpec } from "../../protocol/session.ts"

const start = (more: object) => told(StartSpec, { id: newSessionId(), ...more })
const read = (query: object) =>
	told(z.object({ query: ROUTES.readLog.query, params: ROUTES.readLog.params }), { query, params: {} })
const key = (publicKey: unknown) =>
	told(z.object({ body: ROUTES.enroll.body }), { body: { code: "x", publicKey, name: "box" } })

function told(schema: z.ZodType, value: unknown): string {
	const { error } = schema.safeParse(value)
	return error === undefined ? "well" : explain(error)
}

test.each([
	["a name too short", start({ name: "" }), "The name must be 1 to 64 characters."],
	["a name that is no text", start({ name: 7 }), "The name must be text."],
	["a missing id", told(StartSpec, {}), "The id is missing."],
	["an id of another shape", start({ id: "x" }), "The id must look like ses_ and 20 hex digits."],
	["a command that is no list", start({ argv: "ls" }), "The command must be a list."],
	["a word that is no text", start({ argv: ["a", 1] }), "The command must be text."],
	["too many words", start({ argv: Array(257).fill("x") }), "The command must have at most 256 words."],
	["a word too long", start({ argv: ["x".repeat(70_000)] }), "The command must have at most 65536 characters in all."],
	["a folder without a name", start({ cwd: "" }), "The working directory must not be empty."],
	[
		"a choice that there is not",
		start({ substrate: "x" }),
		"The substrate must be one of host, sandbox, container, vm.",
	],
	["half a column", start({ cols: 80.5 }), "The cols must be a whole number."],
	["a window too wide", start({ cols: 1e6 }), "The cols must be at most 1000."],
	["a window too narrow", start({ cols: 0 }), "The cols must be at least 2."],
	[
		"a variable's name",
		start({ environment: { "A-B": "x" } }),
		"A name in the environment must have only letters, digits and underscores, and begin with no digit.",
	],
	["a body that is no object", told(z.object({ body: StartSpec }), { body: [] }), "The body must be an object."],
	["several that are missing", told(z.object({ rules: z.array(z.string()) }), {}), "The rules are missing."],
	["nothing at all", told(StartSpec, null), "It must be an object."],
	["a parameter of the query", read({ from: -1 }), 'The parameter "from" must be at least 0.'],
	["a parameter of the path", read({}), "The machine's id is missing."],
	["a field of two words", key(1), "The public key must be text."],
	[
		"a pattern without words of its own",
		told(z.object({ code: z.hex() }), { code: "secret-value" }),
		"The code does not have the right form.",
	],
	["a pattern with its own words", key("secret-value"), "The public key must be 32 bytes in base64url."],
])("%s", (_, said, expected) => {
	expect(said).toBe(expected)
})

test("[TRU4] whatever is sent to whatever route, the answer is a sentence of people's words", () => {
	const values = [undefined, null, "", "secret-value", "x".repeat(1e5), -1, 1e300, 0.5, true, [], [null], {}, { a: 1 }]
	for (const [name, row] of Object.entries(ROUTES)) {
		const { params, query, body }: Shape = row
		for (const [part, schema] of Object.entries({ params, query, body }))
			for (const field of Object.keys(schema?.shape ?? {}))
				for (const value of values) {
					const said = told(z.object({ [part]: (schema as z.ZodObject).partial() }), { [part]: { [field]: value } })
					if (said === "well") continue
					expect(said, `${name} ${part}.${field}`).toMatch(/^(The|A name in the) .*\w\.$/)
					expect(said, `${name} ${part}.${field}`).not.toMatch(/expected|Invalid|Too |secret-value|undefined|null/)
				}
	}
})
