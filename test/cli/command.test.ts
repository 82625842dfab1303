// The command line itself: help, exit codes, JSON.
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, expect, test } from "vitest"
import { EXIT, FAILURES } from "../../connector/exit.ts"
import { homeport } from "../support/command.ts"
import { HOMEPORT, NODE } from "../support/home.ts"

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
	const { stderr } = await homeport(empty, ["machines", "add", "--no-such"])
	expect(stderr).toBe("error: unknown option '--no-such'\n(npx homeport machines add --help teaches more)\n")
})

test("without a home the command says how to get one, as text and as JSON", async () => {
	const text = await homeport(empty, ["ls"])
	expect(text.code).toBe(1)
	expect(text.stderr).toContain(`npx homeport up --data-dir ${empty}`)
	const json = await homeport(empty, ["ls", "--json"])
	expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: "not_signed_in" } })
	expect(json.stdout).toBe("")
})

test("a wrong command line is told as JSON to who asks for JSON, and not after --", async () => {
	for (const args of [["spwan", "--json"], ["ls", "--json", "--no-such"], ["kill", "--json"], ["--json"]]) {
		const { code, stdout, stderr } = await homeport(empty, args)
		expect({ code, stdout }, args.join(" ")).toEqual({ code: 2, stdout: "" })
		expect(JSON.parse(stderr), args.join(" ")).toEqual({ error: { code: "usage", message: expect.any(String) } })
	}
	const { stderr } = await homeport(empty, ["spawn", "--", "ls", "--json"])
	expect(stderr).toMatch(/^Not signed in\./)
})

test("a line to type works where it is printed: from the clone by npx, from elsewhere by its path", async () => {
	const here = await homeport(empty, ["ls"])
	expect(here.stderr).toContain(`\`npx homeport login URL --data-dir ${empty}\``)
	const elsewhere = await homeport(empty, ["ls"], { folder: tmpdir() })
	const [, line = ""] = /`(\S*homeport\.mjs) login URL/.exec(elsewhere.stderr) ?? []
	const { stdout } = await promisify(execFile)(line, ["--version"])
	expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
	const spaced = join(empty, "with space")
	expect((await homeport(spaced, ["ls"])).stderr).toContain(`npx homeport login URL --data-dir '${spaced}'`)
})

test("docs/command.md tells of every code with which the command itself fails, and of its exit code", () => {
	const manual = readFileSync(join(import.meta.dirname, "../../docs/command.md"), "utf8")
	const told = [...manual.matchAll(/^\| `(\w+)` \| (\d) \|/gm)].map(([, code, exit]) => [code, Number(exit)])
	expect(told).toEqual([...Object.entries(FAILURES), ["internal", EXIT.failed]])
})

test("half of a sign-in by the environment is refused, and a token that is not good is named by its place", async () => {
	for (const [set, missing] of [
		["HOMEPORT_URL", "HOMEPORT_TOKEN"],
		["HOMEPORT_TOKEN", "HOMEPORT_URL"],
	] as const) {
		const { code, stderr } = await homeport(empty, ["ls"], { environment: { [set]: "http://127.0.0.1:2" } })
		expect(code).toBe(2)
		expect(stderr).toContain(`${set} is set and ${missing} is not`)
	}
})

test("output that cannot be written ends with 1 and a sentence; one that nobody reads ends with 0 and none", async () => {
	const { code, stderr } = await shell(`"${NODE}" "${HOMEPORT}" --help >/dev/full`)
	expect({ code, stderr }).toEqual({ code: 1, stderr: "Standard output cannot be written (ENOSPC).\n" })
	const deaf = await shell(`"${NODE}" "${HOMEPORT}" ls 2>/dev/full`)
	expect(deaf).toEqual({ code: 1, stderr: "" })
	const unread = await shell(`("${NODE}" "${HOMEPORT}" --help; echo "$?" >&2) | true`)
	expect(unread.stderr).toBe("0\n")
})

function shell(line: string): Promise<{ code: number; stderr: string }> {
	return new Promise((resolve) =>
		execFile("sh", ["-c", line], { env: { ...process.env, HOMEPORT_DATA_DIR: empty } }, (error, _stdout, stderr) =>
			resolve({ code: Number(error?.code ?? 0), stderr }),
		),
	)
}

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
