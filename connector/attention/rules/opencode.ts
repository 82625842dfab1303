// OpenCode. As of 1.18.
import type { RuleSet } from "./rule-set.ts"

export const OPENCODE: RuleSet = {
	id: "opencode",
	version: 2,
	dialogs: [
		{
			id: "permission",
			asks: /^△ Permission required$/,
			kind: "approval",
			takesNumbers: false,
			subjects: [
				{ in: "row", is: "command", pattern: /^\$ (.+)$/ },
				{ in: "row", is: "file", pattern: /^[→←]\s*(?:Edit|Write|Read|Delete)\s+(\S.*)$/ },
			],
			escapes: true,
		},
		{
			id: "always",
			asks: /^△ Always allow$/,
			kind: "approval",
			takesNumbers: false,
			subjects: [],
		},
	],
	// One question alone; of several, or where several may be ticked, it shows tabs.
	menus: [{ id: "question", foot: /^↑↓ select\s+enter submit\s+esc dismiss$/, isMarkedByColour: true }],
	// The row below the field names the agent and the model.
	placeholders: [/^Ask anything(?:…|\.\.\.)/, /^(?:Build|Plan) · \S/],
	working: [/\besc (?:again to )?interrupt\b/],
	below: [],
	waits: [
		"^[┃│ ]*△ Permission required",
		"^[┃│ ]*Allow once +Allow always +Reject\\b",
		"^[┃│ ]*(?:⇆ tab +)?↑↓ select +enter (?:submit|confirm|toggle) +esc dismiss\\b",
	],
}
