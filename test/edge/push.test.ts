// Pushes to browsers: who may be told where, what a push service and what a browser gets to see, and what comes back.
import { env } from "cloudflare:workers"
import { encryptNotification } from "@block65/webcrypto-web-push"
import { afterEach, describe, expect, test, vi } from "vitest"
import { type Attention, type InboxItem, Option } from "../../protocol/attention.ts"
import type { DestinationSettings } from "../../protocol/channel.ts"
import { client } from "../../protocol/client.ts"
import { newMachineId, newRequestId, newSessionId } from "../../protocol/ids.ts"
import { BROWSERS_PER_MEMBER } from "../../protocol/limits.ts"
import { NO_POLICY, type Policy } from "../../protocol/policy.ts"
import { PushedNotification } from "../../protocol/push.ts"
import { deliverPush, type PushDestination, testPush } from "../../worker/push/deliver.ts"
import { pushKey } from "../../worker/push/key.ts"
import { subject } from "../../worker/push/send.ts"
import { Registry } from "../../worker/registry.ts"
import {
	ask,
	asked,
	browser,
	enrolled,
	HOME,
	linked,
	newcomer,
	type Program,
	program,
	runningSession,
	signIn,
	somebody,
} from "./home.ts"
import type { Heard } from "./node/push-service.ts"

const PUSH_SERVICE = "https://push.example"
const settings: DestinationSettings = { kinds: ["approval"], showsContent: true, language: "en" }
const registry = new Registry(env.DB)
/** A token that is masked wherever it is shown. */
const SENTINEL = `ghp_${"Sentinel0451".repeat(3)}`

afterEach(() => vi.restoreAllMocks())

interface Subscription {
	endpoint: string
	p256dh: string
	auth: string
}

async function newBrowser(answer: { status: number; retryAfter?: string } | null = null): Promise<Subscription> {
	const made = await fetch(`${PUSH_SERVICE}/browsers`, { method: "POST", body: JSON.stringify(answer) })
	return made.json()
}

async function heardBy({ endpoint }: Subscription): Promise<(Heard & { payload: PushedNotification })[]> {
	const heard = (await (await fetch(endpoint)).json()) as Heard[]
	return heard.map((one) => ({ ...one, payload: PushedNotification.parse(one.payload) }))
}

function subscribe({ call }: Pick<Program, "call">, at: Subscription, more: object = {}) {
	return call("subscribePush", { body: { name: "Firefox on Linux", ...at, settings, ...more } })
}

async function rowOf(id: string): Promise<PushDestination> {
	const row = await env.DB.prepare("SELECT * FROM destination WHERE id = ?").bind(id).first<Record<string, string>>()
	if (row === null) throw new Error("no such destination")
	return {
		address: row.address ?? "",
		details: JSON.parse(row.details ?? ""),
		settings: JSON.parse(row.settings ?? ""),
		userId: row.user_id ?? "",
		workspaceId: row.workspace_id ?? "",
	}
}

/** A member's browser that takes pushes. */
async function told(more: Partial<DestinationSettings> = {}, answer?: { status: number; retryAfter?: string }) {
	const boss = await somebody("owner", "elsewhere")
	const browser = await newBrowser(answer)
	const { destination } = await subscribe(boss, browser, { settings: { ...settings, ...more } })
	return { boss, browser, destination: await rowOf(destination.id) }
}

const OPTIONS = [
	{ label: "Yes", keys: "1", means: "yes" },
	{ label: "Yes, and don't ask again", keys: "2", means: "always" },
	{ label: "No, tell it what to do", keys: "3", means: "no" },
].map((option) => Option.parse(option))

function item(more: Partial<InboxItem> = {}): InboxItem {
	return {
		id: newRequestId(),
		session: newSessionId(),
		run: 1,
		kind: "approval",
		text: "Do you want to proceed?",
		subject: { is: "command", text: "npm test", isWhole: true },
		options: OPTIONS,
		takesText: false,
		source: "screen",
		rule: null,
		confidence: 1,
		excerpt: ["a row of the screen"],
		at: Date.now(),
		machine: newMachineId(),
		machineName: "laptop",
		sessionName: "fix-login",
		runtime: "claude-code",
		cwd: "/home/me/code/app",
		risk: "low",
		raisedAt: Date.now(),
		deadline: null,
		state: { is: "open" },
		...more,
	}
}

