// The holder's door: what a link process says, checked before it is believed. Written out, since the schemas of wire.ts,
// which say the same, would take more memory in every session than its scrollback.
import type { Asked } from "../../protocol/ask.ts"
import { Refusal } from "../../protocol/errors.ts"
import type { SessionId, ViewerId } from "../../protocol/ids.ts"
import {
	INPUT_FRAME_BYTES,
	LOG_CHUNK_BYTES,
	MAX_COLS,
	MAX_ROWS,
	MESSAGE_BYTES,
	NAME_CHARS,
} from "../../protocol/limits.ts"
import type { Execution, HolderAsk, HolderAskedOf, ToHolder } from "./wire.ts"

export type HolderAsked = { [A in HolderAsk]: { ask: A; of: HolderAskedOf<A> } }[HolderAsk]

/** Throws Refusal("malformed") or Refusal("too_large"). */
export function readToHolder(text: string): ToHolder {
	if (text.length > MESSAGE_BYTES) throw new Refusal("too_large")
	let value: unknown
	try {
		value = JSON.parse(text)
	} catch {
		throw new Refusal("malformed", "The message is not JSON.")
	}
	const message = fields(value)
	switch (message.type) {
		case "start":
			return { type: "start", execution: execution(fields(message.execution)) }
		case "watch": {
			const have = message.have === null ? null : whole(message.have, 0, Number.MAX_SAFE_INTEGER)
			return { type: "watch", viewer: id("vwr", message.viewer) as ViewerId, have }
		}
		case "unwatch":
			return { type: "unwatch", viewer: id("vwr", message.viewer) as ViewerId }
		case "keep":
			return { type: "keep" }
		case "resize":
			return { type: "resize", ...size(message) }
		case "observe":
			return { type: "observe", on: flag(message.on) }
		case "attend":
			return { type: "attend", on: flag(message.on) }
		case "ask": {
			const number = whole(message.number, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
			return { type: "ask", number, ask: oneOf(HOLDER_ASKS, message.ask), of: message.of }
		}
		default:
			throw new Refusal("malformed", "There is no such message.")
	}
}

/** Throws Refusal("malformed"). The session that the question is about is the holder's own, whatever it says. */
export function readAsked(ask: HolderAsk, of: unknown): HolderAsked {
	const asked = fields(of)
	const session = id("ses", asked.session) as SessionId
	switch (ask) {
		case "rename":
			return { ask, of: { session, name: name(asked.name) } }
		case "change": {
			const { name: wanted, tags, comesBack } = asked
			return {
				ask,
				of: {
					session,
					...(wanted === undefined ? {} : { name: name(wanted) }),
					...(tags === undefined ? {} : { tags: list(tags).map((tag) => text(tag, NAME_CHARS)) }),
					...(comesBack === undefined ? {} : { comesBack: flag(comesBack) }),
				},
			}
		}
		case "signal":
			return { ask, of: { session, signal: oneOf(SIGNALS, asked.signal) } }
		case "write": {
			const { paste = false, part, enter = false } = asked
			const typed = text(asked.text, INPUT_FRAME_BYTES * 16)
			const viewer = id("vwr", asked.viewer) as ViewerId
			const within = part === undefined ? {} : { part: oneOf(PARTS, part) }
			return { ask, of: { session, viewer, text: typed, paste: flag(paste), ...within, enter: flag(enter) } }
		}
		case "screen":
		case "look":
		case "hides":
			return { ask, of: { session } }
		case "press": {
			const on = asked.on === null ? null : fields(asked.on)
			const judged = on && { sequence: whole(on.sequence), typed: whole(on.typed) }
			const { claim, until, text: typed, paste, enter } = asked
			if (!/^clm_[0-9a-f]{20}$/.test(text(claim))) throw malformed()
			const keys = { text: text(typed, INPUT_FRAME_BYTES), paste: flag(paste), enter: flag(enter) }
			return { ask, of: { session, claim: text(claim), on: judged, until: whole(until), ...keys } }
		}
		case "log": {
			const from = whole(asked.from, 0, Number.MAX_SAFE_INTEGER)
			return { ask, of: { session, from, limit: whole(asked.limit, 1, LOG_CHUNK_BYTES) } }
		}
	}
}

function execution(given: Record<string, unknown>): Execution {
	return {
		id: id("ses", given.id) as SessionId,
		name: text(given.name),
		runtime: text(given.runtime),
		argv: list(given.argv).map((item) => text(item)),
		program: text(given.program),
		arguments: list(given.arguments).map((item) => text(item)),
		cwd: text(given.cwd),
		...(given.startsIn === undefined ? {} : { startsIn: text(given.startsIn) }),
		environment: Object.fromEntries(
			Object.entries(fields(given.environment)).map(([key, value]) => [key, text(value)]),
		),
		secrets: list(given.secrets).map((item) => text(item)),
		substrate: oneOf(["host", "sandbox", "container", "vm"] as const, given.substrate),
		// Only passed on, to whoever has said it.
		about: fields(given.about) as Execution["about"],
		boot: text(given.boot),
		conversation: given.conversation === null ? null : text(given.conversation),
		...size(given),
		createdAt: whole(given.createdAt, 0, Number.MAX_SAFE_INTEGER),
	}
}

const HOLDER_ASKS = [
	"rename",
	"change",
	"signal",
	"write",
	"screen",
	"log",
	"look",
	"hides",
	"press",
] as const satisfies HolderAsk[]

const PARTS = ["first", "middle", "last"] as const satisfies Asked<"write">["part"][]

const SIGNALS = [
	"SIGHUP",
	"SIGINT",
	"SIGQUIT",
	"SIGKILL",
	"SIGUSR1",
	"SIGUSR2",
	"SIGTERM",
	"SIGCONT",
	"SIGSTOP",
] as const satisfies Asked<"signal">["signal"][]

function size(given: Record<string, unknown>): { cols: number; rows: number } {
	return { cols: whole(given.cols, 2, MAX_COLS), rows: whole(given.rows, 1, MAX_ROWS) }
}

function name(value: unknown): string {
	const given = text(value, NAME_CHARS)
	if (!/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u.test(given)) throw malformed()
	return given
}

function id(kind: "ses" | "vwr", value: unknown): string {
	const given = text(value)
	if (!/^[a-z]{3}_[0-9a-f]{20}$/.test(given) || !given.startsWith(kind)) throw malformed()
	return given
}

function fields(value: unknown): Record<string, unknown> {
	if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed()
	return value as Record<string, unknown>
}

function list(value: unknown): unknown[] {
	if (!Array.isArray(value)) throw malformed()
	return value
}

function text(value: unknown, limit = MESSAGE_BYTES): string {
	if (typeof value !== "string" || value.length > limit) throw malformed()
	return value
}

function whole(value: unknown, min = 0, max = Number.MAX_SAFE_INTEGER): number {
	if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) throw malformed()
	return value as number
}

function flag(value: unknown): boolean {
	if (typeof value !== "boolean") throw malformed()
	return value
}

function oneOf<const T extends string>(choices: readonly T[], value: unknown): T {
	const choice = choices.find((choice) => choice === value)
	if (choice === undefined) throw malformed()
	return choice
}

function malformed(): Refusal {
	return new Refusal("malformed", "The message does not have the right shape.")
}
