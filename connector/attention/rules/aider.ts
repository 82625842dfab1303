// aider. As of 0.86.
import type { RuleSet } from "./rule-set.ts"

export const AIDER: RuleSet = {
	id: "aider",
	version: 1,
	dialogs: [
		{
			id: "file",
			asks: /^(?:Add .+ to the chat|Create new file|Edit .+|Allow edits to .+|Allow creation of new file)\b.*\?$/,
			kind: "approval",
			takesNumbers: false,
			subjects: [
				{ in: "question", is: "file", pattern: /^(?:Add|Allow edits to) (\S+)(?: to the chat| that has not)/ },
			],
		},
		{
			id: "command",
			asks: /^Run shell commands?\?$/,
			kind: "approval",
			takesNumbers: false,
			subjects: [],
		},
	],
	menus: [],
	placeholders: [],
	working: [/^[░█]{2,}\s+(?:Waiting for|Updating|Processing)/],
	below: [],
	waits: ["\\(Y\\)es/\\(N\\)o\\b.*\\[(?:Yes|No)\\]: *$"],
}
