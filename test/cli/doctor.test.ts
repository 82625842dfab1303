// doctor: green along the whole path, or the first hop that is not.
import { afterAll, beforeAll, expect, test } from "vitest"
import { homeport } from "../support/command.ts"
import { type Home, startHome } from "../support/home.ts"

interface Hop {
	hop: string
	ok: boolean
	remedy: string
}

let home: Home
beforeAll(async () => {
	home = await startHome()
})
afterAll(() => home.stop())

test("a home that is well has every hop well, and the session of the test is gone again", async () => {
	const { code, json, stderr } = await homeport(home.dataDir, ["doctor", "--json"])
	const { ok, hops } = json() as { ok: boolean; hops: Hop[] }
	expect({ code, stderr, ok, failed: hops.filter((hop) => !hop.ok) }).toEqual({
		code: 0,
		stderr: "",
		ok: true,
		failed: [],
	})
	expect(hops.map(({ hop }) => hop)).toEqual([
		"credentials",
		"control plane",
		"sign-in",
		"link",
		"connector",
		"start of a session",
		"keys there and back",
		"end of the session",
	])
	expect((await home.call("listSessions")).sessions).toEqual([])
})

test("[LNK4] a connector that is stopped in its tracks is found at its own hop, though the link still looks well", async () => {
	process.kill(home.pids.connector, "SIGSTOP")
	try {
		const { code, json } = await homeport(home.dataDir, ["doctor", "--json"], { timeoutMs: 50_000 })
		const { ok, hops } = json() as { ok: boolean; hops: Hop[] }
		expect({ code: code === 0, ok }).toEqual({ code: false, ok: false })
		expect(["link", "connector"]).toContain(hops.at(-1)?.hop)
		expect(hops.at(-1)?.remedy).toContain("connector")
	} finally {
		process.kill(home.pids.connector, "SIGCONT")
	}
})

test("a control plane that is down is found at its hop", async () => {
	const url = "http://127.0.0.1:2"
	const environment = { HOMEPORT_URL: url, HOMEPORT_TOKEN: home.token }
	const { code, stdout } = await homeport(home.dataDir, ["doctor"], { environment })
	expect(code).toBe(1)
	expect(stdout).toMatch(/^FAILS control plane .*\n {6}Start it with `npm start`/m)
})
