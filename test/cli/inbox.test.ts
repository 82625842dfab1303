// What waits for a person, by command, against a real home: seen, answered, and told of from inside of a session.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import type { InboxItem } from "../../protocol/attention.ts"
import { homeport, type Ran } from "../support/command.ts"
import { HOMEPORT, type Home, NODE, startHome } from "../support/home.ts"

let home: Home
beforeAll(async () => {
	home = await startHome()
})
afterEach(() => run("purge", "--all", "--yes", "--force"))
afterAll(() => home?.stop())

const run = (...args: string[]): Promise<Ran> => homeport(home.dataDir, args)

async function well(...args: string[]): Promise<Ran> {
	const ran = await run(...args)
	expect(`${ran.code} ${ran.stderr}`, args.join(" ")).toBe("0 ")
	return ran
}

const items = async () => ((await well("inbox", "--json")).json() as { items: InboxItem[] }).items

/** Waits until so many sessions ask. */
async function asked(count: number): Promise<InboxItem[]> {
	await expect.poll(async () => (await items()).length).toBe(count)
	return items()
}

/** A program that asks for leave, says what it was told, and goes on. */
const ASKS = 'printf "Overwrite /etc/example? [y/N] "; read -r said; echo "told <$said>"; exec sleep 6000'

test("what waits is listed with its answers; one is given by label; the history and whoever comes later know by whom", async () => {
	expect((await well("inbox")).stdout).toContain("Nothing needs you.")
	await well("spawn", "--name", "asks", "--", "sh", "-c", ASKS)
	const [item] = await asked(1)
	expect(item).toMatchObject({ kind: "approval", sessionName: "asks", state: { is: "open" } })
	const shown = (await well("inbox")).stdout
	for (const words of [home.machine.name, "asks", "Overwrite /etc/example?", item?.id ?? "?"])
		expect(shown).toContain(words)

	const none = await run("answer", "asks", "Perhaps")
	expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('no answer "Perhaps"') })
	for (const { label } of item?.options ?? []) expect(none.stderr).toContain(label)
	expect((await run("answer", "asks")).code).toBe(2)
	expect((await run("answer", "asks", "--yes", "--no")).code).toBe(2)
	expect((await run("answer", "nobody", "--yes")).code).toBe(3)

	const done = await well("answer", "asks", "--yes")
	expect(done.stdout).toMatch(/^asks: .+ answered ".+" by the command/)
	await well("wait", "asks", "--text", "told <y>", "--timeout", "30")
	await asked(0)

	const late = await run("answer", item?.id ?? "", "--no")
	expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining("answered") })
	const second = await run("answer", "asks", "--no")
	expect(second).toMatchObject({ code: 3, stderr: expect.stringContaining("asks for nothing now") })
	expect(second.stderr).toMatch(/ answered ".+" by the command/)
	expect((await well("inbox", "--history")).stdout).toMatch(/asks\s+asks for leave.*answered ".+" by the command/)
	const unsaid = (await well("screen", "asks")).stdout
	expect(unsaid.match(/told/g)).toHaveLength(1)
})

test("a question takes words, and a request can be taken off the inbox with its program left alone", async () => {
	const program = 'printf "Enter the name of the branch: "; read -r said; echo "told <$said>"; exec sleep 6000'
	await well("spawn", "--name", "question", "--", "sh", "-c", program)
	await well("spawn", "--name", "other", "--", "sh", "-c", ASKS)
	await asked(2)
	await well("answer", "question", "--text", "feature/one two")
	await well("wait", "question", "--text", "told <feature/one two>", "--timeout", "30")
	expect((await well("answer", "other", "--dismiss")).stdout).toBe("other: Dismissed.\n")
	await asked(0)
	expect((await well("screen", "other")).stdout).not.toContain("told")
	const history = (await well("inbox", "--history", "--session", "question")).stdout
	expect(history).toContain("feature/one two")
	expect(history).not.toContain("Dismissed")
})

test("a secret is no answer of a command", async () => {
	await well(
		"spawn",
		"--name",
		"secret",
		"--",
		"sh",
		"-c",
		'stty -echo; printf "Password: "; read -r said; exec sleep 6000',
	)
	const [item] = await asked(1)
	expect(item?.kind).toBe("secret")
	const refused = await run("answer", "secret", "--text", "hunter2")
	expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("in the console") })
	expect((await items()).map(({ state }) => state.is)).toEqual(["open"])
	await well("kill", "secret", "--signal", "KILL")
	await asked(0)
	const over = await run("answer", item?.id ?? "", "--text", "hunter2")
	expect(over).toMatchObject({ code: 1, stderr: expect.stringContaining("Its program has ended") })
})

test("a session tells people that it wants them, with and without a terminal of its own, and others can for it", async () => {
	const notify = `${NODE} ${HOMEPORT} notify`
	// No sign-in is there to be found.
	const quiet = "env -u HOMEPORT_DATA_DIR XDG_DATA_HOME=/nonexistent"
	await well(
		"spawn",
		"--name",
		"first",
		"--",
		"sh",
		"-c",
		`${quiet} ${notify} "look at this"; echo "left <$?>"; exec sleep 6000`,
	)
	const [first] = await asked(1)
	expect(first).toMatchObject({ sessionName: "first", text: expect.stringContaining("look at this") })
	expect((await well("screen", "first")).stdout).toBe("left <0>\n")

	const detached = `${quiet} setsid -w ${notify} "and at that" </dev/null >/dev/null 2>&1; echo "left <$?>"; exec sleep 6000`
	await well("spawn", "--name", "second", "--", "sh", "-c", detached)
	const both = await asked(2)
	expect(both.map(({ text }) => text).join()).toContain("and at that")

	await well("spawn", "--name", "third", "--", "sleep", "6000")
	await well("notify", "--session", "third", "please", "look")
	expect((await asked(3)).map(({ text }) => text).join()).toContain("please look")
	expect(await run("notify", "nobody hears this")).toMatchObject({
		code: 2,
		stderr: expect.stringContaining("--session"),
	})
})

test("--watch tells of every change, until it is ended", async () => {
	const env = { ...process.env, HOMEPORT_DATA_DIR: home.dataDir }
	const watch = spawn(NODE, [HOMEPORT, "inbox", "--watch", "--json"], { env, stdio: ["ignore", "pipe", "inherit"] })
	const seen: string[][] = []
	const lines = createInterface({ input: watch.stdout })
	lines.on("line", (line) => {
		seen.push((JSON.parse(line) as { items: InboxItem[] }).items.map(({ sessionName }) => sessionName))
	})
	try {
		await expect.poll(() => seen.length).toBeGreaterThan(0)
		expect(seen.at(-1)).toEqual([])
		await well("spawn", "--name", "watched", "--", "sh", "-c", ASKS)
		await expect.poll(() => seen.at(-1)).toEqual(["watched"])
		await well("answer", "watched", "--no")
		await expect.poll(() => seen.at(-1)).toEqual([])
	} finally {
		watch.kill("SIGINT")
		await once(watch, "exit")
	}
})
