// The plugin for OpenCode, as it is placed, given what OpenCode has really told a plugin: what comes out at the session's
// terminal. OpenCode's own interface is played from the recording.
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { type AgentEvent, readEvent } from "../../connector/attention/agent-event.ts"
import { HOOK_FILES } from "../../connector/attention/hooks.ts"
import { removeAll } from "../../connector/substrates/sandbox/home.ts"
import { newViewerId } from "../../protocol/ids.ts"
import { run } from "../holder/support/holder.ts"

const FIXTURE = join(import.meta.dirname, "../fixtures/opencode-events.json")

/** Tells the plugin each event when the interface is as it was then. */
const PLAYER = `
import { readFileSync } from "node:fs"
const [, , plugin, recording, ...turns] = process.argv
const { id, tui } = (await import(plugin)).default
const heard = {}
let now
const api = {
	event: { on: (type, hear) => { heard[type] = hear } },
	route: { get current() { return now.route } },
	state: {
		session: { get: (id) => (id === now.session.id ? now.session : undefined), permission: () => now.permission, messages: () => now.messages },
		part: (message) => (message === now.messages.at(-1).id ? now.part : []),
	},
}
await tui(api, undefined, {})
const recorded = JSON.parse(readFileSync(recording, "utf8")).turns
for (now of turns.flatMap((turn) => recorded[turn])) heard[now.event.type]?.(now.event)
`

/** Of these turns of the recording; more than some at once are more than a session may say in a second. */
async function played(...turns: string[]): Promise<(AgentEvent | null)[]> {
	const folder = mkdtempSync(join(tmpdir(), "homeport-opencode-"))
	onTestFinished(() => removeAll(folder))
	writeFileSync(join(folder, "plugin.mjs"), HOOK_FILES["opencode.js"] ?? "")
	writeFileSync(join(folder, "player.mjs"), PLAYER)
	const { link, holder } = await run(
		`cd ${folder}; read go; AGENT_EVENTS_FROM=opencode.word ${process.execPath} player.mjs ./plugin.mjs ${FIXTURE} ${turns.join(" ")}; echo code $?; read end`,
	)
	link.send({ type: "attend", on: true })
	await link.message((message) => message.type === "shown")
	const { session } = holder
	await link.ask("write", { session, viewer: newViewerId(), text: "", paste: false, enter: true })
	const last = () => link.messages.findLast((message) => message.type === "shown")
	await link.until(() => last()?.shown.lines.some((line) => line === "code 0") === true)
	// Nothing of it is drawn.
	expect(last()?.shown.lines.filter((line) => line !== "")).toEqual(["code 0"])
	return link.messages.flatMap((message) => {
		if (message.type !== "signal" || message.signal.is !== "event") return []
		return [readEvent(message.signal.from, message.signal.event, "word")]
	})
}

const works = { is: "works" }
const rests = (text: string) => ({ is: "rests", text, isNews: true })
const asks = (permission: string, is: "command" | "file" | "other", text: string) => ({
	...{ is: "asks", text: `${permission} wants leave.`, beside: "" },
	subject: { is, text, isWhole: is !== "other" },
})

test("of all that OpenCode tells, what waits for a person comes out, and what the conversation that is looked at does", async () => {
	const command = "echo it-works > proof.txt; cat proof.txt"
	const answered = 'User has answered your questions: "Which colour shall it be?"="Red".'
	const [first, second] = await Promise.all([
		played("command", "edit", "question", "subagent"),
		played("elsewhere", "failure", "interruption", "automatic"),
	])
	expect(first).toEqual([
		...[works, asks("bash", "command", command), rests("It printed: it-works\n")],
		...[works, asks("edit", "file", "/home/me/work/new.txt"), rests("It printed: Wrote file successfully.")],
		...[works, { is: "waits", kind: "question", text: "Which colour shall it be?" }],
		rests(`It printed: ${answered} You can now continue with the user's answers in mind.`),
		// A subagent asks; that it is done is no news.
		...[works, asks("bash", "command", "touch sub.txt"), rests(expect.stringContaining("<task_result>"))],
	])
	expect(second).toEqual([
		// For one command it asks twice: first to look elsewhere.
		...[works, asks("external_directory", "other", "external_directory /etc/*")],
		...[asks("bash", "command", "cat /etc/hostname"), rests(expect.stringContaining("It printed"))],
		...[works, { is: "fails", text: "The model does not like it." }],
		// It is interrupted by a person.
		...[works, asks("bash", "command", "sleep 60")],
		// Begun with --auto, it answers by itself.
		...[works, rests("It printed: (no output)")],
	])
})

test("what is not OpenCode's, or not by the session's word, says nothing", () => {
	expect(readEvent("opencode.word", { type: "session.status" }, "word")).toEqual(works)
	expect(readEvent("opencode.other", { type: "session.status" }, "word")).toBeNull()
	for (const event of [{ type: "session.updated" }, { type: "permission.asked" }, {}, null])
		expect(readEvent("opencode.word", event, "word")).toBeNull()
	const several = { type: "permission.asked", permission: "edit", patterns: ["a", "b"], filepath: "a, b" }
	expect(readEvent("opencode.word", several, "word")).toMatchObject({ subject: { is: "other", text: "edit a b" } })
})
