// The `homeport` that sessions find on their PATH: by command, against a real home, where no other one is installed.
import { afterAll, beforeAll, expect, test } from "vitest"
import type { InboxItem } from "../../protocol/attention.ts"
import { homeport, type Ran } from "../support/command.ts"
import { type Home, startHome } from "../support/home.ts"

let home: Home
beforeAll(async () => {
	home = await startHome()
})
afterAll(() => home?.stop())

async function well(...args: string[]): Promise<Ran> {
	const ran = await homeport(home.dataDir, args)
	expect(`${ran.code} ${ran.stderr}`, args.join(" ")).toBe("0 ")
	return ran
}

/** Waits until this session tells something in these words, and answers with it. */
async function told(name: string, words: string): Promise<InboxItem | undefined> {
	const item = async () =>
		((await well("inbox", "--json")).json() as { items: InboxItem[] }).items.find(
			({ sessionName, text }) => sessionName === name && text === words,
		)
	await expect.poll(item, { timeout: 20_000 }).toBeDefined()
	return item()
}

/** By the PATH's last folder alone and the system's, so that one which is installed here is not what is tried. */
const PROGRAM = `command -v homeport || exit; own=\${PATH##*:}; PATH=/usr/bin:/bin:$own
homeport notify "$1" </dev/null >/dev/null 2>&1; echo "left <$?>"; read -r next
setsid -w sh -c "exec </dev/null >/dev/null 2>&1; homeport notify from a tool"; echo "tool <$?>"; read -r next
homeport ls; echo "verb <$?>"; homeport notify " "; echo "blank <$?>"; homeport notify x --session y; echo "option <$?>"
[ -w "$own/homeport" ] && [ "$(id -u)" != 0 ] && echo writable
{ true >"$2"; } 2>/dev/null; homeport notify -- "-- still there"; echo "end <$?>"; exec sleep 6000`

test.each([
	["host", "/nonexistent/homeport"],
	["sandbox", "/run/homeport/bin/homeport"],
])("a session in a %s tells people that it wants them, by a homeport that is there last", async (substrate, write) => {
	const name = `on-${substrate}`
	const words = `it's "so" \\ \\n \`id\` $HOME 漢字\nand\tmore`
	await well("spawn", "--name", name, "--substrate", substrate, "--", "sh", "-c", PROGRAM, "sh", words, write)
	expect(await told(name, words.replace("\t", " "))).toMatchObject({ kind: "question", state: { is: "open" } })
	expect((await well("screen", name)).stdout).toMatch(/^\/.*\/homeport\nleft <0>\n$/)
	await well("send", name, "")
	await told(name, "from a tool")
	await well("wait", name, "--text", "tool <0>", "--timeout", "30")
	await well("send", name, "")
	await told(name, "-- still there")
	await well("wait", name, "--text", "end <0>", "--timeout", "30")
	const said = (await well("screen", name)).stdout
	for (const text of ["verb <2>", "blank <2>", "option <2>"]) expect(said).toContain(text)
	expect(said).not.toContain("writable")
})
