// How agents are told to say what they wait for, and the way that their hooks have to the session's terminal.
import { execFile } from "node:child_process"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { expect, test } from "vitest"
import { readEvent } from "../../connector/attention/agent-event.ts"
import { HOOK_FILES, hookArguments, hookCommand, hookFolder, hookVariables } from "../../connector/attention/hooks.ts"
import { type Link, run } from "../holder/support/holder.ts"

const events = (link: Link) =>
	link.messages.flatMap((message) => (message.type === "signal" && message.signal.is === "event" ? message.signal : []))

/** A hook as agents run it: in a session of its own, without a terminal, its input a pipe. */
async function hooked(input: string): Promise<Link> {
	const folder = mkdtempSync(join(tmpdir(), "homeport-hook-"))
	writeFileSync(join(folder, "hook"), hookCommand("homeport"))
	writeFileSync(join(folder, "input"), input)
	const { link } = await run(
		`cat ${folder}/input | setsid sh -c "$(cat ${folder}/hook)" >/dev/null 2>&1; echo code $?; read end`,
	)
	link.send({ type: "attend", on: true })
	const last = () => link.messages.findLast((message) => message.type === "shown")
	await link.until(() => last()?.shown.lines.some((line) => line === "code 0") === true)
	return link
}

test("a hook without a terminal of its own finds its agent's", async () => {
	const event = { text: `it's "quoted" $HOME \`id\` \\ 漢字 ${"x".repeat(20_000)}`, list: [1, null] }
	expect(events(await hooked(JSON.stringify(event)))).toEqual([{ is: "event", from: "homeport", event }])
})

test("an event that is too long is none, and a hook is never why an agent fails", async () => {
	expect(events(await hooked(JSON.stringify({ text: "x".repeat(400_000) })))).toEqual([])
})

test("a hook that finds no terminal says nothing", async () => {
	const told = await new Promise((resolve) => {
		// Its parent is gone, as that of a daemon.
		const child = execFile("setsid", ["-f", "-w", "sh", "-c", hookCommand("homeport")], (error, stdout, stderr) =>
			resolve({ error, stdout, stderr }),
		)
		child.stdin?.end("{}")
	})
	expect(told).toEqual({ error: null, stdout: "", stderr: "" })
})

test("agents are given hooks by arguments, and none where the person gives settings of their own", () => {
	const [option, settings = ""] = hookArguments("claude-code", ["fix it"], "word")
	expect(option).toBe("--settings")
	const { hooks } = JSON.parse(settings) as { hooks: Record<string, [{ hooks: [{ command: string }] }]> }
	expect(hooks.PermissionRequest?.[0].hooks[0].command).toBe(hookCommand("claude-code.word"))
	for (const argv of [["--settings", "{}"], ["--settings=mine.json"]])
		expect(hookArguments("claude-code", argv, "word")).toEqual([])
	expect(hookArguments("codex", [], "word")).toContain('tui.notification_method="osc9"')
	for (const runtime of ["gemini", "opencode", "aider", "shell", "custom", "talker"])
		expect(hookArguments(runtime, [], "word")).toEqual([])
})

test("Gemini CLI is pointed to hooks by a variable, and not where somebody has named another file", () => {
	const name = "GEMINI_CLI_SYSTEM_DEFAULTS_PATH"
	const folder = { path: "/folder", isRoots: true }
	const variables = hookVariables("gemini", {}, "word", folder)
	expect(variables).toEqual({ [name]: "/folder/gemini.json", AGENT_EVENTS_FROM: "gemini.word" })
	// It puts variables of its own where it finds braces.
	expect(HOOK_FILES["gemini.json"]).not.toContain("${")
	expect(hookVariables("gemini", { [name]: "/mine.json" }, "word", folder)).toEqual({})
	expect(hookVariables("gemini", {}, "word", { ...folder, isRoots: false })).toEqual({})
	expect(hookVariables("gemini", {}, "word", null)).toEqual({})
	expect(hookVariables("gemini", {}, null, folder)).toEqual({})
	expect(hookVariables("claude-code", {}, "word", folder)).toEqual({})
	expect(hookFolder(tmpdir())).toEqual({ path: tmpdir(), isRoots: false })
	expect(hookFolder("/").isRoots).toBe(true)
})

test("OpenCode is pointed to a plugin by a variable, and not where somebody has named another file", () => {
	const name = "OPENCODE_TUI_CONFIG"
	const folder = { path: "/folder", isRoots: false }
	const variables = hookVariables("opencode", {}, "word", folder)
	expect(variables).toEqual({ [name]: "/folder/opencode-tui.json", AGENT_EVENTS_FROM: "opencode.word" })
	const { plugin } = JSON.parse(HOOK_FILES["opencode-tui.json"] ?? "") as { plugin: [string] }
	expect(HOOK_FILES).toHaveProperty([basename(plugin[0])])
	expect(hookVariables("opencode", { [name]: "/mine.json" }, "word", folder)).toEqual({})
	expect(hookVariables("opencode", {}, null, folder)).toEqual({})
	expect(hookVariables("opencode", {}, "word", null)).toEqual({})
})

test("what Gemini CLI gives its hooks is understood, and nothing of another kind", () => {
	const says = (event: object) => readEvent("gemini.word", event, "word")
	const asks = (details: object) =>
		says({ hook_event_name: "Notification", notification_type: "ToolPermission", message: "It asks.", details })
	const command = { type: "exec", title: "Confirm", command: "npm test", rootCommand: "npm" }
	const subject = { is: "command", text: "npm test", isWhole: true }
	expect(asks(command)).toEqual({ is: "asks", text: "It asks.", subject, beside: "" })
	expect(asks({ type: "edit", filePath: "src/a.ts" })).toMatchObject({ subject: { is: "file", text: "src/a.ts" } })
	expect(asks({ type: "info", prompt: "https://example.com" })).toMatchObject({ is: "asks", subject: null })
	expect(says({ hook_event_name: "BeforeAgent", prompt: "go" })).toEqual({ is: "works" })
	expect(says({ hook_event_name: "AfterAgent", prompt_response: "Done." })).toEqual({
		is: "rests",
		text: "Done.",
		isNews: true,
	})
	for (const event of [
		{ hook_event_name: "Notification", notification_type: "Other" },
		{ hook_event_name: "AfterTool" },
		{},
	])
		expect(says(event)).toBeNull()
	expect(readEvent("gemini.other", { hook_event_name: "BeforeAgent" }, "word")).toBeNull()
})
