// Loadouts as they are applied to the machine itself: by the job's own process, in a home of the test's own.
import { execFileSync, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { apply } from "../../connector/loadouts/apply.ts"
import { hostTarget } from "../../connector/loadouts/host-target.ts"
import { loadoutsFolder, usableLoadout } from "../../connector/loadouts/store.ts"
import { NODE } from "../support/home.ts"
import { until } from "../support/until.ts"

const MAIN = join(import.meta.dirname, "../../connector/main.ts")

let folder: string
let home: string
let dataDir: string
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "homeport-apply-"))
	home = join(folder, "home")
	dataDir = join(folder, "data")
	for (const path of [home, dataDir, loadoutsFolder(dataDir)]) mkdirSync(path)
})
afterEach(() => {
	vi.unstubAllEnvs()
	rmSync(folder, { recursive: true, force: true })
})

const inHome = (path: string) => readFileSync(join(home, path), "utf8")
const save = (text: string, name = "it") => writeFileSync(join(loadoutsFolder(dataDir), `${name}.yaml`), text)
const record = () => readFileSync(join(loadoutsFolder(dataDir), "applied/it.json"), "utf8")

interface Job {
	said: () => string
	ended: Promise<{ code: number | null; said: string }>
	kill(): void
}

/** The job as a session starts it, as whoever owns the test. */
function job(environment: Record<string, string> = {}, ...words: string[]): Job {
	const args = [MAIN, "here", "--data-dir", dataDir, "loadout-apply", "it", ...words]
	const env = { PATH: process.env.PATH ?? "", HOME: home, ...environment }
	// A group of its own, which a terminal that closes ends with it.
	const child = spawn(NODE, args, { env, stdio: ["ignore", "pipe", "pipe"], detached: true })
	let said = ""
	for (const stream of [child.stdout, child.stderr])
		stream.on("data", (bytes: Buffer) => {
			said += bytes
		})
	return {
		said: () => said,
		ended: new Promise((resolve) => child.once("close", (code) => resolve({ code, said }))),
		kill: () => void process.kill(-(child.pid ?? 0), "SIGKILL"),
	}
}

const run = (environment: Record<string, string> = {}, ...words: string[]) => job(environment, ...words).ended

/** The same in this process, which is quicker. */
async function runHere(secrets: Record<string, string> = {}): Promise<{ code: number; said: string }> {
	const lines: string[] = []
	vi.stubEnv("HOME", home)
	const { merged } = await usableLoadout(dataDir, "it")
	const watcher = { say: (line: string) => void lines.push(line), live: () => {} }
	const { isDone } = await apply({ merged, target: hostTarget(dataDir), secrets, watcher, dataDir })
	return { code: isDone ? 0 : 1, said: `${lines.join("\n")}\n` }
}

test("phase by phase and step by step it tells what it does, and the second time there is nothing to do", async () => {
	save(
		"files:\n  - {path: ~/.config/a/b, content: hello, mode: 0640}\ncommands:\n  - {name: touch, run: [touch, made]}\n",
	)
	const first = await run()
	expect(first.code).toBe(0)
	expect(first.said.replaceAll(/\d+\.\d s/g, "N s")).toBe(
		[
			"Phase 1/2: files",
			"  1/1 write ~/.config/a/b",
			"  1/1 write ~/.config/a/b: ok, N s",
			"Phase 2/2: commands (best effort)",
			"  1/1 touch",
			"  1/1 touch: ok, N s",
			"it is applied.\n",
		].join("\n"),
	)
	expect(inHome(".config/a/b")).toBe("hello")
	expect(statSync(join(home, ".config/a/b")).mode & 0o777).toBe(0o640)
	expect(existsSync(join(home, "made"))).toBe(true)
	rmSync(join(home, "made"))
	const second = await run()
	expect(second.said.match(/: done before$/gm)).toHaveLength(2)
	expect(existsSync(join(home, "made"))).toBe(false)
	expect((await run({}, "--again")).said).not.toContain("done before")
	expect(existsSync(join(home, "made"))).toBe(true)
})