const answered = (answer: string | null = "Yes"): InboxItem["state"] => ({
	is: "answered",
	by: { is: "person", id: "p", name: "Ada", via: "telegram" },
	answer,
	isConfirmed: true,
	at: Date.now(),
})

const deliver = (destination: PushDestination, of: InboxItem, message: string | null = null, policy = NO_POLICY) =>
	deliverPush(env, registry, destination, { item: of, message }, policy)

describe("[TRU3] encryption", () => {
	test("[TRU3] gives what RFC 8291 publishes for its example", async () => {
		const url = { alphabet: "base64url", omitPadding: true } as const
		const bytes = (text: string) => Uint8Array.fromBase64(text, url)
		const point = bytes("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8")
		const half = (from: number) => point.subarray(from, from + 32).toBase64(url)
		const jwk = { kty: "EC", crv: "P-256", x: half(1), y: half(33) }
		const curve = { name: "ECDH", namedCurve: "P-256" }
		const d = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
		const privateKey = await crypto.subtle.importKey("jwk", { ...jwk, d }, curve, false, ["deriveBits"])
		const publicKey = await crypto.subtle.importKey("jwk", jwk, curve, true, [])
		// The only dice are the sender's key pair and the salt.
		vi.spyOn(crypto.subtle, "generateKey").mockResolvedValue({ privateKey, publicKey } as never)
		vi.spyOn(crypto, "getRandomValues").mockImplementation(((into: Uint8Array) => {
			into.set(bytes("DGv6ra1nlYgDCS1FRnbzlw"))
			return into
		}) as never)
		const keys = {
			p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
			auth: "BTBZMqHH6r4Tts7J_aSIgg",
		}
		const said = new TextEncoder().encode("When I grow up, I want to be a watermelon")
		const sealed = await encryptNotification({ endpoint: "https://push.example/x", expirationTime: null, keys }, said, {
			pad: false,
		})
		expect(sealed.toBase64(url)).toBe(
			"DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
		)
	})
})

