// Real agent CLIs ask for leave: it is told with what they say themselves and what their screen shows, and answered.
import { existsSync, readFileSync } from "node:fs"
import { userInfo } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Attention, type Choice, optionMeaning } from "../../protocol/attention.ts"
import { newClaimId, newViewerId, type SessionId } from "../../protocol/ids.ts"
import { type Agent, prepareAgent, prepareCodex, prepareGemini, prepareOpenCode } from "../support/agent.ts"
import { type Edge, machineFolder } from "../support/machine.ts"
import { type ModelServer, startModelServer } from "../support/model-server.ts"

let model: ModelServer
let claude: Agent
let codex: Agent
let gemini: Agent
let opencode: Agent | undefined

/** To install it is 350 MB: it is tried where somebody asks for it. What it says to its plugin is recorded for every run. */
const HAS_OPENCODE = process.env.HOMEPORT_AGENTS?.split(",").includes("opencode") === true

beforeAll(async () => {
	model = await startModelServer()
	claude = await prepareAgent(model.url)
	codex = await prepareCodex(model.url)
	gemini = await prepareGemini(model.url)
	if (HAS_OPENCODE) opencode = await prepareOpenCode(model.url)
}, 240_000)

afterAll(async () => {
	for (const agent of [claude, codex, gemini, opencode]) agent?.forget()
	await model?.stop()
})

const size = { cols: 100, rows: 40 }

async function type(edge: Edge, session: SessionId, text: string): Promise<void> {
	await edge.ask("write", { session, viewer: newViewerId(), text, paste: false, enter: false })
	await expect.poll(() => edge.screen(session)).toContain(text.slice(0, 20))
	const { length } = model.seen
	// Some take no Enter in their first second.
	await expect
		.poll(
			async () => {
				if (model.seen.length > length) return true
				await edge.ask("write", { session, viewer: newViewerId(), text: "", paste: false, enter: true })
				return model.seen.length > length
			},
			{ interval: 1_500 },
		)
		.toBe(true)
}

function answer(edge: Edge, { session, id }: Attention, choice: Choice) {
	return edge.ask("answer", { session, request: id, claim: newClaimId(), choice, until: Date.now() + 30_000 })
}

function label(request: Attention, means: "yes" | "no"): Choice {
	const option = optionMeaning(request.options, means)
	if (option === undefined) throw new Error(`There is no ${means} among ${JSON.stringify(request.options)}.`)
	return { is: "option", label: option.label }
}

test("Claude Code's own event and its menu are one request; allowed, its tool runs, and it is told as done", async () => {
	const { cwd, environment } = claude
	const edge = await machineFolder().fork(environment)
	// The person's own settings stay as they are.
	const settings = readFileSync(join(environment.HOME ?? "", ".claude.json"), "utf8")
	const session = await edge.start({ runtime: "claude-code", cwd, environment, ...size })
	await expect.poll(() => edge.screen(session), { timeout: 40_000 }).toContain("? for shortcuts")
	// A long command, of which a narrow screen shows what it will.
	const command = `echo ${"a-long-word ".repeat(12)}> proof.txt; cat proof.txt | head -c 11`
	await type(edge, session, `RUN:${command}:END`)
	const request = await edge.open({ session, kind: "approval", source: "hook" })
	expect(request).toMatchObject({ subject: { is: "command", text: command, isWhole: true }, confidence: 1 })
	expect(request.options.map(({ means }) => means)).toContain("yes")
	expect(existsSync(join(cwd, "proof.txt"))).toBe(false)
	expect(edge.report.open).toHaveLength(1)
	expect(await answer(edge, request, label(request, "yes"))).toEqual({ isConfirmed: true })
	const done = await edge.open({ session, kind: "idle" })
	expect(done).toMatchObject({ source: "hook", text: "It printed: a-long-word" })
	expect(existsSync(join(cwd, "proof.txt"))).toBe(true)
	expect(await edge.screen(session)).not.toContain("7661")
	expect(JSON.parse(readFileSync(join(environment.HOME ?? "", ".claude.json"), "utf8")).projects[cwd]).toMatchObject(
		JSON.parse(settings).projects[cwd],
	)
	// New work by words: what it waits for is answered, and the tool that it then wants is denied.
	const idle = await edge.until(() => edge.report.open.find((open) => open.kind === "idle" && open.takesText))
	await answer(edge, idle, { is: "text", text: "RUN:touch denied.txt:END" })
	const next = await edge.open({ session, kind: "approval", source: "hook" })
	expect(next.subject?.text).toBe("touch denied.txt")
	expect(await answer(edge, next, label(next, "no"))).toEqual({ isConfirmed: true })
	expect(existsSync(join(cwd, "denied.txt"))).toBe(false)
}, 90_000)

