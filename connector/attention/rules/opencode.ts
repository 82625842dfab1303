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
	menus: [],
	// The row below the field names the agent and the model.
	placeholders: [/^Ask anything(?:…|\.\.\.)/, /^(?:Build|Plan) · \S/],
	working: [/\besc (?:again to )?interrupt\b/],
	below: [],
	waits: ["^[┃│ ]*△ Permission required", "^[┃│ ]*Allow once +Allow always +Reject\\b"],
}
