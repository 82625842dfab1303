// How built-in runtimes say on their screen that they wait for a person: regular expressions, as of the releases named.

/** Each is tried on the screen's text, a line for each row, with ^ and $ at the ends of lines. */
export const WAITS = {
	// 2.1: menus with a marker before one of numbered options; the box around them came and went.
	"claude-code": [
		"^[│ ]*Do you want to (?:proceed|make this edit to|create|run|allow)\\b.*\\?",
		"^[│ ]*Would you like to proceed\\?",
		"^[│ ]*[❯›] \\d+\\. (?:Yes|No)\\b",
		"^[│ ]*Enter to (?:confirm|select)\\b.*Esc to (?:cancel|exit)",
	],
	// 0.169; "Allow command?" before 0.50. The key that confirms is the person's to choose.
	codex: [
		"^[│ ]*Would you like to (?:run|make) the following\\b.*\\?",
		"^[│ ]*Allow command\\?",
		"^[│ ]*[❯›] \\d+\\. (?:Yes|No)\\b",
		"^[│ ]*Press \\S+ to confirm or \\S+ to cancel",
	],
	// 0.61; wording before December 2025 second.
	gemini: [
		"^[│ ]*Allow execution of\\b.*\\?",
		"^[│ ]*(?:Apply this change|Do you want to proceed)\\?",
		"^[│ ]*● \\d+\\. (?:Allow once|Yes|Trust)\\b",
		"Waiting for user confirmation",
	],
	// 1.18.
	opencode: ["^[┃│ ]*△ Permission required", "^[┃│ ]*Allow once +Allow always +Reject\\b"],
	// 0.86.
	aider: ["\\(Y\\)es/\\(N\\)o\\b.*\\[(?:Yes|No)\\]: *$"],
} satisfies Record<string, string[]>
