// Arguments, variables and the working directory reach the program as they were given.
import assert from "node:assert/strict"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Case } from "../case.ts"
import { VARIABLE } from "../place.ts"

const WORDS = [
	"plain",
	"",
	"two words",
	"  blanks around  ",
	"-n",
	"--",
	"--help",
	`'single' "double" \`back\` \\ \\n`,
	`$HOME \${HOME} $(id) \`id\` !! ~ * ? [a] {a,b}`,
	"a;b|c&d>e<f#g%h^i",
	"line\nbreak\r\nand\ttab\n",
	"üñí工🙂\u200d\u0301",
	"\x01\x02\x1b[31m\x7f",
	"x".repeat(20_000),
]
/** Prints the hexadecimal digits of what follows, each with a NUL after it. */
const SHOW = `show() { for word; do printf '%s\\0' "$word"; done | od -An -v -tx1 | tr -d ' \\n'; echo; };`

export const WORD_CASES: Case[] = [
	{
		what: "[SES3] arguments are exact: spaces, quotes, newlines, unicode, dashes, and the empty one",
		async run(place) {
			const { text } = await place.sh(`${SHOW} show "$@"`, { words: WORDS })
			assert.deepEqual(unshow(text), WORDS)
		},
	},
	{
		what: "[SES3] variables are exact, and none is evaluated",
		async run(place) {
			const environment = Object.fromEntries(WORDS.map((word, index) => [`GIVEN_${index}`, word]))
			const names = Object.keys(environment)
				.map((name) => `"$${name}"`)
				.join(" ")
			const { text } = await place.sh(`${SHOW} show ${names}; env -0 | grep -zc ^GIVEN_`, { environment })
			const [shown = "", count] = text.split("\n")
			assert.deepEqual(unshow(shown), WORDS)
			assert.equal(count, `${WORDS.length}`)
		},
	},
	{
		what: "[SES3] variables that steer programs steer the program, and nothing before it",
		async run(place) {
			const environment = {
				NODE_OPTIONS: "--no-such-option",
				LD_LIBRARY_PATH: "/nowhere",
				BASH_ENV: "/nowhere",
				IFS: "x",
			}
			const { state, text } = await place.sh("echo $NODE_OPTIONS", { environment })
			assert.deepEqual([state.is === "exited" && state.code, text], [0, "--no-such-option\n"])
		},
	},
	{
		what: "[SES3] the connector's own variables stay with it",
		lacks: ({ substrate }) => (substrate === "host" ? "A program on the host has the person's variables." : null),
		async run(place) {
			const { text } = await place.sh("env; echo end")
			assert.match(text, /end/)
			assert.doesNotMatch(text, new RegExp(VARIABLE))
			assert.doesNotMatch(text, /HOMEPORT_(ENV_|TOKEN|DATA_DIR|URL)/)
		},
	},
	{
		what: "[SES3] the working directory is the one that was asked for, and what is written there is there",
		lacks: ({ substrate }) => (substrate === "vm" ? "A VM has its own folders, not the machine's." : null),
		async run(place) {
			const folder = join(place.folder() ?? "", "with space, ünïcode and 'quote'")
			mkdirSync(folder)
			writeFileSync(join(folder, "given"), "from outside")
			const { text } = await place.sh("pwd; echo $PWD; cat given; printf 'from inside' > made", { cwd: folder })
			assert.equal(text, `${folder}\n${folder}\nfrom outside`)
			assert.equal(readFileSync(join(folder, "made"), "utf8"), "from inside")
		},
	},
	{
		what: "[SES4] a working directory that is not there is refused, and nothing is left",
		async run(place) {
			const before = place.sessionFolders()
			const start = place.start(["true"], { cwd: "/no/such/folder" })
			const run = await start.catch((error: { code?: string }) => {
				assert.equal(error.code, "directory_missing")
				return null
			})
			if (run === null) return assert.deepEqual(place.sessionFolders(), before)
			const state = await run.ended()
			assert.ok(state.is === "failed" && state.reason.includes("/no/such/folder"), JSON.stringify(state))
		},
	},
]

function unshow(hex: string): string[] {
	return Buffer.from(hex.trim(), "hex").toString().split("\0").slice(0, -1)
}
