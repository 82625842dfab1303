// One account's messages: asked for again and again, handed on, and only then taken off the service's list.
import { createHash } from "node:crypto"
import { rm } from "node:fs/promises"
import * as z from "zod"
import { RELAYED_TEXT_CHARS, type Relayed, type WeixinCredentials } from "../../protocol/relay.ts"
import { readPrivate, writePrivate } from "../private-file.ts"
import { filesOf } from "./files.ts"
import { SIGNED_OUT, type WeixinMessage, type WeixinService } from "./weixin-service.ts"

const Place = z.object({ bot: z.string(), cursor: z.string() })

export interface Options {
	service: WeixinService
	by: WeixinCredentials
	/** Where the cursor is kept. */
	path: string
	/** Resolves when the home has it for certain. */
	forward: (key: string, message: Relayed) => Promise<void>
	log: (line: string) => void
}

/** Polls until `signal`, or until the service knows the account no more. */
export async function poll({ service, by, path, forward, log }: Options, signal: AbortSignal): Promise<void> {
	let cursor = await readCursor(path, by.bot)
	let holdMs = HOLD_MS
	let failures = 0
	void service.notify(by, "start")
	while (!signal.aborted) {
		try {
			const polled = await service.poll(by, cursor, holdMs + GRACE_MS, signal)
			if (polled.ret === SIGNED_OUT) {
				await forward(`signed-out:${digest(by.token)}`, { is: "signed-out" })
				return
			}
			if (polled.ret !== 0) throw new Error(`it answered ${polled.ret}`)
			failures = 0
			holdMs = Math.min(polled.holdMs ?? HOLD_MS, MOST_HOLD_MS)
			// People's words to the bot itself: in a group nobody could tell who may.
			const told = polled.messages.filter(({ message_type, group_id }) => message_type === 1 && !group_id)
			await Promise.all(told.map((message) => forward(keyOf(message), relayed(message))))
			// Only now: what is lost before this is asked for again, and what comes twice is known by its key.
			if (polled.cursor !== null && polled.cursor !== cursor) {
				cursor = polled.cursor
				await writePrivate(path, { bot: by.bot, cursor } satisfies z.infer<typeof Place>)
			}
		} catch (error) {
			if (signal.aborted) break
			// The service answers an empty poll late, or a proxy cuts it: that is how an idle hour looks.
			if (error instanceof DOMException && error.name === "TimeoutError") continue
			failures++
			if (failures === 1) log(`WeChat cannot be polled now: ${error instanceof Error ? error.message : String(error)}.`)
			await pause(Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), MOST_WAIT_MS), signal)
		}
	}
	await service.notify(by, "stop")
}

/** Forgets how far an account was read. */
export async function forget(path: string): Promise<void> {
	await rm(path, { force: true })
}

/** A cursor that cannot be read costs messages that come twice, which their keys tell. */
async function readCursor(path: string, bot: string): Promise<string> {
	const place = await readPrivate(path, Place).catch(() => undefined)
	return place?.bot === bot ? place.cursor : ""
}

/** The service's own id; a message without one is known by what it says. */
function keyOf(message: WeixinMessage): string {
	const { message_id, from_user_id, client_id, create_time_ms, item_list } = message
	if (message_id !== undefined && String(message_id) !== "0") return String(message_id)
	return digest(JSON.stringify([from_user_id, client_id, create_time_ms, item_list]))
}

function relayed(message: WeixinMessage): Relayed {
	const texts = message.item_list.flatMap(({ text_item, voice_item }) => text_item?.text ?? voice_item?.text ?? [])
	return {
		is: "message",
		from: message.from_user_id,
		text: texts.length === 0 ? null : texts.join("\n").slice(0, RELAYED_TEXT_CHARS),
		files: filesOf(message).slice(0, 16),
		context: message.context_token ?? null,
		at: message.create_time_ms ?? Date.now(),
	}
}

function digest(text: string): string {
	return createHash("sha256").update(text).digest("hex").slice(0, 32)
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			clearTimeout(timer)
			signal.removeEventListener("abort", done)
			resolve()
		}
		const timer = setTimeout(done, ms)
		signal.addEventListener("abort", done)
	})
}

/** What the service holds a call for where it does not say. */
const HOLD_MS = 35_000
const MOST_HOLD_MS = 120_000
/** Beyond what it holds a call for. */
const GRACE_MS = 5_000
const FIRST_WAIT_MS = 1_000
const MOST_WAIT_MS = 30_000
