// Where sessions work, by command, against a real home: made folders, changes, files in and out, what they use.
import { execFileSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	realpathSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { homeport, type Ran } from "../support/command.ts"
import { type Home, startHome } from "../support/home.ts"

let home: Home
let repository: string
beforeAll(async () => {
	home = await startHome()
	repository = mkdtempSync(join(tmpdir(), "homeport-repository-"))
	const script = `git init -q && git config user.email a@example.com && git config user.name a
		echo one > a && git add -A && git commit -qm one && git tag v1 && echo two > b && git add -A && git commit -qm two`
	execFileSync("sh", ["-ec", script], { cwd: repository })
})
afterAll(async () => {
	await home.stop()
	rmSync(repository, { recursive: true, force: true })
})

const run = (...args: string[]): Promise<Ran> => homeport(home.dataDir, args)

async function well(...args: string[]): Promise<Ran> {
	const ran = await run(...args)
	expect(`${ran.code} ${ran.stderr}`, args.join(" ")).toBe("0 ")
	return ran
}

describe.each(["host", "sandbox"])("in a %s", (substrate) => {
	const on = (name: string) => [`--name`, `${name}-${substrate}`, "--substrate", substrate]

	test("a clone of its own at a ref; what changed there; it is not removed with what is nowhere else", async () => {
		const name = `clone-${substrate}`
		const program = ["--", "sh", "-c", "ls; echo new > 'n w'; echo more >> a; rm missing 2>/dev/null; exit 4"]
		await well("spawn", ...on("clone"), "--from-git", repository, "--ref", "v1", ...program)
		expect((await well("wait", name, "--timeout", "30")).stdout).toBe("exited 4\n")
		expect((await well("logs", name)).stdout).toMatch(/Cloning .*\n(.*\n)*a$/m)
		expect((await well("diff", name, "--stat")).stdout).toBe("changed  a  +1 -0\nadded    n w  +1 -0\n")
		expect((await well("diff", name)).stdout).toContain("+more\n")
		const { cwd } = (
			(await well("ls", "--json")).json() as { sessions: { name: string; cwd: string }[] }
		).sessions.find((session) => session.name === name) as { cwd: string }
		expect(readFileSync(join(cwd, "a"), "utf8")).toBe("one\nmore\n")
		const refused = await run("rm", name)
		expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(cwd) })
		expect(existsSync(cwd)).toBe(true)
		await well("rm", name, "--force")
		expect(existsSync(cwd)).toBe(false)
	})

	test("a copy of a folder; one that has not changed goes with its session", async () => {
		await well("spawn", ...on("copy"), "--from-dir", repository, "--", "cat", "b")
		await well("wait", `copy-${substrate}`, "--timeout", "30")
		expect((await well("logs", `copy-${substrate}`)).stdout).toMatch(/^two$/m)
		await well("rm", `copy-${substrate}`)
	})

	test("what cannot be cloned is told on its terminal, and the program never runs", async () => {
		await well("spawn", ...on("none"), "--from-git", join(repository, "nowhere"), "--", "echo", "ran")
		expect((await well("wait", `none-${substrate}`, "--timeout", "30")).stdout).toBe("failed\n")
		const logs = (await well("logs", `none-${substrate}`)).stdout
		expect(logs).toContain("does not exist")
		expect(logs).not.toMatch(/^ran$/m)
	})

	test("a program's relative path begins in the working directory, also in one that is made for it", async () => {
		const folder = mkdtempSync(join(tmpdir(), "homeport-relative-"))
		try {
			mkdirSync(join(folder, "bin"))
			writeFileSync(join(folder, "bin/menu.sh"), '#!/bin/sh\necho "menu $1 in $PWD"\n', { mode: 0o755 })
			writeFileSync(join(folder, "plain"), "")
			for (const [name, where] of [
				["there", "--cwd"],
				["copied", "--from-dir"],
			] as const) {
				await well("spawn", ...on(name), where, folder, "--", "./bin/menu.sh", "a b")
				expect((await well("wait", `${name}-${substrate}`, "--timeout", "30")).stdout).toBe("exited 0\n")
				expect((await well("logs", `${name}-${substrate}`)).stdout).toMatch(/^menu a b in \//m)
			}
			await well("restart", `there-${substrate}`)
			await well("wait", `there-${substrate}`, "--timeout", "30")
			expect((await well("logs", `there-${substrate}`)).stdout.match(/^menu a b in/gm)).toHaveLength(2)
			for (const program of ["./menu.sh", "./plain", "bin/"])
				expect(await run("spawn", ...on("no"), "--cwd", folder, "--", program)).toMatchObject({
					code: 1,
					stderr: expect.stringContaining(`${program} was not found in ${folder}`),
				})
		} finally {
			rmSync(folder, { recursive: true, force: true })
		}
	})

	test("files go in and out whole, of any bytes and under any name, and never to a place that is none", async () => {
		const folder = mkdtempSync(join(tmpdir(), "homeport-files-"))
		try {
			const name = `files-${substrate}`
			await well("spawn", ...on("files"), "--cwd", folder, "--", "sleep", "600")
			const here = join(folder, "here")
			writeFileSync(here, randomBytes(1_300_000))
			await well("cp", here, `${name}:th re ü`)
			expect(readFileSync(join(folder, "th re ü")).equals(readFileSync(here))).toBe(true)
			await well("cp", `${name}:th re ü`, join(folder, "back"))
			expect(readFileSync(join(folder, "back")).equals(readFileSync(here))).toBe(true)
			writeFileSync(here, "")
			await well("cp", here, `${name}:`)
			expect(readFileSync(join(folder, "here"), "utf8")).toBe("")
			expect(await run("cp", `${name}:missing`, here)).toMatchObject({ code: 3 })
			expect((await run("cp", here, `${name}:no/such/folder`)).code).toBe(2)
			expect((await run("cp", here, here)).code).toBe(2)
			const shown = (await well("ps", "--json")).json() as { sessions: { name: string; processes: number }[] }
			expect(shown.sessions.find((one) => one.name === name)?.processes).toBeGreaterThan(0)
			await well("kill", name, "--signal", "KILL")
		} finally {
			rmSync(folder, { recursive: true, force: true })
		}
	})
})

