// A stand-in for WeChat's iLink service, as Tencent's own client speaks with it: HTTP says 200, and `ret` says what came of it.
import { createCipheriv } from "node:crypto"
import { createServer, type IncomingMessage, type Server } from "node:http"
import type { AddressInfo } from "node:net"

export interface Sent {
	to: string
	text: string
	context: string | undefined
	client: string
	token: string
}

interface Message {
	id: string
	from?: string
	text?: string
	context?: string
	/** In place of a text. */
	items?: unknown[]
	type?: number
}

export class WeixinServer {
	readonly url: string
	readonly #server: Server
	/** Every call, by path. */
	readonly calls: { path: string; headers: IncomingMessage["headers"]; body: Record<string, unknown> }[] = []
	readonly sent: Sent[] = []
	/** What `sendmessage` answers. */
	ret = 0
	/** Tokens that it knows no more. */
	readonly dead = new Set<string>()
	/** What the scan has come to; the next status says it. */
	status: Record<string, unknown> = { status: "wait" }
	readonly files = new Map<string, Buffer>()
	/** In the order they came; a cursor counts them. */
	readonly #messages: string[] = []
	#changed = Promise.withResolvers<void>()

	private constructor(server: Server) {
		this.#server = server
		this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
	}

	static async start(): Promise<WeixinServer> {
		let service: WeixinServer | null = null
		const server = createServer((request, response) => {
			void (async () => {
				const chunks: Buffer[] = []
				for await (const chunk of request) chunks.push(chunk as Buffer)
				const text = Buffer.concat(chunks).toString()
				const gone = new AbortController()
				response.on("close", () => gone.abort())
				const answer = await service?.answer(request, text === "" ? {} : JSON.parse(text), gone.signal)
				if (Buffer.isBuffer(answer)) return response.end(answer)
				response.writeHead(200, { "content-type": "application/json" }).end(answer)
			})()
		})
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
		service = new WeixinServer(server)
		return service
	}

	async stop(): Promise<void> {
		this.#server.closeAllConnections()
		await new Promise((resolve) => this.#server.close(resolve))
	}

	/** A message arrives. Its id is written as the number that it is, of up to 64 bits. */
	push({ id, from = "alice@im.wechat", text = "", context = "context-1", items, type = 1 }: Message): void {
		const item_list = items ?? [{ type: 1, text_item: { text } }]
		const rest = { from_user_id: from, message_type: type, message_state: 2, context_token: context, item_list }
		this.#messages.push(`{"message_id":${id},${JSON.stringify(rest).slice(1)}`)
		this.change()
	}

	/** Whoever waits here looks again. */
	change(): void {
		this.#changed.resolve()
		this.#changed = Promise.withResolvers()
	}

	/** Resolves when it has been called so often in all. */
	async called(path: string, times: number): Promise<void> {
		while (this.calls.filter((call) => call.path === path).length < times) await this.#seen.promise
	}
	#seen = Promise.withResolvers<void>()

	/** A file of theirs, under a key of 16 bytes. */
	putFile(query: string, key: Buffer, bytes: Buffer): void {
		const cipher = createCipheriv("aes-128-ecb", key, null)
		this.files.set(query, Buffer.concat([cipher.update(bytes), cipher.final()]))
	}

	async answer({ url = "/", headers }: IncomingMessage, body: Record<string, unknown>, gone: AbortSignal) {
		const { pathname, searchParams } = new URL(url, this.url)
		this.calls.push({ path: pathname, headers, body })
		this.#seen.resolve()
		this.#seen = Promise.withResolvers()
		const token = headers.authorization?.replace("Bearer ", "") ?? ""
		if (this.dead.has(token)) return JSON.stringify({ ret: -14, errmsg: "session timeout" })
		switch (pathname) {
			case "/ilink/bot/getupdates":
				return this.#updates(String(body.get_updates_buf ?? ""), token, gone)
			case "/ilink/bot/sendmessage": {
				const msg = body.msg as Record<string, string> & { item_list: { text_item: { text: string } }[] }
				const text = msg.item_list[0]?.text_item.text ?? ""
				const { to_user_id: to = "", client_id: client = "" } = msg
				if (this.ret === 0) this.sent.push({ to, text, context: msg.context_token, client, token })
				this.#seen.resolve()
				this.#seen = Promise.withResolvers()
				return JSON.stringify({ ret: this.ret })
			}
			case "/ilink/bot/getconfig":
				return JSON.stringify({ ret: 0, typing_ticket: "ticket" })
			case "/ilink/bot/get_bot_qrcode":
				return JSON.stringify({ qrcode: "code-1", qrcode_img_content: "https://liteapp.weixin.qq.com/q/1" })
			case "/ilink/bot/get_qrcode_status":
				return JSON.stringify(this.status)
			case "/c2c/download":
				return this.files.get(searchParams.get("encrypted_query_param") ?? "") ?? Buffer.alloc(0)
			default:
				return JSON.stringify({ ret: 0 })
		}
	}

	/** Holds the call until there is something beyond the cursor. */
	async #updates(cursor: string, token: string, gone: AbortSignal): Promise<string> {
		const from = cursor === "" ? 0 : Number(cursor.slice("at-".length))
		while (this.#messages.length <= from && !gone.aborted) {
			const left = new Promise((resolve) => gone.addEventListener("abort", resolve, { once: true }))
			await Promise.race([this.#changed.promise, left])
			if (this.dead.has(token)) return JSON.stringify({ ret: -14, errmsg: "session timeout" })
		}
		const msgs = this.#messages.slice(from).join(",")
		return `{"ret":0,"msgs":[${msgs}],"get_updates_buf":"at-${this.#messages.length}","longpolling_timeout_ms":35000}`
	}
}
