// A session that begins again, with a real holder for each run: its output goes on, and its program finds a clean terminal.
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { Terminal } from "../../connector/holder/terminal.ts"
import { Dice, runSeed } from "../support/dice.ts"
import { ON_HOST } from "../support/on-host.ts"
import { babble, noise } from "./support/babble.ts"
import { execution, type Holder, kill, Link, run, savedInfo, startHolder, type Viewer } from "./support/holder.ts"
import { stateOf } from "./support/state.ts"

const SEED = runSeed()
const SEEDS = Array.from({ length: 12 }, (_, index) => SEED + index)

/** The next run of the session in this folder, in a holder of its own. */
async function again(before: Holder, script: string, number = 2, more: Parameters<typeof execution>[2] = {}) {
	// The holder of the run before may listen there a little longer.
	rmSync(before.socketPath, { force: true })
	const holder = { ...(await startHolder({ folder: before.folder })), session: before.session }
	const link = await Link.open(holder)
	const about = { ...ON_HOST, run: number }
	link.send({ type: "start", execution: execution(holder.session, script, { about, ...more }) })
	const begun = await link.message((message) => message.type === "session" || message.type === "failed")
	if (begun.type === "failed") throw new Error(begun.detail)
	return { holder, link }
}

async function late(link: Link): Promise<Viewer> {
	const viewer = link.attach()
	await link.until(() => viewer.joined)
	return viewer
}

/** What a program is told of the keyboard, and the terminal that it finds. */
const ASKS_KEYBOARD =
	"stty raw -echo; printf '\\033[?u'; head -c 5 | od -An -c | tr -d ' \\n'; printf '\\r\\nsecond run'; exec cat"

describe("[OUT3] a session that begins again", () => {
	it.each(SEEDS)("goes on in its output, whatever the last program left: seed %i", async (seed) => {
		const dice = new Dice(seed)
		const roll = (below: number) => dice.below(below)
		const { holder, link } = await run('read -r file; stty raw -echo; cat "$file"; printf last; exec cat', {
			cols: 40,
			rows: 12,
		})
		const viewer = await late(link)
		const file = join(holder.folder, "babble")
		const left = dice.chance(0.3) ? noise(roll, 400) : babble(roll, 300)
		// What ends in the middle of a sequence or a letter is no reason to lose what follows.
		const cut = dice.pick(["", "\x1b[3", "\x1b]2;half a title", "\x1bP1$q", "\xe6\xbc"])
		writeFileSync(
			file,
			Buffer.concat([left, Buffer.from("\x1b\\\x18\x1b[?47hlast words\r\n"), Buffer.from(cut, "latin1")]),
		)
		viewer.type(`${file}\n`)
		await viewer.shows("last words")
		if (dice.chance(0.5)) await link.ask("signal", { session: holder.session, signal: "SIGKILL" })
		else kill(holder.pid)
		const next = await again(holder, ASKS_KEYBOARD)
		next.link.attach(viewer.have, viewer)
		await viewer.shows("033[?0usecond run")
		await next.link.until(() => viewer.joined)
		expect(viewer.gaps).toBe(0)
		const other = await late(next.link)
		const shown = stateOf(other.terminal)
		expect(stateOf(viewer.terminal)).toEqual(shown)
		const fresh = stateOf(new Terminal(40, 12, () => {}))
		for (const part of ["modes", "mouse", "options", "alt", "pen", "title", "parser"] as const)
			expect(shown[part], part).toEqual(fresh[part])
		expect(shown.normal.region).toEqual([0, 11])
		const lines = other.terminal.lines()
		expect(lines.join("\n")).toMatch(/── started again, [-\d]+ [:\d]+ ──\n033\[\?0u\nsecond run/)
		expect(savedInfo(next.holder)).toMatchObject({ run: 2, state: { is: "running" }, title: "" })
	})

	it("keeps every byte of every run in its log", async () => {
		let { holder, link } = await run("printf 'run 1'; exec cat")
		await (await late(link)).shows("run 1")
		for (const number of [2, 3, 4]) {
			kill(holder.pid)
			await link.closed()
			;({ holder, link } = await again(holder, `printf 'run ${number}'; exec cat`, number))
			await (await late(link)).shows(`run ${number}`)
		}
		const { base64, from } = await link.ask("log", { session: holder.session, from: 0, limit: 100_000 })
		const text = Buffer.from(base64, "base64").toString()
		expect(from).toBe(0)
		expect(text.match(/run \d|started again/g)).toEqual(
			["run 1", "run 2", "run 3", "run 4"].flatMap((run, index) => (index === 0 ? [run] : ["started again", run])),
		)
	})

	it("whose program cannot be executed is left as it was", async () => {
		const { holder, link } = await run("printf before; exit 3")
		await link.exited()
		rmSync(holder.socketPath)
		const other = { ...(await startHolder({ folder: holder.folder })), session: holder.session }
		const failing = await Link.open(other)
		const about = { ...ON_HOST, run: 2 }
		failing.send({ type: "start", execution: execution(other.session, "", { about, program: "/nowhere" }) })
		await failing.message(({ type }) => type === "failed")
		expect(savedInfo(holder)).toMatchObject({ run: 1, state: { is: "exited", code: 3 } })
		const served = await Link.open(await startHolder({ ended: true, folder: holder.folder }))
		const { base64 } = await served.ask("log", { session: holder.session, from: 0, limit: 1_000 })
		expect(Buffer.from(base64, "base64").toString()).toBe("before")
	})
})

describe("[TRU3] the secrets of every run", () => {
	it("are masked in what all of them wrote", async () => {
		const values = ["first/secret/value", "second/secret/value", "first/secret/value"]
		const given = (value: string) => ({
			environment: { PATH: process.env.PATH ?? "", VALUE: value },
			secrets: ["VALUE"],
		})
		let { holder, link } = await run("echo one $VALUE; exec cat", given(values[0] ?? ""))
		await (await late(link)).shows("one")
		for (const [index, value] of values.entries()) {
			if (index === 0) continue
			kill(holder.pid)
			await link.closed()
			;({ holder, link } = await again(holder, `echo run ${index} $VALUE; exec cat`, index + 1, given(value)))
			await (await late(link)).shows(`run ${index}`)
		}
		const { base64 } = await link.ask("log", { session: holder.session, from: 0, limit: 100_000 })
		const text = Buffer.from(base64, "base64").toString()
		for (const value of values) expect(text).not.toContain(value)
		expect(text.match(/\*{18,}/g)).toHaveLength(3)
	})
})

it("tags and whether it comes back are changed with the name, and written down", async () => {
	const { holder, link } = await run("exec cat", { boot: "one", conversation: "talk" })
	const to = { name: "other", tags: ["a", "b"], comesBack: true }
	expect(await link.ask("change", { session: holder.session, ...to })).toMatchObject({ ...to, run: 1 })
	expect(await link.ask("change", { session: holder.session, tags: [] })).toMatchObject({ ...to, tags: [] })
	expect(savedInfo(holder)).toMatchObject({
		name: "other",
		tags: [],
		comesBack: true,
		boot: "one",
		conversation: "talk",
	})
})