describe("a browser", () => {
	test("subscribes with the home's key, and gets a push that only it can open, signed by that key", async () => {
		const { boss, browser, destination } = await told()
		const { publicKey } = await boss.call("readPushKey")
		expect(await testPush(env, registry, destination)).toMatchObject({ is: "sent" })
		const [heard] = await heardBy(browser)
		expect(heard).toMatchObject({ key: publicKey, urgency: "high", ttl: "300", subject: HOME, bytes: 4_096 })
		expect(heard?.payload).toMatchObject({
			web_push: 8030,
			notification: {
				title: "Notifications work",
				navigate: `${HOME}/settings/notifications`,
				data: { request: null, workspace: boss.workspace },
			},
		})
	})

	test("is there once, however often it subscribes, and its fault is forgotten", async () => {
		const boss = await somebody("owner", "elsewhere")
		const browser = await newBrowser()
		const { destination } = await subscribe(boss, browser)
		expect(destination).toMatchObject({ kind: "push", channel: null, name: "Firefox on Linux", settings, fault: null })
		const fault = JSON.stringify({ reason: "x", at: 1, isFinal: true })
		await env.DB.prepare("UPDATE destination SET fault = ? WHERE id = ?").bind(fault, destination.id).run()
		const again = await subscribe(boss, browser, { name: "Phone" })
		expect(again.destination).toEqual({ ...destination, name: "Phone" })
	})

	test("keeps its name and settings when its push service gives it another address", async () => {
		const boss = await somebody("owner", "elsewhere")
		const [old, other] = [await newBrowser(), await newBrowser()]
		const { destination } = await subscribe(boss, old, { name: "Phone" })
		const moved = await subscribe(boss, other, {
			name: "?",
			replaces: old.endpoint,
			settings: { ...settings, language: "zh" },
		})
		expect(moved.destination).toEqual(destination)
		expect((await rowOf(destination.id)).address).toBe(other.endpoint)
		const again = await newBrowser()
		const stranger = await somebody("owner", "elsewhere")
		for (const [who, replaces] of [
			[stranger, other.endpoint],
			[boss, old.endpoint],
		] as const)
			await expect(subscribe(who, again, { replaces })).rejects.toMatchObject({ code: "not_found" })
		expect((await rowOf(destination.id)).address).toBe(other.endpoint)
	})

	test("moves with its address in all of a person's workspaces, by a person; by a token in the token's", async () => {
		const [old, other] = [await newBrowser(), await newBrowser()]
		const me = browser(await signIn())
		const tell = (endpoint: Subscription, more: object = {}) =>
			({ body: { name: "Phone", ...endpoint, settings, ...more } }) as const
		const here = await me.call("subscribePush", tell(old))
		const { id } = await me.call("createWorkspace", { body: { name: "Second" } })
		const second = client((path, init) =>
			ask(path, { ...init, headers: { ...init.headers, cookie: me.cookie, origin: HOME, "homeport-workspace": id } }),
		)
		const there = await second("subscribePush", tell(old))
		await me.call("subscribePush", tell(other, { replaces: old.endpoint }))
		for (const { destination } of [here, there]) expect((await rowOf(destination.id)).address).toBe(other.endpoint)
		const { secret } = await second("createToken", { body: { name: "one" } })
		await program(secret).call("subscribePush", tell(old, { replaces: other.endpoint }))
		expect((await rowOf(there.destination.id)).address).toBe(old.endpoint)
		expect((await rowOf(here.destination.id)).address).toBe(other.endpoint)
	})

	test("tells one person: who signs in there next takes it over, in every workspace", async () => {
		const [first, next] = [await somebody("owner", "elsewhere"), await somebody("developer")]
		const browser = await newBrowser()
		const { destination } = await subscribe(first, browser)
		await subscribe(next, browser)
		await expect(rowOf(destination.id)).rejects.toThrow("no such destination")
	})

	test("is tried by its member, who is told what came of it; a fault stays until a push goes out", async () => {
		const boss = await somebody("owner", "elsewhere")
		const [works, ended] = [await newBrowser(), await newBrowser({ status: 410 })]
		const [good, bad] = [await subscribe(boss, works), await subscribe(boss, ended)]
		const tryIt = ({ destination: { id } }: typeof good, by = boss) =>
			by.call("testDestination", { params: { destination: id } })
		await tryIt(good)
		expect(await heardBy(works)).toHaveLength(1)
		await expect(tryIt(bad)).rejects.toMatchObject({
			code: "channel_failed",
			message: expect.stringContaining("turn notifications on there again"),
		})
		const { destinations } = await boss.call("listDestinations")
		expect(destinations.map(({ fault }) => fault?.isFinal ?? null)).toEqual([null, true])
		const mended = await subscribe(boss, ended)
		expect(mended.destination).toMatchObject({ id: bad.destination.id, fault: null })
		await expect(tryIt(good, await somebody("owner", "elsewhere"))).rejects.toMatchObject({ code: "not_found" })
	})

	test("[TRU4] is one of few", async () => {
		const boss = await somebody("owner", "elsewhere")
		const browsers = await Promise.all(Array.from({ length: BROWSERS_PER_MEMBER + 1 }, () => newBrowser()))
		for (const browser of browsers.slice(0, -1)) await subscribe(boss, browser)
		await expect(subscribe(boss, browsers.at(-1) as Subscription)).rejects.toMatchObject({ code: "too_many" })
		await subscribe(boss, browsers[0] as Subscription)
	})

	test("[TRU4] cannot make the home call its own network, or encrypt for no key", async () => {
		const boss = await somebody("owner", "elsewhere")
		const browser = await newBrowser()
		const endpoints = [
			...["http://push.example/x", "https://localhost/x", "https://a.localhost/x", "https://127.0.0.1/x"],
			...["https://2130706433/x", "https://0x7f.1/x", "https://[::1]/x", "https://[::ffff:10.0.0.1]/x"],
			...["https://169.254.169.254/latest", "https://router/x", "https://nas.local/x", "https://db.internal/x"],
			...["https://push.example:8443/x", "https://me@push.example/x", "https://me:you@push.example/x"],
			...["https://push.home.arpa/x", "https://localhost./x", "ftp://push.example/x", "data:text/plain,x"],
		]
		const notOnCurve = new Uint8Array(65).fill(7)
		notOnCurve[0] = 4
		const wrong = [
			...endpoints.map((endpoint) => ({ endpoint })),
			...["", "AAAA", browser.auth, notOnCurve.toBase64({ alphabet: "base64url" }), "%"].map((p256dh) => ({ p256dh })),
			...["", "AAAA", browser.p256dh.slice(0, 64), "%"].map((auth) => ({ auth })),
		]
		for (const more of wrong)
			await expect(subscribe(boss, { ...browser, ...more }), JSON.stringify(more)).rejects.toMatchObject({
				code: "invalid_request",
			})
	})

	test("is told so where the home has no key", async () => {
		const { destination } = await told()
		for (const PUSH_KEY of [undefined, "", "{}", '{"kty":"EC","crv":"P-256","x":"x","y":"y","d":"d"}']) {
			const { PUSH_KEY: _, ...bare } = env
			const home = PUSH_KEY === undefined ? bare : { ...bare, PUSH_KEY }
			expect(() => pushKey(home)).toThrow(expect.objectContaining({ code: "push_off" }))
			expect(await testPush(home, registry, destination)).toMatchObject({
				is: "failed",
				reason: expect.stringContaining("Whoever runs it sets PUSH_KEY."),
			})
		}
	})
})

