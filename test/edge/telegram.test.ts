// Telegram's bot from outside: connected, paired, spoken to, pressed, and what strangers and removed members get.
import { evictAllDurableObjects } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import type { Attention } from "../../protocol/attention.ts"
import type { Channel } from "../../protocol/channel.ts"
import { type MachineId, newRequestId, type SessionId } from "../../protocol/ids.ts"
import type { Role } from "../../protocol/roles.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import { deliver } from "../../worker/channels/deliver.ts"
import { giveUp, handle } from "../../worker/channels/handle.ts"
import { readUpdate, TelegramUpdate } from "../../worker/channels/telegram/update.ts"
import { ask, codeOf, type Dialled, enrolled, linked, runningSession, type Somebody, somebody } from "./home.ts"
import { BotApi, type Person, type Shown, type Update } from "./node/bot-api.ts"

let api: BotApi
let boss: Somebody

beforeEach(async () => {
	api = new BotApi()
	vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
		const answered = await api.answer(new Request(input, init))
		if (answered === null) throw new Error(`out of reach: ${String(input)}`)
		return answered
	})
	boss = await somebody("owner", "elsewhere")
})
afterEach(() => vi.unstubAllGlobals())

let people = 500
function person(more: Partial<Person> = {}): Person {
	const id = ++people
	return { id, first_name: "Ann", username: `ann${id}`, language_code: "en", ...more }
}

async function connect(by: Somebody = boss): Promise<Channel> {
	const { channel } = await by.call("connectChannel", { body: { credentials: { is: "telegram", token: api.token } } })
	return channel
}

/** Telegram brings an update. */
function bring(update: Update, secret = api.webhook?.secret ?? ""): Promise<Response> {
	const url = new URL(api.webhook?.url ?? "https://x.invalid")
	return ask(url.pathname, {
		method: "POST",
		headers: { "content-type": "application/json", "x-telegram-bot-api-secret-token": secret },
		body: JSON.stringify(update),
	})
}

/** Pairs a chat with a member. */
async function pair(who: Somebody, channel: Channel, from: Person, chat = from.id, isForum = false): Promise<void> {
	if (chat !== from.id) api.chat(chat, { isForum })
	const { code, url } = await who.call("pairChat", { params: { channel: channel.id } })
	expect(url).toBe(`https://t.me/${api.me.username}?start=${code}`)
	await bring(api.said(from, chat, chat === from.id ? `/start ${code}` : `/pair@${api.me.username} ${code}`))
	await api.shows(chat, "Paired")
}

/** A machine with one session, which answers what it is asked. */
class Box {
	readonly asked: { ask: string; of: Record<string, unknown> }[] = []
	readonly id: MachineId
	readonly session: SessionInfo
	/** What answers beside what is answered here anyway. */
	answers: Record<string, (of: Record<string, unknown>) => unknown> = {}
	readonly #link: Dialled

	private constructor(id: MachineId, link: Dialled, session: SessionInfo) {
		this.id = id
		this.#link = link
		this.session = session
		void this.#serve()
	}

	static async link(by: Somebody, name = "box", session = { ...runningSession(), name: "fix-login" }): Promise<Box> {
		const machine = await enrolled(by, name)
		return new Box(machine.id, await linked(machine, undefined, [session]), session)
	}

	tell(open: Attention[], ended: { id: string; because: string; at: number }[] = []): void {
		this.#link.send({ type: "attention", open, ended })
	}

	changed(session: Partial<SessionInfo> & { id: SessionId }): void {
		this.#link.send({ type: "session", session: { ...this.session, ...session } })
	}

	close(): void {
		this.#link.close()
	}

	async #serve(): Promise<void> {
		for (;;) {
			const message = (await this.#link.next()) as { type: string; number: number; ask: string; of: never }
			if (message.type !== "ask") continue
			const { number, ask, of } = message
			this.asked.push({ ask, of })
			const answer = this.answers[ask]?.(of) ?? this.#answer(ask, of)
			this.#link.send(
				answer === undefined ? { type: "refuse", number, code: "not_found" } : { type: "answer", number, answer },
			)
		}
	}

	#answer(ask: string, of: Record<string, unknown>): unknown {
		switch (ask) {
			case "write":
				return { bytes: String(of.text).length, dropped: 0 }
			case "screen":
				return { lines: ["$ make <all>", "done & dusted", ""], cursor: { x: 0, y: 0 }, title: "", sequence: 0 }
			case "log": {
				const base64 = btoa("\u001b[31mred\u001b[0m line\r\n50%\r100%\r\n")
				return { from: 0, base64, end: 20 }
			}
			case "runtimes":
				return {
					runtimes: [
						{
							...{ id: "claude-code", label: "Claude Code", program: "/bin/claude", version: "1" },
							...{ install: "", missingKeys: [] },
						},
					],
				}
			case "start": {
				const session = { ...runningSession(), id: of.id as SessionId, name: "one", runtime: String(of.runtime) }
				this.#link.send({ type: "session", session })
				return session
			}
			case "answer":
				return { isConfirmed: true }
			case "signal":
			case "writeFile":
			case "dismiss":
			case "relay":
				return {}
			default:
				return undefined
		}
	}
}

