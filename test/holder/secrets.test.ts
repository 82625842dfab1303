// Secrets in a real session: in its program's environment, and nowhere that anything is kept.
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { OutputLog } from "../../connector/holder/log.ts"
import { UNSEALED } from "../../connector/holder/seal.ts"
import { Dice, runSeed } from "../support/dice.ts"
import { exampleOf } from "../support/tokens.ts"
import { execution, type Holder, kill, Link, run, savedInfo, startHolder } from "./support/holder.ts"

const dice = new Dice(runSeed())
const VALUE = "correct/horse battery+staple&more"
const { token: TOKEN } = exampleOf("anthropic", dice)
const given = { environment: { PATH: process.env.PATH ?? "", VALUE, TOKEN }, secrets: ["VALUE"] }
const stars = (text: string) => text.replace(/\S/g, "*")

/** Everything that lies in the session's folder. */
function onDisk({ folder }: Holder): string {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1"))
		.join("\n")
}

/** The whole output as the log answers it, asked for in parts of this size. */
async function logOf(link: Link, limit: number): Promise<string> {
	const parts: Buffer[] = []
	for (let from = 0; ; ) {
		const { base64, end } = await link.ask("log", { session: link.holder.session, from, limit })
		parts.push(Buffer.from(base64, "base64"))
		from += parts.at(-1)?.length ?? 0
		if (from >= end) return Buffer.concat(parts).toString()
	}
}

describe("[SES3] a secret that is delivered", () => {
	it("is what its program finds as the variable, and stands in no command line", async () => {
		const { link } = await run('test "$VALUE" = "$(head -n 1)" && echo same; cat', given)
		const viewer = link.attach()
		viewer.type(`${VALUE}\n`)
		await viewer.shows("same\r\n")
		const commands = execFileSync("ps", ["-ewwo", "args="], { encoding: "utf8" }).split("\n")
		expect(commands.some((command) => command.includes(link.holder.folder))).toBe(true)
		expect(commands.filter((command) => command.includes(VALUE))).toEqual([])
	})

	it("stands in no file of the session, and in nothing that is told of it", async () => {
		const { link, holder } = await run(`printf '\\033]2;%s %s\\007%s %s\\n' "$VALUE" "$TOKEN" "$VALUE" "$TOKEN"; cat`, {
			...given,
			argv: ["sh", "-c", `echo ${TOKEN}`],
		})
		const viewer = link.attach()
		await viewer.shows(VALUE)
		link.send({ type: "observe", on: true })
		await link.ask("rename", { session: holder.session, name: "other" })
		const told = [onDisk(holder), JSON.stringify(link.messages)]
		for (const secret of [VALUE, TOKEN]) for (const text of told) expect(text).not.toContain(secret)
		const info = savedInfo(holder)
		expect(info.title).toBe(`${stars(VALUE)} ${stars(TOKEN)}`)
		expect(info.argv).toEqual(["sh", "-c", `echo ${stars(TOKEN)}`])
	})

	it("is not told where the program cannot be executed", async () => {
		const holder = await startHolder()
		const link = await Link.open(holder)
		link.send({ type: "start", execution: execution(holder.session, "", { ...given, program: `/nowhere/${TOKEN}` }) })
		const failed = await link.message(({ type }) => type === "failed")
		expect(failed).toMatchObject({
			code: "start_failed",
			detail: `/nowhere/${stars(TOKEN)} is not there, or may not be executed.`,
		})
	})
})

