// What a workspace's object keeps for its WeChat bots, as the Worker asks it: numbers, budgets, streams, tokens.
import { AccessTokens, type Account, type Granted } from "./access-tokens.ts"
import { Held } from "./held.ts"
import { type Chosen, Offers } from "./offers.ts"
import { type Shown, Streams } from "./streams.ts"
import { type Spent, Windows } from "./windows.ts"

/** `chat` names the bot and the chat with it. */
export class Wechat {
	readonly #now: () => number
	readonly #offers: Offers
	readonly #windows: Windows
	readonly #streams: Streams
	readonly #held: Held
	readonly #tokens: AccessTokens

	constructor(sql: SqlStorage, now: () => number = Date.now) {
		this.#now = now
		this.#offers = new Offers(sql)
		this.#windows = new Windows(sql)
		this.#streams = new Streams(sql)
		this.#held = new Held(sql)
		this.#tokens = new AccessTokens(sql, now)
	}

	offer(chat: string, data: string[]): number[] {
		return this.#offers.offer(chat, data, this.#now())
	}

	stand(chat: string, numbers: number[], message: string): void {
		this.#offers.stand(chat, numbers, message)
	}

	chosen(chat: string, number: number): Chosen | null {
		return this.#offers.chosen(chat, number)
	}

	openWindow(chat: string, context: string | null): void {
		this.#windows.open(chat, context, this.#now())
	}

	spend(chat: string): Spent {
		return this.#windows.spend(chat, this.#now())
	}

	shutWindow(chat: string): void {
		this.#windows.shut(chat)
	}

	giveBack(chat: string): void {
		this.#windows.giveBack(chat)
	}

	beginStream(stream: string, chat: string, url: { address: string; until: number } | null): void {
		this.#streams.begin(stream, chat, url, this.#now())
	}

	write(stream: string, text: string): number | null {
		return this.#streams.write(stream, text, this.#now())
	}

	rewrite(part: number, text: string): boolean {
		return this.#streams.rewrite(part, text, this.#now())
	}

	finish(stream: string): void {
		this.#streams.finish(stream)
	}

	read(stream: string): Shown | null {
		return this.#streams.read(stream, this.#now())
	}

	takeUrl(chat: string): string | null {
		return this.#streams.takeUrl(chat, this.#now())
	}

	hold(chat: string, text: string): void {
		this.#held.hold(chat, text, this.#now())
	}

	takeHeld(chat: string, mostBytes: number): string[] {
		return this.#held.take(chat, mostBytes)
	}

	/** What is kept, now or soon; `isDone`: nothing more comes. */
	async awaitHeld(chat: string, ms: number, mostBytes: number): Promise<{ texts: string[]; isDone: boolean }> {
		const isDone = await this.#held.wait(chat, ms)
		return { texts: this.#held.take(chat, mostBytes), isDone }
	}

	doneHolding(chat: string): void {
		this.#held.done(chat)
	}

	isMute(channel: string): boolean {
		return this.#held.isMute(channel)
	}

	mute(channel: string, isMute: boolean): void {
		this.#held.mute(channel, isMute)
	}

	accessToken(account: Account, stale: string | null): Promise<Granted> {
		return this.#tokens.get(account, stale)
	}
}
