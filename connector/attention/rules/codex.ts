// Codex CLI. As of 0.169; "Allow command?" before 0.50. The key that confirms is the person's to choose.
import type { RuleSet } from "./rule-set.ts"

export const CODEX: RuleSet = {
	id: "codex",
	version: 1,
	dialogs: [
		{
			id: "command",
			asks: /^(?:Would you like to run the following command|Allow command)\?$/,
			kind: "approval",
			takesNumbers: true,
			subjects: [{ in: "row", is: "command", pattern: /^\$ (.+)$/ }],
		},
		{
			id: "edit",
			asks: /^(?:Would you like to make the following edits|Apply (?:changes|patch))\?$/,
			kind: "approval",
			takesNumbers: true,
			subjects: [],
		},
		{
			id: "leave",
			asks: /^(?:Would you like to grant (?:these|the following)\b.*|Do you want to approve\b.*|Allow .+ to .+|.+ needs your approval\b.*)[?.]$/,
			kind: "approval",
			takesNumbers: true,
			subjects: [],
		},
		{
			id: "trust",
			asks: /Do you trust the contents of this directory\?/,
			kind: "approval",
			takesNumbers: true,
			subjects: [],
		},
	],
	menus: [],
	placeholders: [
		/^Ask Codex\b/,
		/^(?:Explain this codebase|Summarize recent commits|Implement \{feature\}|Find and fix a bug in @filename|Write tests for @filename|Improve documentation in @filename|Run \/review on my current changes|Use \/skills to list available skills)$/,
	],
	working: [/^[•◦]\s(?:Working|Thinking|Running|Exploring|Waiting)\b.*\besc\b.* to interrupt/],
	below: [/^Press \S+ to confirm or \S+ to (?:cancel|go back)/],
	waits: [
		"^[│ ]*Would you like to (?:run|make) the following\\b.*\\?",
		"^[│ ]*Allow command\\?",
		"^[│ ]*[❯›] \\d+\\. (?:Yes|No)\\b",
		"^[│ ]*Press \\S+ to confirm or \\S+ to cancel",
	],
}
