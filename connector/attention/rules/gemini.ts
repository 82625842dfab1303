// Gemini CLI, and its kin that kept its dialogs. As of 0.61; wording before December 2025 second.
import type { RuleSet } from "./rule-set.ts"

export const GEMINI: RuleSet = {
	id: "gemini",
	version: 1,
	dialogs: [
		{
			id: "command",
			asks: /^(?:Allow execution(?: of)?\b.*|是否允许执行.*)[?？]$/,
			kind: "approval",
			takesNumbers: true,
			subjects: [{ in: "block", is: "command", title: /^[?✓⊷]\s+(?:Shell|Run ?Shell ?Command|Execute)\b/ }],
		},
		{
			id: "edit",
			asks: /^(?:Apply this change|是否应用此更改)[?？]$/,
			kind: "approval",
			takesNumbers: true,
			subjects: [{ in: "row", is: "file", pattern: /^\?\s+(?:Edit|WriteFile\s+Writing to|Replace)\s+(\S.*)$/ }],
		},
		{
			id: "leave",
			asks: /^(?:Do you want to proceed|Allow execution of MCP tool\b.*)\?$/,
			kind: "approval",
			takesNumbers: true,
			subjects: [],
		},
		{
			id: "trust",
			asks: /^Do you trust (?:the files in )?this folder\?$/,
			kind: "approval",
			takesNumbers: true,
			subjects: [],
		},
	],
	menus: [],
	placeholders: [/^Type your message or @path\/to\/file$/, /^输入您的消息或 @ 文件路径$/],
	working: [/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]\s.*\(esc to cancel\b/],
	below: [/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]?\s*(?:Waiting for user confirmation|等待用户确认)/, /^Press ctrl-[os] to (?:show|expand)\b/],
	waits: [
		"^[│ ]*Allow execution of\\b.*\\?",
		"^[│ ]*(?:Apply this change|Do you want to proceed)\\?",
		"^[│ ]*● \\d+\\. (?:Allow once|Yes|Trust)\\b",
		"Waiting for user confirmation",
	],
}