test("[SES1] a run that is killed goes on where it was: what was done is not done again, what was begun is", async () => {
	const count = (name: string) => `  - name: ${name}\n    sh: echo ${name} >> ~/log\n`
	const waits =
		"  - name: middle\n    sh: |\n      echo middle >> ~/log\n      [ -e ~/go ] || { touch ~/waits; exec sleep 600; }\n"
	save(`commands:\n${count("first")}${waits}${count("last")}`)
	const killed = job()
	await until("the step in the middle", async () => existsSync(join(home, "waits")))
	killed.kill()
	await killed.ended
	expect(inHome("log")).toBe("first\nmiddle\n")
	writeFileSync(join(home, "go"), "")
	const { code, said } = await run()
	expect(code).toBe(0)
	expect(said).toContain("1/3 first: done before")
	expect(inHome("log")).toBe("first\nmiddle\nmiddle\nlast\n")
})

test("a step that was changed is done again, and the others are not; one that failed on the way back is no more done", async () => {
	const steps = (b: string) => save(`commands:\n  - {name: a, sh: echo a >> ~/log}\n  - {name: b, sh: ${b}}\n`)
	steps("echo b >> ~/log")
	await runHere()
	steps("exit 1")
	expect((await runHere()).said).toContain("2/2 b: failed, which is not needed for the rest")
	steps("echo b >> ~/log")
	await runHere()
	expect(inHome("log")).toBe("a\nb\nb\n")
})

test("[SES2] what fails in a best-effort phase is told and the rest goes on; in a core phase it ends the whole with 1", async () => {
	const steps = "commands:\n  - {name: bad, sh: 'echo why >&2; exit 3'}\n  - {name: good, run: [touch, good]}\n"
	save(steps)
	const soft = await run()
	expect(soft.code).toBe(0)
	expect(soft.said).toMatch(/1\/2 bad: failed, which is not needed for the rest, .* s: It ended with 3: why\n/)
	expect(soft.said).toContain("it is applied. Failed: bad.")
	expect(existsSync(join(home, "good"))).toBe(true)
	rmSync(join(home, "good"))
	save(`${steps}core: {commands: true}\n`)
	const hard = await run({}, "--again")
	expect(hard.code).toBe(1)
	expect(hard.said).toContain(
		"it is not applied. Failed: bad. What was done stays done: applying it again goes on there.",
	)
	expect(existsSync(join(home, "good"))).toBe(false)
})

test("[SES3] a secret is in no command line, no record and no other step's environment, and in its file for its owner only", async () => {
	const secret = `not-for-${"everyone"}-1234567890`
	save(
		[
			"secrets: {TOKEN: KEY}",
			"files:",
			"  - {path: ~/.netrc, secret: NETRC}",
			"commands:",
			"  - name: with",
			"    secrets: [TOKEN]",
			// /bin/ps, so that the search itself is no part of what is searched.
			'    sh: printf %s "$TOKEN" | sha256sum > ~/with; ps -eo args= > ~/processes',
			"  - {name: without, sh: env > ~/without}",
			"mcp:",
			"  tickets: {command: tickets, env: {TOKEN: {secret: KEY}}}\n",
		].join("\n"),
	)
	const { code, said } = await run({ TOKEN: secret, NETRC: secret })
	expect(`${code} ${said}`).toMatch(/^0 /)
	expect(inHome("with")).toContain(createHash("sha256").update(secret).digest("hex"))
	expect(inHome("processes")).toContain("loadout-apply")
	expect(inHome(".netrc")).toBe(secret)
	expect(statSync(join(home, ".netrc")).mode & 0o777).toBe(0o600)
	const everywhere = execFileSync("grep", ["-rlF", "--", secret, folder], { encoding: "utf8" })
	expect(everywhere).toBe(`${join(home, ".netrc")}\n`)
	expect(said).not.toContain(secret)
	expect(inHome("without")).not.toContain("TOKEN=")
	expect(readdirSync(join(loadoutsFolder(dataDir), "drafts"))).toEqual([])
	// Its value is kept nowhere, so that it is written again with whatever it is now.
	await run({ TOKEN: "x", NETRC: "newer" })
	expect(inHome(".netrc")).toBe("newer")
})

