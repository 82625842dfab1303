// Messages: each of every direction round-trips, and what is bad is refused without repeating its contents.
import { describe, expect, test } from "vitest"
import type * as z from "zod"
import { Refusal } from "../../protocol/errors.ts"
import { EVERYONE, newChannelId, newMachineId, newRequestId, newSessionId, newViewerId } from "../../protocol/ids.ts"
import { ARGV_CHARS, MAX_COLS, MESSAGE_BYTES, SESSIONS_PER_MACHINE } from "../../protocol/limits.ts"
import { FromConnector, FromFeed, FromViewer, parseMessage, ToConnector, ToViewer } from "../../protocol/messages.ts"
import { Name, type Presence, type SessionInfo, StartSpec } from "../../protocol/session.ts"
import { ON_HOST } from "../support/on-host.ts"

const session = newSessionId()
const viewer = newViewerId()
const info: SessionInfo = {
	id: session,
	name: "claude 2",
	runtime: "custom",
	argv: ["printf", "%s\n", "two words", ""],
	cwd: "/home/ada",
	substrate: "host",
	...ON_HOST,
	cols: 120,
	rows: 40,
	state: { is: "exited", code: null, signal: "SIGTERM", at: 1_790_000_000_000 },
	title: "vim – naïve",
	createdAt: 1_790_000_000_000,
	lastOutputAt: null,
	sequence: 12_345,
}
const platform = { os: "linux", arch: "x64", release: "Debian GNU/Linux 12", hostname: "box", connector: "0.1.0" }
const presence: Presence = { is: "linked", since: 5, provenAt: 6, epoch: 3, now: 7 }

/** Every message of every direction at least once; the compiler names a missing one. */
const toConnector: { [T in ToConnector["type"]]: Extract<ToConnector, { type: T }> } = {
	welcome: { type: "welcome", epoch: 4, machine: newMachineId() },
	watch: { type: "watch", session, viewer, have: null },
	unwatch: { type: "unwatch", session, viewer: EVERYONE },
	keep: { type: "keep", session },
	resize: { type: "resize", session, cols: 2, rows: 1 },
	observe: { type: "observe", on: true },
	ask: { type: "ask", number: 9, ask: "log", of: { session, from: 0, limit: 10 } },
}
const fromConnector: { [T in FromConnector["type"]]: Extract<FromConnector, { type: T }> } = {
	hello: { type: "hello", version: 1, platform, sessions: [info] },
	session: { type: "session", session: info },
	removed: { type: "removed", session },
	attention: { type: "attention", open: [], ended: [{ id: newRequestId(), because: "input", at: 1 }] },
	relay: { type: "relay", channel: newChannelId(), key: "1", message: { text: "hello" } },
	joined: { type: "joined", session, viewer, sequence: 2 ** 40 },
	unwatchable: { type: "unwatchable", session, viewer, code: "session_not_found" },
	expects: { type: "expects", session, viewer, sequence: 0 },
	answer: { type: "answer", number: 9, answer: { from: 0, base64: "", end: 0 } },
	refuse: { type: "refuse", number: 9, code: "session_not_found", detail: "It was removed." },
}
const fromViewer: { [T in FromViewer["type"]]: Extract<FromViewer, { type: T }> } = {
	hello: { type: "hello", version: 1, viewer },
	attach: { type: "attach", session, have: 17, cols: 80, rows: 24 },
	detach: { type: "detach", session },
	size: { type: "size", session, cols: 80, rows: 24, claim: false },
}
const toViewer: { [T in ToViewer["type"]]: Extract<ToViewer, { type: T }> } = {
	machine: { type: "machine", name: "box", role: "guest", presence, platform: null, sessions: [info] },
	renamed: { type: "renamed", name: "box 2", platform },
	presence: { type: "presence", presence: { ...presence, is: "away", since: null, provenAt: null } },
	session: { type: "session", session: info },
	removed: { type: "removed", session },
	attached: { type: "attached", session, live: false },
	"caught-up": { type: "caught-up", session, sequence: 1 },
	expects: { type: "expects", session, sequence: 1 },
	again: { type: "again", session },
	watchers: { type: "watchers", session, watchers: [{ name: "Ada", ownsSize: true, self: true }] },
	refused: { type: "refused", session, code: "not_allowed", message: "No." },
}
const fromFeed = { changed: { type: "changed", what: "machines" } } as const

const directions: [string, z.ZodType<{ type: string }>, Record<string, { type: string }>][] = [
	["object to connector", ToConnector, toConnector],
	["connector to object", FromConnector, fromConnector],
	["viewer to object", FromViewer, fromViewer],
	["object to viewer", ToViewer, toViewer],
	["feed to console", FromFeed, fromFeed],
]

describe.each(directions)("%s", (_, direction, samples) => {
	test.each(Object.keys(samples))("`%s` is parsed as it was said", (type) => {
		expect(parseMessage(direction, JSON.stringify(samples[type]))).toEqual(samples[type])
	})

	test.each(Object.keys(samples))("`%s` with a field that a newer side added is still understood", (type) => {
		const newer = { ...samples[type], colour: "blue", deep: { a: [1] } }
		expect(parseMessage(direction, JSON.stringify(newer))).toEqual(samples[type])
	})

	test.each(Object.keys(samples))(
		"[TRU4] `%s` without any one of its fields is refused, or needed no such field",
		(type) => {
			const sample = samples[type] ?? {}
			for (const field of Object.keys(sample)) {
				const rest = Object.fromEntries(Object.entries(sample).filter(([key]) => key !== field))
				const mayLack = new Set(["detail"])
				expect([field, refusalOf(direction, JSON.stringify(rest))]).toEqual([
					field,
					mayLack.has(field) ? "accepted" : "malformed",
				])
			}
		},
	)
})

