// The command line itself: help, exit codes, JSON.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { homeport } from "../support/command.ts"

const empty = mkdtempSync(join(tmpdir(), "homeport-test-"))
afterAll(() => rmSync(empty, { recursive: true }))

const VERBS = [
	"up",
	"connect",
	"spawn",
	"ls",
	"attach",
	"send",
	"screen",
	"logs",
	"wait",
	"kill",
	"rm",
	"rename",
	"machines",
	"tokens",
	"login",
	"doctor",
]

test("the help names every verb and every exit code", async () => {
	const { code, stdout } = await homeport(empty, ["--help"])
	expect(code).toBe(0)
	for (const verb of VERBS) expect(stdout).toMatch(new RegExp(`^  ${verb} `, "m"))
	expect(stdout).toMatch(/Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}3 .*\n {2}4 .*\n {2}5 /)
})

test("every verb has --json and teaches by example", async () => {
	for (const verb of VERBS) {
		const { code, stdout } = await homeport(empty, [verb, "--help"])
		expect(code, verb).toBe(0)
		expect(stdout, verb).toContain("--json")
		expect(stdout, verb).toMatch(/Examples:\n(?: {2}\$ .*homeport .*\n?)+/)
	}
})

test("a wrong command line ends with 2 and says where to learn more", async () => {
	for (const args of [["spwan"], ["ls", "--no-such"], ["kill"], ["up", "--port", "x"], ["wait", "a", "--idle", "b"]]) {
		const { code, stderr } = await homeport(empty, args)
		expect(code, args.join(" ")).toBe(2)
		expect(stderr, args.join(" ")).toContain("--help")
	}
})

test("without a home the command says how to get one, as text and as JSON", async () => {
	const text = await homeport(empty, ["ls"])
	expect(text.code).toBe(1)
	expect(text.stderr).toContain("homeport up")
	const json = await homeport(empty, ["ls", "--json"])
	expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: "failed" } })
	expect(json.stdout).toBe("")
})

test("a home that does not answer is named", async () => {
	const environment = { HOMEPORT_URL: "http://127.0.0.1:2", HOMEPORT_TOKEN: "hp_none" }
	const { code, stderr } = await homeport(empty, ["ls"], { environment })
	expect(code).toBe(1)
	expect(stderr).toContain("http://127.0.0.1:2 does not answer (ECONNREFUSED)")
})

test("output to a file or a pipe has no colour", async () => {
	const { stdout, stderr } = await homeport(empty, ["doctor"])
	expect(stdout + stderr).not.toContain("\x1b")
})
