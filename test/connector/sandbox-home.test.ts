// A private home: what it begins with, which sign-ins it shares, and what of it never goes out.
import { mkdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { withValuesOf } from "../../connector/substrates/sandbox/credentials.ts"
import { PEOPLE, sandboxWorld, type World } from "../support/sandbox.ts"
import { until } from "../support/until.ts"

describe.each(PEOPLE)("as $name", (person) => {
	let world: World
	beforeAll(() => {
		world = sandboxWorld(person)
	})
	afterAll(() => world.forget())

	const ofClaude = { configuration: [".claude", ".claude.json"] }

	test("it begins with the runtime's settings, without other projects and conversations, and never writes them back", async () => {
		world.write(join(world.home, ".claude/settings.json"), '{"hooks":{}}')
		world.write(join(world.home, ".claude/agents/cache/one.md"), "an agent")
		world.write(join(world.home, ".claude/projects/-other/talk.jsonl"), "a talk about something else")
		world.write(join(world.home, "dotfiles/CLAUDE.md"), "kept elsewhere")
		symlinkSync(join(world.home, "dotfiles/CLAUDE.md"), join(world.home, ".claude/CLAUDE.md"))
		const projects = { [world.cwd]: { hasTrustDialogAccepted: true }, "/other": { history: ["private"] } }
		world.write(join(world.home, ".claude.json"), JSON.stringify({ theme: "dark", projects }))
		const contained = world.contained(ofClaude)
		const { output } = await world.sh(
			contained,
			"cd; find .claude* -type f | sort; cat .claude/CLAUDE.md; echo; cat .claude.json",
		)
		expect(output).toContain(
			".claude.json\n.claude/CLAUDE.md\n.claude/agents/cache/one.md\n.claude/settings.json\nkept elsewhere\n",
		)
		expect(output).not.toContain("private")
		expect(JSON.parse(output.slice(output.indexOf("{")))).toEqual({
			theme: "dark",
			projects: { [world.cwd]: { hasTrustDialogAccepted: true } },
		})
		const hook = '{"hooks":{"Stop":[{"command":"evil"}]}}'
		await world.sh(contained, `echo '${hook}' > ~/.claude/settings.json; cat ~/.claude/settings.json`)
		expect(readFileSync(join(world.home, ".claude/settings.json"), "utf8")).toBe('{"hooks":{}}')
		expect((await world.sh(contained, "cat ~/.claude/settings.json")).output).toBe(`${hook}\n`)
	})

	test("a token that is refreshed on one side is good on the other; nothing else of the file goes out", async () => {
		const path = join(world.home, ".claude/.credentials.json")
		const read = () => JSON.parse(readFileSync(path, "utf8")) as unknown
		world.write(path, JSON.stringify({ claudeAiOauth: { accessToken: "old", expiresAt: 1, scopes: ["a"] } }), 0o600)
		const refreshed = JSON.stringify({
			claudeAiOauth: { accessToken: "new", expiresAt: 2, scopes: ["b"], helper: "evil" },
			run: "evil",
		})
		const script = `cd ~/.claude; echo '${refreshed}' > next; mv next .credentials.json
			until grep -q third .credentials.json; do sleep 0.1; done; echo has-third`
		const program = await world.run(world.contained({ ...ofClaude, argv: ["/bin/sh", "-c", script] }))
		const wanted = { claudeAiOauth: { accessToken: "new", expiresAt: 2, scopes: ["a"] } }
		await until("the person has it", async () => JSON.stringify(read()) === JSON.stringify(wanted))
		expect(statSync(path)).toMatchObject({ uid: person.uid, mode: 0o100600 })
		world.write(path, JSON.stringify({ claudeAiOauth: { accessToken: "third", expiresAt: 3, scopes: ["a"] } }), 0o600)
		const later = Date.now() / 1000 + 5
		utimesSync(path, later, later)
		await program.shows(/has-third/)
		expect((await program.ended).outcome).toMatchObject({ code: 0 })
		expect(read()).toMatchObject({ claudeAiOauth: { accessToken: "third" } })
	})

	test("a link in a sign-in's place leads the sharing nowhere, and no sign-in is made for the person", async () => {
		world.write(
			join(world.home, "elsewhere/.credentials.json"),
			JSON.stringify({ claudeAiOauth: { accessToken: "x" } }),
		)
		const before = readFileSync(join(world.home, ".claude/.credentials.json"), "utf8")
		const script = `cd; rm -r .claude; ln -s ${world.home}/elsewhere .claude; mkdir -p .codex; echo '{"a":"b"}' > .codex/auth.json; sleep 3`
		const contained = world.contained({ configuration: [".claude", ".codex"], argv: ["/bin/sh", "-c", script] })
		await (await world.run(contained)).ended
		expect(readFileSync(join(world.home, ".claude/.credentials.json"), "utf8")).toBe(before)
		expect(readFileSync(join(world.home, "elsewhere/.credentials.json"), "utf8")).toContain('"x"')
		expect(() => statSync(join(world.home, ".codex"))).toThrow()
	})

	test("the runtime's program is found where it lies in the home, with what runs it, and nothing beside it", async () => {
		const prefix = join(world.home, ".npm-global")
		const node = join(world.home, ".nvm/versions/node/v1/bin/node")
		world.write(node, '#!/bin/sh\necho "node ran $1"\n', 0o755)
		world.write(join(prefix, "lib/node_modules/agent/cli.js"), "#!/usr/bin/env node\n", 0o755)
		world.write(join(prefix, "lib/node_modules/agent/part.js"), "part")
		world.write(join(prefix, "key"), "secret")
		world.own(join(prefix, "bin"))
		symlinkSync("../lib/node_modules/agent/cli.js", join(prefix, "bin/agent"))
		const contained = world.contained({ argv: [join(prefix, "bin/agent")] })
		contained.own.PATH = `${join(node, "..")}:${contained.own.PATH}`
		const { output } = await world.exec(contained, { argv: contained.argv })
		expect(output).toBe(`node ran ${join(prefix, "bin/agent")}\n`)
		const { output: seen } = await world.sh(
			contained,
			`ls ${prefix}; cat ${prefix}/lib/node_modules/agent/part.js; (echo x > ${prefix}/lib/node_modules/agent/part.js) 2>&1 | grep -o Read-only`,
		)
		expect(seen).toBe("bin\nlib\npartRead-only\n")
	})

	test("what programs left without permissions is removed with its session", async () => {
		const contained = world.contained()
		await world.sh(contained, "mkdir -p ~/a/b; echo x > ~/a/b/c; chmod 0 ~/a/b; chmod 500 ~/a")
		await world.call({ method: "remove", contained })
		expect(() => statSync(join(contained.folder, "inside"))).toThrow()
	})

	test.skipIf(person.uid !== 0)("root's sandbox is its folder's owner, whose files it makes", async () => {
		const cwd = join(world.folder, "alices")
		mkdirSync(cwd)
		const { chownSync } = await import("node:fs")
		chownSync(cwd, 4321, 4321)
		writeFileSync(join(cwd, "roots"), "root's", { mode: 0o600 })
		const contained = world.contained({
			cwd,
			workingFolder: cwd,
			network: { is: "allow-list", hosts: ["example.com"] },
		})
		const script =
			"id -u; id -g; whoami; cat roots; echo x > mine; echo x > ~/x; echo x > /tmp/x; echo $HOME; grep CapEff /proc/self/status; cat /proc/self/uid_map"
		const { output, errors } = await world.sh(contained, script)
		expect(output.split("\n").map((line) => line.trim().replace(/\s+/g, " "))).toEqual([
			...["4321", "4321", "user4321", world.home, "CapEff: 0000000000000000", "4321 4321 1", ""],
		])
		expect(errors).toContain("Permission denied")
		expect(statSync(join(cwd, "mine")).uid).toBe(4321)
		const program = await world.run({
			...contained,
			argv: ["/bin/bash", "-c", "echo size $(stty size); tty >&2; sleep 0.1; echo x > /dev/tty; exit 3"],
		})
		expect((await program.ended).outcome).toEqual({ is: "exited", code: 3, signal: null })
		expect(program.output()).toContain("size 24 80")
	})
})

test("of a file with tokens only values for known keys are taken, and none that could be a command or a path", () => {
	const own = { a: "one", deep: { expires: 1, list: ["x"] }, path: "tool" }
	const merged = (theirs: unknown) => {
		const bytes = withValuesOf(
			Buffer.from(JSON.stringify(own)),
			Buffer.from(typeof theirs === "string" ? theirs : JSON.stringify(theirs)),
		)
		return bytes === null ? null : (JSON.parse(bytes.toString()) as unknown)
	}
	expect(merged({ a: "two", deep: { expires: 2, list: ["y"], more: 1 }, other: "x" })).toEqual({
		...{ a: "two", deep: { expires: 2, list: ["x"] }, path: "tool" },
	})
	for (const value of ["/bin/sh", "rm -rf", "--flag", "two\nlines", "", 1, null, ["x"], { a: "b" }])
		expect(merged({ path: value })).toBeNull()
	for (const text of ["", "{", "null", "[]", '"x"', '{"__proto__":{"a":"x"}}']) expect(merged(text)).toBeNull()
})
