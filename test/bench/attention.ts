// From a prompt on a real program's screen to the message about it at a chat service, through a real home.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { newSessionId } from "../../protocol/ids.ts"
import { startHome } from "../support/home.ts"
import { WeixinServer } from "../support/weixin-server.ts"
import { median, quantile } from "./statistics.ts"

/** Asks for the next thing when it is sent an n, and says when it asked; thanks for each answer. */
const PROGRAM = `
import { appendFileSync } from "node:fs"
let round = 0
const ask = () => {
	round++
	appendFileSync(process.argv[2], Date.now() + "\\n")
	process.stdout.write("\\x1b[2J\\x1b[HBash command\\r\\n\\r\\n  rm -rf build-" + round + "-end\\r\\n\\r\\nDo you want to proceed?\\r\\n" +
		"❯ 1. Yes\\r\\n  2. No\\r\\n\\r\\nEnter to confirm, Esc to cancel\\r\\n")
}
process.stdin.setRawMode(true)
process.stdin.on("data", (data) => {
	if (String(data) === "n") ask()
	else process.stdout.write("\\x1b[2J\\x1b[HThank you.\\r\\n")
})
process.stdout.write("Ready.\\r\\n")
`

export interface AttentionFigures {
	p50_ms: number
	p95_ms: number
	/** The same until it stands in the inbox. */
	inbox_p50_ms: number
	inbox_p95_ms: number
	rounds: number
}

export async function attention(rounds: number): Promise<AttentionFigures> {
	const folder = mkdtempSync(join(tmpdir(), "homeport-bench-attention-"))
	const [program, times] = [join(folder, "asks.mjs"), join(folder, "times")]
	writeFileSync(program, PROGRAM)
	const weixin = await WeixinServer.start()
	const home = await startHome({ environment: { HOMEPORT_WEIXIN_URL: weixin.url } })
	try {
		await pair(home, weixin)
		const argv = [process.execPath, program, times]
		const params = { machine: home.machine.id }
		const session = newSessionId()
		const body = { id: session, runtime: "custom", substrate: "host", argv } as const
		await home.call("startSession", { params, body })
		const samples: { inbox: number; channel: number }[] = []
		for (let round = 1; round <= rounds; round++) {
			await quiet(weixin, round)
			await home.call("sendInput", { params: { ...params, session }, body: { text: "n" } })
			const sentAt = await told(weixin, `build-${round}-end`)
			const askedAt = Number(readFileSync(times, "utf8").split("\n")[round - 1])
			const { items } = await home.call("listInbox")
			const item = items.find(({ state }) => state.is === "open")
			if (item === undefined) throw new Error("what is told waits in the inbox")
			samples.push({ inbox: item.raisedAt - askedAt, channel: sentAt - askedAt })
			const yes = { is: "option", label: "Yes" } as const
			const before = weixin.sent.length
			await home.call("answerRequest", { params: { request: item.id }, body: { choice: yes } })
			// That it was answered is said there, too.
			await sent(weixin, () => weixin.sent.length > before)
		}
		const [channel, inbox] = [samples.map(({ channel }) => channel), samples.map(({ inbox }) => inbox)]
		return {
			p50_ms: median(channel),
			p95_ms: quantile(channel, 0.95),
			inbox_p50_ms: median(inbox),
			inbox_p95_ms: quantile(inbox, 0.95),
			rounds,
		}
	} finally {
		await home.stop()
		await weixin.stop()
		rmSync(folder, { recursive: true, force: true })
	}
}

async function pair({ call, machine }: Awaited<ReturnType<typeof startHome>>, weixin: WeixinServer): Promise<void> {
	const { channel } = await call("connectChannel", { body: { credentials: { is: "weixin", machine: machine.id } } })
	const params = { channel: channel.id }
	await call("signInChannel", { params, body: {} })
	weixin.status = {
		...{ status: "confirmed", bot_token: "token", ilink_bot_id: "bot@im.bot", ilink_user_id: "alice@im.wechat" },
		baseurl: weixin.url,
	}
	await call("signInChannel", { params, body: {} })
	const { code } = await call("pairChat", { params })
	weixin.push({ id: "1", text: `/pair ${code}` })
	await told(weixin, "")
}

/** WeChat delivers only so many messages after one of the person's: they say something, and are answered. */
async function quiet(weixin: WeixinServer, round: number): Promise<void> {
	const before = weixin.sent.length
	weixin.push({ id: String(1_000 + round), text: "/machines" })
	await sent(weixin, () => weixin.sent.length > before)
}

/** When the first message with these words came. */
async function told(weixin: WeixinServer, words: string): Promise<number> {
	await sent(weixin, () => weixin.sent.some(({ text }) => text.includes(words)))
	return Date.now()
}

async function sent(weixin: WeixinServer, isSo: () => boolean): Promise<void> {
	const path = "/ilink/bot/sendmessage"
	for (;;) {
		const calls = weixin.calls.filter((call) => call.path === path).length
		if (isSo()) return
		await weixin.called(path, calls + 1)
	}
}