describe("[TRU3] output with secrets", () => {
	const script = `
		printf '%s\\n' "plain $VALUE $TOKEN"
		printf 'base64 '; printf %s "user:$VALUE" | base64 -w 0; echo
		printf '%s' "$VALUE" | sed 's/./&\\o033[1m/g'; echo
		printf '%40s%s\\n' '' "wrapped $VALUE $TOKEN"
		half=$(printf %.20s "$TOKEN"); printf %s "$half"; sleep 0.05; printf '%s\\n' "\${TOKEN#$half}"
		echo done; cat`
	const shown = async () => {
		const started = await run(script, { ...given, argv: [] })
		const viewer = started.link.attach()
		await viewer.shows("done")
		return { ...started, viewer }
	}
	const spellings = [
		VALUE,
		TOKEN,
		"Y29ycmVjdC9ob3JzZSBiYXR0ZXJ5K3N0YXBsZSZtb3J",
		VALUE.slice(8, 22),
		TOKEN.slice(10, 40),
	]
	/** Letters only, as a reader would join them. */
	const bare = (text: string) => text.replaceAll(/\x1b\[[\d;]*[A-Za-z]|\s/g, "")

	it("comes to viewers as it was", async () => {
		const { link, viewer } = await shown()
		expect(viewer.terminal.lines().join("")).toContain(`plain ${VALUE}`)
		const late = link.attach()
		await link.until(() => late.joined)
		expect(late.terminal.lines()).toEqual(viewer.terminal.lines())
	})

	it("is kept by the edge without them, and else the same", async () => {
		const { link, viewer } = await shown()
		const kept = (await link.keep()).lines()
		const exact = viewer.terminal.lines()
		for (const spelling of spellings) expect(bare(kept.join("")), spelling).not.toContain(bare(spelling))
		const differing = exact.flatMap((line, row) => [...line].filter((letter, x) => letter !== kept[row]?.[x]))
		expect(kept.map((line) => line.length)).toEqual(exact.map((line) => line.length))
		expect(kept.join("").replaceAll(/[^*]/g, "")).toHaveLength(differing.length)
		expect(kept[0]).toBe(`plain ${stars(VALUE)} ${stars(TOKEN).slice(0, 80 - 7 - VALUE.length)}`)
	})

	it("is answered without them, whatever part of it is asked for", async () => {
		const { link, viewer } = await shown()
		const whole = await logOf(link, 100_000)
		expect(whole).toHaveLength(viewer.have ?? 0)
		for (const spelling of spellings) expect(bare(whole), spelling).not.toContain(bare(spelling))
		expect(whole).toContain(`plain ${stars(VALUE)} ${stars(TOKEN)}\r\n`)
		for (const limit of [1, 7, 33, 100]) expect(await logOf(link, limit)).toBe(whole)
		const { lines } = await link.ask("screen", { session: link.holder.session })
		expect(lines).toEqual((await link.keep()).lines())
	})

	it("is answered without them when holder and link are gone, too", async () => {
		const { link, holder } = await shown()
		const whole = await logOf(link, 100_000)
		kill(holder.pid)
		await link.closed()
		expect(onDisk(holder)).not.toMatch(/plain|wrapped|battery/)
		const again = await Link.open(await startHolder({ ended: true, folder: holder.folder }))
		expect(await logOf(again, 50)).toBe(whole)
		expect((await again.keep()).lines()[0]).toContain(`plain ${stars(VALUE)}`)
		const viewer = again.attach()
		await again.until(() => viewer.joined)
		expect(viewer.terminal.lines().join("")).toContain(`plain ${VALUE}`)
	})

	it("shows no half of one while the other is still to come", async () => {
		const { link } = await run(`printf 'key %.20s' "$TOKEN"; cat`, given)
		const viewer = link.attach()
		await viewer.shows("key ")
		await link.until(() => (viewer.have ?? 0) >= 24)
		expect(await logOf(link, 100)).toBe(`key ${"*".repeat(20)}`)
	})
})

describe("[TRU3] a sealed session", () => {
	it("is told lost where its key is gone", async () => {
		const { link, holder } = await run("echo hi")
		await link.exited()
		kill(holder.pid)
		await link.closed()
		rmSync(holder.keyPath)
		const again = await Link.open(await startHolder({ ended: true, folder: holder.folder }))
		expect(await again.message(({ type }) => type === "failed")).toMatchObject({ code: "output_lost" })
		await again.closed()
	})

	it("of a connector that did not seal yet is read as it is", async () => {
		const folder = mkdtempSync(join(tmpdir(), "homeport-holder-"))
		OutputLog.create(join(folder, "log"), UNSEALED, 80, 24).append(Buffer.from(`old ${TOKEN}\r\n`))
		const { link, holder } = await run("true")
		await link.exited()
		writeFileSync(join(folder, "session.json"), JSON.stringify({ ...savedInfo(holder), sequence: 200 }))
		const again = await Link.open(await startHolder({ ended: true, folder }))
		expect(await logOf(again, 20)).toBe(`old ${stars(TOKEN)}\r\n`)
	})
})
