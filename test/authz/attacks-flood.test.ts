// Attacks by how often: callers are told when to come again, nobody else notices, and the trail is not filled.
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { RATES } from "../../protocol/limits.ts"
import type { Rate } from "../../protocol/route.ts"
import type { Answer } from "../../protocol/routes.ts"
import { codeOf, EVERY_WAY, Home } from "./home.ts"
import { settle, type Town } from "./town.ts"
import { PLATFORM } from "./world.ts"

let home: Home
beforeAll(async () => {
	home = await Home.start({ settings: EVERY_WAY })
})
afterAll(() => home.stop())

type Ask = () => ReturnType<Home["ask"]>

/** Asks until somebody says to wait; gives how often it was let through, and the answer that it was not. */
async function untilRefused(most: number, ask: Ask) {
	let through = 0
	// The minute may turn in the middle, and counts from nothing then.
	for (let asked = 0; asked <= 2 * most; asked += AT_ONCE) {
		const answers = await Promise.all(Array.from({ length: AT_ONCE }, ask))
		through += answers.filter(({ status }) => status !== 429).length
		const refused = answers.find(({ status }) => status === 429)
		if (refused !== undefined) return { through, refused }
	}
	throw new Error(`nobody was refused in ${2 * most} calls`)
}

const AT_ONCE = 30
const from = (address: string) => ({ "cf-connecting-ip": address })

async function expectToWait(answer: Awaited<ReturnType<Ask>>): Promise<void> {
	expect(answer.status).toBe(429)
	expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0)
	expect(Number(answer.headers.get("retry-after"))).toBeLessThanOrEqual(60)
	expect(await codeOf(answer)).toBe("rate_limited")
}

describe("[TRU4] who comes too often", () => {
	const device = { code: "x", publicKey: "A".repeat(43), name: "x", platform: PLATFORM }
	const email = "somebody@people.example"
	const saying = (path: string, body?: object) => (headers: Record<string, string>) =>
		body === undefined ? home.ask(path, { headers }) : home.post(path, body, headers)

	test.each<[string, Rate, (headers: Record<string, string>) => ReturnType<Home["ask"]>]>([
		["signs in by a link", "sign-in", saying("/api/sign-in", { token: "x" })],
		["signs in by a password", "sign-in", saying("/api/sign-in/password", { email, password: "x" })],
		["signs in by a recovery code", "sign-in", saying("/api/sign-in/recovery", { email, code: "x" })],
		["signs in by a passkey", "sign-in", saying("/api/sign-in/passkey", { response: { id: "x" } })],
		["comes back from a provider", "sign-in", saying("/api/sign-in/providers/oidc/callback")],
		["shows invitations", "sign-in", saying("/api/invitations/show", { token: "x" })],
		["takes invitations", "sign-in", saying("/api/invitations/accept", { token: "x" })],
		["enrolls", "enroll", saying("/api/enroll", device)],
		["begins the device flow", "enroll", saying("/api/device", { request: { is: "login", name: "x" } })],
	])("[TRU4] and %s is told when to come again, and the next address is served", async (_, rate, ask) => {
		const mine = from(home.newAddress())
		const { through, refused } = await untilRefused(RATES[rate], () => ask(mine))
		expect(through).toBeGreaterThanOrEqual(RATES[rate])
		await expectToWait(refused)
		expect(await codeOf(await ask(from(home.newAddress())))).not.toBe("rate_limited")
	})

	test.each<[string, Rate, () => Promise<{ mine: Ask; theirs: Ask }>]>([
		["makes tokens", "make", async () => making("/api/tokens", (n) => ({ name: `t${n}` }))],
		["makes enrollment codes", "make", async () => making("/api/enrollments", () => ({}))],
		["makes invitations", "make", async () => making("/api/invitations", () => ({ role: "guest" }))],
		["asks the API", "api", async () => asking(await settle(home))],
	])(
		"[TRU4] and %s is told when to come again, and the next member is served",
		async (_, rate, who) => {
			const { mine, theirs } = await who()
			const { through, refused } = await untilRefused(RATES[rate], mine)
			expect(through).toBeGreaterThanOrEqual(RATES[rate])
			await expectToWait(refused)
			expect(await codeOf(await theirs())).toBeUndefined()
		},
		60_000,
	)

	function asking({ developer, owner }: Town) {
		const me = ({ program }: Town["owner"]) => home.ask("/api/me", { headers: program })
		return { mine: () => me(developer), theirs: () => me(owner) }
	}

	async function making(path: string, body: (n: number) => object) {
		const [mine, theirs] = [await settle(home), await settle(home)]
		let n = 0
		const ask = ({ owner }: Town) => home.post(path, body(++n), owner.program)
		return { mine: () => ask(mine), theirs: () => ask(theirs) }
	}

	test("[TRU4] by one token leaves the same person's other token and browser alone", async () => {
		const { developer } = await settle(home)
		const made = await home.post("/api/tokens", { name: "wild" }, developer.program)
		const { secret } = (await made.json()) as Answer<"createToken">
		const wild = { authorization: `Bearer ${secret}` }
		await untilRefused(RATES.api, () => home.ask("/api/me", { headers: wild }))
		expect((await home.ask("/api/me", { headers: developer.program })).status).toBe(200)
		expect((await home.ask("/api/me", { headers: developer.page })).status).toBe(200)
	}, 60_000)

	test("[TRU4] from one IPv6 network is one caller, by whichever of its addresses", async () => {
		let host = 0
		const ask = (network: string) =>
			home.post("/api/sign-in", { token: "x" }, from(`${network}::${(++host).toString(16)}`))
		await untilRefused(RATES["sign-in"], () => ask("2001:db8:1:2"))
		expect(await codeOf(await ask("2001:db8:1:3"))).toBe("sign_in_link_spent")
	})

	test("[TRU4] on Cloudflare is counted by the platform", async () => {
		const elsewhere = await Home.start({ settings: EVERY_WAY, signInsAMinute: 3 })
		const mine = from(elsewhere.newAddress())
		const signIn = (headers = {}) => elsewhere.post("/api/sign-in", { token: "x" }, headers)
		const codes = await Promise.all(Array.from({ length: 8 }, async () => codeOf(await signIn(mine))))
		expect(codes.filter((code) => code === "rate_limited").length).toBeGreaterThanOrEqual(2)
		expect(await codeOf(await signIn())).toBe("sign_in_link_spent")
		await elsewhere.stop()
	})
})

describe("[TRU4] the audit trail is no place to write for free", () => {
	test("[TRU4] who is told to wait, or is another site's page, leaves nothing in it", async () => {
		const first = await settle(home)
		// The first workspace keeps what is of no workspace.
		await home.db.prepare("UPDATE workspace SET slug = 'home' WHERE id = ?").bind(first.things.workspace.id).run()
		const head = async () => {
			const answer = await home.ask("/api/audit/head", { headers: first.owner.program })
			return ((await answer.json()) as Answer<"showAuditHead">).sequence
		}
		const before = await head()
		expect(await codeOf(await home.post("/api/sign-in", { token: "x" }))).toBe("sign_in_link_spent")
		expect(await head()).toBe(before + 1)
		const mine = from(home.newAddress())
		const { through } = await untilRefused(RATES["sign-in"], () => home.post("/api/sign-in", { token: "x" }, mine))
		expect(await head()).toBe(before + 1 + through)
		for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }])
			await Promise.all(Array.from({ length: 20 }, () => home.post("/api/sign-in", { token: "x" }, headers)))
		expect(await head()).toBe(before + 1 + through)
	})
})
