// OpenCode. As of 1.18.
import type { RuleSet } from "./rule-set.ts"

export const OPENCODE: RuleSet = {
	id: "opencode",
	version: 1,
	dialogs: [
		{
			id: "permission",
			asks: /^△ Permission required$/,
			kind: "approval",
			takesNumbers: false,
			subject: { in: "row", is: "command", pattern: /^\$ (.+)$/ },
		},
		{
			id: "always",
			asks: /^△ Always allow$/,
			kind: "approval",
			takesNumbers: false,
			subject: null,
		},
	],
	placeholders: [/^Ask anything(?:…|\.\.\.)/],
	working: [/\besc (?:again to )?interrupt\b/],
	below: [],
	waits: ["^[┃│ ]*△ Permission required", "^[┃│ ]*Allow once +Allow always +Reject\\b"],
}
