// What a session waits for, decided from events, signals and screens: no clock but the test's, no process.
import { describe, expect, test } from "vitest"
import { fitting } from "../../connector/attention/requests.ts"
import { type Open, Watcher } from "../../connector/attention/watcher.ts"
import type { Shown } from "../../connector/holder/wire.ts"
import { Attention, type GoneBecause, REQUESTS_PER_MACHINE } from "../../protocol/attention.ts"
import { newRequestId, newSessionId } from "../../protocol/ids.ts"
import { MESSAGE_BYTES } from "../../protocol/limits.ts"

const WORD = "0123456789abcdef01234567"
const SPINNER = "✻ Thinking… (12s · ↑ 2 tokens · esc to interrupt)"
const FIELD = ["─".repeat(60), "❯ ", "─".repeat(60), "  ? for shortcuts"]
const working = (line = SPINNER) => ["❯ do it", "", line, "", ...FIELD]
const done = ["❯ do it", "", "● It is done.", "", ...FIELD]

const menu = (command: string, below: string[] = []) => [
	"❯ do it",
	"─".repeat(60),
	" Bash command",
	"",
	`   ${command}`,
	...below.map((line) => `   ${line}`),
	"",
	" Do you want to proceed?",
	" ❯ 1. Yes",
	"   2. No",
	"",
	" Esc to cancel",
]

function watched(open: Open = {}, runtime: string | null = "claude-code") {
	let now = 1_000_000
	let sequence = 0
	const ended: [string, GoneBecause][] = []
	const watcher = new Watcher({
		about: { session: newSessionId(), run: 1, runtime, waits: [], word: WORD },
		open,
		changed: () => {},
		ended: (id, because) => ended.push([id, because]),
	})
	const shows = (lines: string[], cursor = { x: 2, y: lines.length - 3 }) => {
		const shown: Shown = {
			lines: Array.from({ length: 30 }, (_, row) => lines[row] ?? ""),
			...{ sequence: ++sequence, typed: 0, cursor, cols: 100, rows: 30, title: "" },
			...{ isAlternate: false, hasApplicationKeys: false, bracketsPastes: false, isWrapped: [], runs: [] },
		}
		watcher.shown(shown, now)
	}
	const says = (event: object, from = `claude-code.${WORD}`, ago = 0) =>
		watcher.signal({ is: "event", from, event }, now, ago)
	return {
		watcher,
		ended,
		shows,
		says,
		asks: (command: string, description?: string, ago = 0) =>
			says(
				{
					hook_event_name: "PermissionRequest",
					tool_name: "Bash",
					tool_input: { command, ...(description === undefined ? {} : { description }) },
				},
				undefined,
				ago,
			),
		/** As the clock does: every tick that is due, in order. */
		pass: (ms: number) => {
			const end = now + ms
			for (let due = watcher.due; due !== null && due <= end; due = watcher.due) {
				expect(due).toBeGreaterThan(now - 1)
				now = Math.max(due, now + 1)
				watcher.tick(now)
			}
			now = end
		},
		types: () => watcher.typed(now),
		get open(): Attention[] {
			return watcher.open.map(({ attention }) => attention)
		},
		get only(): Attention {
			expect(watcher.open).toHaveLength(1)
			return (watcher.open[0] as { attention: Attention }).attention
		},
	}
}

