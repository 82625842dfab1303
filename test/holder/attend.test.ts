// What a holder tells who attends to its screen, and what it types once: the screen that was judged, or nothing.
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "vitest"
import { noticeSequence } from "../../connector/attention/event.ts"
import type { Shown } from "../../connector/holder/wire.ts"
import { newClaimId } from "../../protocol/ids.ts"
import { kill, Link, run, type Viewer } from "./support/holder.ts"

/** Shows a menu; then what it reads, a key at a time. */
const MENU = `stty raw -echo; printf 'ready? '
while key=$(dd bs=1 count=1 2>/dev/null); [ "$key" != q ]; do printf "<%s>" "$key"; done`

const hasRow = (shown: Shown | undefined, text: string) => shown?.lines.some((line) => line.includes(text)) === true
const lastShown = (link: Link) => link.messages.findLast((message) => message.type === "shown")?.shown

async function shows(link: Link, text: string): Promise<Shown> {
	await link.until(() => hasRow(lastShown(link), text))
	return lastShown(link) as Shown
}

const keys = { paste: false, enter: false, text: "1" }
const soon = () => Date.now() + 60_000

it("tells the screen once it has settled, and not again while it looks the same", async () => {
	const { link, holder } = await run(MENU)
	link.send({ type: "attend", on: true })
	const shown = await shows(link, "ready?")
	expect(shown).toMatchObject({ cursor: { x: 7, y: 0 }, cols: 80, rows: 24, isAlternate: false, typed: 0 })
	expect(shown.lines).toHaveLength(24)
	// What changes nothing that a person sees is no news.
	await link.ask("write", { session: holder.session, viewer: link.attach().id, text: "a", paste: false, enter: false })
	await shows(link, "<a>")
	const texts = link.messages.flatMap((message) => (message.type === "shown" ? message.shown.lines[0] : []))
	expect(texts).toEqual(["ready?", "ready? <a>"])
})

it("tells nothing to who does not attend, and the present to who begins to", async () => {
	const { link, holder } = await run(`${MENU}`)
	const viewer = link.attach()
	await viewer.shows("ready?")
	link.close()
	await link.closed()
	const next = await Link.open(holder)
	await next.ask("screen", { session: holder.session })
	expect(next.messages.some(({ type }) => type === "shown")).toBe(false)
	next.send({ type: "attend", on: true })
	await shows(next, "ready?")
})

it("looks at a program that never pauses now and then, and no oftener", async () => {
	const { link } = await run("i=0; while :; do i=$((i+1)); echo line $i; done")
	link.send({ type: "attend", on: true })
	const all = () => link.messages.filter(({ type }) => type === "shown").length
	await link.until(() => all() >= 1)
	const start = Date.now()
	await link.until(() => all() >= 4)
	expect(Date.now() - start).toBeGreaterThan(2_000)
})

it("[TRU3] tells bells, notifications and events, with secrets masked in each", async () => {
	const secret = "s3cr3t-of-this-session"
	const folder = mkdtempSync(join(tmpdir(), "homeport-signals-"))
	const said = `\x07\x1b]9;wants ${secret}\x07\x1b]9;4;1;50\x07\x1b]777;notify;Title;Body\x1b\\\x1b]99;i=1:p=body;kitty\x1b\\${noticeSequence(
		`done with ${secret}`,
	)}\x1b]7661;homeport;bm8ganNvbg==\x07shown`
	writeFileSync(join(folder, "said"), said)
	const { link } = await run(`read go; cat ${folder}/said; read end`, {
		environment: { PATH: process.env.PATH ?? "", TOKEN: secret },
		secrets: ["TOKEN"],
	})
	link.send({ type: "attend", on: true })
	link.attach().type("\r")
	await shows(link, "shown")
	const signals = link.messages.flatMap((message) => (message.type === "signal" ? message.signal : []))
	const stars = "*".repeat(secret.length)
	expect(signals).toEqual([
		{ is: "bell" },
		{ is: "notification", text: `wants ${stars}` },
		{ is: "notification", text: "Title: Body" },
		{ is: "notification", text: "kitty" },
		{ is: "event", from: "homeport", event: { is: "notify", text: `done with ${stars}` } },
	])
})

it("tells what stands out, but nothing of a row with a secret, and how rows go on", async () => {
	const secret = "s3cr3t-of-this-session"
	const script = `printf '\\033[?1h\\033[?25l\\033[7m Yes \\033[0m  \\033[7m No \\033[0m\\r\\n\\033[4m%s\\033[0m\\r\\n%085d' "$TOKEN" 7; read end`
	const { link } = await run(script, {
		environment: { PATH: process.env.PATH ?? "", TOKEN: secret },
		secrets: ["TOKEN"],
	})
	link.send({ type: "attend", on: true })
	const { runs, isWrapped, hasApplicationKeys, isCursorHidden } = await shows(link, "00007")
	expect(runs).toEqual([
		{ row: 0, text: " Yes ", style: 0 },
		{ row: 0, text: " No ", style: 0 },
	])
	expect(isWrapped.slice(0, 5)).toEqual([false, false, false, true, false])
	expect(hasApplicationKeys).toBe(true)
	expect(isCursorHidden).toBe(true)
})