test("[SES4] a session that is begun again works where it was, not where a link in that place leads now", async () => {
	const parent = realpathSync(mkdtempSync(join(tmpdir(), "homeport-swapped-")))
	try {
		for (const name of ["child", "elsewhere"]) mkdirSync(join(parent, name))
		const child = join(parent, "child")
		await well("spawn", "--name", "swapped", "--substrate", "sandbox", "--cwd", child, "--", "pwd")
		await well("wait", "swapped", "--timeout", "30")
		renameSync(child, `${child}.old`)
		symlinkSync(join(parent, "elsewhere"), child)
		for (const verb of ["restart", "clone"])
			expect(await run(verb, "swapped")).toMatchObject({ code: 1, stderr: expect.stringContaining("leads to") })
		rmSync(child)
		renameSync(`${child}.old`, child)
		await well("restart", "swapped")
		await well("wait", "swapped", "--timeout", "30")
		expect((await well("logs", "swapped")).stdout.match(new RegExp(`^${child}$`, "gm"))).toHaveLength(2)
	} finally {
		rmSync(parent, { recursive: true, force: true })
	}
})

test("a worktree stays in its repository as a branch, and needs a commit or --force to be removed", async () => {
	const program = ["--", "sh", "-c", "git branch --show-current; echo x > x"]
	await well("spawn", "--name", "my work", "--worktree", repository, ...program)
	await well("wait", "my work", "--timeout", "30")
	expect((await well("logs", "my work")).stdout).toMatch(/^homeport\/my-work$/m)
	expect((await run("rm", "my work")).code).toBe(1)
	await well("rm", "my work", "--force")
	const git = (...args: string[]) => execFileSync("git", args, { cwd: repository, encoding: "utf8" })
	expect(git("worktree", "list").trim().split("\n")).toHaveLength(1)
	expect(git("branch", "--list", "homeport/*").trim()).toBe("homeport/my-work")
	const refused = await run("spawn", "--worktree", repository, "--substrate", "sandbox")
	expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("--from-git") })
})

test.each([
	[["--from-dir", "/tmp", "--from-git", "x"], "is enough"],
	[["--ref", "main"], "--ref goes with"],
	[["--network", "allow-list"], "with --allow"],
	[["--network", "none", "--allow", "example.com"], "leave --network none out"],
	[["--memory", "much"], "must be a size"],
	[["--allow", "EXAMPLE.com/x"], "host name"],
	[["--substrate", "host", "--network", "none"], "ask for a sandbox"],
	[["--substrate", "host", "--memory", "1G"], "ask for a sandbox"],
	[["--from-git", "-x"], "dash"],
])("spawn %j is refused in words", async (args, said) => {
	const ran = await run("spawn", ...args, "--", "true")
	expect(ran.code).not.toBe(0)
	expect(ran.stderr).toContain(said)
})

test("stats tells what each machine has", async () => {
	const { machines } = (await well("stats", "--json")).json() as { machines: Record<string, unknown>[] }
	expect(machines).toMatchObject([{ name: home.machine.name, cpus: expect.any(Number) }])
	expect((await well("stats")).stdout).toContain("MEMORY FREE")
})