test("without its secret a step fails, and says which", async () => {
	save("files:\n  - {path: ~/.netrc, secret: NETRC}\n")
	const { code, said } = await run()
	expect(code).toBe(1)
	expect(said).toContain("The secret in NETRC did not come with this job.")
	expect(existsSync(join(home, ".netrc"))).toBe(false)
})

test("a file that was there is kept beside the new one, once; one that leads out of the home by a link is refused", async () => {
	writeFileSync(join(home, ".gitconfig"), "mine")
	save("files:\n  - {path: ~/.gitconfig, content: one}\n")
	await runHere()
	save("files:\n  - {path: ~/.gitconfig, content: two}\n")
	await runHere()
	expect([inHome(".gitconfig"), inHome(".gitconfig.before-loadout")]).toEqual(["two", "mine"])
	const outside = join(folder, "outside")
	mkdirSync(outside)
	symlinkSync(outside, join(home, "link"))
	save("files:\n  - {path: ~/link/x/y, content: z}\n")
	const { code, said } = await runHere()
	expect(code).toBe(1)
	expect(said).toContain(`leads out of ${home} by a link.`)
	expect(readdirSync(outside)).toEqual([])
})

describe("a program by its address", () => {
	const program = "#!/bin/sh\necho it runs\n"
	const sum = (bytes: Buffer | string) => createHash("sha256").update(bytes).digest("hex")
	const serve = async (bytes: Buffer | string) => {
		const server = createServer((_request, response) => response.end(bytes))
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
		return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tool`, close: () => server.close() }
	}
	const binary = (url: string, sha256: string, rest = "") =>
		save(`tools:\n  binaries:\n    - {name: tool, url: '${url}', sha256: ${sha256}${rest}}\n`)

	test("is taken where its sum is right", async () => {
		const { url, close } = await serve(program)
		binary(url, sum(program))
		expect((await runHere()).code).toBe(0)
		close()
		expect(execFileSync(join(home, ".local/bin/tool"), { encoding: "utf8" })).toBe("it runs\n")
	})

	test("is not there where its sum is another", async () => {
		const { url, close } = await serve("something else")
		binary(url, sum(program))
		const { code, said } = await runHere()
		close()
		expect(code).toBe(1)
		expect(said).toContain(`has the SHA-256 ${sum("something else")}, not ${sum(program)}`)
		expect(existsSync(join(home, ".local/bin/tool"))).toBe(false)
	})

	test("is taken out of an archive", async () => {
		mkdirSync(join(folder, "pack/bin"), { recursive: true })
		writeFileSync(join(folder, "pack/bin/tool"), program)
		execFileSync("tar", ["-czf", join(folder, "pack.tgz"), "-C", join(folder, "pack"), "bin/tool"])
		const archive = readFileSync(join(folder, "pack.tgz"))
		const { url, close } = await serve(archive)
		binary(url, sum(archive), ", member: bin/tool")
		expect((await runHere()).code).toBe(0)
		close()
		expect(execFileSync(join(home, ".local/bin/tool"), { encoding: "utf8" })).toBe("it runs\n")
	})
})

describe("a skill", () => {
	const source = () => join(folder, "skill")
	const skill = "---\nname: review\n---\nLook twice.\n"
	const git = (...args: string[]) =>
		execFileSync("git", ["-C", source(), "-c", "user.name=a", "-c", "user.email=a@b", ...args], { encoding: "utf8" })
	beforeEach(() => {
		mkdirSync(join(source(), "scripts"), { recursive: true })
		writeFileSync(join(source(), "SKILL.md"), skill)
		writeFileSync(join(source(), "scripts/look"), "#!/bin/sh\n")
		chmodSync(join(source(), "scripts/look"), 0o755)
	})

	test("from a folder is copied whole, and again when it was changed", async () => {
		save(`skills:\n  - {name: review, folder: ${source()}}\n`)
		expect((await runHere()).said).toMatch(/skill review from .*: ok/)
		expect(inHome(".claude/skills/review/SKILL.md")).toBe(skill)
		expect(statSync(join(home, ".claude/skills/review/scripts/look")).mode & 0o111).not.toBe(0)
		expect((await runHere()).said).toContain(": done before")
		writeFileSync(join(source(), "SKILL.md"), "other")
		rmSync(join(source(), "scripts"), { recursive: true })
		await runHere()
		expect(inHome(".claude/skills/review/SKILL.md")).toBe("other")
		expect(existsSync(join(home, ".claude/skills/review/scripts"))).toBe(false)
	})

	test("that the person has made is left alone, and so is one with a link in it", async () => {
		save(`skills:\n  - {name: review, folder: ${source()}}\n`)
		mkdirSync(join(home, ".claude/skills/review"), { recursive: true })
		writeFileSync(join(home, ".claude/skills/review/SKILL.md"), "mine")
		expect((await runHere()).said).toContain("is there already, and not from a loadout.")
		expect(inHome(".claude/skills/review/SKILL.md")).toBe("mine")
		symlinkSync("/etc/passwd", join(source(), "scripts/link"))
		expect((await runHere()).said).toContain("scripts/link is neither a file nor a folder.")
	})

	test("from a repository is that of the commit, and nothing of the repository's is executed", async () => {
		const marker = join(folder, "executed")
		git("init", "-q", "-b", "main")
		writeFileSync(join(source(), ".gitattributes"), "* filter=evil\n*.md export-subst\n")
		git("add", "-A")
		git("commit", "-qm", "one")
		const commit = git("rev-parse", "HEAD").trim()
		writeFileSync(join(source(), "SKILL.md"), "newer")
		git("commit", "-qam", "two")
		// What a hostile server's repository would have, and a person's own settings.
		const hook = `#!/bin/sh\ntouch ${marker}\n`
		for (const name of ["post-checkout", "post-merge", "reference-transaction", "pre-auto-gc"])
			writeFileSync(join(source(), ".git/hooks", name), hook, { mode: 0o755 })
		writeFileSync(
			join(home, ".gitconfig"),
			`[filter "evil"]\n\tsmudge = touch ${marker}\n\tclean = touch ${marker}\n\tprocess = touch ${marker}\n[core]\n\tfsmonitor = touch ${marker}\n`,
		)
		save(
			`skills:\n  - {name: review, git: 'file://${source()}', commit: ${commit}}\n  - {name: part, git: 'file://${source()}', commit: ${commit}, path: scripts}\n`,
		)
		const { said } = await runHere()
		expect(said).toMatch(/skill review from file:.*: ok/)
		expect(said).toContain("scripts has no SKILL.md.")
		expect(inHome(".claude/skills/review/SKILL.md")).toBe(skill)
		expect(existsSync(join(home, ".claude/skills/review/.git"))).toBe(false)
		expect(existsSync(marker)).toBe(false)
	})
})

