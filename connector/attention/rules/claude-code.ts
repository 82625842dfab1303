// Claude Code. As of 2.1; the box around its dialogs came and went.
import type { RuleSet } from "./rule-set.ts"

export const CLAUDE_CODE: RuleSet = {
	id: "claude-code",
	version: 2,
	dialogs: [
		{
			id: "edit",
			asks: /^Do you want to (?:make (?:this edit|these edits) to|create|overwrite|edit|write(?: to)?|delete|insert(?: this)? cell(?:.*)in) .+\?$/,
			kind: "approval",
			takesNumbers: true,
			escapes: true,
			subjects: [
				{
					in: "question",
					is: "file",
					pattern:
						/^Do you want to (?:make (?:this edit|these edits) to|create|overwrite|edit|write(?: to)?|delete) (.+)\?$/,
				},
			],
		},
		{
			id: "command",
			asks: /^(?:Do you want to (?:proceed|run|allow|use)\b.*|Do you want to proceed)\?$/,
			kind: "approval",
			takesNumbers: true,
			escapes: true,
			subjects: [
				{ in: "block", is: "command", title: /^(?:Bash|PowerShell|Shell)(?: command)?\b[^:]*$/, isExplained: true },
			],
		},
		{
			id: "fetch",
			asks: /^Do you want to allow Claude to fetch this content\?$/,
			kind: "approval",
			takesNumbers: true,
			subjects: [{ in: "block", is: "other", title: /^Fetch$/ }],
		},
		{
			id: "plan",
			asks: /(?:^|[.!] )(?:Would you like to proceed|Ready to code|Exit plan mode)\?$/,
			kind: "approval",
			takesNumbers: true,
			subjects: [],
		},
		{
			id: "trust",
			asks: /(?:Do you trust the files in this folder|Is this a project you created or one you trust)\?/,
			kind: "approval",
			takesNumbers: true,
			subjects: [],
		},
		{
			id: "bypass",
			asks: /Bypass Permissions mode/,
			kind: "approval",
			takesNumbers: true,
			subjects: [],
		},
		{
			id: "key",
			asks: /^Do you want to use this API key\?$/,
			kind: "approval",
			takesNumbers: true,
			subjects: [],
		},
	],
	menus: [{ id: "question", foot: /\bEnter to select · (?:↑\/↓|Tab\/Arrow keys) to navigate\b/ }],
	placeholders: [/^Try "[^"]*"?…?$/, /^Press up to edit queued messages/],
	working: [/^[·✢✳✶✻✽∗*]\s\p{L}[^(]{0,60}(?:…|\.\.\.)\s*(?:\(.*\b(?:esc|ctrl\+c) to (?:interrupt|stop)|$)/u],
	below: [/^Esc to (?:cancel|exit|go back)/, /^(?:Press )?[Cc]trl-g to edit/],
	// 2.1: menus with a marker before one of numbered options; the box around them came and went.
	waits: [
		"^[│ ]*Do you want to (?:proceed|make this edit to|create|run|allow)\\b.*\\?",
		"^[│ ]*Would you like to proceed\\?",
		"^[│ ]*[❯›] \\d+\\. (?:Yes|No)\\b",
		"^[│ ]*Enter to (?:confirm|select)\\b.*Esc to (?:cancel|exit)",
	],
}