describe("a request", () => {
	test("says what is asked, opens at its place, and offers yes and no", async () => {
		const { boss, browser, destination } = await told()
		const one = item()
		const sent = await deliver(destination, one)
		const [heard] = await heardBy(browser)
		expect(sent).toEqual({ is: "sent", message: heard?.topic })
		expect(heard).toMatchObject({
			urgency: "high",
			ttl: String(24 * 60 * 60),
			topic: expect.stringMatching(/^[\w-]{32}$/),
		})
		expect(heard?.topic).not.toContain(one.id.slice(4))
		expect(heard?.payload.notification).toEqual({
			title: "fix-login asks for your approval",
			body: "laptop: Do you want to proceed?\nnpm test",
			lang: "en",
			navigate: `${HOME}/inbox/${one.id}?workspace=${boss.workspace}`,
			tag: one.id,
			silent: false,
			actions: [
				{ action: "option-0", title: "Yes", navigate: expect.any(String) },
				{ action: "option-1", title: "No, tell it what to do", navigate: expect.any(String) },
			],
			data: {
				request: one.id,
				workspace: boss.workspace,
				language: "en",
				isOver: false,
				options: ["Yes", "No, tell it what to do"],
			},
		})
	})

	test("says only that something waits where its content is not to be shown", async () => {
		for (const [language, title] of [
			["en", "An agent needs you"],
			["zh", "有智能体需要您"],
		] as const) {
			const { browser, destination } = await told({ showsContent: false, language })
			const one = item({ text: "sentinel-text", sessionName: "sentinel-name", machineName: "sentinel-machine" })
			await deliver(destination, one)
			await deliver(destination, { ...one, state: answered("sentinel-answer") }, "topic")
			const heard = await heardBy(browser)
			expect(heard[0]?.payload.notification).toMatchObject({ title, silent: false, actions: [] })
			expect(heard[1]?.payload.notification).toMatchObject({ silent: true, actions: [] })
			for (const text of ["sentinel", "npm test", "Yes", "laptop", "Ada"])
				expect(JSON.stringify(heard)).not.toContain(text)
		}
	})

	test("[TRU3] carries no token, no row of the screen, no directory, and of a secret not even the question", async () => {
		const { browser, destination } = await told()
		await deliver(destination, item({ text: `Use ${SENTINEL}?`, sessionName: SENTINEL }))
		await deliver(destination, item({ kind: "secret", text: "sentinel-question", options: [] }))
		const heard = await heardBy(browser)
		expect(heard.map(({ payload }) => payload.notification.body)).toEqual([
			expect.stringContaining("Use ****"),
			"laptop: Answer it in the console.",
		])
		for (const text of [SENTINEL, "a row of the screen", "/home/me", "sentinel-question"])
			expect(JSON.stringify(heard)).not.toContain(text)
	})

	test("is answered from a notification only where the policy says so, and all that matters fits there", async () => {
		const { browser, destination } = await told()
		const { mayAnswer } = NO_POLICY
		const may = (push: Policy["mayAnswer"]["push"]) => ({ ...NO_POLICY, mayAnswer: { ...mayAnswer, push } })
		const low = item()
		const high = item({ risk: "high" })
		const three = item({ kind: "choice" })
		const two = item({ kind: "choice", options: OPTIONS.slice(0, 2) })
		const cases: [InboxItem, Policy, number][] = [
			[low, may("nothing"), 0],
			[low, may("low"), 2],
			[low, may("high"), 2],
			[high, may("low"), 0],
			[high, may("high"), 2],
			[three, may("high"), 0],
			[two, may("low"), 2],
			[item({ kind: "question", options: [] }), may("high"), 0],
		]
		for (const [of, policy] of cases) await deliver(destination, of, null, policy)
		const heard = await heardBy(browser)
		expect(heard.map(({ payload }) => payload.notification.actions.length)).toEqual(cases.map(([, , count]) => count))
	})

	test("has its notification's place taken quietly when it is over, and nothing is sent where nothing was shown", async () => {
		const { browser, destination } = await told()
		const one = item()
		const sent = await deliver(destination, one)
		if (sent.is !== "sent" || sent.message === null) throw new Error("not sent")
		const state = answered()
		const by = state.is === "answered" ? state.by : null
		const answering = { ...one, state: { is: "answering", by, answer: "Yes", at: 1 } } as InboxItem
		expect(await deliver(destination, answering, sent.message)).toEqual(sent)
		expect(await deliver(destination, { ...one, state }, null)).toEqual({ is: "sent", message: null })
		expect(await deliver(destination, { ...one, state }, sent.message)).toEqual(sent)
		const heard = await heardBy(browser)
		expect(heard).toHaveLength(2)
		expect(heard[1]).toMatchObject({ topic: heard[0]?.topic, urgency: "normal" })
		expect(heard[1]?.payload.notification).toMatchObject({
			tag: one.id,
			silent: true,
			body: "Answered by Ada: Yes",
			actions: [],
			data: { isOver: true, options: [] },
		})
	})

	test("[TRU4] fits into a push, however long its words are and whatever stands in them", async () => {
		const { browser, destination } = await told()
		const long = (count: number) => "\u{1F600}".repeat(count)
		const options = OPTIONS.map((option) => ({ ...option, label: long(100) }))
		const one = item({
			text: `\u001b[31m${long(1_000)}\u202e`,
			subject: { is: "command", text: long(4_000), isWhole: true },
			options,
			sessionName: long(64),
			machineName: `"${"\\".repeat(63)}`,
		})
		expect(await deliver(destination, one)).toMatchObject({ is: "sent" })
		const [heard] = await heardBy(browser)
		expect(heard?.bytes).toBe(4_096)
		expect(JSON.stringify(heard?.payload)).not.toMatch(/\u001b|\u202e/)
	})

	test("is kept by the push service no longer than it can be answered", async () => {
		const { browser, destination } = await told()
		await deliver(destination, item({ deadline: Date.now() + 90_000 }))
		await deliver(destination, item({ deadline: Date.now() - 1 }))
		const [soon, past] = await heardBy(browser)
		expect(Number(soon?.ttl)).toBeGreaterThan(80)
		expect(Number(soon?.ttl)).toBeLessThanOrEqual(90)
		expect(past?.ttl).toBe("1")
	})
})

