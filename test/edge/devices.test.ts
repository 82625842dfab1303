// The device flow (RFC 8628): what a terminal or a machine asks for, what a person decides, and that it comes once.
import { env } from "cloudflare:workers"
import { describe, expect, test } from "vitest"
import { DEVICE_GRANT_MS, DEVICE_POLL_MS } from "../../protocol/limits.ts"
import type { Role } from "../../protocol/roles.ts"
import type { DeviceRequest } from "../../protocol/routes/tokens.ts"
import type { Answer } from "../../protocol/routes.ts"
import {
	ADDRESS,
	ask,
	browser,
	codeOf,
	HOME,
	newcomer,
	newKeys,
	owner,
	type Person,
	PLATFORM,
	post,
	program,
	signIn,
	somebody,
} from "./home.ts"

type Started = Answer<"startDevice">
type Polled = Answer<"pollDevice">

const LOGIN: DeviceRequest = { is: "login", name: "homeport command on box" }
const machineRequest = async (): Promise<DeviceRequest> => ({
	is: "machine",
	name: "box",
	publicKey: (await newKeys()).publicKey,
	platform: PLATFORM,
})

async function start(request: DeviceRequest, headers: Record<string, string> = {}): Promise<Started> {
	return (await post("/api/device", { request }, headers)).json()
}

/** Asks as often as it may: the device has waited. */
async function poll({ deviceCode }: Started): Promise<Response> {
	await env.DB.prepare("UPDATE device_grant SET polled_at = polled_at - ?").bind(DEVICE_POLL_MS).run()
	return post("/api/device/poll", { deviceCode })
}

const polled = async (started: Started) => (await poll(started)).json<Polled>()

const decide = ({ call }: Pick<Person, "call">, { userCode }: Started, more: object = {}) =>
	call("decideDevice", { body: { userCode, approve: true, ...more } })

const person = (role: Role = "maintainer") => owner().then((by) => newcomer(by, role))

