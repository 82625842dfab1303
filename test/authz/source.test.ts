// What the source itself shows: whom the edge calls, and how it compares secrets.
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"

const ROOT = join(import.meta.dirname, "../..")

/** Lines of the code that runs at the edge, with the file that they are in. */
const LINES = globSync(["worker/**/*.ts", "durable-objects/**/*.ts", "protocol/sign-in-link.ts"], { cwd: ROOT })
	.sort()
	.flatMap((file) =>
		readFileSync(join(ROOT, file), "utf8")
			.split("\n")
			.map((line) => ({ file, line: line.trim() }))
			.filter(({ line }) => !/^(\/\/|\*|\/\*)/.test(line)),
	)

const matching = (pattern: RegExp) =>
	LINES.filter(({ line }) => pattern.test(line)).map(({ file, line }) => `${file}: ${line}`)

/** Each file that calls out, and where to; grammy calls api.telegram.org for the bot itself. */
const CALLS_OUT: Record<string, string> = {
	"durable-objects/wechat/access-tokens.ts": "the Official Account's service, at a fixed address",
	"worker/channels/official/api.ts": "the Official Account's service, at a fixed address",
	"worker/channels/telegram/provider.ts": "Telegram's files, at a fixed address",
	"worker/channels/wecom/provider.ts": "WeCom's addresses of answers and files, by its own hosts alone",
	"worker/oidc.ts": "the operator's own issuer",
	"worker/push/send.ts": "a browser's push service, at a public https address",
	"worker/secret-check.ts": "providers of keys, at fixed addresses",
}

test("[TRU2] the edge calls out from these files alone, and follows nobody elsewhere", () => {
	const calls = matching(
		/(?<![.\w])fetch\(|\bcreateRemoteJWKSet\(|new (WebSocket|EventSource)\(|from "(cloudflare:sockets|node:(net|tls|https?))"/,
	)
	const outward = calls.filter((call) => !call.startsWith("worker/install.ts:") && !call.includes("override fetch("))
	const files = [...new Set(outward.map((call) => call.slice(0, call.indexOf(":"))))]
	expect(files).toEqual(Object.keys(CALLS_OUT).sort())
	for (const file of files) {
		const text = readFileSync(join(ROOT, file), "utf8")
		const fetches = text.match(/(?<![.\w])fetch\(/g)?.length ?? 0
		expect(text.match(/redirect: "manual"/g)?.length ?? 0, file).toBeGreaterThanOrEqual(fetches)
	}
	// The addresses of keys' providers are text in the source, and no part of them is anybody's.
	const addresses = matching(/\burl: ["`']/).filter((line) => line.startsWith("worker/secret-check.ts"))
	expect(addresses.length).toBeGreaterThan(2)
	for (const address of addresses) expect(address).toMatch(/url: "https:\/\/[a-z.]+\/[^"$]*",$/)
	// Everything else that is fetched is an object of this home, or its own files.
	for (const call of matching(/\.fetch\(/))
		expect(call).toMatch(/(objectOf|workspaceOf)\(env, |env\.ASSETS\.fetch\(req\.raw\)/)
})

test("[TRU3] no secret is compared here: it is looked up by its hash, or the platform compares it", () => {
	const SECRETS =
		/^(secret|token|password|passwd|mac|signature|hash|code|nonce|proof|cookie|jti|bearer|authorization)$/i
	const compared = LINES.flatMap(({ file, line }) =>
		[...line.matchAll(/(\w+)\s*[!=]==?\s*("[^"]*"|[\w.]+)/g)].flatMap(([whole, left = "", right = ""]) => {
			const isFixed = /^("|undefined$|null$|true$|false$|\d|[A-Z_]+$)/.test(right)
			const names = [left, right.split(".").at(-1) ?? ""]
			return !isFixed && names.some((name) => SECRETS.test(name)) ? [`${file}: ${whole}`] : []
		}),
	)
	expect(compared).toEqual([
		// Hashes of entries, which everybody who may read the trail knows.
		"durable-objects/sql-trail-store.ts: hash !== previous",
		// Within a token that the provider has signed for this home.
		"worker/oidc.ts: nonce !== nonce",
	])
})
