// Which arguments let a runtime act without asking, and what text from outside may run as.
import { describe, expect, test } from "vitest"
import { Manifest } from "../../protocol/task.ts"
import { isUnattended, outsideRefusal } from "../../protocol/unattended.ts"

describe("isUnattended", () => {
	test.each([
		["claude-code", "--dangerously-skip-permissions"],
		["claude-code", "--allow-dangerously-skip-permissions"],
		["claude-code", "-p --permission-mode bypassPermissions"],
		["claude-code", "--permission-mode=bypassPermissions"],
		["claude-code", "--permission-mode acceptEdits"],
		["claude-code", "--append-system-prompt -- --dangerously-skip-permissions"],
		["claude-code", "--allowedTools Bash"],
		["claude-code", "--allowed-tools Edit,Bash(*)"],
		["claude-code", "--settings {}"],
		["codex", "--yolo"],
		["codex", "exec --dangerously-bypass-approvals-and-sandbox"],
		["codex", "--full-auto"],
		["codex", "-a never"],
		["codex", "-anever"],
		["codex", "--ask-for-approval=never"],
		["codex", "-s danger-full-access"],
		["codex", "-sdanger-full-access"],
		["codex", "-c approval_policy=never"],
		["codex", '--config=sandbox_mode="danger-full-access"'],
		["codex", "--profile mine"],
		["gemini", "-y"],
		["gemini", "-dy"],
		["gemini", "--yolo"],
		["gemini", "--yolo=true"],
		["gemini", "--approval-mode yolo"],
		["gemini", "--approvalMode=yolo"],
		["gemini", "--approval-mode auto_edit"],
		["gemini", "--allowedTools run_shell_command"],
		["aider", "--yes-always"],
		["aider", "--yes"],
		["aider", "--ye"],
		["aider", "--auto-test"],
		["aider", "--config evil.yml"],
		["opencode", ""],
		["opencode", "run --auto"],
		["shell", ""],
		["custom", "anything"],
		["somebody's profile", ""],
	])("%s %s may act by itself", (runtime, argv) => {
		expect(isUnattended(runtime, argv.split(" "))).toBe(true)
	})

	test.each([
		["claude-code", "-p --model opus --permission-mode plan"],
		["claude-code", "--allowedTools Bash(git:*) Read"],
		["claude-code", "--permission-mode=default --output-format stream-json"],
		["codex", "exec --json -m gpt-5-codex"],
		["codex", "-a on-request -s read-only"],
		["codex", "-c model_reasoning_effort=high"],
		["gemini", "-p --approval-mode default -m gemini-pro"],
		["aider", "--message-file prompt.md --model sonnet --no-auto-commits"],
	])("%s %s asks", (runtime, argv) => {
		expect(isUnattended(runtime, argv.split(" "))).toBe(false)
	})

	test.each([
		["aider", "AIDER_YES_ALWAYS"],
		["claude-code", "CLAUDE_CONFIG_DIR"],
		["codex", "CODEX_HOME"],
		["gemini", "HOME"],
	])("%s with %s takes settings from elsewhere", (runtime, name) => {
		expect(isUnattended(runtime, [], { [name]: "x" })).toBe(true)
		expect(isUnattended(runtime, [], { LANG: "C" })).toBe(false)
	})
})

describe("outsideRefusal", () => {
	const skips = { argv: ["--dangerously-skip-permissions"] }
	const refusal = (of: unknown) => outsideRefusal(Manifest.parse(of))

	test("unattended mode is refused on the host, said or not, and taken where something holds it in", () => {
		expect(refusal({ ...skips, substrate: "host" })).toContain("substrate")
		expect(refusal(skips)).toContain("substrate")
		for (const substrate of ["sandbox", "container", "vm"]) expect(refusal({ ...skips, substrate })).toBeNull()
		expect(refusal({ ...skips, target: { newVm: {} } })).toBeNull()
		expect(refusal({ substrate: "host" })).toBeNull()
	})

	test("a task that follows must not do what the first may not", () => {
		const follow = { is: "task", manifest: { ...skips, substrate: "host" } }
		expect(refusal({ ...skips, substrate: "vm", onFailure: [follow] })).toContain("follows")
		const deeper = { is: "task", manifest: { onSuccess: [follow] } }
		expect(refusal({ onSuccess: [deeper] })).toContain("follows")
		expect(refusal({ onSuccess: [{ is: "notify" }] })).toBeNull()
	})
})
