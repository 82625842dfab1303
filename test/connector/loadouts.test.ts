// Loadouts as they are read and laid over one another: each mistake by its line, each step with who says it.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { resolve } from "../../connector/loadouts/resolve.ts"
import { readSource } from "../../connector/loadouts/source.ts"
import {
	checkFile,
	listLoadouts,
	loadoutsFolder,
	readLoadout,
	removeLoadout,
	saveLoadout,
	toldOf,
} from "../../connector/loadouts/store.ts"
import { LOADOUT_BYTES } from "../../protocol/limits.ts"

let dataDir: string
beforeEach(async () => {
	dataDir = await mkdtemp(join(tmpdir(), "homeport-loadouts-"))
})
afterEach(() => rm(dataDir, { recursive: true }))

const files = async () => (await readdir(loadoutsFolder(dataDir)).catch(() => [])).sort()
const save = (name: string, text: string) => saveLoadout(dataDir, name, text)
const ZEROS = "0".repeat(64)

describe("[SES3] a mistake is told by its line and column, and nothing is kept", () => {
	const wrong: [what: string, text: string, ...problems: string[]][] = [
		[
			"an unknown key",
			"description: x\ntols: {}\n",
			'2:1: There is no key "tols" here. There are extends, description, tools, runtimes, files, skills, mcp, commands, environment, secrets, core.',
		],
		[
			"an unknown key deep inside",
			"commands:\n  - name: a\n    run: [b]\n    runs: [b]\n",
			'4:5: There is no key "runs" here. There are name, run, sh, root, secrets.',
		],
		[
			"a key of the language itself",
			"__proto__:\n  a: b\n",
			'1:1: There is no key "__proto__" here. There are extends, description, tools, runtimes, files, skills, mcp, commands, environment, secrets, core.',
		],
		["a key that stands twice", "environment:\n  A: b\n  A: c\n", "3:3: Map keys must be unique."],
		["a tab", "tools:\n\tapt: [jq]\n", "2:1: Tabs are not allowed as indentation."],
		["a list where an object must be", "tools: [jq]\n", "1:8: The tools must be an object."],
		["a text where a list must be", "extends: base\n", "1:10: The extends must be a list."],
		[
			"a mapping where a text must be",
			"files:\n  - path: ~/a\n    content: {a: b}\n",
			"3:14: The content must be text.",
		],
		["nothing where an object must be", "secrets:\n", "1:9: The secrets must be an object."],
		["a list for a whole", "- a\n", "1:1: It must be an object."],
		[
			"a parent that begins with a dash",
			"extends: [-x]\n",
			"1:11: It must have only lower-case letters, digits and dashes, and begin with no dash.",
		],
		[
			"a parent that leads elsewhere",
			"extends: [../x]\n",
			"1:11: It must have only lower-case letters, digits and dashes, and begin with no dash.",
		],
		[
			"a package that begins with a dash",
			"tools:\n  apt:\n    - jq\n    - -oDebug=1\n",
			"4:7: It must be a Debian package, such as jq or jq=1.6-2.1.",
		],
		[
			"an npm package without a version",
			"tools:\n  npm: [typescript]\n",
			"2:9: It must have an exact version, such as typescript@5.9.3.",
		],
		[
			"an npm package with a range",
			"tools:\n  npm: [typescript@^5.9.0]\n",
			"2:9: It must have an exact version, such as typescript@5.9.3.",
		],
		[
			"an npm package from elsewhere",
			"tools:\n  npm: ['git+https://example.com/x.git']\n",
			"2:9: It must be an npm package with its version, such as typescript@5.9.3.",
		],
		[
			"a Python package without a version",
			"tools:\n  pip: ['httpie>=3']\n",
			"2:9: It must be a Python package with its version, such as httpie==3.2.4.",
		],
		[
			"a runtime without a version",
			"runtimes: [codex]\n",
			"1:12: It must have an exact version, such as codex@0.169.0.",
		],
		[
			"an unknown runtime",
			"runtimes: [nope@1.0.0]\n",
			"1:12: It must be one of claude-code, codex, gemini, opencode, aider with its version, such as codex@0.169.0.",
		],
		[
			"a path that leads out of home",
			"files:\n  - path: ~/../../etc/shadow\n    content: x\n",
			"2:11: The path must be a file under ~/, /etc/, /opt/ or /usr/local/, with no .. in its path.",
		],
		[
			"a path that is no place for files",
			"files:\n  - path: /boot/x\n    content: x\n",
			"2:11: The path must be a file under ~/, /etc/, /opt/ or /usr/local/, with no .. in its path.",
		],
		[
			"a file with neither content nor secret",
			"files:\n  - path: ~/a\n",
			"2:5: It must have either content or secret.",
		],
		[
			"a secret that others may read",
			"files:\n  - path: ~/a\n    secret: KEY\n    mode: 0644\n",
			"4:11: The mode must let its owner only read a secret: 0600 or 0700.",
		],
		[
			"a mode that is none",
			"files:\n  - path: ~/a\n    content: x\n    mode: 4755\n",
			"4:11: The mode must be a file mode, such as 0644.",
		],
		[
			"a binary over http",
			`tools:\n  binaries:\n    - name: a\n      url: http://example.com/a\n      sha256: ${ZEROS}\n`,
			"4:12: The url must be an address that begins with https://.",
		],
		[
			"a binary without its sum",
			"tools:\n  binaries:\n    - name: a\n      url: https://example.com/a\n",
			"3:7: The sha256 is missing.",
		],
		[
			"a binary whose name is a path",
			`tools:\n  binaries:\n    - name: ../a\n      url: https://example.com/a\n      sha256: ${ZEROS}\n`,
			"3:13: The name must be a program's name, without a slash.",
		],
		[
			"a skill at a branch",
			"skills:\n  - name: a\n    git: https://example.com/a.git\n    commit: main\n",
			"4:13: The commit must be a whole commit id: 40 digits in lower-case hexadecimal.",
		],
		[
			"a repository that is an option",
			`skills:\n  - name: a\n    git: --upload-pack=x\n    commit: ${"0".repeat(40)}\n`,
			"3:10: The git must be a repository's address, such as https://….",
		],
		[
			"a variable that is none",
			"environment:\n  1A: b\n",
			"2:3: A name in the environment must have only letters, digits and underscores, and begin with no digit.",
		],
		[
			"a secret that would steer programs",
			"secrets:\n  LD_PRELOAD: KEY\n",
			"2:3: A name in the secrets must not be one that programs take code or settings from, as PATH.",
		],
		["the same thing twice in a list", "tools:\n  apt: [jq, less, jq=1.6]\n", '2:19: "jq" stands here twice.'],
		[
			"an alias",
			"environment: {A: &a b, B: *a}\n",
			"1:21: Anchors and aliases are not taken here: `extends` is how loadouts share.",
		],
		[
			"aliases of aliases",
			`description: x\nenvironment:\n  A: &a [${"x,".repeat(9)}]\n  B: &b [${"*a,".repeat(9)}]\n  C: [${"*b,".repeat(9)}]\n`,
			"3:9: Anchors and aliases are not taken here: `extends` is how loadouts share.",
		],
		[
			"a second document",
			"description: a\n---\ndescription: b\n",
			"2:1: A second document begins here: a file holds one.",
		],
		["a tag", "description: !!binary aGk=\n", "1:14: Unresolved tag: tag:yaml.org,2002:binary."],
		["depth without end", "[".repeat(5_000), "1:1: It is nested too deeply."],
		["more than a loadout may have", `# ${"x".repeat(LOADOUT_BYTES)}`, "1:1: It has more than 64 KiB."],
		["a missing parent", "extends:\n  - nowhere\n", '2:5: There is no loadout "nowhere".'],
		["itself for a parent", "extends: [it]\n", "1:11: It extends itself: it -> it."],
		[
			"a variable that is a secret, too",
			"environment:\n  A: b\nsecrets:\n  A: KEY\n",
			"2:6: A is a secret, too: it cannot be both.",
		],
		[
			"a command's secret that is none",
			"commands:\n  - name: a\n    run: [b]\n    secrets: [KEY]\n",
			"2:5: KEY is not among the secrets.",
		],
		[
			"two secrets in one variable",
			"secrets:\n  T: ONE\nmcp:\n  a:\n    command: b\n    env: {T: {secret: TWO}}\n",
			"5:5: a takes TWO as T, which is ONE elsewhere.",
		],
		[
			"two mistakes",
			"tols: {}\nruntimes: [codex]\n",
			'1:1: There is no key "tols" here. There are extends, description, tools, runtimes, files, skills, mcp, commands, environment, secrets, core.',
			"2:12: It must have an exact version, such as codex@0.169.0.",
		],
	]
	test.each(wrong)("%s", async (_what, text, ...problems) => {
		const { problems: found } = await resolve(readSource("it", text), async () => undefined)
		expect(found.map(({ line, column, message }) => `${line}:${column}: ${message}`)).toEqual(problems)
		await expect(save("it", text)).rejects.toMatchObject({
			code: "invalid_request",
			detail: expect.stringMatching(/^it\.yaml:\d+:\d+: /),
		})
		expect(await files()).toEqual([])
	})
})