test("Codex asks on its screen and says by its terminal that it is done", async () => {
	const { cwd, environment } = codex
	const edge = await machineFolder().fork(environment)
	// Without it, it leaves processes of its own behind.
	const session = await edge.start({ runtime: "codex", argv: ["--no-daemon"], cwd, environment, ...size })
	await expect.poll(() => edge.screen(session), { timeout: 40_000 }).toContain("Ask Codex to do anything")
	await type(edge, session, "RUN:echo it-works > proof.txt; cat proof.txt:END")
	const request = await edge.open({ session, kind: "approval" })
	expect(request.subject).toEqual({ is: "command", text: "echo it-works > proof.txt; cat proof.txt", isWhole: true })
	expect(existsSync(join(cwd, "proof.txt"))).toBe(false)
	expect(await answer(edge, request, label(request, "yes"))).toEqual({ isConfirmed: true })
	const done = await edge.open({ session, kind: "idle", source: "signal" })
	expect(done.text).toContain("It printed: it-works")
	expect(existsSync(join(cwd, "proof.txt"))).toBe(true)
}, 90_000)

test("Gemini CLI asks by its own hook where it trusts ours, is answered, and tells when it is done", async () => {
	const { cwd, environment } = gemini
	// It takes hooks from nowhere but where root alone may write.
	const edge = await machineFolder(userInfo().homedir).fork(environment)
	const source = process.getuid?.() === 0 ? "hook" : "screen"
	const session = await edge.start({ runtime: "gemini", argv: ["-m", "gemini-2.5-flash"], cwd, environment, ...size })
	await expect.poll(() => edge.screen(session), { timeout: 180_000 }).toContain("Type your message")
	await type(edge, session, "RUN:echo it-works > proof.txt:END")
	const request = await edge.open({ session, kind: "approval", source })
	expect(request.subject).toEqual({ is: "command", text: "echo it-works > proof.txt", isWhole: true })
	expect(existsSync(join(cwd, "proof.txt"))).toBe(false)
	expect(await answer(edge, request, label(request, "yes"))).toEqual({ isConfirmed: true })
	await edge.open({ session, kind: "idle", source })
	expect(existsSync(join(cwd, "proof.txt"))).toBe(true)
}, 240_000)

test.runIf(HAS_OPENCODE)(
	"from inside of a sandbox OpenCode's own event and its menu are one request; it asks a question, and tells by what words it is done",
	async () => {
		if (opencode === undefined) throw new Error("invariant: it is prepared where it is tried")
		const { cwd, environment } = opencode
		const { HOME = "", ...given } = environment
		const edge = await machineFolder().fork(environment)
		const settings = join(HOME, ".config/opencode/opencode.json")
		const own = readFileSync(settings, "utf8")
		const spec = {
			runtime: "opencode",
			substrate: "sandbox",
			cwd,
			environment: given,
			withoutKey: true,
			...size,
		} as const
		const session = await edge.start(spec)
		await expect.poll(() => edge.screen(session), { timeout: 60_000 }).toContain("Ask anything")
		const command = `echo ${"a-long-word ".repeat(12)}> proof.txt; cat proof.txt | head -c 11`
		await type(edge, session, `RUN:${command}:END`)
		const request = await edge.open({ session, kind: "approval", source: "hook" })
		expect(request).toMatchObject({ subject: { is: "command", text: command, isWhole: true }, confidence: 1 })
		expect(existsSync(join(cwd, "proof.txt"))).toBe(false)
		expect(edge.report.open).toHaveLength(1)
		expect(await answer(edge, request, label(request, "yes"))).toEqual({ isConfirmed: true })
		const done = await edge.open({ session, kind: "idle", source: "hook" })
		expect(done.text).toBe("It printed: a-long-word")
		expect(existsSync(join(cwd, "proof.txt"))).toBe(true)
		const idle = await edge.until(() => edge.report.open.find((open) => open.kind === "idle" && open.takesText))
		await answer(edge, idle, { is: "text", text: "ASK:Which colour shall it be?:END" })
		const question = await edge.open({ session, kind: "choice" })
		expect(question.text).toBe("Which colour shall it be?")
		expect(await answer(edge, question, { is: "option", label: "Blue" })).toEqual({ isConfirmed: true })
		const last = await edge.open({ session, kind: "idle", source: "hook" })
		expect(last.text).toContain('"Which colour shall it be?"="Blue"')
		expect(await edge.screen(session)).not.toContain("7661")
		expect(readFileSync(settings, "utf8")).toBe(own)
		await edge.ask("signal", { session, signal: "SIGTERM" })
	},
	150_000,
)

test("from inside of a sandbox Claude Code's own event comes out by its terminal", async () => {
	const { cwd, environment } = claude
	const { HOME: _, ANTHROPIC_API_KEY: __, ...given } = environment
	const edge = await machineFolder().fork(environment)
	const spec = { runtime: "claude-code", substrate: "sandbox", cwd, environment: given, ...size } as const
	const session = await edge.start(spec)
	await expect.poll(() => edge.screen(session), { timeout: 60_000 }).toContain("? for shortcuts")
	await type(edge, session, "RUN:echo boxed > boxed.txt:END")
	const request = await edge.open({ session, kind: "approval", source: "hook" })
	expect(request.subject).toEqual({ is: "command", text: "echo boxed > boxed.txt", isWhole: true })
	expect(await answer(edge, request, label(request, "yes"))).toEqual({ isConfirmed: true })
	await edge.open({ session, kind: "idle", source: "hook" })
	expect(readFileSync(join(cwd, "boxed.txt"), "utf8")).toBe("boxed\n")
	await edge.ask("signal", { session, signal: "SIGTERM" })
}, 120_000)