describe("leave that an agent asks for", () => {
	test("is one request, whether its event or its menu comes first", () => {
		for (const order of ["event", "menu"]) {
			const session = watched()
			if (order === "event") session.asks("npm test", "Run the tests")
			session.shows(menu("npm test", ["Run the tests"]))
			const first = session.only
			if (order === "menu") session.asks("npm test", "Run the tests")
			expect(session.only).toMatchObject({
				subject: { is: "command", text: "npm test", isWhole: true },
				source: "hook",
				confidence: 1,
				options: [{ label: "Yes" }, { label: "No" }],
			})
			expect(session.only.id).toBe(first.id)
			session.pass(60_000)
			expect(session.open).toHaveLength(1)
			expect(session.ended).toEqual([])
		}
	})

	test("an event is believed only of the command that the screen shows", () => {
		const session = watched()
		// Comes late: what it asked for is over.
		session.asks("git status")
		session.shows(menu("git status && rm -rf ~"))
		expect(session.only).toMatchObject({ source: "screen", subject: { text: "git status && rm -rf ~" } })
	})

	test("an event that comes after its menu is over is about no other one", () => {
		const session = watched()
		session.shows(menu("git status"))
		session.shows(working())
		session.asks("git status")
		session.pass(5_000)
		expect(session.open).toEqual([])
		session.shows(menu("git status"))
		expect(session.only.source).toBe("screen")
	})

	test("what stands behind another is told in its turn", () => {
		const session = watched()
		session.asks("npm test")
		session.asks("npm run build")
		session.shows(menu("npm test"))
		expect(session.only.subject?.text).toBe("npm test")
		session.pass(60_000)
		session.watcher.answered(session.only.id, 1_060_000)
		session.shows(menu("npm run build"))
		expect(session.only).toMatchObject({ source: "hook", subject: { text: "npm run build", isWhole: true } })
	})

	test("without a menu it is told after a moment, and can be answered on the screen only, until one comes", () => {
		const session = watched()
		session.shows(["A screen that nobody understands"])
		session.asks("npm test")
		expect(session.open).toEqual([])
		session.pass(2_000)
		expect(session.only).toMatchObject({ source: "hook", options: [], subject: { text: "npm test" } })
		const { id } = session.only
		session.shows(menu("npm test"))
		expect(session.only).toMatchObject({ id, source: "hook", options: [{ label: "Yes" }, { label: "No" }] })
		session.shows(working())
		expect(session.ended).toEqual([[id, "moved"]])
	})

	test("an event of before anybody listened counts only for what the screen shows", () => {
		const session = watched()
		session.asks("npm test", undefined, 60_000)
		session.asks("npm run build", undefined, 60_000)
		session.shows(menu("npm run build"))
		expect(session.only).toMatchObject({ source: "hook", subject: { text: "npm run build" } })
		session.shows(["A screen that nobody understands"])
		session.pass(60_000)
		expect(session.open).toEqual([])
	})

	test("without the session's word, or with another's, nobody speaks for the agent", () => {
		const session = watched()
		for (const from of ["claude-code", "claude-code.", `claude-code.${WORD.replace("0", "1")}`, `codex.${WORD}`, WORD])
			session.says({ hook_event_name: "Stop", last_assistant_message: "Done." }, from)
		session.pass(5_000)
		expect(session.open).toEqual([])
	})
})

describe("a prompt", () => {
	test("is over when another takes its place, and its name is not used again", () => {
		const session = watched()
		session.shows(menu("npm test"))
		const { id } = session.only
		session.shows(menu("npm run build"))
		expect(session.ended).toEqual([[id, "moved"]])
		expect(session.only.id).not.toBe(id)
	})

	test("is the same when another of its options is chosen, and when what stands around it changes", () => {
		const session = watched()
		session.shows(menu("npm test"))
		const { id } = session.only
		session.shows(menu("npm test").map((line) => line.replace("❯ 1.", "  1.").replace("  2.", "❯ 2.")))
		session.shows(["Something above it", ...menu("npm test")])
		expect(session.only.id).toBe(id)
	})

	test("stays the same under a key that leaves it on the screen, and is over by one that does not", () => {
		const session = watched()
		session.shows(menu("npm test"))
		const { id } = session.only
		session.types()
		session.shows(menu("npm test").map((line) => line.replace("❯ 1.", "  1.").replace("  2.", "❯ 2.")))
		session.pass(60_000)
		expect(session.only.id).toBe(id)
		expect(session.ended).toEqual([])
		session.types()
		session.pass(500)
		session.shows(working())
		expect(session.ended).toEqual([[id, "input"]])
	})

	test("that was redrawn with other words again and again is told less and less", () => {
		const session = watched()
		const ids = new Set<string>()
		for (let turn = 0; turn < 80; turn++) {
			session.shows(menu(`npm run step-${turn}`))
			session.pass(1_500)
			for (const { id } of session.open) ids.add(id)
		}
		expect(ids.size).toBeLessThan(15)
		session.pass(8_000)
		expect(session.only.subject?.text).toBe("npm run step-79")
	})

	test("that follows an answer is told at once, however many there were", () => {
		const session = watched()
		for (let turn = 0; turn < 20; turn++) {
			session.shows(menu(`npm run step-${turn}`))
			expect(session.only.subject?.text).toBe(`npm run step-${turn}`)
			if (turn % 2 === 0) session.types()
			else session.watcher.answered(session.only.id, 1_000_000 + turn * 500)
			session.pass(500)
		}
	})

	test("for a secret that somebody types on is over at once, and told again when it was left standing", () => {
		const session = watched({}, null)
		const shows = () => session.shows(["$ sudo true", "[sudo] password for me:"], { x: 24, y: 1 })
		shows()
		const { id, kind } = session.only
		expect(kind).toBe("secret")
		session.types()
		expect(session.ended).toEqual([[id, "input"]])
		shows()
		session.pass(20_000)
		session.types()
		session.pass(29_000)
		expect(session.open).toEqual([])
		session.pass(2_000)
		expect(session.only.id).not.toBe(id)
	})

	test("that was dismissed stays away while it is on the screen, and comes back with the next", () => {
		const session = watched()
		session.shows(menu("npm test"))
		expect(session.watcher.dismissed(session.only.id, 1_000_000)).toBe(true)
		session.shows(menu("npm test"))
		session.pass(3_600_000)
		expect(session.open).toEqual([])
		session.shows(working())
		session.shows(menu("npm test"))
		expect(session.open).toHaveLength(1)
	})

	test("that stands after its answer is told again after a while: it did not take it", () => {
		const session = watched()
		session.shows(menu("npm test"))
		session.watcher.answered(session.only.id, 1_000_000)
		session.shows(menu("npm test"))
		expect(session.open).toEqual([])
		session.pass(6_000)
		expect(session.open).toHaveLength(1)
	})

	test("is known again by who was not there when it was raised", () => {
		const before = watched()
		before.shows(menu("npm test"))
		const after = watched(JSON.parse(JSON.stringify(before.watcher.places)) as Open)
		after.shows(menu("npm test"))
		expect(after.only.id).toBe(before.only.id)
		const other = watched(JSON.parse(JSON.stringify(before.watcher.places)) as Open)
		other.shows(menu("npm run build"))
		expect(other.ended).toEqual([[before.only.id, "moved"]])
	})
})