test("values are the text that was written: no version is a number, and no word is a truth", () => {
	const { layer, problems } = readSource(
		"it",
		"environment:\n  PORT: 8080\n  RATE: 1.10\n  COUNTRY: no\n  HEX: 0x1F\n  EMPTY:\n",
	)
	expect(problems).toEqual([])
	expect(layer.environment).toEqual({ PORT: "8080", RATE: "1.10", COUNTRY: "no", HEX: "0x1F", EMPTY: "" })
})

test("a cycle is told with its whole path, in the file that closes it", async () => {
	const texts: Record<string, string> = {
		a: "extends: [b]",
		b: "extends:\n  - c\n",
		c: "description: x\nextends: [b]\n",
	}
	const find = async (name: string) => readSource(name, texts[name] ?? "")
	const { problems } = await resolve(readSource("a", texts.a ?? ""), find)
	expect(problems).toEqual([{ loadout: "c", line: 2, column: 11, message: "It extends itself: b -> c -> b." }])
})

test("layers are laid in order: a later word takes the earlier one's place, and each step says whose it is", async () => {
	await save("base", "tools: {apt: [jq, less=590-2], npm: [a@1.0.0]}\nenvironment: {A: base, B: base}\n")
	await save("left", "extends: [base]\nenvironment: {A: left}\nfiles:\n  - {path: ~/f, content: left}\n")
	await save(
		"right",
		"extends: [base]\ntools: {apt: [jq=1.6]}\nfiles:\n  - {path: ~/f, content: right}\n  - {path: ~/g, content: g}\n",
	)
	const top = "extends: [left, right]\ntools: {npm: [a@2.0.0, b@1.0.0]}\ncore: {tools: false}\n"
	const resolved = await save("top", top)
	const phases = toldOf(resolved).phases.map(({ name, isCore, steps }) => ({
		name,
		isCore,
		steps: steps.map(({ does, from }) => `${does} (${from})`),
	}))
	expect(phases).toEqual([
		{ name: "packages", isCore: true, steps: ["apt jq=1.6 (right)", "apt less=590-2 (base)"] },
		{ name: "tools", isCore: false, steps: ["npm a@2.0.0 (top)", "npm b@1.0.0 (top)"] },
		{ name: "files", isCore: true, steps: ["write ~/f (right)", "write ~/g (right)"] },
	])
	// The base is reached twice and counts once: it does not take back what left says.
	const { environment } = resolved.merged
	expect([...environment].map(([name, { value, from }]) => `${name}=${value} (${from})`)).toEqual([
		"A=left (left)",
		"B=base (base)",
	])
	expect((await readLoadout(dataDir, "top")).source.text).toBe(top)
})

