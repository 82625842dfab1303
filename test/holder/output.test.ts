// Output of real programs: replay, floods, and the terminal's own answers.
import { describe, expect, it } from "vitest"
import { CREDIT_WINDOW } from "../../protocol/limits.ts"
import { kill, Link, run, startHolder, Viewer } from "./support/holder.ts"
import { dice, SEED } from "./support/recording.ts"
import { stateOf } from "./support/state.ts"

/** A machine's terminal as a late viewer gets it, which the fidelity test shows to be exact. */
async function late(link: Link): Promise<Viewer> {
	const viewer = link.attach()
	await link.until(() => viewer.joined)
	return viewer
}

describe("[OUT3] a viewer that was away shows what the machine shows", () => {
	it("after resizes in the middle of output, from wherever it was cut", async () => {
		const script =
			"i=0; while read -r line; do i=$((i+1)); printf 'line %s \\033[3%smwith a tail that wraps at some width or other\\033[m\\r\\n' $i $((i%8)); done"
		const { link, holder } = await run(script)
		const first = await late(link)
		const roll = dice(SEED)
		const cuts: number[] = []
		for (let step = 0; step < 40; step++) {
			first.type("\n")
			await first.shows(`line ${step + 1} `)
			cuts.push(first.have ?? 0)
			if (step % 3 === 0) link.send({ type: "resize", cols: 20 + roll(100), rows: 5 + roll(30) })
		}
		await link.ask("screen", { session: holder.session })
		for (const have of [0, ...cuts.filter(() => roll(4) === 0)]) {
			const again = new Viewer()
			if (have > 0) {
				// What it had when it was cut.
				const before = link.attach(0, again)
				before.have = 0
				await link.until(() => again.joined && (again.have ?? 0) >= have)
			}
			const other = await late(link)
			expect(stateOf(again.have === null ? other.terminal : again.terminal), `seed ${SEED}, from ${have}`).toEqual(
				stateOf(other.terminal),
			)
		}
		expect(first.gaps).toBe(0)
		expect(stateOf(first.terminal)).toEqual(stateOf((await late(link)).terminal))
	}, 60_000)

	it("and what the log has lost comes as a snapshot", async () => {
		const { link, holder } = await run(
			"yes 0123456789012345678901234567890123456789 | head -c 45000000; echo; echo end; cat",
		)
		const viewer = await late(link)
		await viewer.shows("end")
		const { from, end } = await link.ask("log", { session: holder.session, from: 0, limit: 1 })
		expect(from).toBeGreaterThan(0)
		expect(end - from).toBeLessThanOrEqual(33 * 1024 * 1024)
		const again = link.attach(1)
		await link.until(() => again.joined)
		expect(again.snapshots).toBe(1)
		expect(stateOf(again.terminal)).toEqual(stateOf(viewer.terminal))
	}, 60_000)

	it("after a kill -9 of its holder, from the log on disk", async () => {
		const script =
			"printf '\\033[?1049h\\033[5;5Hhello \\033[1;31mred'; for i in 1 2 3 4 5 6 7 8; do echo $i; done; printf '\\033[3;9Hcursor'; cat"
		const { link, holder } = await run(script)
		const viewer = await late(link)
		await viewer.shows("cursor")
		link.send({ type: "resize", cols: 50, rows: 12 })
		viewer.type("typed")
		await viewer.shows("typed")
		kill(holder.pid)
		await link.closed()
		const again = await Link.open(await startHolder({ ended: true, folder: holder.folder }))
		const other = await late(again)
		expect(stateOf(other.terminal)).toEqual(stateOf(viewer.terminal))
	})
})