it("what nobody has heard is told to who comes, unless somebody has typed since", async () => {
	const folder = mkdtempSync(join(tmpdir(), "homeport-signals-"))
	writeFileSync(join(folder, "said"), `\x07${noticeSequence("one")}${noticeSequence("two")}shown`)
	const { link, holder } = await run(`cat ${folder}/said; read line; cat ${folder}/said; read end`)
	const viewer = link.attach()
	await viewer.shows("shown")
	const heard = (of: Link) => of.messages.filter(({ type }) => type === "signal").length
	expect(heard(link)).toBe(0)
	link.close()
	await link.closed()
	const next = await Link.open(holder)
	next.send({ type: "attend", on: true })
	await shows(next, "shown")
	expect(heard(next)).toBe(2)
	next.send({ type: "attend", on: false })
	next.attach().type("\r")
	await next.until(() => next.viewers.values().next().value?.text().includes("shown") === true)
	next.viewers.values().next().value?.type("x")
	await expect.poll(async () => (await next.ask("screen", { session: holder.session })).lines.join("")).toContain("x")
	next.send({ type: "attend", on: true })
	await shows(next, "x")
	expect(heard(next)).toBe(2)
})

it("a program that rings without end does not drown its link", async () => {
	const { link } = await run(
		"read go; i=0; while [ $i -lt 5000 ]; do i=$((i+1)); printf '\\a'; done; echo over; read end",
	)
	// Bells that nobody attends to are told to nobody: it rings only then.
	link.send({ type: "attend", on: true })
	link.attach().type("\r")
	await shows(link, "over")
	const bells = link.messages.filter(({ type }) => type === "signal").length
	expect(bells).toBeGreaterThan(0)
	expect(bells).toBeLessThan(1_000)
})

it("an answer is typed once for its claim, whoever asks again", async () => {
	const { link, holder } = await run(MENU)
	link.send({ type: "attend", on: true })
	const on = await shows(link, "ready?")
	const claim = newClaimId()
	const asked = { session: holder.session, claim, on, until: soon(), ...keys }
	const [first, second] = await Promise.all([link.ask("press", asked), link.ask("press", asked)])
	expect([first.is, second.is]).toEqual(["pressed", "already"])
	await shows(link, "ready? <1>")
	// A link process that was killed knows nothing of it.
	link.close()
	await link.closed()
	const next = await Link.open(holder)
	expect(await next.ask("press", asked)).toMatchObject({ is: "already" })
	expect(await next.ask("press", { ...asked, on: null })).toMatchObject({ is: "already" })
	expect(await next.ask("press", { ...asked, claim: newClaimId(), on: null })).toMatchObject({ is: "unknown" })
	const { lines } = await next.ask("screen", { session: holder.session })
	expect(lines[0]).toBe("ready? <1>")
})

it("a claim is known after the holder's own end, too", async () => {
	const { link, holder } = await run(MENU)
	link.send({ type: "attend", on: true })
	const claim = newClaimId()
	await link.ask("press", { session: holder.session, claim, on: await shows(link, "ready?"), until: soon(), ...keys })
	kill(holder.pid)
	await link.closed()
	expect(readFileSync(join(holder.folder, "claims"), "utf8")).toBe(`${claim}\n`)
})

it("nothing is typed on a screen that has moved, twice on one, or after its time", async () => {
	const { link, holder } = await run(MENU)
	const { session } = holder
	link.send({ type: "attend", on: true })
	const press = (on: Shown, until = soon()) =>
		link.ask("press", { session, claim: newClaimId(), on, until, ...keys }).then(({ is }) => is)
	const on = await shows(link, "ready?")
	expect(await press({ ...on, sequence: on.sequence - 1 })).toBe("moved")
	expect(await press({ ...on, typed: 7 })).toBe("moved")
	expect(await press(on, Date.now() - 1)).toBe("late")
	const outcomes = await Promise.all([press(on), press(on)])
	expect(outcomes).toEqual(["pressed", "moved"])
	expect((await shows(link, "<1>")).lines[0]).toBe("ready? <1>")
})

it("what somebody else has just typed is waited for, though the program has shown nothing of it", async () => {
	const { link, holder } = await run("stty raw -echo; printf 'ready? '; sleep 600")
	link.send({ type: "attend", on: true })
	const viewer = link.attach()
	await viewer.shows("ready?")
	await focus(link, viewer)
	const on = await shows(link, "ready?")
	viewer.type("x")
	await link.message(({ type }) => type === "typed")
	const look = await link.ask("look", { session: holder.session })
	expect(look.typed).toBe(on.typed + 1)
	const asked = { session: holder.session, claim: newClaimId(), on: look, until: soon(), ...keys }
	expect((await link.ask("press", asked)).is).toBe("moved")
	await expect.poll(() => link.ask("press", asked).then(({ is }) => is)).toBe("pressed")
})

/** What a terminal says by itself is not typed by anybody. */
async function focus(link: Link, viewer: Viewer): Promise<void> {
	viewer.type("\x1b[I\x1b[<35;10;5M\x1b[O")
	await link.until(() => viewer.written > 0)
	expect(link.messages.some(({ type }) => type === "typed")).toBe(false)
}

it("words are pasted, and Enter comes after them", async () => {
	const { link, holder } = await run("printf '\\033[?2004h'; stty raw -echo; echo ready; exec cat -v")
	link.send({ type: "attend", on: true })
	const on = await shows(link, "ready")
	const answer = { session: holder.session, claim: newClaimId(), on, until: soon(), paste: true, enter: true }
	expect(await link.ask("press", { ...answer, text: "two words" })).toEqual({ is: "pressed", dropped: 0 })
	await shows(link, "^[[200~two words^[[201~^M")
})