function approval(session: SessionId, more: Partial<Attention> = {}): Attention {
	return {
		id: newRequestId(),
		session,
		run: 1,
		kind: "approval",
		text: "Run this command?",
		subject: { is: "command", text: "npm test", isWhole: true },
		options: [
			{ label: "Yes", keys: "1", means: "yes" },
			{ label: "No", keys: "2", means: "no" },
		],
		takesText: false,
		source: "hook",
		rule: null,
		confidence: 1,
		excerpt: [],
		at: Date.now(),
		...more,
	}
}

function button(message: Shown, label: string): string {
	const found = message.buttons.flat().find(({ text }) => text === label)
	if (found === undefined) throw new Error(`no button ${label} under: ${message.text}`)
	return found.callback_data
}

/** The trail's entries of this action, once there is one. */
async function audited(action: string, outcome: string) {
	const { entries } = await boss.call("listAudit", { query: {} })
	return entries.filter((entry) => entry.action === action && entry.outcome === outcome)
}

/** A member with a paired private chat, and a machine. */
async function paired(role: Role = "developer") {
	const channel = await connect()
	const member = await somebody(role, boss)
	const from = person()
	await pair(member, channel, from)
	const box = await Box.link(boss)
	return { channel, member, from, box, chat: from.id }
}

describe("connecting", () => {
	test("a token is tried, the webhook set with a secret, and the commands listed in two languages", async () => {
		const channel = await connect()
		expect(channel).toMatchObject({
			kind: "telegram",
			name: `@${api.me.username}`,
			state: { is: "working" },
			url: null,
		})
		expect(api.webhook).toMatchObject({
			url: `https://home.example/api/hooks/telegram/${channel.id}`,
			allowed: ["message", "callback_query", "my_chat_member"],
		})
		const names = (language: string) => api.commands.get(language)?.map(({ command }) => command)
		expect(names("")).toEqual(
			expect.arrayContaining(["machines", "sessions", "new", "run", "send", "screen", "log", "stop", "inbox", "help"]),
		)
		expect(names("zh")).toEqual(names(""))
		expect(api.commands.get("zh")?.some(({ description }) => /[一-龥]/.test(description))).toBe(true)
		expect(JSON.stringify(await boss.call("listChannels"))).not.toContain(api.token)
		const row = await env.DB.prepare("SELECT * FROM channel WHERE id = ?").bind(channel.id).first()
		expect(JSON.stringify(row)).not.toContain(api.token.slice(-33))
	})

	test("a wrong token is refused, and nothing is kept", async () => {
		const wrong = boss.call("connectChannel", {
			body: { credentials: { is: "telegram", token: `1:${"x".repeat(35)}` } },
		})
		await expect(wrong).rejects.toMatchObject({ code: "channel_failed" })
		expect((await boss.call("listChannels")).channels).toEqual([])
	})

	test("a bot is one workspace's; connected again there it keeps its id and gets a new secret", async () => {
		const channel = await connect()
		const secret = api.webhook?.secret
		expect((await connect()).id).toBe(channel.id)
		expect(api.webhook?.secret).not.toBe(secret)
		await expect(connect(await somebody("owner", "elsewhere"))).rejects.toMatchObject({ code: "name_taken" })
		expect(api.webhook?.url).toContain(channel.id)
	})

	test("a test mends a webhook that somebody has taken; a revoked token is told; removing lets go", async () => {
		const channel = await connect()
		const params = { params: { channel: channel.id } }
		api.webhook = null
		expect((await boss.call("testChannel", params)).channel.state).toEqual({ is: "working" })
		expect(api.webhook).not.toBeNull()
		api.faults.push({ method: "getMe", code: 401, description: "Unauthorized" })
		expect((await boss.call("testChannel", params)).channel.state).toMatchObject({ is: "broken" })
		await boss.call("removeChannel", params)
		expect(api.webhook).toBeNull()
		expect((await boss.call("listChannels")).channels).toEqual([])
	})
})

