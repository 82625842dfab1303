// Attacks that would make the home call somebody, or tell somebody a secret: keys that are checked, and files that are sent.
import { Response } from "miniflare"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Answer } from "../../protocol/routes.ts"
import { codeOf, EVERY_WAY, Home } from "./home.ts"
import { settle, type Town } from "./town.ts"

/** A key of each provider's shape, as the variable that holds it. */
const KEYS: Record<string, string> = {
	ANTHROPIC_API_KEY: `sk-ant-api${"a".repeat(40)}`,
	OPENAI_API_KEY: `sk-${"b".repeat(40)}`,
	OPENROUTER_API_KEY: `sk-or-${"c".repeat(40)}`,
	GEMINI_API_KEY: `AIza${"d".repeat(35)}`,
	GITHUB_TOKEN: `ghp_${"e".repeat(36)}`,
}

/** Who is called by the key of which provider, with every key that came along. */
const told: { host: string; keys: string[] }[] = []
let home: Home
let town: Town
beforeAll(async () => {
	home = await Home.start({
		settings: EVERY_WAY,
		internet(request) {
			const sent = JSON.stringify([request.url, ...request.headers])
			told.push({ host: new URL(request.url).host, keys: Object.values(KEYS).filter((key) => sent.includes(key)) })
			return new Response(null, { status: 302, headers: { location: "http://169.254.169.254/latest/meta-data/" } })
		},
	})
	town = await settle(home)
})
afterAll(() => home.stop())

async function save(name: string, body: object): Promise<string | undefined> {
	const headers = { ...town.maintainer.program, "content-type": "application/json" }
	return codeOf(await home.ask(`/api/secrets/${name}`, { method: "PUT", body: JSON.stringify(body), headers }))
}

async function check(name: string): Promise<Answer<"checkSecret">> {
	const answer = await home.post(`/api/secrets/${name}/check`, {}, town.maintainer.program)
	return (await answer.json()) as Answer<"checkSecret">
}

describe("[TRU3] a key that is checked", () => {
	test("[TRU3] is told to the one provider whose it looks like, and follows nobody elsewhere", async () => {
		const hosts: Record<string, string> = {
			ANTHROPIC_API_KEY: "api.anthropic.com",
			OPENAI_API_KEY: "api.openai.com",
			OPENROUTER_API_KEY: "openrouter.ai",
			GEMINI_API_KEY: "generativelanguage.googleapis.com",
			GITHUB_TOKEN: "api.github.com",
		}
		for (const [name, value] of Object.entries(KEYS)) {
			expect(await save(name, { value })).toBeUndefined()
			told.length = 0
			expect((await check(name)).isValid).toBeNull()
			expect(told).toEqual([{ host: hosts[name], keys: [value] }])
			// The key is no part of the address, which is written into logs.
			expect(home.called.at(-1)).not.toContain(value)
		}
	})

	test.each([
		"http://169.254.169.254/",
		"https://evil.example/?key=sk-ant-api03",
		`${KEYS.ANTHROPIC_API_KEY}@evil.example`,
		`${KEYS.ANTHROPIC_API_KEY}\r\nhost: evil.example`,
		`${KEYS.GITHUB_TOKEN}/../../evil`,
		"sk-ant-api\u0130",
		"//evil.example",
	])("[TRU2] that is none of theirs is told to nobody: %j", async (value) => {
		expect(await save("ODD", { value, variable: "ANTHROPIC_BASE_URL" })).toBeUndefined()
		told.length = 0
		expect((await check("ODD")).isValid).toBeNull()
		expect(told).toEqual([])
	})
})

test("[TRU4] the name of a file that is sent is always the same", async () => {
	for (const name of ["Home", "建造 Ж", "a b.c-d_e"]) {
		const headers = { ...town.owner.program, "content-type": "application/json" }
		const renamed = await home.ask("/api/workspace", { method: "PATCH", body: JSON.stringify({ name }), headers })
		expect(renamed.status).toBe(200)
		const file = await home.ask("/api/audit/export", { headers })
		expect(file.headers.get("content-disposition")).toBe('attachment; filename="audit.jsonl"')
		expect(file.headers.get("x-content-type-options")).toBe("nosniff")
		await file.text()
	}
})
