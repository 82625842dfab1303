// The documents tell the truth: paths, messages, frames, rules, bindings and commands are what the code says they are.
import { execFileSync } from "node:child_process"
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, test } from "vitest"
import { ASKS } from "../protocol/ask.ts"
import { REFUSALS } from "../protocol/errors.ts"
import { KIND } from "../protocol/frames.ts"
import { FromConnector, FromFeed, FromViewer, ToConnector, ToViewer } from "../protocol/messages.ts"

const ROOT = join(import.meta.dirname, "..")
const read = (path: string) => readFileSync(join(ROOT, path), "utf8")
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
	cwd: ROOT,
	encoding: "utf8",
})
	.split("\n")
	.filter((path) => path !== "" && existsSync(join(ROOT, path)))
const wire = read("protocol/README.md")

describe("documents", () => {
	const pages = tracked.filter((path) => path.endsWith(".md"))
	/** `like/this.ts` and [text](like/this.md): what looks like a path of this tree, from the top or from the page. */
	const named = (page: string) => {
		const text = read(page).replace(/^```[\s\S]*?^```/gm, "")
		const code = [...text.matchAll(/`([\w.-]+(?:\/[\w.*{},-]+)*\/?\.?[\w-]*)`/g)].map(([, path]) => path ?? "")
		const links = [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map(([, path]) => path ?? "")
		const folders = new Set(tracked.map((path) => path.split("/")[0]))
		const looksLikeOurs = (path: string) =>
			(path.includes("/") && folders.has(path.split("/")[0] ?? "") && !path.startsWith("dist/")) ||
			(/^[\w-]+\.(ts|tsx|md|mjs|toml)$/.test(path) && !path.includes("/"))
		return [...new Set([...code.filter(looksLikeOurs), ...links])]
	}
	const stands = (page: string, path: string) =>
		[ROOT, join(ROOT, dirname(page))].some((from) => globSync(path, { cwd: from }).length > 0) ||
		// A file may be called by its name alone where it is the only one of that name.
		(!path.includes("/") && tracked.some((file) => file.endsWith(`/${path}`)))

	test.each(pages)("every path that %s names exists", (page) => {
		expect(named(page).filter((path) => !stands(page, path))).toEqual([])
	})

	test("README.md is shorter than 200 lines", () => {
		expect(read("README.md").split("\n").length).toBeLessThan(200)
	})
})

describe("protocol/README.md", () => {
	/** Rows of its tables that begin with these cells. */
	const rowsOf = (...cells: string[]) =>
		wire.split("\n").filter((line) => {
			const all = line.split("|").map((cell) => cell.trim())
			return cells.every((cell, index) => all[index + 1] === cell)
		})
	const types = [ToConnector, FromConnector, FromViewer, ToViewer, FromFeed].flatMap((direction) =>
		direction.options.map(({ shape }) => shape.type.value as string),
	)
	test.each([...new Set(types)])("tells of the message `%s`", (type) => {
		expect(wire).toMatch(new RegExp(`\`${type}\``))
	})

	test("names every field of every message", () => {
		for (const { options } of [ToConnector, FromConnector, FromViewer, ToViewer])
			for (const { shape } of options) {
				const type = shape.type.value as string
				const rows = rowsOf(`\`${type}\``)
				expect(rows.length, `a row of ${type}`).toBeGreaterThan(0)
				for (const field of Object.keys(shape).filter((name) => name !== "type"))
					expect(
						rows.some((row) => row.includes(`\`${field}\``)),
						`${type}.${field}`,
					).toBe(true)
			}
	})

	test.each(Object.entries(KIND))("tells of the frame %s with its number", (name, number) => {
		expect(rowsOf(String(number), name)).toHaveLength(1)
	})

	test.each(Object.keys(ASKS))("tells of the question `%s`", (ask) => {
		expect(rowsOf(`\`${ask}\``).length).toBeGreaterThan(0)
	})

	test("names refusals that there are", () => {
		const table = wire.slice(wire.indexOf("| close code"), wire.indexOf("## Frames"))
		const codes = [...table.matchAll(/^\| 4\d{3}[^|]*\|([^|]*)\|/gm)].flatMap(([, names]) =>
			[...(names ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name ?? ""),
		)
		expect(codes.length).toBeGreaterThan(4)
		for (const code of codes) expect(Object.keys(REFUSALS)).toContain(code)
	})
})

describe("rules", () => {
	const inWire = [...wire.matchAll(/^- \*\*([A-Z]{3}\d)\*\*/gm)].map(([, id]) => id ?? "")
	const tests = tracked.filter((path) => /^test\/.*\.test\.tsx?$/.test(path))
	const inTitles = new Set(
		tests.flatMap((path) => [...read(path).matchAll(/\[([A-Z]{3}\d)\]/g)].map(([, id]) => id ?? "")),
	)
	const expected = [
		...["LNK1", "LNK2", "LNK3", "LNK4", "LNK5"],
		...["OUT1", "OUT2", "OUT3", "OUT4", "OUT5", "OUT6", "OUT7"],
		...["INP1", "INP2", "INP3", "INP4"],
		...["SES1", "SES2", "SES3", "SES4"],
		...["TRU1", "TRU2", "TRU3", "TRU4"],
	]
	test("protocol/README.md has every rule, once", () => {
		expect(inWire).toEqual(expected)
	})

	test.each(expected)("%s stands in the title of a test", (id) => {
		expect([...inTitles]).toContain(id)
	})

	test("every rule in a title is a rule", () => {
		expect([...inTitles].filter((id) => !inWire.includes(id))).toEqual([])
	})
})

describe("bindings", () => {
	test("wrangler.toml and durable-objects/env.ts name the same", () => {
		const toml = read("wrangler.toml")
		const bound = [
			...[...toml.matchAll(/^name = "([A-Z_]+)"/gm)].map(([, name]) => name),
			...[...toml.matchAll(/^binding = "([A-Z_]+)"/gm)].map(([, name]) => name),
			...[...(/^\[vars\]\n((?:[A-Z_]+ = .*\n)*)/m.exec(toml)?.[1] ?? "").matchAll(/^([A-Z_]+) =/gm)].map(
				([, name]) => name,
			),
			// Secrets and what only some homes set stand in a comment of wrangler.toml, which names them.
			...[...toml.matchAll(/^#.*$/gm)].flatMap(([line]) =>
				[...line.matchAll(/\b([A-Z]+_[A-Z_]+|PASSWORDS)\b/g)].map(([, name]) => name),
			),
		]
		const typed = [...read("durable-objects/env.ts").matchAll(/^\t([A-Z_]+)\??:/gm)].map(([, name]) => name)
		expect([...new Set(bound)].sort()).toEqual([...new Set(typed)].sort())
	})
})

describe("the command", () => {
	const node = join(ROOT, "node_modules/.bin/node")
	/** What `--help` says of each verb, by its name, from one process for all. */
	const said = `
		import { Command } from "commander"
		Command.prototype.parseAsync = async function () {
			const helps = this.commands.map((command) => {
				let help = ""
				command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
				return [command.name(), help]
			})
			const shown = this.createHelp().visibleCommands(this).map((command) => command.name())
			console.log(JSON.stringify(helps.filter(([name]) => shown.includes(name))))
		}
		await import(${JSON.stringify(join(ROOT, "connector/main.ts"))})`
	const helps = new Map<string, string>(
		JSON.parse(execFileSync(node, ["--input-type=module", "-e", said], { cwd: ROOT, encoding: "utf8" })),
	)

	test.each([...helps])("docs/command.md tells of %s, and of every option that its help has", (verb, help) => {
		const manual = read("docs/command.md")
		expect(manual).toMatch(new RegExp(`^\\| \`${verb}[ \`]`, "m"))
		const options = [...help.matchAll(/^ {2}(?:(-\w), )?(--[\w-]+)/gm)].map(([, ...names]) => names)
		const missing = options.filter((names) => !names.some((name) => name === "--help" || manual.includes(`\`${name}`)))
		expect(missing).toEqual([])
	})
})