describe("the door", () => {
	test("a wrong secret is refused and in the audit; an unknown bot is not there", async () => {
		const channel = await connect()
		const update = api.said(person(), 1, "/help")
		expect(await codeOf(await bring(update, "wrong"))).toBe("not_signed_in")
		expect(await codeOf(await bring(update, ""))).toBe("not_signed_in")
		const entries = await audited("telegramHook", "not_signed_in")
		expect(entries).toHaveLength(2)
		expect(entries[0]?.target).toEqual({ channel: channel.id })
		await boss.call("removeChannel", { params: { channel: channel.id } })
		expect(await codeOf(await bring(update))).toBe("not_found")
	})

	test("what is no update of ours is thanked, and an update that comes twice is taken once", async () => {
		const { from, chat } = await paired()
		for (const odd of [{ update_id: 1 }, { update_id: 2, poll: {} }, { nothing: true }])
			expect((await bring(odd as Update)).status).toBe(200)
		const update = api.said(from, chat, "/workspace")
		await Promise.all([bring(update), bring(update)])
		await api.shows(chat, "developer")
		await bring(update)
		await bring(api.said(from, chat, "/mute off"))
		await api.shows(chat, "Not muted")
		expect(
			api.in(chat).filter(({ text }) => text.includes("developer of") === false && text.includes("you are")),
		).toHaveLength(1)
	})
})

describe("who it is", () => {
	test("a stranger gets one polite sentence in an hour, and the audit tells of them", async () => {
		await connect()
		const stranger = person()
		await bring(api.said(stranger, stranger.id, "/sessions"))
		await api.shows(stranger.id, "members of a Homeport workspace only")
		await bring(api.said(stranger, stranger.id, "/run rm -rf /"))
		await bring(api.said(stranger, stranger.id, "/pair ABCD-EFGH-JKLM"))
		await api.shows(stranger.id, "wrong, used, or older")
		expect(api.in(stranger.id)).toHaveLength(2)
		const [entry] = await audited("telegramHook", "not_allowed")
		expect(entry).toMatchObject({ actor: { is: "nobody" }, detail: { sender: String(stranger.id) } })
		expect(await audited("telegramHook", "code_invalid")).toHaveLength(1)
	})

	test("a code pairs one chat, once, and only with the bot that it was made for", async () => {
		const channel = await connect()
		const member = await somebody("developer", boss)
		const { code } = await member.call("pairChat", { params: { channel: channel.id } })
		const [one, other] = [person(), person()]
		await bring(api.said(one, one.id, `/start ${code.toLowerCase()}`))
		await api.shows(one.id, "developer of Elsewhere")
		await bring(api.said(other, other.id, `/start ${code}`))
		await api.shows(other.id, "wrong, used, or older")
		const { destinations } = await member.call("listDestinations")
		expect(destinations).toMatchObject([{ kind: "telegram", channel: channel.id, isGroup: false }])
		expect((await boss.call("listDestinations")).destinations).toEqual([])
	})

	test("a removed member is told so, in the audit, and gets nothing", async () => {
		const { from, chat, member } = await paired()
		await boss.call("removeMember", { params: { member: member.id } })
		await bring(api.said(from, chat, "/sessions"))
		await api.shows(chat, "no longer a member")
		expect(api.in(chat).some(({ text }) => text.includes("fix-login"))).toBe(false)
		expect(await audited("telegramHook", "not_allowed")).toMatchObject([{ actor: { is: "person", id: member.id } }])
		// Who is invited again pairs again.
		await env.DB.prepare(
			"INSERT INTO member (id, workspace_id, user_id, role, created_at) VALUES (?, ?, ?, 'owner', 1)",
		)
			.bind(crypto.randomUUID(), boss.workspace, member.id)
			.run()
		await bring(api.said(from, chat, "/machines"))
		await api.until(() =>
			api.in(chat).filter(({ text }) => text.includes("no longer")).length === 2 ? true : undefined,
		)
	})

	test("a guest may look and not type, and sees only the machines that they may see", async () => {
		const { from, chat, box } = await paired("guest")
		await bring(api.said(from, chat, "/screen"))
		await api.shows(chat, "done & dusted")
		await bring(api.said(from, chat, "/send echo hi"))
		await api.shows(chat, "Your role does not allow this")
		expect(box.asked.some(({ ask }) => ask === "write")).toBe(false)
		await boss.call("changeMachine", { params: { machine: box.id }, body: { members: [boss.id] } })
		await bring(api.said(from, chat, "/machines"))
		await api.shows(chat, "No machine is here yet")
	})
})