describe("what a push service answers", () => {
	const cases: [number, string | undefined, object][] = [
		[404, undefined, { is: "gone" }],
		[410, undefined, { is: "gone" }],
		[429, "120", { is: "later", afterMs: 120_000 }],
		[429, "999999", { is: "later", afterMs: 60 * 60_000 }],
		[503, undefined, { is: "later", afterMs: 30_000 }],
		[503, "soon", { is: "later", afterMs: 30_000 }],
		[413, undefined, { is: "failed", reason: expect.stringContaining("too large") }],
		[403, undefined, { is: "failed", reason: expect.stringContaining("off and on again") }],
		[302, undefined, { is: "failed" }],
	]
	test.each(cases)("%i with Retry-After %s is told as what it means", async (status, retryAfter, outcome) => {
		const { browser, destination } = await told({}, { status, ...(retryAfter !== undefined && { retryAfter }) })
		const delivered = await deliver(destination, item())
		expect(delivered).toMatchObject(outcome)
		// The address is a secret of the browser.
		expect(JSON.stringify(delivered)).not.toContain(browser.endpoint.slice(-10))
	})

	test("a date in Retry-After is a time to wait", async () => {
		const retryAfter = new Date(Date.now() + 300_000).toUTCString()
		const { destination } = await told({}, { status: 429, retryAfter })
		const delivered = await deliver(destination, item())
		if (delivered.is !== "later") throw new Error(delivered.is)
		expect(delivered.afterMs).toBeGreaterThan(290_000)
		expect(delivered.afterMs).toBeLessThanOrEqual(300_000)
	})

	test("one that cannot be reached is tried again, without a word of its address", async () => {
		const { destination } = await told()
		vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError(`cannot connect to ${destination.address}`))
		const delivered = await deliver(destination, item())
		expect(delivered).toEqual({ is: "later", afterMs: 30_000, reason: "push.example cannot be reached." })
	})
})