describe("bad messages", () => {
	const bad: [string, z.ZodType, string][] = [
		["nothing", ToViewer, ""],
		["no JSON", ToViewer, "{"],
		["a number", FromViewer, "1"],
		["null", FromViewer, "null"],
		["a list", FromConnector, "[]"],
		["no type", FromConnector, "{}"],
		["an unknown type", ToConnector, JSON.stringify({ type: "format-disk" })],
		["a type of another direction", FromViewer, JSON.stringify(toConnector.watch)],
		["a type named like a method", FromViewer, JSON.stringify({ type: "toString" })],
		["a list nested a million deep", FromConnector, "[".repeat(1e6) + "]".repeat(1e6)],
		["an id of another kind", FromViewer, JSON.stringify({ ...fromViewer.detach, session: viewer })],
		["an id in capitals", FromViewer, JSON.stringify({ ...fromViewer.detach, session: session.toUpperCase() })],
		["an id followed by a line", FromViewer, JSON.stringify({ ...fromViewer.detach, session: `${session}\n` })],
		["a sequence below zero", FromViewer, JSON.stringify({ ...fromViewer.attach, have: -1 })],
		["half a sequence", FromViewer, JSON.stringify({ ...fromViewer.attach, have: 0.5 })],
		["a sequence beyond exact numbers", FromViewer, JSON.stringify({ ...fromViewer.attach, have: 2 ** 53 })],
		["a sequence as text", FromViewer, JSON.stringify({ ...fromViewer.attach, have: "1" })],
		["an endless sequence", FromViewer, `{"type":"attach","session":"${session}","have":1e999,"cols":80,"rows":24}`],
		["a window without columns", FromViewer, JSON.stringify({ ...fromViewer.size, cols: 0 })],
		["a window too wide", FromViewer, JSON.stringify({ ...fromViewer.size, cols: MAX_COLS + 1 })],
		["an ask that there is not", ToConnector, JSON.stringify({ ...toConnector.ask, ask: "constructor" })],
		[
			"a state that there is not",
			FromConnector,
			JSON.stringify({ type: "session", session: { ...info, state: { is: "zombie" } } }),
		],
		[
			"more sessions than a machine has",
			FromConnector,
			JSON.stringify({ ...fromConnector.hello, sessions: Array(SESSIONS_PER_MACHINE + 1).fill(info) }),
		],
	]
	test.each(bad)("[TRU4] %s is refused as malformed", (_, direction, text) => {
		expect(refusalOf(direction, text)).toBe("malformed")
	})

	test("[TRU4] a message beyond the bound is refused before it is parsed", () => {
		expect(refusalOf(FromViewer, "x".repeat(MESSAGE_BYTES + 1))).toBe("too_large")
	})

	test("[TRU4] a refusal does not repeat what was sent", () => {
		const text = JSON.stringify({ ...fromViewer.attach, have: "hunter2-secret" })
		expect(() => parseMessage(FromViewer, text)).toThrow(Refusal)
		expect(messageOf(FromViewer, text)).not.toContain("hunter2")
	})
})

describe("what a session is started from", () => {
	const start = { id: newSessionId() }

	test("[SES3] argv is a list that keeps empty items, spaces and quotes", () => {
		const argv = ["sh", "-c", 'echo "$1"', "", "a b", "'", "$(id)", "\n"]
		expect(StartSpec.parse({ ...start, argv }).argv).toEqual(argv)
	})

	test("[SES3] an environment is names and values, and a name that a shell would not take is refused", () => {
		expect(StartSpec.parse({ ...start, environment: { A_1: "x; rm -rf /" } }).environment).toEqual({
			A_1: "x; rm -rf /",
		})
		for (const name of ["", "1A", "A-B", "A=B", "A B", "A\n"])
			expect(StartSpec.safeParse({ ...start, environment: { [name]: "x" } }).success).toBe(false)
	})

	test.each([
		["a NUL in argv", { argv: ["a\0b"] }],
		["argv beyond the bound", { argv: ["a".repeat(ARGV_CHARS), "b"] }],
		["a runtime without a name", { runtime: "" }],
		["a substrate that there is not", { substrate: "bare-metal" }],
	])("[SES3] %s is refused", (_, more) => {
		expect(StartSpec.safeParse({ ...start, ...more }).success).toBe(false)
	})

	test.each(["box", "Ada's".slice(0, 3), "工作 1", "a.b_c-d", "9", "ses_", `ses_${"0".repeat(19)}`])(
		"the name %s is taken",
		(name) => {
			expect(Name.parse(name)).toBe(name)
		},
	)

	test("the blanks around a name are no part of it", () => {
		expect(Name.parse(" two words ")).toBe("two words")
		expect(Name.safeParse("  ").success).toBe(false)
	})

	test.each(["", "-a", "a/b", "a\nb", "a\x1b[31m", "a\u202eb", "a".repeat(65), session, newMachineId()])(
		"the name %j is refused",
		(name) => {
			expect(Name.safeParse(name).success).toBe(false)
		},
	)
})

function refusalOf(direction: z.ZodType, text: string): string {
	try {
		parseMessage(direction, text)
	} catch (error) {
		if (error instanceof Refusal) return error.code
		throw error
	}
	return "accepted"
}

function messageOf(direction: z.ZodType, text: string): string {
	try {
		parseMessage(direction, text)
	} catch (error) {
		return String(error)
	}
	return ""
}