test("MCP servers are added to the settings that there are, which otherwise stay as they were", async () => {
	mkdirSync(join(home, ".codex"))
	mkdirSync(join(home, ".gemini"))
	const mine = '# mine\nmodel = "o"\n\n[mcp_servers.own] # too\ncommand = "own"\n'
	writeFileSync(join(home, ".codex/config.toml"), mine)
	writeFileSync(join(home, ".claude.json"), '{"numStartups": 7, "mcpServers": {"own": {"command": "own"}}}')
	writeFileSync(join(home, ".gemini/settings.json"), "{ // with a comment\n}")
	const servers = (args: string) =>
		save(
			`mcp:\n  tickets: {command: serve, args: [${args}], env: {MODE: fast, TOKEN: {secret: KEY}}}\n  own: {command: mine, for: [codex]}\n`,
		)
	servers("one")
	await runHere({ TOKEN: "s3cret" })
	servers("two, 'a \"b\" c'")
	const { said } = await runHere({ TOKEN: "s3cret" })
	expect(inHome(".codex/config.toml")).toBe(
		`${mine}\n# loadout: tickets\n[mcp_servers.tickets]\ncommand = "serve"\nargs = [ "two", "a \\"b\\" c" ]\nenv_vars = [ "TOKEN" ]\n\n[mcp_servers.tickets.env]\nMODE = "fast"\n# end of loadout: tickets\n`,
	)
	expect(JSON.parse(inHome(".claude.json"))).toEqual({
		numStartups: 7,
		mcpServers: {
			own: { command: "own" },
			// biome-ignore lint/suspicious/noTemplateCurlyInString: the tool's own words.
			tickets: { type: "stdio", command: "serve", args: ["two", 'a "b" c'], env: { MODE: "fast", TOKEN: "${TOKEN}" } },
		},
	})
	expect(JSON.parse(inHome(".config/opencode/opencode.json")).mcp.tickets.environment).toEqual({
		MODE: "fast",
		TOKEN: "{env:TOKEN}",
	})
	expect(inHome(".gemini/settings.json")).toBe("{ // with a comment\n}")
	expect(said).toMatch(/tickets for gemini, .*: failed, .*no plain JSON/)
	expect(said).toMatch(/own for codex, .*: failed, .*has a server "own" of its own/)
})

