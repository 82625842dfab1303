// The channels that this machine polls for its home: begun and ended by the home, told on the link, called through it.
import { join } from "node:path"
import type * as z from "zod"
import type { Answered, Asked } from "../../protocol/ask.ts"
import { never, Refusal } from "../../protocol/errors.ts"
import { explain } from "../../protocol/explain.ts"
import type { ChannelId } from "../../protocol/ids.ts"
import type { FromConnector } from "../../protocol/messages.ts"
import { RELAY_CALLS, type RelayCall, type Relayed, WeixinCredentials } from "../../protocol/relay.ts"
import { Files } from "./files.ts"
import { forget, poll } from "./poll.ts"
import { SignIn } from "./sign-in.ts"
import { SIGNED_OUT, WeixinService } from "./weixin-service.ts"

interface Options {
	dataDir: string
	log: (line: string) => void
	service?: WeixinService
}

interface Running {
	by: WeixinCredentials
	stop: AbortController
}

interface Pending {
	message: Extract<FromConnector, { type: "relay" }>
	taken: () => void
	/** Nobody will take it: the poll that waits for that is over. */
	dropped: () => void
}

type Called = { [C in RelayCall]: { method: C; body: z.output<(typeof RELAY_CALLS)[C]["body"]> } }[RelayCall]

export class Relays {
	readonly #options: Options
	readonly #service: WeixinService
	readonly #files: Files
	readonly #running = new Map<ChannelId, Running>()
	readonly #signIns = new Map<ChannelId, SignIn>()
	/** Told, and not yet taken: by channel and key. */
	readonly #pending = new Map<string, Pending>()
	#tell: ((message: FromConnector) => void) | null = null

	constructor(options: Options) {
		this.#options = options
		this.#service = options.service ?? new WeixinService()
		this.#files = new Files(this.#service)
	}

	linked(tell: (message: FromConnector) => void): void {
		this.#tell = tell
		for (const { message } of this.#pending.values()) tell(message)
	}

	unlinked(): void {
		this.#tell = null
	}

	stop(): void {
		for (const channel of [...this.#running.keys()]) this.#end(channel)
	}

	/** Asked after every welcome: the same again changes nothing. */
	async relay({ channel, isOn, credentials }: Asked<"relay">): Promise<Record<string, never>> {
		const by = isOn && credentials !== null ? parseCredentials(credentials) : null
		const running = this.#running.get(channel)
		if (running !== undefined && (by === null || by.token !== running.by.token)) this.#end(channel)
		if (!isOn) await forget(this.#path(channel))
		if (by === null) return {}
		this.#signIns.delete(channel)
		if (!this.#running.has(channel)) this.#begin(channel, { ...by, url: this.#service.trusted(by.url) })
		return {}
	}

	/** The home has these for certain. */
	relayed({ channel, keys }: Asked<"relayed">): Record<string, never> {
		for (const key of keys) this.#pending.get(pendingKey(channel, key))?.taken()
		return {}
	}

	/** Throws Refusal: invalid_request for what is no call, channel_failed where the service does not take it. */
	async call({ channel, method, body }: Asked<"callRelay">): Promise<Answered<"callRelay">> {
		const called = parseCall(method, body)
		switch (called.method) {
			case "signIn": {
				const signIn = this.#signIns.get(channel) ?? new SignIn(this.#service)
				this.#signIns.set(channel, signIn)
				return { status: 200, body: await reached(signIn.next(called.body.verifyCode)) }
			}
			case "send":
				return this.#ret(channel, (by) => this.#service.send(by, called.body))
			case "typing":
				return this.#ret(channel, (by) => this.#service.typing(by, called.body.to, called.body.context))
			case "download":
				return { status: 200, body: await reached(this.#files.part(called.body.id, called.body.from)) }
			default:
				never(called)
		}
	}

	async #ret(
		channel: ChannelId,
		call: (by: WeixinCredentials) => Promise<{ status: number; ret: number }>,
	): Promise<Answered<"callRelay">> {
		const by = this.#running.get(channel)?.by
		if (by === undefined) return { status: 401, body: { ret: SIGNED_OUT } }
		const { status, ret } = await reached(call(by))
		return { status, body: { ret } }
	}

	#begin(channel: ChannelId, by: WeixinCredentials): void {
		const stop = new AbortController()
		this.#running.set(channel, { by, stop })
		const { log } = this.#options
		const forward = (key: string, message: Relayed) => this.#forward(channel, key, message)
		void poll({ service: this.#service, by, path: this.#path(channel), forward, log }, stop.signal)
			.catch((error: unknown) =>
				log(`Polling WeChat has ended: ${error instanceof Error ? error.message : String(error)}`),
			)
			.finally(() => {
				if (this.#running.get(channel)?.stop === stop) this.#running.delete(channel)
			})
	}

	#end(channel: ChannelId): void {
		this.#running.get(channel)?.stop.abort()
		this.#running.delete(channel)
		for (const { message, dropped } of [...this.#pending.values()]) if (message.channel === channel) dropped()
	}

	/** Tells it now, at the next welcome, and from time to time, until it is taken. */
	#forward(channel: ChannelId, key: string, relayed: Relayed): Promise<void> {
		const message: Pending["message"] = { type: "relay", channel, key, message: relayed }
		const name = pendingKey(channel, key)
		return new Promise((resolve, reject) => {
			const timer = setInterval(() => this.#tell?.(message), AGAIN_MS)
			const end = () => {
				clearInterval(timer)
				this.#pending.delete(name)
			}
			const taken = () => {
				end()
				resolve()
			}
			const dropped = () => {
				end()
				reject(new Error("the channel was ended"))
			}
			this.#pending.set(name, { message, taken, dropped })
			this.#tell?.(message)
		})
	}

	#path(channel: ChannelId): string {
		return join(this.#options.dataDir, "relay", `${channel}.json`)
	}
}

function pendingKey(channel: ChannelId, key: string): string {
	return `${channel} ${key}`
}

function parseCall(method: string, body: unknown): Called {
	if (!Object.hasOwn(RELAY_CALLS, method)) throw new Refusal("invalid_request", "There is no such call.")
	const parsed = RELAY_CALLS[method as RelayCall].body.safeParse(body)
	if (!parsed.success) throw new Refusal("invalid_request", explain(parsed.error))
	return { method, body: parsed.data } as Called
}

function parseCredentials(text: string): WeixinCredentials {
	try {
		return WeixinCredentials.parse(JSON.parse(text))
	} catch {
		// What is wrong with it would quote it.
		throw new Refusal("invalid_request", "That is not what a WeChat account is signed in by.")
	}
}

/** A network that fails is the service's fault, for who asked. */
async function reached<T>(call: Promise<T>): Promise<T> {
	try {
		return await call
	} catch (error) {
		if (error instanceof Refusal) throw error
		throw new Refusal("channel_failed", "WeChat cannot be reached from this machine now.")
	}
}

/** A home that has not taken a message by then has lost it. */
const AGAIN_MS = 15_000