test("what servers and files take by name is among the secrets that a session gets", async () => {
	const text =
		"secrets: {GH: GITHUB}\nmcp:\n  a: {command: b, env: {T: {secret: TICKETS}, M: fast}}\nfiles:\n  - {path: ~/.netrc, secret: NETRC}\n"
	const { merged } = await save("it", text)
	expect(Object.fromEntries([...merged.secrets].map(([variable, { value }]) => [variable, value]))).toEqual({
		GH: "GITHUB",
		T: "TICKETS",
		NETRC: "NETRC",
	})
})

test("one that others extend is not removed, nor changed so that they would be wrong", async () => {
	await save("base", "environment: {A: b}\n")
	await save("top", "extends: [base]\nsecrets: {B: KEY}\n")
	await expect(removeLoadout(dataDir, "base")).rejects.toMatchObject({
		code: "invalid_request",
		detail: expect.stringContaining("top"),
	})
	await expect(save("base", "environment: {B: b}\n")).rejects.toMatchObject({
		code: "invalid_request",
		detail: expect.stringContaining('With it "top", which extends it, would be wrong: base.yaml:1:18: B is a secret'),
	})
	await expect(save("base", "extends: [top]\n")).rejects.toMatchObject({
		detail: "base.yaml:1:11: It extends itself: base -> top -> base.".replace("base.yaml:1:11", "top.yaml:1:11"),
	})
	expect(await readFile(join(loadoutsFolder(dataDir), "base.yaml"), "utf8")).toBe("environment: {A: b}\n")
	await removeLoadout(dataDir, "top")
	await removeLoadout(dataDir, "base")
	expect(await files()).toEqual([])
	await expect(removeLoadout(dataDir, "base")).rejects.toMatchObject({ code: "not_found" })
})

test("files that people write by hand are listed with their mistakes", async () => {
	await mkdir(loadoutsFolder(dataDir))
	await writeFile(join(loadoutsFolder(dataDir), "hand.yaml"), "description: Mine\nextends: [gone]\n")
	await writeFile(join(loadoutsFolder(dataDir), "-rf.yaml"), "description: no name\n")
	const [hand, ...others] = await listLoadouts(dataDir)
	expect(others).toEqual([])
	expect(hand?.problems).toEqual([{ loadout: "hand", line: 2, column: 11, message: 'There is no loadout "gone".' }])
	expect(toldOf(hand ?? (await readLoadout(dataDir, "hand"))).phases).toEqual([])
})

test("a file is checked with what lies beside it, before what the machine has", async () => {
	await save("base", "tools: {apt: [jq]}\n")
	const folder = join(dataDir, "project")
	await mkdir(folder)
	await writeFile(join(folder, "dev.yml"), "extends: [base, near]\n")
	await writeFile(join(folder, "near.yaml"), "tools: {apt: [less]}\n")
	const { phases, name } = toldOf(await checkFile(dataDir, join(folder, "dev.yml")))
	expect(name).toBe("dev")
	expect(phases.flatMap(({ steps }) => steps)).toEqual([
		{ does: "apt jq", from: "base" },
		{ does: "apt less", from: "near" },
	])
})