test("a push service may write to the home, to the member, or to nobody; never to localhost", () => {
	expect(subject("https://home.example", "ada@people.example")).toBe("https://home.example")
	expect(subject("http://127.0.0.1:8480", "ada@people.example")).toBe("mailto:ada@people.example")
	expect(subject("https://localhost", null)).toBe("mailto:nobody@homeport.invalid")
	for (const contact of ["ada@localhost", "ada@x.invalid", "ada", "Ada <ada@people.example>", "a@b@people.example"])
		expect(subject("http://127.0.0.1:8480", contact)).toBe("mailto:nobody@homeport.invalid")
})

test("a prompt on a machine reaches each browser of who may answer it, is answered from one, and taken back on all", async () => {
	const boss = await somebody("owner", "elsewhere")
	const ada = await newcomer(boss, "developer")
	const guest = await newcomer(boss, "guest")
	const [computer, phone, other] = [await newBrowser(), await newBrowser(), await newBrowser()]
	await subscribe(boss, computer)
	await subscribe(ada, phone, { settings: { ...settings, showsContent: false } })
	await subscribe(guest, other)
	const machine = await enrolled(boss)
	const session = runningSession()
	const link = await linked(machine, undefined, [session])
	const request: Attention = {
		...{ id: newRequestId(), session: session.id, run: session.run, kind: "approval", text: "Run this?" },
		...{ subject: { is: "command", text: "git status", isWhole: true }, options: OPTIONS, takesText: false },
		...{ source: "screen", rule: "generic@1", confidence: 1, excerpt: [], at: Date.now() },
	}
	link.send({ type: "attention", open: [request], ended: [] })
	await expect.poll(() => heardBy(computer)).toHaveLength(1)
	await expect.poll(() => heardBy(phone)).toHaveLength(1)
	const said = (heard: Awaited<ReturnType<typeof heardBy>>) => heard.map(({ payload }) => payload.notification)
	expect(said(await heardBy(computer))).toMatchObject([
		{ title: "shell asks for your approval", body: "box: Run this?\ngit status", tag: request.id, silent: false },
	])
	expect(said(await heardBy(phone))).toMatchObject([{ title: "An agent needs you", actions: [] }])

	const answering = ask(`/api/attention/${request.id}/answer`, {
		method: "POST",
		headers: {
			...{ cookie: ada.cookie, origin: HOME, "content-type": "application/json" },
			...{ "homeport-via": "push", "homeport-workspace": boss.workspace },
		},
		body: JSON.stringify({ choice: { is: "option", label: "Yes" } }),
	})
	const question = await asked(link)
	expect(question).toMatchObject({ ask: "answer", of: { request: request.id, choice: { is: "option", label: "Yes" } } })
	link.send({ type: "answer", number: question.number, answer: { isConfirmed: true } })
	const { item: answeredItem } = (await (await answering).json()) as { item: InboxItem }
	expect(answeredItem.state).toMatchObject({ is: "answered", by: { is: "person", id: ada.id, via: "push" } })
	await expect
		.poll(async () => said(await heardBy(computer)).slice(1))
		.toMatchObject([{ tag: request.id, silent: true, body: "Answered by A developer: Yes", actions: [] }])
	await expect
		.poll(async () => said(await heardBy(phone)).slice(1))
		.toMatchObject([{ tag: request.id, silent: true, title: "Nothing is needed any more" }])
	// Who may not answer is not told.
	expect(await heardBy(other)).toEqual([])
	link.close()
})
