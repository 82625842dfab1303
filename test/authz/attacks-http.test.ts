// Attacks below the API: requests as no honest client writes them, sent to the runtime of a real home byte by byte.
import { execFileSync } from "node:child_process"
import { connect } from "node:net"
import { afterAll, beforeAll, expect, test } from "vitest"
import { RATES } from "../../protocol/limits.ts"
import { type Home, startHome } from "../support/home.ts"

let home: Home
beforeAll(async () => {
	home = await startHome()
})
afterAll(() => home.stop())

/** What comes back before the home closes, or says nothing more; an empty text where it just closes. */
function exchange(request: string): Promise<string> {
	const { hostname, port } = new URL(home.url)
	return new Promise((resolve) => {
		const socket = connect(Number(port), hostname)
		let heard = ""
		socket.on("data", (data: Buffer) => {
			heard += data.toString("latin1")
		})
		// Half of a request is followed by silence on both sides.
		socket.setTimeout(QUIET_MS, () => socket.destroy())
		socket.on("error", () => {})
		socket.on("close", () => resolve(heard))
		socket.write(request, "latin1")
	})
}

const QUIET_MS = 700
const lines = (...text: string[]) => `${text.join("\r\n")}\r\n\r\n`
const statuses = (heard: string) => [...heard.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))
const authorization = () => `Authorization: Bearer ${home.token}`

async function tokens(): Promise<string[]> {
	return (await home.call("listTokens")).tokens.map(({ name }) => name)
}

test("[TRU4] a length that is not the body's makes nothing, and no second request of the rest", async () => {
	const body = JSON.stringify({ name: "smuggled" })
	const smuggled = `GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n`
	const before = await tokens()
	const json = ["Host: x", authorization(), "Content-Type: application/json"]
	for (const [what, request] of Object.entries({
		"more than comes": lines("POST /api/tokens HTTP/1.1", ...json, `Content-Length: ${body.length + 10}`) + body,
		"no number": lines("POST /api/tokens HTTP/1.1", ...json, "Content-Length: x") + body,
		negative: lines("POST /api/tokens HTTP/1.1", ...json, "Content-Length: -1") + body,
		endless: lines("POST /api/tokens HTTP/1.1", ...json, "Content-Length: 99999999999999999999") + body,
		"too large": lines("POST /api/tokens HTTP/1.1", ...json, "Content-Length: 2000000") + body,
		"twice, each another":
			lines("POST /api/tokens HTTP/1.1", ...json, `Content-Length: ${body.length}`, "Content-Length: 1") + body,
		"beside chunks":
			lines("POST /api/tokens HTTP/1.1", ...json, "Content-Length: 3", "Transfer-Encoding: chunked") +
			`0\r\n\r\n${smuggled}`,
		"chunks of no length": `${lines("POST /api/tokens HTTP/1.1", ...json, "Transfer-Encoding: chunked")}zz\r\n${body}\r\n0\r\n\r\n`,
		"less than comes": lines("POST /api/tokens HTTP/1.1", ...json, "Content-Length: 3") + body,
	})) {
		const heard = await exchange(request)
		expect(
			statuses(heard).filter((status) => status < 400),
			`${what}: ${heard.slice(0, 200)}`,
		).toEqual([])
	}
	expect(await tokens()).toEqual(before)
})

test("[TRU2] whatever host a request names, the install script has it as one quoted word", async () => {
	const scriptFor = async (name: string) => {
		const heard = await exchange(lines("GET /install HTTP/1.1", `Host: ${name}`, "Connection: close"))
		// A name with a slash in it makes the address that of something else.
		return heard.includes("#!/bin/sh") ? heard.slice(heard.indexOf("#!/bin/sh")).split("\n") : null
	}
	const rest = (script: string[] | null) => script?.filter((line) => !/^(url=|# {3}curl )/.test(line))
	const plain = await scriptFor("plain")
	const served: string[] = []
	for (const name of [...NAMES, "x".repeat(9_000), "127.0.0.1:99999"]) {
		const script = await scriptFor(name)
		if (script === null) continue
		served.push(name)
		expect(rest(script), name).toEqual(rest(plain))
		const word = script.find((line) => line.startsWith("url=")) ?? ""
		expect(execFileSync("sh", ["-c", `${word}\nprintf %s "$url"`], { encoding: "utf8" })).toBe(
			new URL(`http://${name}`).origin,
		)
	}
	// The platform takes more for a name than one would think.
	expect(served).toContain("a$(id)b")
})

const NAMES = [
	"a'b",
	"a$(id)b",
	"a`id`b",
	"a';id;'b",
	'a"b',
	"a&&id",
	"a|id",
	"a\\b",
	"a b",
	"a\tb",
	"x/../y",
	"[::1",
	"[::1]",
	"\xff",
	"",
]

test("[TRU2] a header that is no header breaks out of no answer", async () => {
	for (const header of [
		"X: a\rSet-Cookie: b=1",
		"X: a\nSet-Cookie: b=1",
		"Authorization: Bearer x\0y",
		"Homeport-Workspace: \xff",
		`Cookie: ${"a=b; ".repeat(3_000)}`,
		"Upgrade: websocket",
	]) {
		const heard = await exchange(lines("GET /api/me HTTP/1.1", "Host: x", header, "Connection: close"))
		expect(heard).not.toMatch(/set-cookie: b=1/i)
		for (const status of statuses(heard))
			expect([400, 401, 404, 431], `${header.slice(0, 40)}: ${heard}`).toContain(status)
	}
})

test("[TRU1] a path that is written otherwise leads past no check", async () => {
	const { id } = home.machine
	for (const path of [
		"/api/%6de",
		"//api/me",
		"/api//me",
		"/api/me/",
		"/api/./me",
		"/api/x/../me",
		"/api/x/..%2fme",
		"/API/ME",
		"/api/me;x",
		"/api/me%00",
		"/api/me%2f",
		"/api/me?/../health",
		"/api/%zz",
		"/api/machines/%ff/ping",
		`/api/machines/${id}%2fping`,
		`/api/docs/..%2f..%2fapi%2fme`,
		"/api/docs/../../api/me",
		"http://evil.example/api/me",
		"*",
	]) {
		const heard = await exchange(lines(`GET ${path} HTTP/1.1`, "Host: x", "Connection: close"))
		expect(heard, path).not.toMatch(/"role":|"machines":/)
		for (const status of statuses(heard)) expect(status, `${path}: ${heard.slice(0, 200)}`).not.toBe(500)
	}
})

test("[TRU4] in a home of one's own nobody chooses the address that they are counted by", async () => {
	const codes = new Set<number>()
	for (let n = 0; n <= 2 * RATES["sign-in"]; n++) {
		const address = `10.9.${n >> 8}.${n & 255}`
		const headers = {
			"cf-connecting-ip": address,
			"x-forwarded-for": address,
			"x-real-ip": address,
			"content-type": "application/json",
		}
		codes.add(
			(await fetch(`${home.url}/api/sign-in`, { method: "POST", headers, body: JSON.stringify({ token: "x" }) }))
				.status,
		)
	}
	expect(codes).toEqual(new Set([401, 429]))
})

test("[TRU4] after all of that the home is well", async () => {
	expect((await home.call("health")).ok).toBe(true)
	expect((await home.call("ping", { params: { machine: home.machine.id } })).at).toBeGreaterThan(0)
})