test("a terminal waits, a person says yes, and it gets a token of its own as that person", async () => {
	const [who, started] = [await person(), await start(LOGIN, { [ADDRESS]: "203.0.113.9" })]
	expect(started).toMatchObject({ interval: DEVICE_POLL_MS / 1000, url: `${HOME}/device#${started.userCode}` })
	expect(started.userCode).toMatch(/^[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$/)
	expect(Math.abs(started.expiresAt - Date.now() - DEVICE_GRANT_MS)).toBeLessThan(60_000)
	expect(await polled(started)).toEqual({ is: "pending" })
	const userCode = ` ${started.userCode.toLowerCase().replace("-", " ")}`
	const shown = await who.call("showDevice", { body: { userCode } })
	expect(shown).toEqual({ request: LOGIN, address: "203.0.113.9", expiresAt: started.expiresAt })
	await who.call("decideDevice", { body: { userCode, approve: true } })
	const granted = await polled(started)
	if (granted.is !== "login") throw new Error(`not a login: ${granted.is}`)
	expect(granted.token).toMatchObject({ name: LOGIN.name, actions: null, tags: null, expiresAt: null })
	expect(await program(granted.secret).call("me")).toMatchObject({ id: who.id, role: "maintainer" })
})

test("a machine waits, a maintainer says yes, and it has a place in the workspace that they chose", async () => {
	const who = await person("guest")
	const { id: workspace } = await who.call("createWorkspace", { body: { name: "Lab" } })
	const started = await start(await machineRequest())
	await expect(decide(who, started)).rejects.toMatchObject({ code: "not_allowed" })
	await decide(who, started, { workspace })
	const granted = await polled(started)
	const headers = { cookie: who.cookie, "homeport-workspace": workspace }
	const { machines } = (await (await ask("/api/machines", { headers })).json()) as Answer<"listMachines">
	expect(machines).toMatchObject([{ name: "box", enrolledBy: { id: who.id } }])
	expect(granted).toEqual({ is: "machine", machine: machines[0]?.id, name: "box" })
})

describe("[TRU3] what was granted", () => {
	test("[TRU3] comes once, also when it is asked for ten times at once", async () => {
		const [who, started] = [await person(), await start(LOGIN)]
		await decide(who, started)
		const { deviceCode } = started
		const answers = await Promise.all(Array.from({ length: 10 }, () => post("/api/device/poll", { deviceCode })))
		expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
		expect(await codeOf(await poll(started))).toBe("device_code_invalid")
		const { tokens } = await who.call("listTokens")
		expect(tokens).toHaveLength(1)
	})

	test("[TRU3] is not given to who has the person's code only, and codes are kept as hashes", async () => {
		const [who, started] = [await person(), await start(LOGIN)]
		await decide(who, started)
		expect(await codeOf(await poll({ ...started, deviceCode: started.userCode }))).toBe("device_code_invalid")
		const { results } = await env.DB.prepare("SELECT * FROM device_grant").all()
		for (const code of [started.deviceCode, started.userCode, started.userCode.replace("-", "")])
			expect(JSON.stringify(results)).not.toContain(code)
	})

	test("[TRU1] is nothing when the person has lost their place, or their role, in the meantime", async () => {
		const boss = await somebody("owner", "elsewhere")
		const [gone, demoted] = [await newcomer(boss, "maintainer"), await newcomer(boss, "maintainer")]
		const [one, other] = [await start(LOGIN), await start(await machineRequest())]
		await decide(gone, one)
		await decide(demoted, other)
		await boss.call("removeMember", { params: { member: gone.id } })
		await boss.call("changeMember", { params: { member: demoted.id }, body: { role: "developer" } })
		expect(await codeOf(await poll(one))).toBe("device_denied")
		expect(await codeOf(await poll(other))).toBe("device_denied")
	})
})

test("a device that asks too often is told to slow down", async () => {
	const started = await start(LOGIN)
	const { deviceCode } = started
	expect((await post("/api/device/poll", { deviceCode })).status).toBe(200)
	const early = await post("/api/device/poll", { deviceCode })
	expect([early.status, await codeOf(early)]).toEqual([429, "rate_limited"])
	expect(await polled(started)).toEqual({ is: "pending" })
})

test("a person who says no, and one who says it late, is believed", async () => {
	const [who, started] = [await person(), await start(LOGIN)]
	await decide(who, started, { approve: false })
	expect(await codeOf(await poll(started))).toBe("device_denied")
	await expect(decide(who, started)).rejects.toMatchObject({ code: "device_code_invalid" })
	const second = await start(LOGIN)
	await decide(who, second)
	await expect(decide(who, second, { approve: false })).rejects.toMatchObject({ code: "device_code_invalid" })
})

test("a request is over after fifteen minutes", async () => {
	const [who, started] = [await person(), await start(LOGIN)]
	await env.DB.prepare("UPDATE device_grant SET expires_at = ?").bind(Date.now()).run()
	const { userCode } = started
	await expect(who.call("showDevice", { body: { userCode } })).rejects.toMatchObject({ code: "device_code_invalid" })
	await expect(decide(who, started)).rejects.toMatchObject({ code: "device_code_invalid" })
	expect(await codeOf(await poll(started))).toBe("device_code_invalid")
})

describe("[TRU1] who decides", () => {
	test("[TRU1] is a person with a cookie, not a program", async () => {
		const { userCode } = await start(LOGIN)
		const { headers } = await somebody("owner")
		for (const path of ["/api/device/show", "/api/device/decide"]) {
			const body = { userCode, approve: true }
			expect(await codeOf(await post(path, body, headers))).toBe("not_signed_in")
			expect(await codeOf(await post(path, body))).toBe("not_signed_in")
		}
	})

	test("[TRU1] gives no more than they may, and no place where they have none", async () => {
		const developer = await person("developer")
		const started = await start(LOGIN)
		const scope = { actions: ["machine:manage"], tags: null, expiresAt: null }
		await expect(decide(developer, started, { scope })).rejects.toMatchObject({ code: "not_allowed" })
		const { workspace } = await somebody("owner", "elsewhere")
		await expect(decide(developer, started, { workspace })).rejects.toMatchObject({ code: "not_found" })
		await expect(decide(await person("guest"), started)).rejects.toMatchObject({ code: "not_allowed" })
		const entering = await start(await machineRequest())
		await expect(decide(developer, entering)).rejects.toMatchObject({ code: "not_allowed" })
		await decide(developer, started, { scope: { ...scope, actions: ["session:watch"] } })
		expect(await polled(started)).toMatchObject({ is: "login", token: { actions: ["session:watch"] } })
	})
})

test("a second login of one name gets a number", async () => {
	const who = browser(await signIn())
	const names = []
	for (let login = 0; login < 3; login++) {
		const started = await start({ is: "login", name: "x".repeat(64) })
		await decide(who, started)
		const granted = await polled(started)
		names.push(granted.is === "login" && granted.token.name)
	}
	expect(names).toEqual(["x".repeat(64), `${"x".repeat(60)} 2`, `${"x".repeat(60)} 3`])
})

test.each([
	["a kind that there is not", { is: "root", name: "x" }],
	["no key", { is: "machine", name: "x", platform: PLATFORM }],
	["a name of control characters", { is: "login", name: "\u001b[2J" }],
])("[TRU4] %s is refused", async (_, request) => {
	expect(await codeOf(await post("/api/device", { request }))).toBe("invalid_request")
})
