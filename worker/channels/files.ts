// Files from a chat, put into the inbox directory of a session's working directory.
import type { About } from "../../durable-objects/outbox/chat-memory.ts"
import { Refusal } from "../../protocol/errors.ts"
import { FILE_CHUNK_BYTES } from "../../protocol/limits.ts"
import type { Session } from "../../protocol/routes/sessions.ts"
import { act } from "./act.ts"
import { type Chat, say } from "./chat.ts"
import { aboutOf } from "./commands/look.ts"
import { write } from "./commands/steer.ts"
import { shown } from "./render.ts"
import { find, Reply, rememberLast } from "./targets.ts"

/** To the session that they reply to; otherwise to the chat's last one. What is written beside them goes to its program. */
export async function takeFiles(chat: Chat, to: About | null): Promise<void> {
	const { update, words, provider, place } = chat
	const session = await sessionFor(chat, to)
	if (session === undefined) throw new Reply(words.fileWhere)
	await rememberLast(chat, session)
	const paths: string[] = []
	for (const [at, file] of update.files.entries()) {
		await provider.typing(place)
		const path = `${INBOX}/${nameOf(file.name, update.key, at)}`
		const { bytes } = await provider.download(place.bot, file)
		await put(chat, session, path, bytes)
		paths.push(path)
	}
	const text = update.text?.trim() ?? ""
	if (text === "") await say(chat, paths.map((path) => words.fileSaved(shown(path))).join("\n"), aboutOf(session))
	else await write(chat, aboutOf(session), `${text} ${paths.join(" ")}`)
}

async function sessionFor(chat: Chat, to: About | null): Promise<Session | undefined> {
	if (to !== null) return find(chat, to)
	const { sessions } = await act(chat, "listSessions", {})
	const running = sessions.filter(({ state }) => state.is === "running")
	return (
		running.find(({ id }) => id === chat.destination.details.session) ?? (running.length === 1 ? running[0] : undefined)
	)
}

/** A part at a time, each as large as the link takes, and no more than a chat's file may be. */
async function put(chat: Chat, session: Session, path: string, bytes: ReadableStream): Promise<void> {
	const params = { machine: session.machine, session: session.id }
	let at = 0
	let kept = new Uint8Array(0)
	const send = async (isLast: boolean) => {
		const base64 = kept.toBase64()
		await act(chat, "writeFile", { params, body: { path, at, base64, isLast, makesFolder: at === 0 } })
		at += kept.length
		kept = new Uint8Array(0)
	}
	for await (const chunk of bytes as ReadableStream<Uint8Array>) {
		let rest = chunk
		if (at + kept.length + rest.length > FILE_BYTES) throw tooLarge()
		while (kept.length + rest.length > FILE_CHUNK_BYTES) {
			const taken = FILE_CHUNK_BYTES - kept.length
			kept = joined(kept, rest.subarray(0, taken))
			rest = rest.subarray(taken)
			await send(false)
		}
		kept = joined(kept, rest)
	}
	await send(true)
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
	const both = new Uint8Array(one.length + other.length)
	both.set(one)
	both.set(other, one.length)
	return both
}

/** A name that is no path, no option, and no other file's: a chat's may be anything. */
function nameOf(name: string, key: string, at: number): string {
	const plain = name
		.normalize("NFC")
		.replace(/[^\p{L}\p{N}._-]+/gu, "_")
		.replace(/^[._-]+/, "")
		.slice(-NAME_CHARS)
	const mark = `${key.replace(/\W/g, "").slice(-8)}${at === 0 ? "" : `-${at}`}`
	return `${mark}-${plain === "" ? "file" : plain}`
}

function tooLarge(): Refusal {
	return new Refusal("too_large", `A file has at most ${FILE_BYTES / 1024 / 1024} MB.`)
}

/** Beside what people work on, and out of its way. */
const INBOX = ".homeport/inbox"
const NAME_CHARS = 80
/** What bots may fetch at most, of any service. */
const FILE_BYTES = 20 * 1024 * 1024
