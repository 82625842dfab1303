// Runtimes as data: found, missing, without a key, and the command that each becomes.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import {
	type Begin,
	command as commandOf,
	detectRuntimes,
	findRuntime,
	sessionEnvironment,
} from "../../connector/runtimes.ts"

let folder: string
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "homeport-runtimes-"))
	vi.stubEnv("PATH", `${folder}:/project/node_modules/.bin:relative/bin:/usr/bin:/bin`)
	vi.stubEnv("HOME", folder)
})
afterEach(async () => {
	vi.unstubAllEnvs()
	await rm(folder, { recursive: true })
})

async function command(runtime: string, argv: string[], environment: Record<string, string>, withoutKey = false) {
	return commandOf(await findRuntime(folder, runtime), argv, environment, { withoutKey })
}

async function install(name: string, prints: string): Promise<string> {
	const path = join(folder, name)
	await writeFile(path, `#!/bin/sh\necho '${prints}'\n`)
	await chmod(path, 0o755)
	return path
}

test("an installed runtime is detected with its version, a missing one with how to get it", async () => {
	const codex = await install("codex", "codex-cli 0.169.0")
	const found = Object.fromEntries(
		(await detectRuntimes(folder, { HOME: folder, PATH: folder })).map((info) => [info.id, info]),
	)
	expect(found.codex).toMatchObject({ program: codex, version: "0.169.0" })
	expect(found.aider).toMatchObject({ program: null, version: null, install: expect.stringContaining("aider") })
	expect(found.shell?.missingKeys).toEqual([])
})

test("a runtime without any of its keys is refused before it starts, and started with one", async () => {
	const gemini = await install("gemini", "0.61.0")
	await expect(command("gemini", [], { HOME: folder })).rejects.toMatchObject({ code: "key_missing" })
	expect(await command("gemini", ["--yolo"], { HOME: folder, GEMINI_API_KEY: "k" })).toEqual({
		program: gemini,
		arguments: ["--yolo"],
	})
})

test("a runtime that signs in by itself starts without a key when that is asked for; another does not", async () => {
	const gemini = await install("gemini", "0.61.0")
	await install("aider", "0.86.0")
	expect(await command("gemini", [], { HOME: folder }, true)).toEqual({ program: gemini, arguments: [] })
	await expect(command("aider", [], { HOME: folder }, true)).rejects.toMatchObject({ code: "key_missing" })
})

test("[SES3] a custom command is an array from end to end, found on the PATH, and refused when it is not there", async () => {
	const tool = await install("tool", "1")
	expect(await command("custom", ["tool", "a b", "$(c)"], {})).toEqual({ program: tool, arguments: ["a b", "$(c)"] })
	await expect(command("custom", ["no-such-tool"], {})).rejects.toMatchObject({ code: "program_missing" })
	await expect(command("custom", [], {})).rejects.toMatchObject({ code: "invalid_request" })
	await expect(command("unheard-of", [], {})).rejects.toMatchObject({ code: "invalid_request" })
})

describe("a conversation", () => {
	const words = async (runtime: string, argv: string[], begin: Begin) =>
		(await commandOf(await findRuntime(folder, runtime), argv, { HOME: folder }, { ...begin, withoutKey: true }))
			.arguments

	test("is named where the runtime takes a name, and taken up by that", async () => {
		await install("claude", "2.1.197")
		const conversation = "0b8e0d8e-5b0e-4f5e-9d3c-000000000000"
		const begun = ["--session-id", conversation]
		expect(await words("claude-code", ["--model", "x"], { conversation })).toEqual([...begun, "--model", "x"])
		expect(await words("claude-code", ["fix it", "--model", "x"], { conversation, resume: true })).toEqual([
			"--resume",
			conversation,
			"--model",
			"x",
		])
		expect(await words("claude-code", [], { resume: true })).toEqual(["--continue"])
	})

	test("that the person names themselves is left to them", async () => {
		await install("claude", "2.1.197")
		for (const argv of [["--resume", "talk"], ["-c"], ["--session-id=talk"]]) {
			expect(await words("claude-code", argv, { conversation: "other" })).toEqual(argv)
			expect(await words("claude-code", argv, { conversation: "other", resume: true })).toEqual(argv)
		}
	})

	test.each([
		["codex", ["do it", "--search"], ["resume", "--last", "--search"]],
		["gemini", ["--yolo"], ["--resume", "latest", "--yolo"]],
		["opencode", ["."], ["--continue", "."]],
	])("is the last one in the directory elsewhere: %s", async (runtime, argv, expected) => {
		await install(runtime, "1.0.0")
		expect(await words(runtime, argv, { resume: true })).toEqual(expected)
		expect(await words(runtime, argv, {})).toEqual(argv)
	})

	test("is none of a shell's", async () => {
		vi.stubEnv("SHELL", "/bin/sh")
		expect(await words("shell", [], { resume: true })).toEqual(["-l"])
	})
})

describe("[SES3] sessions do not inherit", () => {
	test("what npm and Homeport keep in the environment for themselves", () => {
		for (const name of [
			"npm_execpath",
			"npm_config_cache",
			"HOMEPORT_TOKEN",
			"NODE_OPTIONS",
			"INIT_CWD",
			"COLOR",
			"NODE",
		])
			vi.stubEnv(name, "x")
		vi.stubEnv("EDITOR", "vi")
		const environment = sessionEnvironment()
		expect(Object.keys(environment).filter((name) => FOREIGN.test(name))).toEqual([])
		const path = environment.PATH?.split(":") ?? []
		expect(path.filter((part) => !part.startsWith("/") || part.includes("node_modules"))).toEqual([])
	})

	test("anything less of the person's own, whether npm is there or not", () => {
		vi.stubEnv("npm_execpath", "x")
		vi.stubEnv("EDITOR", "emacs")
		expect(sessionEnvironment()).toMatchObject({ EDITOR: "emacs" })
		vi.stubEnv("npm_execpath", undefined)
		for (const [name, value] of Object.entries({ EDITOR: "vi", COLOR: "1", NODE: "/node" })) vi.stubEnv(name, value)
		expect(sessionEnvironment()).toMatchObject({ EDITOR: "vi", COLOR: "1", NODE: "/node" })
	})
})

const FOREIGN = /^(npm_|HOMEPORT_|NODE_OPTIONS$|INIT_CWD$|COLOR$|NODE$|EDITOR$)/