describe("commands", () => {
	test("lists, screen and log come as text, with code as it is", async () => {
		const { from, chat } = await paired()
		await bring(api.said(from, chat, "/machines"))
		await api.shows(chat, "box: linked, 1 running")
		await bring(api.said(from, chat, "/sessions"))
		const list = await api.shows(chat, "box/fix-login · shell · running")
		await bring(api.pressed(from, list, button(list, "fix-login")))
		const screen = await api.shows(chat, "done & dusted")
		expect(screen.html).toContain("<pre>$ make &lt;all&gt;\ndone &amp; dusted</pre>")
		await bring(api.said(from, chat, "/log fix-login 5"))
		await api.shows(chat, "red line\n100%")
		await bring(api.said(from, chat, "/help"))
		await api.shows(chat, "/run [@MACHINE] RUNTIME PROMPT")
		await bring(api.said(from, chat, "/frobnicate"))
		await api.shows(chat, "I do not know /frobnicate")
	})

	test("what is longer than a message comes in several, its code whole in each", async () => {
		const { from, chat, box } = await paired()
		const lines = Array.from({ length: 150 }, (_, at) => `${at} <${"x".repeat(60)}> 😀`)
		box.answers.log = () => ({ from: 0, base64: btoa(unescape(encodeURIComponent(lines.join("\n")))), end: 9 })
		await bring(api.said(from, chat, "/log fix-login 200"))
		const last = await api.shows(chat, "149 <")
		const parts = api.in(chat).slice(api.in(chat).findIndex(({ text }) => text.includes("0 <x")))
		expect(parts.length).toBeGreaterThan(2)
		expect(parts.at(-1)).toBe(last)
		for (const { html } of parts) expect(html).toMatch(/<pre>[\s\S]*<\/pre>$/)
		const read = parts.map(({ text }) => text).join("\n")
		expect(read.slice(read.indexOf("\n") + 1)).toBe(lines.join("\n"))
	})

	test("words go to the session that is named, that is replied to, or that was last", async () => {
		const { from, chat, box } = await paired()
		const written = () => box.asked.filter(({ ask }) => ask === "write").map(({ of }) => of)
		await bring(api.said(from, chat, "/send fix-login echo one"))
		const sent = await api.shows(chat, "Sent to fix-login")
		await bring(api.said(from, chat, "echo two\nand more", { reply_to_message: { message_id: sent.id } }))
		await api.until(() => (written().length === 2 ? true : undefined))
		await bring(api.said(from, chat, "/send echo three"))
		await api.until(() => (api.in(chat).filter(({ text }) => text.includes("Sent to")).length === 3 ? true : undefined))
		expect(written()).toMatchObject([
			{ session: box.session.id, text: "echo one", enter: true, paste: false },
			{ text: "echo two\nand more", paste: true },
			{ text: "echo three" },
		])
		await bring(api.said(from, chat, "just words"))
		await api.shows(chat, "Reply to a session's message")
		expect(written()).toHaveLength(3)
		const [entry] = await audited("sendInput", "done")
		expect(entry).toMatchObject({ actor: { is: "person" }, detail: { via: "telegram" } })
	})

	test("/run starts a runtime with its prompt, or a command, and one message shows it to its end", async () => {
		const { from, chat, box } = await paired()
		await bring(api.said(from, chat, "/run claude-code -fix it"))
		const message = await api.shows(chat, "▶️ one on box")
		await api.until(() => (message.text.includes("done & dusted") ? true : undefined))
		const started = box.asked.find(({ ask }) => ask === "start")?.of
		expect(started).toMatchObject({ runtime: "claude-code", argv: [" -fix it"] })
		const id = started?.id as SessionId
		const session = {
			...runningSession(),
			id,
			name: "one",
			state: { is: "exited", code: 3, signal: null, at: 1 },
		} as const
		box.changed(session)
		await api.until(() => (message.text.includes("exited 3") ? true : undefined))
		expect(api.in(chat).filter(({ text }) => text.includes("▶️"))).toHaveLength(1)
		expect(message.buttons).toEqual([])
		await bring(api.said(from, chat, "/run make -j2 all"))
		await api.until(() => box.asked.filter(({ ask }) => ask === "start")[1])
		expect(box.asked.filter(({ ask }) => ask === "start")[1]?.of).toMatchObject({
			runtime: "custom",
			argv: ["sh", "-c", "make -j2 all"],
		})
	})

	test("in Chinese, with a slash or without, as the person's phone is set", async () => {
		const channel = await connect()
		const from = person({ language_code: "zh-hans" })
		const member = await somebody("developer", boss)
		const { code } = await member.call("pairChat", { params: { channel: channel.id } })
		await bring(api.said(from, from.id, `/start ${code}`))
		await api.shows(from.id, "配对成功")
		await Box.link(boss)
		await bring(api.said(from, from.id, "会话"))
		await api.shows(from.id, "box/fix-login · shell · 运行中")
		await bring(api.said(from, from.id, "／帮助"))
		await api.shows(from.id, "我能做的事")
	})

	test("a file goes to the session's inbox, in parts, under a name that leads nowhere else; a voice is refused", async () => {
		const { from, chat, box } = await paired()
		const bytes = new Uint8Array(700 * 1024).map((_, at) => at % 251)
		const document = { file_id: api.file(bytes), file_name: "../../.ssh/plan.txt", file_size: bytes.length }
		await bring(api.said(from, chat, null, { document }))
		await api.shows(chat, "Saved as .homeport/inbox/")
		const parts = box.asked.filter(({ ask }) => ask === "writeFile").map(({ of }) => of)
		expect(parts.map(({ at, isLast }) => [at, isLast])).toEqual([
			[0, false],
			[512 * 1024, true],
		])
		expect(parts[0]?.path).toMatch(/^\.homeport\/inbox\/[\w-]+ssh_plan\.txt$/)
		const written = parts.map(({ base64 }) => Uint8Array.fromBase64(String(base64)))
		expect(new Uint8Array(written.flatMap((part) => [...part]))).toEqual(bytes)
		const photo = [{ file_id: api.file(bytes.slice(0, 9)), file_size: 9, width: 1, height: 1 }]
		await bring(api.said(from, chat, null, { photo, caption: "Look at this" }))
		await api.shows(chat, "Sent to fix-login")
		expect(box.asked.find(({ ask }) => ask === "write")?.of.text).toMatch(/^Look at this \.homeport\/inbox\/.*\.jpg$/)
		await bring(
			api.said(from, chat, null, { document: { file_id: "x", file_name: "big", file_size: 21 * 1024 * 1024 } }),
		)
		await api.shows(chat, "larger than this takes")
		await bring(api.said(from, chat, null, { voice: { file_id: "v" } }))
		await api.shows(chat, "I cannot hear")
	})
})