test("two runs at once are one after the other", async () => {
	save(
		"commands:\n  - {name: slow, sh: 'echo begin >> ~/log; while [ ! -e ~/go ]; do sleep 0.05; done; echo end >> ~/log'}\n",
	)
	const first = job()
	await until("the first run's step", async () => existsSync(join(home, "log")))
	const second = job()
	await until("the second run to wait", async () => second.said().includes("this one waits for it"))
	writeFileSync(join(home, "go"), "")
	expect((await first.ended).code).toBe(0)
	expect((await second.ended).said).toContain("slow: done before")
	expect(inHome("log")).toBe("begin\nend\n")
})

test("an npm package is the version that was asked for, also where there is a newer one", async () => {
	const version = (number: string) => ({ name: "tiny", version: number, bin: { tiny: "tiny" } })
	const tarball = (number: string) => {
		const pack = join(folder, `tiny-${number}`)
		mkdirSync(join(pack, "package"), { recursive: true })
		writeFileSync(join(pack, "package/package.json"), JSON.stringify(version(number)))
		writeFileSync(join(pack, "package/tiny"), `#!/bin/sh\necho tiny ${number}\n`)
		return execFileSync("tar", ["-cz", "-C", pack, "package"])
	}
	const tarballs = new Map(["1.0.0", "2.0.0"].map((number) => [number, tarball(number)]))
	const registry = createServer((request, response) => {
		const number = /^\/tiny-(.*)\.tgz$/.exec(request.url ?? "")?.[1]
		if (number !== undefined) return response.end(tarballs.get(number))
		const versions = [...tarballs].map(([number, bytes]) => {
			const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`
			return [number, { ...version(number), dist: { tarball: `${url}/tiny-${number}.tgz`, integrity } }]
		})
		const all = { name: "tiny", "dist-tags": { latest: "2.0.0" }, versions: Object.fromEntries(versions) }
		response.setHeader("content-type", "application/json").end(JSON.stringify(all))
	})
	await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve))
	const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`
	writeFileSync(join(home, ".npmrc"), `registry=${url}/\n`)
	save("tools: {npm: [tiny@1.0.0]}\n")
	const { code, said } = await runHere()
	registry.close()
	expect(`${code} ${said}`).toMatch(/^0 /)
	expect(execFileSync(join(home, ".local/bin/tiny"), { encoding: "utf8" })).toBe("tiny 1.0.0\n")
})

test("what is recorded of a package is the version that there is", async () => {
	save("tools: {apt: [dpkg]}\n")
	expect((await runHere()).code).toBe(0)
	const version = execFileSync("dpkg-query", ["-W", "-f", `\${Version}`, "dpkg"], { encoding: "utf8" })
	expect(JSON.parse(record()).steps["apt:dpkg"].version).toBe(version)
})