describe("[OUT5] a flood", () => {
	it("is silenced by Ctrl-C at once, with little output after it", async () => {
		const { link } = await run("trap 'echo; echo caught' INT; yes; cat")
		const viewer = await late(link)
		await link.until(() => viewer.snapshots > 0 && (viewer.have ?? 0) > 3_000_000)
		const started = performance.now()
		const before = viewer.have ?? 0
		viewer.type("\x03")
		await viewer.shows("caught")
		expect(performance.now() - started).toBeLessThan(500)
		expect(viewer.have ?? 0).toBeGreaterThan(before)
		viewer.type("after\n")
		await viewer.shows("after")
	}, 30_000)

	it("goes on at full speed beside a viewer that acknowledges nothing, and beside it others follow", async () => {
		const { link, holder } = await run("head -c 20000000 /dev/zero | tr '\\0' x; echo; echo end; cat")
		const stalled = new Viewer()
		stalled.acknowledges = false
		link.attach(null, stalled)
		await link.until(() => stalled.joined || stalled.have !== null)
		const viewer = await late(link)
		await viewer.shows("end")
		const { end } = await link.ask("log", { session: holder.session, from: 0, limit: 1 })
		expect(end).toBeGreaterThanOrEqual(20_000_000)
		expect(stateOf((await late(link)).terminal)).toEqual(stateOf(viewer.terminal))
	}, 30_000)

	it("of which a stalled viewer gets no more than a snapshot and its window", async () => {
		const { link } = await run("head -c 5000000 /dev/zero | tr '\\0' x; echo; echo end; cat")
		const stalled = new Viewer()
		stalled.acknowledges = false
		link.attach(null, stalled)
		await link.until(() => stalled.have !== null && stalled.have - (stalled.from ?? 0) >= CREDIT_WINDOW)
		const { end } = await link.ask("log", { session: link.holder.session, from: 0, limit: 1 })
		expect((stalled.have ?? 0) - (stalled.from ?? 0)).toBe(CREDIT_WINDOW)
		expect(end).toBeGreaterThan(CREDIT_WINDOW)
	}, 30_000)
})

describe("[OUT7] the terminal answers once", () => {
	const questions = [
		["device attributes", "\\033[c", "\x1b[?1;2c"],
		["secondary attributes", "\\033[>c", "\x1b[>0;276;0c"],
		["the cursor's place", "\\033[3;7H\\033[6n", "\x1b[3;7R"],
		["status", "\\033[5n", "\x1b[0n"],
		["a mode", "\\033[?2004$p", "\x1b[?2004;2$y"],
		["the foreground", "\\033]10;?\\007", "\x1b]10;rgb:e6e6/e6e6/e6e6\x1b\\"],
		["the background", "\\033]11;?\\033\\\\", "\x1b]11;rgb:1010/1212/1414\x1b\\"],
		["the cursor's colour", "\\033]12;?\\033\\\\", "\x1b]12;rgb:e6e6/e6e6/e6e6\x1b\\"],
		[
			"a palette colour",
			"\\033]4;1;?;196;?\\033\\\\",
			"\x1b]4;1;rgb:cccc/0000/0000\x1b\\\x1b]4;196;rgb:ffff/0000/0000\x1b\\",
		],
		["a colour that the program set", "\\033]4;1;#102030\\007\\033]4;1;?\\007", "\x1b]4;1;rgb:1010/2020/3030\x1b\\"],
		["the emulator's name", "\\033[>q", "\x1bP>|xterm.js(6.0.0)\x1b\\"],
		["keyboard flags", "\\033[>5u\\033[=2;2u\\033[?u\\033[<u\\033[?u", "\x1b[?7u\x1b[?0u"],
		["the window in pixels", "\\033[14t", "\x1b[4;384;640t"],
		["a cell in pixels", "\\033[16t", "\x1b[6;16;8t"],
		["the window in characters", "\\033[18t", "\x1b[8;24;80t"],
	] as const

	it.each([0, 1, 3])("whether %i viewers watch", async (count) => {
		const script = questions.map(([, question]) => `printf '${question}'`).join("; ")
		const expected = questions.map(([, , answer]) => answer).join("")
		const { link } = await run(
			`stty raw -echo; read -r line; ${script}; printf '\\n'; head -c ${Buffer.byteLength(expected)} | od -An -tx1 -v | tr -d ' \\n'; echo; cat -v`,
		)
		const viewers = []
		for (let i = 0; i < count; i++) viewers.push(await late(link))
		// Without a viewer to type it, the API does; the program asks only when all have attached.
		await link.ask("write", {
			session: link.holder.session,
			viewer: new Viewer().id,
			text: "\n",
			paste: false,
			enter: false,
		})
		const viewer = viewers[0] ?? (await late(link))
		await viewer.shows(Buffer.from(expected).toString("hex").slice(-40))
		const screen = await link.ask("screen", { session: link.holder.session })
		expect(screen.lines.join("")).toContain(Buffer.from(expected).toString("hex"))
		expect(screen.lines.join("")).not.toContain("^[")
	})
})
