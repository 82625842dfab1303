// An answer on its way to a holder of a few lines: what is asked of that, by which clock, and how often.
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { Requests, type Watched } from "../../connector/attention/requests.ts"
import { Seal } from "../../connector/holder/seal.ts"
import type { HolderAnswered, HolderAskedOf, Shown } from "../../connector/holder/wire.ts"
import { newClaimId, newSessionId } from "../../protocol/ids.ts"
import type { SessionInfo } from "../../protocol/session.ts"

const LINES = [
	"Bash command",
	"",
	"  npm test",
	"",
	"Do you want to proceed?",
	"❯ 1. Yes",
	"  2. No",
	"",
	"Esc to cancel",
]

/** Its clock is an hour behind the control plane's. */
const AHEAD_MS = 3_600_000
const now = () => Date.now() + AHEAD_MS

function held(
	press: (asked: HolderAskedOf<"press">) => HolderAnswered<"press">["is"],
	canBeAttended = true,
	lines = LINES,
) {
	const folder = mkdtempSync(join(tmpdir(), "homeport-answer-"))
	const key = join(folder, "key")
	Seal.make(key)
	const id = newSessionId()
	const pressed: HolderAskedOf<"press">[] = []
	const shown: Shown = {
		...{ sequence: 7, typed: 0, lines, cursor: { x: 0, y: 8 }, cols: 80, rows: 24, title: "" },
		...{ isAlternate: false, hasApplicationKeys: false, bracketsPastes: false, isWrapped: [], runs: [] },
	}
	const answers = {
		look: () => shown,
		press: (asked: HolderAskedOf<"press">) => {
			if (asked.on === null) return { is: "unknown", dropped: 0 }
			pressed.push(asked)
			return { is: press(asked), dropped: 0 }
		},
	}
	const session = {
		info: { id, name: "test", run: 1, runtime: "custom", state: { is: "running" } } as SessionInfo,
		folder,
		key,
		canBeAttended,
		ask: async (ask: "look" | "press", of: HolderAskedOf<"press">) => answers[ask](of),
	} as unknown as Watched
	const requests = new Requests({ now, changed: () => {}, log: () => {}, waits: async () => [], word: () => null })
	if (canBeAttended) requests.told(session, { type: "shown", shown })
	const [request] = requests.report().open
	const answer = (claim = newClaimId(), label = "Yes") =>
		requests.answer(session, {
			...{ session: id, request: request?.id ?? ("req_00000000000000000000" as never), claim },
			...{ choice: { is: "option", label }, until: now() + 5_000 },
		})
	return { requests, session, pressed, answer, shown }
}

test("the end of an answer is told by the control plane's clock, and kept by the machine's", async () => {
	const { pressed, answer, requests } = held(() => "late")
	expect(Math.abs((requests.report().open[0]?.at ?? 0) - now())).toBeLessThan(5_000)
	await expect(answer()).rejects.toMatchObject({ code: "request_gone" })
	expect(pressed).toHaveLength(1)
	expect(Math.abs((pressed[0]?.until ?? 0) - (Date.now() + 5_000))).toBeLessThan(2_000)
})

test("a screen that moves is looked at again, a few times, and then nothing is typed", async () => {
	const { pressed, answer } = held(() => "moved")
	await expect(answer()).rejects.toMatchObject({ code: "request_gone" })
	expect(pressed.length).toBeGreaterThan(10)
	expect(new Set(pressed.map(({ claim }) => claim)).size).toBe(1)
})

test("one that is asked again while it is under way is the same answer", async () => {
	const { pressed, answer, requests, session, shown } = held(() => "pressed")
	const claim = newClaimId()
	const both = Promise.all([answer(claim), answer(claim)])
	await expect.poll(() => pressed.length).toBe(1)
	requests.told(session, { type: "shown", shown: { ...shown, lines: ["running"], sequence: 9 } })
	expect(await both).toEqual([{ isConfirmed: true }, { isConfirmed: true }])
	expect(pressed).toHaveLength(1)
})

test("an answer that the screen shows nothing of is not confirmed", async () => {
	const { answer } = held(() => "pressed")
	expect(await answer()).toEqual({ isConfirmed: false })
})

test("a session of an older connector has no requests, and says why it takes no answer", async () => {
	const { answer, requests } = held(() => "pressed", false)
	expect(requests.report().open).toEqual([])
	await expect(answer()).rejects.toMatchObject({ code: "version_too_old" })
})

test("who has moved a marker and chosen nothing is not told that nothing was typed", async () => {
	const lines = ["Shall this go on?", "", "❯ Yes", "  Maybe", "  No", "", "↑/↓ to move, enter to select"]
	const { pressed, answer, shown } = held(
		() => {
			// The key was another's than was thought.
			shown.lines = ["Shall that go on?", ...lines.slice(1)]
			return "pressed"
		},
		true,
		lines,
	)
	await expect(answer(newClaimId(), "No")).rejects.toMatchObject({ code: "not_chosen" })
	expect(pressed.map(({ text }) => text)).toEqual(["\x1b[B\x1b[B"])
	const still = held(() => "pressed", true, lines)
	await expect(still.answer(newClaimId(), "No")).rejects.toMatchObject({ code: "not_chosen" })
	expect(still.pressed).toHaveLength(1)
})