describe("rest", () => {
	test("is told of an agent that has worked, once, and not of one that has just begun", () => {
		const session = watched()
		session.shows(done)
		expect(session.open).toEqual([])
		session.shows(working())
		session.shows(done)
		expect(session.only).toMatchObject({ kind: "idle", source: "screen" })
		const { id } = session.only
		session.shows([...done.slice(0, 3), "", ...done.slice(3)])
		session.shows(done)
		expect(session.only.id).toBe(id)
		session.types()
		session.shows(done)
		session.pass(3_600_000)
		expect(session.open).toEqual([])
	})

	test("has the agent's own words where it says them, in the same request", () => {
		const session = watched()
		session.shows(working())
		session.shows(done)
		const { id } = session.only
		session.says({ hook_event_name: "Stop", last_assistant_message: "All tests pass." })
		expect(session.only).toMatchObject({ id, source: "hook", text: "All tests pass." })
		session.says({ hook_event_name: "Notification", notification_type: "idle_prompt", message: "Claude waits" })
		expect(session.only.text).toBe("All tests pass.")
		session.says({ hook_event_name: "UserPromptSubmit", prompt: "more" })
		expect(session.ended).toEqual([[id, "moved"]])
	})

	test("of which the agent tells before its screen stops to show work is one request, in its own words", () => {
		const session = watched()
		session.shows(working())
		session.says({ hook_event_name: "Stop", last_assistant_message: "All tests pass." })
		const { id } = session.only
		session.shows(working("✶ Thinking… (4s · esc to interrupt)"))
		session.pass(300)
		session.shows(done)
		expect(session.only).toMatchObject({ id, source: "hook", text: "All tests pass.", takesText: true })
		session.types()
		session.shows(done)
		expect(session.open).toEqual([])
	})

	test("of an agent that goes on all the same is over", () => {
		const session = watched()
		session.shows(working())
		session.says({ hook_event_name: "Stop", last_assistant_message: "All tests pass." })
		const { id } = session.only
		session.pass(2_000)
		session.shows(working("✶ Thinking… (6s · esc to interrupt)"))
		expect(session.ended).toEqual([[id, "moved"]])
		session.shows(done)
		expect(session.only).toMatchObject({ source: "screen" })
	})

	test("is no news while a menu of the agent stands", () => {
		const session = watched({}, "codex")
		session.shows(menu("npm test"))
		session.watcher.signal({ is: "notification", text: "Agent turn complete" }, 1_000_000)
		expect(session.only.kind).toBe("approval")
	})

	test("an agent that shows nothing new for long is stuck, and one that does is not", () => {
		const session = watched()
		const spin = (seconds: number) => working(`✻ Thinking… (${seconds}s · esc to interrupt)`)
		for (let minute = 0; minute < 14; minute++) {
			session.shows(spin(minute * 60))
			session.pass(60_000)
		}
		expect(session.open).toEqual([])
		session.pass(2 * 60_000)
		session.shows(spin(960))
		expect(session.only).toMatchObject({ kind: "stuck", source: "screen" })
		const { id } = session.only
		session.shows(spin(961))
		expect(session.only.id).toBe(id)
		session.shows(["● Read 3 files", ...spin(970)])
		expect(session.ended).toEqual([[id, "moved"]])
	})
})