describe("requests", () => {
	test("are told with buttons; a press answers once; every chat's message says who answered", async () => {
		const { from, chat, channel, box } = await paired()
		const other = person({ first_name: "Ben" })
		await pair(boss, channel, other)
		box.tell([approval(box.session.id)])
		const [mine, theirs] = [await api.shows(chat, "npm test"), await api.shows(other.id, "npm test")]
		expect(mine.text).toContain("Run this command?")
		const yes = button(mine, "Yes")
		await Promise.all([bring(api.pressed(from, mine, yes)), bring(api.pressed(other, theirs, button(theirs, "Yes")))])
		for (const message of [mine, theirs])
			await api.until(() => (message.text.includes("☑️ Yes:") && message.buttons.length === 0 ? true : undefined))
		expect(box.asked.filter(({ ask }) => ask === "answer")).toHaveLength(1)
		await api.until(() => (api.toasts.length >= 2 ? true : undefined))
		expect(api.toasts.map(({ text }) => text).filter((text) => text.includes("Answered: Yes"))).toHaveLength(1)
		// An old button is refused with the reason.
		await bring(api.pressed(from, mine, yes))
		await api.until(() => (api.toasts.length >= 3 ? true : undefined))
		expect(api.toasts.at(-1)?.text).toContain("Somebody has answered this already")
		await vi.waitFor(async () => expect(await audited("answerRequest", "done")).toHaveLength(1), { timeout: 10_000 })
	})

	test("a stranger's press on a forwarded button is refused in its toast, and in the audit", async () => {
		const { chat, box } = await paired()
		box.tell([approval(box.session.id)])
		const message = await api.shows(chat, "npm test")
		const stranger = person()
		await bring(api.pressed(stranger, { ...message, chat: stranger.id }, button(message, "Yes")))
		await api.until(() => api.toasts[0])
		expect(api.toasts[0]?.text).toContain("Only members")
		expect(box.asked.some(({ ask }) => ask === "answer")).toBe(false)
		expect(await audited("telegramHook", "not_allowed")).toHaveLength(1)
	})

	test("an answer by Enter alone is told without words", async () => {
		const { chat, box } = await paired()
		const asked = { ...approval(box.session.id), text: "Which port? [80]", subject: null, options: [] }
		const question = { ...asked, kind: "question", takesText: true } as const
		box.tell([question])
		const message = await api.shows(chat, "Which port?")
		await boss.call("answerRequest", { params: { request: question.id }, body: { choice: { is: "text", text: "" } } })
		await api.until(() => (message.text.includes("☑️ Answered by") ? true : undefined))
	})

	test("words answer a question, and are typed into no menu", async () => {
		const { from, chat, box } = await paired()
		const menu = approval(box.session.id)
		box.tell([menu])
		const asked = await api.shows(chat, "npm test")
		const reply = { reply_to_message: { message_id: asked.id } }
		await bring(api.said(from, chat, "no, use pnpm", reply))
		await api.shows(chat, "It waits for one of these answers: Yes · No")
		expect(box.asked.some(({ ask }) => ask === "write" || ask === "answer")).toBe(false)
		box.tell(
			[
				{
					...menu,
					id: newRequestId(),
					text: "Which port?",
					kind: "question",
					takesText: true,
					options: [],
					subject: null,
				},
			],
			[{ id: menu.id, because: "moved", at: Date.now() }],
		)
		const question = await api.shows(chat, "Which port?")
		await bring(api.said(from, chat, "8080", { reply_to_message: { message_id: question.id } }))
		await api.until(() => box.asked.find(({ ask }) => ask === "answer"))
		expect(box.asked.find(({ ask }) => ask === "answer")?.of).toMatchObject({ choice: { is: "text", text: "8080" } })
	})

	test("a secret is asked for without a way to answer, and no word for it is taken", async () => {
		const { from, chat, box } = await paired()
		const secret = approval(box.session.id, {
			kind: "secret",
			text: "Password:",
			options: [],
			subject: null,
			takesText: true,
		})
		box.tell([secret])
		const message = await api.shows(chat, "Password:")
		expect(message.text).toContain("in the console only")
		expect(message.buttons.flat().map(({ text }) => text)).toEqual(["Screen"])
		await bring(api.said(from, chat, "hunter2-sentinel", { reply_to_message: { message_id: message.id } }))
		await api.shows(chat, "never in a chat")
		expect(JSON.stringify(box.asked)).not.toContain("hunter2-sentinel")
		const trail = await boss.call("listAudit", { query: {} })
		expect(JSON.stringify(trail)).not.toContain("hunter2-sentinel")
	})

	test("nothing that looks like a secret leaves in any message", async () => {
		const { from, chat, box } = await paired()
		const token = `ghp_${"Sentinel0451".repeat(3)}`
		box.answers.screen = () => ({ lines: [`export X=${token}`], cursor: { x: 0, y: 0 }, title: "", sequence: 0 })
		box.answers.log = () => ({ from: 0, base64: btoa(`curl -H ${token}`), end: 9 })
		const excerpt = ["SCREEN-SENTINEL"]
		box.tell([
			approval(box.session.id, {
				text: `Use ${token}?`,
				subject: { is: "command", text: `x ${token}`, isWhole: true },
				excerpt,
			}),
		])
		await api.shows(chat, "Use ")
		await bring(api.said(from, chat, "/screen"))
		await api.shows(chat, "export X=")
		await bring(api.said(from, chat, "/log"))
		await api.shows(chat, "curl -H")
		await bring(api.said(from, chat, "/inbox"))
		await api.until(() => (api.in(chat).filter(({ text }) => text.includes("Use ")).length === 2 ? true : undefined))
		const said = JSON.stringify(api.messages)
		expect(said).not.toContain("Sentinel0451")
		expect(said).not.toContain("SCREEN-SENTINEL")
		expect(said).not.toContain(api.token)
	})

	test("what a place shall not show is not shown there", async () => {
		const { chat, box, member } = await paired()
		const [place] = (await member.call("listDestinations")).destinations
		await member.call("changeDestination", {
			params: { destination: place?.id ?? ("" as never) },
			body: { settings: { showsContent: false } },
		})

		const settings = { kinds: ["approval", "stuck"], language: "zh", showsContent: false } as const
		await member.call("changeDestination", {
			params: { destination: place?.id ?? ("" as never) },
			body: { settings: { kinds: [...settings.kinds], language: "zh" } },
		})
		// What is not said stays.
		expect((await member.call("listDestinations")).destinations[0]?.settings).toEqual(settings)
		await member.call("changeDestination", {
			params: { destination: place?.id ?? ("" as never) },
			body: { settings: { language: "en" } },
		})
		box.tell([approval(box.session.id)])
		const message = await api.shows(chat, "An agent needs you")
		expect(message.text).toContain("https://home.example/inbox/req_")
		expect(message.text).not.toMatch(/npm|fix-login|Run/)
		expect(message.buttons).toEqual([])
	})

	test("/approve and /deny answer the only one, and ask which where there are several", async () => {
		const { from, chat, box } = await paired()
		const one = approval(box.session.id)
		box.tell([one])
		await api.shows(chat, "npm test")
		await bring(api.said(from, chat, "/deny"))
		await api.shows(chat, "Answered: No")
		box.tell(
			[approval(box.session.id, { text: "First?" }), approval(box.session.id, { text: "Second?" })],
			[{ id: one.id, because: "moved", at: Date.now() }],
		)
		await api.shows(chat, "Second?")
		await bring(api.said(from, chat, "/approve"))
		await api.shows(chat, "Several wait")
		expect(box.asked.filter(({ ask }) => ask === "answer")).toHaveLength(1)
	})

	test("a reminder comes as a new message, and the old one leads to it and has no buttons", async () => {
		const { chat, box, member } = await paired()
		const asked = approval(box.session.id)
		box.tell([asked])
		const old = await api.shows(chat, "npm test")
		const [place] = (await member.call("listDestinations")).destinations
		const [item] = (await boss.call("listInbox")).items
		if (place === undefined || item === undefined) throw new Error("nothing was told")
		const delivery = { workspaceId: boss.workspace, destination: place.id, item, message: String(old.id) }
		const sent = await deliver(env, { ...delivery, because: "reminded" })
		const [, fresh] = api.in(chat).filter(({ text }) => text.includes("fix-login"))
		expect(sent).toEqual({ is: "sent", message: String(fresh?.id) })
		expect(fresh?.text).toContain("It still waits")
		expect(old.text).toContain("Asked again below")
		expect(old.buttons).toEqual([])
		// Whoever is no member any more, or may not see the machine now, is told nothing more.
		await boss.call("changeMachine", { params: { machine: box.id }, body: { members: [boss.id] } })
		expect(await deliver(env, { ...delivery, because: "changed" })).toMatchObject({ is: "gone" })
	})

	test("what a channel may not answer has no buttons there, and is refused however it is pressed", async () => {
		const { from, chat, box } = await paired()
		const mayAnswer = { push: "low", telegram: "low", wechat: "high" } as const
		await boss.call("writePolicy", { body: { policy: { mayAnswer } } })
		const risky = { is: "command", text: "rm -rf /", isWhole: true } as const
		const asked = approval(box.session.id, { subject: risky })
		box.tell([asked])
		const message = await api.shows(chat, "rm -rf /")
		expect(message.text).toContain("other answers are given in the console only")
		// A no does no harm.
		expect(message.buttons.flat().map(({ text }) => text)).toEqual(["No", "Screen"])
		await bring(api.said(from, chat, "/approve"))
		await api.shows(chat, "Use the console")
		expect(box.asked.some(({ ask }) => ask === "answer")).toBe(false)
		await bring(api.pressed(from, message, button(message, "No")))
		await api.until(() => (message.text.includes("☑️ No") ? true : undefined))
	})

	test("a muted chat is told without a sound", async () => {
		const { from, chat, box } = await paired()
		await bring(api.said(from, chat, "/mute 30m"))
		await api.shows(chat, "Muted until")
		box.tell([approval(box.session.id)])
		expect((await api.shows(chat, "npm test")).isQuiet).toBe(true)
		await bring(api.said(from, chat, "/mute 40h"))
		await api.shows(chat, "At most a day")
	})
})

