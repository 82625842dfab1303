// Personal WeChat as a provider: plain messages through the machine that polls for the bot, as many as WeChat allows.
import type { Delivered } from "../../../durable-objects/outside.ts"
import { Refusal } from "../../../protocol/errors.ts"
import type { MachineId } from "../../../protocol/ids.ts"
import { hash } from "../../hash.ts"
import { Registry } from "../../registry.ts"
import type { Bot, Message, Place, Provider } from "../provider.ts"
import { split } from "../split.ts"
import { bookOf, chatOf, ENV, numbered, standing } from "../wechat-book.ts"
import { listed, plain, WORDS } from "../wechat-text.ts"
import { callRelay } from "./call.ts"
import { signedOut } from "./state.ts"

export const weixin: Provider = {
	kind: "weixin",
	maxCharacters: 4_000,
	hasButtons: false,
	canBeQuiet: false,
	canEdit: false,

	async send(place, message) {
		const machine = await machineOf(place.bot)
		if (machine === null) return { is: "failed", reason: "No machine polls for this account.", isBot: true }
		const options = await numbered(place, message)
		const blocks = [...message.blocks, ...listed(options, place.language)]
		const parts = split(blocks, weixin.maxCharacters - ROOM_CHARS)
		let last: string | null = null
		for (const part of parts) {
			const sent = await sendOne(place, machine, plain(part))
			if (sent.is !== "sent") return sent
			last = sent.message
		}
		return standing(place, options, { is: "sent", message: last })
	},

	/** What was sent cannot be changed: what is new is said anew. */
	edit: (place: Place, _: string, message: Message) => weixin.send(place, message),

	async typing(place) {
		const machine = await machineOf(place.bot)
		if (machine === null) return
		const context = place.context.token ?? null
		// Nothing but a sign: the answer itself follows.
		await callRelay(ENV, machine, place.bot.id, "typing", { to: place.address, context }).catch(() => {})
	},

	async acknowledge(place, _, text) {
		if (text !== "") await weixin.send(place, { blocks: [{ is: "text", text }], buttons: [] })
	},

	async download(bot, file) {
		const machine = await machineOf(bot)
		if (machine === null) throw new Refusal("channel_failed", "No machine polls for this account.")
		const first = await callRelay(ENV, machine, bot.id, "download", { id: file.id, from: 0 })
		const { size } = first
		let next: typeof first | null = first
		let at = 0
		const bytes = new ReadableStream<Uint8Array>({
			async pull(stream) {
				next ??= await callRelay(ENV, machine, bot.id, "download", { id: file.id, from: at })
				const part = Uint8Array.fromBase64(next.base64)
				next = null
				at += part.length
				if (part.length > 0) stream.enqueue(part)
				if (at >= size || part.length === 0) stream.close()
			},
		})
		return { bytes, size }
	},
}

async function sendOne(place: Place, machine: MachineId, text: string): Promise<Delivered> {
	const { bot, language, address: to } = place
	const book = bookOf(bot)
	const chat = chatOf(place)
	const spent = await book.spend(chat)
	if (spent.is !== "open") return { is: "failed", reason: REASONS[spent.is] }
	const said = spent.left === 0 ? `${text}\n\n${WORDS[language].onlySo}` : text
	const { context, number } = spent
	// The same for the same text in the same place, so that the service can tell a second try from a second message.
	const client = `homeport-${(await hash(JSON.stringify([chat, context, number, text]))).slice(0, 32)}`
	try {
		const { ret } = await callRelay(ENV, machine, bot.id, "send", { to, text: said, context, client })
		if (ret === 0) return { is: "sent", message: client }
		if (ret === SIGNED_OUT) {
			await signedOut(ENV, bot.id)
			return { is: "failed", reason: "The WeChat account must be signed in again, by scanning a code." }
		}
		if (ret === REFUSED) await book.shutWindow(chat)
		return { is: "failed", reason: ret === REFUSED ? REASONS.spent : `WeChat did not deliver it (${ret}).` }
	} catch (error) {
		if (!(error instanceof Refusal)) throw error
		if (error.code !== "machine_offline") return { is: "failed", reason: error.message }
		await book.giveBack(chat)
		return { is: "failed", reason: "The machine that polls for this account is away." }
	}
}

/** The machine that polls for a bot; null where it was removed. */
async function machineOf({ id }: Bot): Promise<MachineId | null> {
	const registry = new Registry(ENV.DB)
	const machine = (await registry.channels.find(id))?.machine ?? null
	const entry = machine === null ? undefined : await registry.machines.find(machine)
	return entry === undefined || entry.revokedAt !== null ? null : machine
}

const REASONS = {
	closed: "WeChat delivers only within a day of a message of yours: say something to the bot.",
	spent: "WeChat delivers no more until you write: say something to the bot.",
}
/** The service's own words for: not now, or not so often. */
const REFUSED = -2
const SIGNED_OUT = -14
/** For the line that says how to go on. */
const ROOM_CHARS = 100