describe("signals", () => {
	test("a notification is told unless the screen tells more within a moment", () => {
		const session = watched({}, null)
		session.watcher.signal({ is: "notification", text: "Build finished" }, 1_000_000)
		session.pass(2_000)
		expect(session.only).toMatchObject({ kind: "idle", source: "signal", text: "Build finished" })
		const other = watched({}, null)
		other.watcher.signal({ is: "notification", text: "Needs you" }, 1_000_000)
		other.shows(menu("npm test"))
		other.pass(2_000)
		expect(other.only.kind).toBe("approval")
	})

	test("a bell alone says nothing of a shell", () => {
		const session = watched({}, "shell")
		session.watcher.signal({ is: "bell" }, 1_000_000)
		session.pass(60_000)
		expect(session.open).toEqual([])
	})

	test("notices stand beside each other, but no more than a person reads", () => {
		const session = watched({}, null)
		for (const text of ["One", "Two", "Three"]) session.watcher.notice(text, 1_000_000)
		session.watcher.notice("Three", 1_000_000)
		expect(session.ended.map(([, because]) => because)).toEqual(["expired"])
		session.ended.length = 0
		session.watcher.signal({ is: "notification", text: "Build finished" }, 1_000_000)
		session.pass(2_000)
		expect(session.open.map(({ text }) => text)).toEqual(["One", "Two", "Three", "Build finished"])
		expect(session.ended).toEqual([])
		const [one, two] = session.open
		expect(session.watcher.dismissed((two as Attention).id, 1_002_000)).toBe(true)
		expect(session.ended).toEqual([[(two as Attention).id, "dismissed"]])
		for (let more = 0; more < 6; more++) session.watcher.notice(`More ${more}`, 1_002_000)
		expect(session.open).toHaveLength(8)
		expect(session.ended.slice(1)).toEqual([[(one as Attention).id, "expired"]])
		session.types()
		expect(session.ended.slice(2).map(([, because]) => because)).toEqual(Array(8).fill("input"))
	})

	test("a notice is forgotten after a day, and everything with its program", () => {
		const session = watched({}, null)
		session.watcher.notice("Look", 1_000_000)
		session.pass(25 * 3_600_000)
		expect(session.ended.map(([, because]) => because)).toEqual(["expired"])
		session.shows(menu("npm test"))
		session.watcher.notice("Look", 1_000_000)
		session.watcher.exited(1_000_000)
		expect(session.ended.slice(1).map(([, because]) => because)).toEqual(["exited", "exited"])
	})
})

test("however much waits, a report fits in a message, and none is left out", () => {
	const session = newSessionId()
	const one = (): Attention => ({
		...{ id: newRequestId(), session, run: 1, kind: "approval", text: "\u0001".repeat(2_000), at: 1 },
		subject: { is: "command", text: "\u0001".repeat(8_000), isWhole: true },
		options: Array.from({ length: 16 }, (_, at) => ({ label: `${at}${"x".repeat(190)}`, keys: "1", means: "other" })),
		...{ takesText: false, source: "screen", rule: null, confidence: 1 },
		excerpt: Array.from({ length: 60 }, () => "y".repeat(1_000)),
	})
	const few = [one(), one(), one()]
	expect(fitting(few)).toEqual(few)
	const many = Array.from({ length: REQUESTS_PER_MACHINE }, one)
	const told = fitting(many)
	expect(told.map(({ id }) => id)).toEqual(many.map(({ id }) => id))
	expect(fitting(many.slice(0, 300))[0]).toEqual(many[0])
	// What is cut is never let by a rule.
	expect(told.at(-1)?.subject?.isWhole).toBe(false)
	expect(JSON.stringify(told).length).toBeLessThan(MESSAGE_BYTES / 2 + 10_000)
	for (const request of told) Attention.parse(request)
})

test("an answer by words to an agent that rests is no reason to tell that it rests", () => {
	const session = watched()
	session.shows(working())
	session.shows(done)
	session.watcher.answered(session.only.id, 1_000_000)
	session.shows(done)
	expect(session.open).toEqual([])
	session.shows(working())
	session.shows(done)
	expect(session.open).toHaveLength(1)
})