describe("trouble", () => {
	test("what may have been typed already is not typed again, and said so", async () => {
		const { from, chat, channel, box } = await paired()
		const update = readUpdate(channel.id, TelegramUpdate.parse(api.said(from, chat, "/send fix-login once")))
		if (update === null) throw new Error("it says something")
		await handle(env, boss.workspace, update, true)
		await api.shows(chat, "may have reached the session")
		expect(box.asked.some(({ ask }) => ask === "write")).toBe(false)
		await giveUp(env, boss.workspace, update)
		await api.shows(chat, "could not be done")
	})

	test("a flood is waited out as long as Telegram asks, and nothing is lost or said twice", async () => {
		const { chat, box } = await paired()
		api.faults.push({
			method: "sendMessage",
			code: 429,
			description: "Too Many Requests: retry after 1",
			retryAfter: 1,
		})
		const before = Date.now()
		box.tell([approval(box.session.id)])
		await api.shows(chat, "npm test")
		expect(Date.now() - before).toBeGreaterThanOrEqual(1_000)
		expect(api.in(chat).filter(({ text }) => text.includes("npm test"))).toHaveLength(1)
	})

	test("a blocked bot is noticed, says so at the place, and is taken up again", async () => {
		const { from, chat, box, member } = await paired()
		await bring(api.blocked(from, true))
		const fault = async () => (await member.call("listDestinations")).destinations[0]?.fault ?? null
		await vi.waitFor(async () => expect(await fault()).toMatchObject({ isFinal: true }))
		box.tell([approval(box.session.id)])
		await bring(api.blocked(from, false))
		await vi.waitFor(async () => expect(await fault()).toBeNull())
		expect(api.in(chat).some(({ text }) => text.includes("npm test"))).toBe(false)
		box.tell([approval(box.session.id, { text: "Another?" })])
		await api.shows(chat, "Another?")
	})

	test("what was received outlives the eviction of its object", async () => {
		const { from, chat } = await paired()
		await bring(api.said(from, chat, "/mute off"))
		await evictAllDurableObjects()
		await api.shows(chat, "Not muted")
	})

	test("the home's own words of a failure carry no token", async () => {
		const logged = vi.spyOn(console, "error").mockImplementation(() => {})
		const { from, chat } = await paired()
		for (let time = 0; time < 3; time++)
			api.faults.push({ method: "sendMessage", code: 500, description: `Internal ${api.token}` })
		await bring(api.said(from, chat, "/mute off"))
		await bring(api.said(from, chat, "/workspace"))
		await api.shows(chat, "you are")
		expect(JSON.stringify(logged.mock.calls)).not.toContain(api.token)
		logged.mockRestore()
	})
})

describe("groups", () => {
	test("only paired members act; others are told once, and talk among people is not listened to", async () => {
		const { from, channel, member, box } = await paired()
		const group = -1_000_123
		await pair(member, channel, from, group)
		const stranger = person()
		await bring(api.said(stranger, group, "lunch?"))
		await bring(api.said(stranger, group, "/sessions"))
		await api.shows(group, "members of a Homeport workspace only")
		expect(api.in(group).some(({ text }) => text.includes("fix-login"))).toBe(false)
		await bring(api.said(from, group, "/sessions@another_bot"))
		await bring(api.said(from, group, `/sessions@${api.me.username}`))
		await api.shows(group, "box/fix-login")
		expect(api.in(group).filter(({ text }) => text.includes("fix-login"))).toHaveLength(1)
		// Content stands in a group only where somebody wants it there.
		box.tell([approval(box.session.id)])
		expect((await api.shows(group, "An agent needs you")).text).not.toContain("npm")
	})

	test("a forum whose bot may open no topics is told in the chat itself, and is not asked again", async () => {
		const { from, channel, member, box } = await paired()
		const group = -1_000_789
		await pair(member, channel, from, group, true)
		api.chat(group, { isForum: true, mayOpenTopics: false })
		const first = approval(box.session.id)
		box.tell([first])
		expect((await api.shows(group, "An agent needs you")).thread).toBeNull()
		box.tell([approval(box.session.id, { text: "Second?" })], [{ id: first.id, because: "moved", at: Date.now() }])
		await api.shows(from.id, "Second?")
		await api.until(() => (api.in(group).length === 3 ? true : undefined))
		expect(api.calls.filter(({ method }) => method === "createForumTopic")).toHaveLength(1)
	})

	test("a forum has a topic a session: told there, and what is written there goes to it", async () => {
		const { from, channel, member, box } = await paired()
		const group = -1_000_456
		await pair(member, channel, from, group, true)
		const { destinations } = await member.call("listDestinations")
		const place = destinations.find(({ isGroup }) => isGroup)
		await member.call("changeDestination", {
			params: { destination: place?.id ?? ("" as never) },
			body: { settings: { showsContent: true, kinds: ["approval", "idle"] } },
		})
		const one = approval(box.session.id)
		box.tell([one])
		const message = await api.shows(group, "npm test")
		expect(message.thread).not.toBeNull()
		box.tell([], [{ id: one.id, because: "moved", at: Date.now() }])
		await api.until(() => (message.text.includes("moved on") ? true : undefined))
		const inTopic = {
			message_thread_id: message.thread,
			is_topic_message: true,
			reply_to_message: { message_id: message.thread },
		}
		await bring(api.said(from, group, "go on", inTopic))
		await api.until(() => box.asked.find(({ ask }) => ask === "write"))
		expect(box.asked.find(({ ask }) => ask === "write")?.of).toMatchObject({ session: box.session.id, text: "go on" })
		expect((await api.shows(group, "Sent to fix-login")).thread).toBe(message.thread)
		// The next one uses the same topic.
		box.tell([approval(box.session.id, { text: "Again?" })])
		expect((await api.shows(group, "Again?")).thread).toBe(message.thread)
		expect(api.calls.filter(({ method }) => method === "createForumTopic")).toHaveLength(1)
	})
})
