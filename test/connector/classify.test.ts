// The classifier: what screens ask a person for, by which keys, and what must not be taken for that.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { classify } from "../../connector/attention/classify/classify.ts"
import { steps } from "../../connector/attention/classify/option.ts"
import type { Screen } from "../../connector/attention/classify/screen.ts"
import type { Found, Verdict } from "../../connector/attention/classify/verdict.ts"
import { Terminal } from "../../connector/holder/terminal.ts"

const UP = "\x1b[A"
const DOWN = "\x1b[B"
const LEFT = "\x1b[D"
const RULE = "─".repeat(80)

/** As the session's own terminal renders it. */
function screenOf(terminal: Terminal): Screen {
	const { buffers, coreService } = terminal.core
	return {
		lines: terminal.lines(),
		cursor: terminal.cursor,
		cols: terminal.cols,
		rows: terminal.rows,
		title: terminal.title,
		isAlternate: buffers.active === buffers.alt,
		hasApplicationKeys: coreService.decPrivateModes.applicationCursorKeys,
		isCursorHidden: terminal.isCursorHidden,
		inks: terminal.inks(),
		runs: terminal.runs(() => true),
	}
}

function render(text: string, cols = 80, rows = 24): Screen {
	const terminal = new Terminal(cols, rows, () => {})
	terminal.write(Buffer.from(text.replace(/\r?\n/g, "\r\n")))
	return screenOf(terminal)
}

function found(text: string, runtime: string | null = null): Found {
	const verdict = classify(render(text), runtime)
	if (verdict.is !== "request") throw new Error(`No request but ${JSON.stringify(verdict)}`)
	return verdict
}

const keys = ({ options }: Found) => Object.fromEntries(options.map(({ label, keys }) => [label, keys]))
const means = ({ options }: Found) => Object.fromEntries(options.map(({ label, means }) => [label, means]))

describe("keys", () => {
	test("a digit chooses where the program takes digits; else moves from the marked option, then Enter", () => {
		const menu = "\n   1. Yes\n ❯ 2. Yes, and don't ask again for: npm test:*\n   3. No\n\n Esc to cancel"
		expect(keys(found(` Do you want to proceed?${menu}`))).toEqual({
			Yes: "1",
			"Yes, and don't ask again for: npm test:*": "2",
			No: "3",
		})
		expect(keys(found(` Shall this tool go on?${menu}`))).toEqual({
			Yes: `${UP}\r`,
			"Yes, and don't ask again for: npm test:*": "\r",
			No: `${DOWN}\r`,
		})
	})

	test("the letter or the Escape that a label tells chooses it at once", () => {
		const request = found("Allow this?\n\n❯ Yes (y)\n  Explain (x)\n  No, and keep going (esc)")
		expect(keys(request)).toEqual({ Yes: "y", Explain: "x", "No, and keep going": "\x1b" })
	})

	test("the key that confirms is the one that the foot names", () => {
		const request = found("Proceed?\n\n› Yes\n  No\n\n  Press space to confirm or esc to cancel")
		expect(keys(request)).toEqual({ Yes: " ", No: `${DOWN} ` })
	})

	test("moves are those of the program's own mode", () => {
		const screen = { ...render("Proceed?\n\n› Yes\n  No\n\n  enter to confirm"), hasApplicationKeys: true }
		const verdict = classify(screen) as Found
		expect(keys(verdict)).toEqual({ Yes: "\r", No: "\x1bOB\r" })
	})

	test("moves are told apart from what chooses", () => {
		expect(steps(`${DOWN}${DOWN}\r`)).toEqual({ moves: `${DOWN}${DOWN}`, choose: "\r" })
		expect(steps("\x1bOA\r")).toEqual({ moves: "\x1bOA", choose: "\r" })
		for (const one of ["1", "y\r", "\r", "\x1b"]) expect(steps(one)).toEqual({ moves: "", choose: one })
	})

	test("a line prompt takes the reply and Enter; a default is no reply", () => {
		expect(keys(found("Overwrite? [y/N] "))).toEqual({ Yes: "y\r", No: "n\r" })
		expect(keys(found("Continue connecting (yes/no/[fingerprint])? "))).toEqual({ yes: "yes\r", no: "no\r" })
		expect(found("Continue connecting (yes/no/[fingerprint])? ").takesText).toBe(true)
		expect(keys(found("确定要删除吗？(是/否) "))).toEqual({ 是: "是\r", 否: "否\r" })
		expect(keys(found("replace a? [y]es, [n]o, [A]ll, [N]one: "))).toEqual({
			Yes: "y\r",
			No: "n\r",
			All: "a\r",
			None: "N\r",
		})
	})

	test("where the letter answers at once, no Enter goes to what is asked next", () => {
		expect(keys(found("? Use TypeScript? › (y/N) "))).toEqual({ Yes: "y", No: "n" })
		expect(keys(found("? Use TypeScript? (y/N) "))).toEqual({ Yes: "y\r", No: "n\r" })
	})

	test("letters are called by what the rows above say of them, where they say it of each", () => {
		const rows = [
			"Y or I  : install the package maintainer's version",
			"N or O  : keep your currently-installed version",
		]
		const more = ["  D     : show the differences", "  Z     : start a shell"]
		const prompt = (rows: string[]) =>
			`Configuration file '/etc/ssh/sshd_config'\n   What would you like to do about it ?  Your options are:\n${rows.map((row) => `    ${row}\n`).join("")} The default action is to keep your current version.\n*** sshd_config (Y/I/N/O/D/Z) [default=N] ? `
		const request = found(prompt([...rows, ...more]))
		expect(request).toMatchObject({ kind: "choice", rule: "generic/legend@1" })
		expect(request.text).toMatch(/^Configuration file '\/etc\/ssh\/sshd_config' What would you like to do about it \?/)
		expect(keys(request)).toEqual({
			"Install the package maintainer's version": "y\r",
			"Keep your currently-installed version": "n\r",
			"Show the differences": "d\r",
			"Start a shell": "z\r",
		})
		expect(found(prompt(rows)).rule).toBe("generic/replies@1")
	})

	test("a list in columns above a prompt of any words is chosen from by number", () => {
		const list = "1) alpha     3) gamma\n2) beta      4) delta\n"
		for (const prompt of ["#? ", "Your pick> ", "Which one? ", "Name: "])
			expect(keys(found(list + prompt))).toEqual({ alpha: "1\r", beta: "2\r", gamma: "3\r", delta: "4\r" })
		const debconf = "  1. Africa  3. Arctic Ocean\n  2. Asia    4. None of the above\n\nGeographic area: "
		expect(Object.keys(keys(found(debconf)))).toEqual(["Africa", "Asia", "Arctic Ocean", "None of the above"])
		// Steps to take end in what to enter, and a question for leave is no list's.
		expect(found("1. Open the page\n2. Copy the address\nAddress: ")).toMatchObject({ kind: "question", options: [] })
		expect(found("1) stop\n2) delete\nAre you sure? ")).toMatchObject({ kind: "approval" })
	})

	test("the chosen button shows by its colour alone", () => {
		const at = (index: number) => {
			const buttons = ["Allow once", "Allow always", "Reject"]
			const drawn = buttons.map((label, i) => `\x1b[48;5;${i === index ? 214 : 236}m ${label} \x1b[0m`).join(" ")
			return found(`△ Permission required\n  $ make\n\n ${drawn}   ⇆ select  enter confirm`)
		}
		expect(keys(at(0))).toMatchObject({ "Allow once": "\r", "Allow always": "\x1b[C\r" })
		expect(keys(at(2))).toMatchObject({ "Allow once": `${LEFT}${LEFT}\r`, "Allow always": `${LEFT}\r` })
		expect(at(2).selected).toBe(2)
	})

	test("of several that may be ticked one is ticked, then all is submitted; one that is ticked is only submitted", () => {
		const foot = "↑↓ navigate • space select • a all • i invert • ⏎ submit"
		const request = found(`? Select toppings\n❯◯ Cheese\n ◉ Ham\n ◯ Olives\n\n${foot}`)
		expect(keys(request)).toEqual({ Cheese: " \r", Ham: `${DOWN}\r`, Olives: `${DOWN}${DOWN} \r` })
		// Whether it is ticked is seen before anything is submitted.
		expect(steps(`${DOWN} \r`)).toEqual({ moves: `${DOWN} `, choose: "\r" })
		expect(steps(" ")).toEqual({ moves: "", choose: " " })
	})

	test("where only a colour marks one of several, no keys are known", () => {
		const list = "│  ◻ ESLint (recommended)\n│  ◼ Prettier\n│  ◻ Vitest\n"
		for (const foot of ["└", "│  ↑/↓ to navigate • Space: select • Enter: confirm\n└\n"])
			expect(found(`│\n◇  Project name:\n│  foo\n│\n◆  Select additional tools.\n${list}${foot}`)).toMatchObject({
				...{ kind: "choice", text: "Select additional tools.", options: [], selected: null, takesText: false },
			})
		const rows = (first: string) => `? Which? ›\nInstructions:\n    enter/return: Complete answer\n${first}\n◉   b `
		expect(found(rows("◯   a"))).toMatchObject({ kind: "choice", text: "Which?", options: [], selected: null })
		expect(keys(found(rows("◯   \x1b[4ma\x1b[24m")))).toEqual({ a: " \r", b: `${DOWN}\r` })
	})

	test("the chosen side of a toggle is the one that stands out", () => {
		const toggle = (no: string, yes: string) => found(`? Use TypeScript? › ${no} / ${yes}`)
		expect(keys(toggle("\x1b[4mNo\x1b[24m", "Yes"))).toEqual({ No: "\r", Yes: "\x1b[C\r" })
		expect(keys(toggle("No", "\x1b[4mYes\x1b[24m"))).toEqual({ No: `${LEFT}\r`, Yes: "\r" })
		expect(keys(toggle("No", "Yes"))).toEqual({ No: "", Yes: "" })
	})

	test("an option has one name, marked or not, where its hint is drawn only while it is marked", () => {
		const foot = "│  ↑/↓ to navigate • Enter: confirm\n└\n"
		const at = (marked: number) => {
			const draw = ([name, hint]: string[], index: number) =>
				index === marked ? `│  ● ${name} (${hint})` : `│  ○ ${name}`
			const rows = [
				["React", "large"],
				["Preact", "small"],
				["Vue (classic)", "new"],
			].map(draw)
			return Object.keys(keys(found(`◆  Framework:\n${rows.join("\n")}\n${foot}`)))
		}
		expect([0, 1].map(at)).toEqual(Array(2).fill(["React", "Preact", "Vue"]))
		const asked = "? Color? › - Use arrow-keys. Return to submit.\n"
		for (const list of ["❯   Red - warm\n    Green\n    Blue - dark", "    Red\n❯   Green - calm\n    Blue - dark"])
			expect(Object.keys(keys(found(asked + list)))).toEqual(["Red", "Green", "Blue"])
		const told = found(`◆  Language:\n│  ● TypeScript (strict)\n│  ○ TypeScript (loose)\n${foot}`)
		expect(keys(told)).toEqual({ "TypeScript (strict)": "\r", "TypeScript (loose)": `${DOWN}\r` })
	})

	test("the prompt between a diamond and a corner takes words, whatever was asked before it", () => {
		const before = "┌  create-vite\n│\n◇  Project name:\n│  foo\n│\n"
		for (const end of [
			"◆  Package name:\n│  my-app█\n└\n",
			"▲  Package name:\n│  a b█\n└  Invalid package.json name\n",
		])
			expect(found(before + end)).toMatchObject({
				kind: "question",
				text: "Package name:",
				takesText: true,
				options: [],
			})
		const select = "◆  Framework:\n│  ● Vanilla\n│  ○ Vue\n│  ↑/↓ to navigate • Enter: confirm\n└\n"
		expect(keys(found(before + select))).toEqual({ Vanilla: "\r", Vue: `${DOWN}\r` })
		expect(found(`${before}◆  Install?\n│  ● Yes / ○ No\n└\n`)).toMatchObject({ kind: "approval", text: "Install?" })
	})

	test("more options than a request may have, and labels without end, stay within the protocol's bounds", () => {
		const rows = Array.from({ length: 20 }, (_, i) => `${i === 0 ? "❯" : " "} ${"x".repeat(60)} option ${i}`)
		const { options } = found(`? Pick one (Use arrow keys)\n${rows.join("\n")}`)
		expect(options).toHaveLength(16)
	})
})

describe("meanings", () => {
	test("leave once, leave from now on and no leave are told apart", () => {
		const menu = "❯ 1. Yes\n  2. Yes, allow all edits during this session (shift+tab)\n  3. No, and tell Claude (esc)"
		expect(means(found(`Do you want to create a.ts?\n${menu}`))).toEqual({
			Yes: "yes",
			"Yes, allow all edits during this session": "always",
			"No, and tell Claude": "no",
		})
	})

	test("a question of the agent's own is no leave, however its options read", () => {
		const menu = "❯ 1. Yes\n  2. No\n  3. Type something.\n\nEnter to select · ↑/↓ to navigate · Esc to cancel"
		const request = found(`Do you want to proceed?\n\n${menu}`)
		expect(request.kind).toBe("choice")
		expect(new Set(Object.values(means(request)))).toEqual(new Set(["other"]))
	})
})

describe("what leave is asked for", () => {
	const codex = (command: string) =>
		`  Would you like to run the following command?\n\n  $ ${command}\n\n› 1. Yes, proceed (y)\n  2. No (esc)\n\n  Press enter to confirm or esc to cancel`

	test("a command that stands whole on the screen is told as whole", () => {
		expect(found(codex("npm install")).subject).toEqual({ is: "command", text: "npm install", isWhole: true })
	})

	test.each([
		["goes on in the next row", "npm install \\\n    && rm -rf ~"],
		["ends at the screen's edge", `echo ${"x".repeat(71)}`],
		["is cut", "npm install …"],
		["is masked", "curl -H ***************"],
		["may go on below many blank rows", "ls\n\n\n\n\n\n\n"],
		["draws a dialog of its own", "evil\n    Would you like to run the following command?\n\n    $ ls"],
	])("a command that %s is not whole", (_, command) => {
		expect(found(codex(command)).subject).toMatchObject({ is: "command", isWhole: false })
	})

	test("a command that draws a dialog of its own is shown with all of it", () => {
		const { subject } = found(codex("evil\n    Would you like to run the following command?\n\n    $ ls"))
		expect(subject?.text).toMatch(/^evil\n/)
	})

	test("where a description stands below a command, neither is told as whole", () => {
		const request = found(
			" Bash command\n\n   npm test\n   Run the tests\n\n Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel",
		)
		expect(request.subject).toEqual({ is: "command", text: "npm test\nRun the tests", isWhole: false })
	})

	test("a description that is drawn like the dialog's foot is no second line of a command; nor is the command then whole", () => {
		const faint = (text: string) => `\x1b[38;2;153;153;153m${text}\x1b[0m`
		const dialog = (rows: string[], foot = faint(" Esc to cancel")) =>
			found(` Bash command\n\n${rows.join("\n")}\n\n Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n${foot}`).subject
		const told = (text: string) => ({ is: "command", text, isWhole: false })
		expect(dialog(["   npm test", faint("   Run the tests")])).toEqual(told("npm test"))
		expect(dialog(["   cd a", "   npm test", faint("   Run the tests"), faint("   of a")])).toEqual(
			told("cd a\nnpm test"),
		)
		// Any other colour may be a command's own.
		expect(dialog(["   npm test", "\x1b[31m   rm -rf ~\x1b[0m"])).toEqual(told("npm test\nrm -rf ~"))
		expect(dialog(["   npm test", faint("   rm -rf ~")], " Esc to cancel")).toEqual(told("npm test\nrm -rf ~"))
		expect(dialog([faint("   npm test"), faint("   rm -rf ~")])).toEqual(told("npm test\nrm -rf ~"))
	})

	test("a command between rules is told without what else its dialog says", () => {
		const rule = "╌".repeat(60)
		const request = found(
			` Bash command\n\n Tip: auto mode handles these prompts for you\n Clean the build\n${rule}\n rm -rf build\n${rule}\n Do you want to proceed?\n ❯ 1. Yes\n   2. Yes, and switch to auto mode\n   3. No\n\n Esc to cancel · Tab to amend`,
			"claude-code",
		)
		expect(request.subject).toEqual({ is: "command", text: "rm -rf build", isWhole: false })
		expect(means(request)).toEqual({ Yes: "yes", "Yes, and switch to auto mode": "always", No: "no" })
	})

	test("a dialog's own text is told without its box", () => {
		const request = found(
			"╭────────────────────────────╮\n│ ?  Shell npm test          │\n│                            │\n│ Allow execution of: 'npm'? │\n│                            │\n│ ● 1. Yes, allow once       │\n│   2. No (esc)              │\n╰────────────────────────────╯",
		)
		expect(request).toMatchObject({ text: "Allow execution of: 'npm'?", rule: "gemini/command@1" })
	})
})

describe("unknown and nothing", () => {
	test("a question at the cursor that may be the end of what somebody says is unknown", () => {
		expect(classify(render("Would you like me to also update the tests?"))).toMatchObject({ is: "unknown" })
	})

	test("a blank screen is nothing; a working agent is nothing, and says that it works", () => {
		expect(classify(render(""))).toEqual({ is: "nothing", isWorking: false })
		const working = "• Working (12s • esc to interrupt)\n\n› Explain this codebase\n\n  100% context left"
		expect(classify(render(working))).toEqual({ is: "nothing", isWorking: true })
	})

	test("less in the middle of a file waits on the alternate screen alone", () => {
		const page = "\x1b[Hfirst\r\nsecond\x1b[24;1H:"
		expect(classify(render(page))).toEqual({ is: "nothing", isWorking: false })
		expect(classify(render(`\x1b[?1049h${page}`))).toMatchObject({ is: "request", rule: "generic/pager@1" })
	})

	const PAGE = Array.from({ length: 23 }, (_, row) => (row % 4 === 3 ? "" : "    Are you sure? (y/n)")).join("\n")

	test.each([
		["less in the middle", ":"],
		["less at the end", "\x1b[7m(END)\x1b[27m"],
		["less in a file", "\x1b[7mnotes.txt\x1b[27m"],
		["less in one of several files", "\x1b[7mnotes.txt (file 1 of 2)\x1b[27m"],
		["less that has gone on", "\x1b[7m...skipping...\x1b[27m"],
		["systemd's pager", "\x1b[7mlines 1-23\x1b[27m"],
		["more", "\x1b[7m--More--(38%)\x1b[27m"],
	])("%s is a pager, whatever one reads in it", (_, foot) => {
		for (const page of [PAGE, PAGE.replaceAll("    Are", "Are"), `${PAGE}\nShall I go on?\n❯ 1. Yes\n  2. No`])
			for (const screen of ["", "\x1b[?1049h\x1b[H"])
				expect(classify(render(`${screen}${page}\n${foot}`))).toMatchObject({ kind: "choice", rule: "generic/pager@1" })
	})

	test.each([
		["options", "Which framework?\n❯ React\n  Vue\n"],
		["numbered options", "Shall I go on?\n❯ 1. Yes\n  2. No\n"],
		["rings", "Which one?\n● Yes\n○ No\n"],
	])("a printed list of %s is a menu only where a program draws it", (_, list) => {
		expect(classify(render(list))).not.toMatchObject({ is: "request" })
		for (const live of [`\x1b[?25l${list}`, list.trimEnd(), `${list}\n  enter to select · esc to cancel`])
			expect(classify(render(live)), live).toMatchObject({ is: "request" })
	})

	test.each([
		["Claude Code", "claude-code", (rows: string) => `${RULE}\n❯ ${rows}\n${RULE}\x1b[?25l\x1b[A\x1b[3C`],
		["Codex", "codex", (rows: string) => `› ${rows}\n\n  gpt-5 default · /srv/app\x1b[2A\x1b[9G`],
		["Codex, that goes on", "codex", (rows: string) => `› ${rows}\n\n\n  gpt-5 default · /srv/app\x1b[2A\x1b[3G`],
	])("what somebody writes in the field of %s is no menu, also where it has several rows", (_, runtime, field) => {
		for (const rows of ["first fix the login\n  and then its tests", "1. fix the login\n  2. run its tests"]) {
			const screen = render(`● Which one shall I do?\n\n✻ Worked for 3s\n\n${field(rows)}`)
			expect(classify(screen, runtime), rows).not.toMatchObject({ is: "request" })
		}
	})

	test("a pager that shows a colon alone is told by the first words of its page", () => {
		const screen = `\x1b[?1049h\x1b[Hcommit 44aa622\n${"    more\n".repeat(22)}`
		expect(found(`${screen}:`)).toMatchObject({ text: "commit 44aa622" })
		expect(found(`${screen}\x1b[7m(END)\x1b[27m`)).toMatchObject({ text: "(END)" })
	})

	test("in a person's own shell a pager asks nobody for anything", () => {
		const screen = render(`\x1b[?1049h\x1b[H${PAGE}\n:`)
		expect(classify(screen, "shell")).toEqual({ is: "nothing", isWorking: false })
		for (const runtime of ["claude-code", "homeport", null])
			expect(classify(screen, runtime)).toMatchObject({ rule: "generic/pager@1" })
		expect(classify(render("Overwrite? [y/N] "), "shell")).toMatchObject({ kind: "approval" })
	})

	test.each([
		["Proceed (Y/n)? ", "Proceed?"],
		["Really continue connecting (yes/no/[fingerprint])? ", "Really continue connecting?"],
		["(1/2) Stage this hunk [y,n,q,a,d,e,?]? ", "(1/2) Stage this hunk?"],
		["Overwrite? (y/n): ", "Overwrite?"],
		["Go on [y/n]: ", "Go on"],
		["? Delete everything? › (y/N) ", "Delete everything?"],
		["? How many? › ", "How many?"],
	])("a question is told with its own mark, wherever that stands, and without its prompt's: %s", (prompt, text) => {
		expect(found(prompt).text).toBe(text)
	})

	test("replies far from the cursor, or above a colon, are no prompt", () => {
		for (const text of ["Are you sure? (y/n)      ", "Are you sure? (y/n)\n:", "Are you sure? (y/n)\n\n:"])
			expect(classify(render(text))).not.toMatchObject({ is: "request" })
	})

	test("a prompt is over as soon as something is written behind it", () => {
		for (const prompt of [
			"Overwrite? [y/N] ",
			"Password: ",
			"Enter your choice [1-4]: ",
			"Press any key to continue",
		]) {
			expect(classify(render(prompt))).toMatchObject({ is: "request" })
			expect(classify(render(`${prompt}\n`))).not.toMatchObject({ is: "request" })
			expect(classify(render(`${prompt}\nmore\n`))).not.toMatchObject({ is: "request" })
		}
	})

	test("a profile's own expressions say that something waits where no rule knows it", () => {
		const screen = render("frobnicator ready> ")
		expect(classify(screen, "custom")).toMatchObject({ is: "nothing" })
		const verdict = classify(screen, "custom", [/^frobnicator ready>/mu])
		expect(verdict).toMatchObject({ is: "request", kind: "question", rule: "profile/waits@1", takesText: true })
	})
})

describe("recordings of real agents", () => {
	/** What is judged at each mark of a recording: the kind, and what the options are chosen by. */
	const SEEN: Record<string, Record<string, [kind: string, keys?: string[]]>> = {
		"claude-asks": {
			idle: ["idle"],
			approval: ["approval", ["1", "2", "3"]],
			field: ["approval", ["1", "2", "3"]],
			"idle again": ["idle"],
			edit: ["approval", ["1", "2", "3"]],
			rejected: ["idle"],
		},
		// The marked option is a field: digits would be text in it.
		"claude-field": { approval: ["approval", ["1", "2", "3"]], field: ["approval", [`${UP}\r`, "\r", "\x1b"]] },
		"claude-questions": {
			question: ["choice", ["1", "2", "3", "4"]],
			"free text": ["choice", [`${UP}${UP}\r`, `${UP}\r`, "\r", `${DOWN}\r`]],
			parts: ["choice", ["1", "2", "3", "4", "\t"]],
			submit: ["choice", ["\r", `${DOWN}\r`]],
			"idle again": ["idle"],
		},
		"codex-asks": {
			idle: ["idle"],
			approval: ["approval", ["1", "2", "3"]],
			second: ["approval", ["1", "2", "3"]],
			"idle again": ["idle"],
		},
		"gemini-asks": {
			idle: ["idle"],
			approval: ["approval", ["1", "2", "3"]],
			second: ["approval", ["1", "2", "3"]],
			"idle again": ["idle"],
		},
		"opencode-asks": {
			idle: ["idle"],
			approval: ["approval", ["\r", "\x1b[C\r", "\x1b"]],
			second: ["approval", [`${LEFT}\r`, "\r", "\x1b"]],
			"idle again": ["idle"],
		},
		// Only colour marks an option. With tabs it is answered on its screen.
		"opencode-questions": {
			question: ["choice", ["1", "2", "3"]],
			"free text": ["choice"],
			"one of several": ["nothing"],
		},
	}
	const RUNTIMES: Record<string, string> = { claude: "claude-code" }

	test.each(Object.entries(SEEN))("%s", (name, marks) => {
		const [agent = ""] = name.split("-")
		const seen = Object.fromEntries(
			played(name, RUNTIMES[agent] ?? agent).flatMap(({ mark, verdict }) =>
				mark in marks ? [[mark, short(verdict)]] : [],
			),
		)
		expect(seen).toEqual(marks)
	})

	test("of what Claude Code draws in its box, the command alone is told", () => {
		const subjects = ["claude-asks", "claude-field"].map((name) => {
			const verdict = played(name, "claude-code").find(({ mark }) => mark === "approval")?.verdict
			return verdict?.is === "request" ? verdict.subject : null
		})
		const told = (text: string) => ({ is: "command", text, isWhole: false })
		expect(subjects).toEqual([told("touch made.txt"), told("npm test")])
	})

	test("words are taken where OpenCode's field for an own answer is open, and nowhere else", () => {
		const marks = ["question", "free text"]
		const all = played("opencode-questions", "opencode").filter(({ mark }) => marks.includes(mark))
		const takes = all.map(({ verdict }) => verdict.is === "request" && verdict.takesText)
		expect(takes).toEqual([false, true])
	})

	test("the first questions of fresh homes are seen, and nothing in programs that wait for nobody", () => {
		expect(asked("claude-trust-and-apikey")).toContainEqual(["approval", "Do you want to use this API key?"])
		expect(asked("gemini-first")).toEqual([["approval", "Do you trust the files in this folder?"]])
		expect(asked("codex-first")).toEqual([["choice", "Choose how you want to use Codex."]])
		for (const name of ["htop", "lsR", "vim"]) expect(asked(name)).toEqual([])
	})

	/** What is asked at any moment at which the output has paused. */
	function asked(name: string): [kind: string, text: string][] {
		const all = played(name, null).flatMap(({ verdict }) =>
			verdict.is === "request" && verdict.kind !== "idle" ? [JSON.stringify([verdict.kind, verdict.text])] : [],
		)
		return [...new Set(all)].map((one) => JSON.parse(one))
	}
})

/** The kind, and the keys of the options where there are any. */
function short(verdict: Verdict): [kind: string, keys?: string[]] {
	if (verdict.is !== "request") return [verdict.is]
	const { kind, options } = verdict
	return options.length === 0 ? [kind] : [kind, options.map(({ keys }) => keys)]
}

/** Judges a recording at each of its marks, and wherever the output pauses for a third of a second. */
function played(name: string, runtime: string | null): { mark: string; verdict: Verdict }[] {
	const file = join(import.meta.dirname, `../fixtures/recordings/${name}.cast`)
	const [head = "{}", ...rows] = readFileSync(file, "utf8").trim().split("\n")
	const { width, height } = JSON.parse(head)
	const terminal = new Terminal(width, height, () => {})
	const judged: { mark: string; verdict: Verdict }[] = []
	const judge = (mark: string) => judged.push({ mark, verdict: classify(screenOf(terminal), runtime) })
	let last = 0
	for (const row of rows) {
		const [at, type, data] = JSON.parse(row)
		if (at - last > 0.3) judge("")
		if (type === "m") judge(data)
		if (type === "o") terminal.write(Buffer.from(data))
		last = at
	}
	judge("")
	return judged
}

describe("time", () => {
	/** Rows that nearly match what the rules look for, again and again. */
	const ADVERSARIES: Record<string, (cols: number) => string> = {
		brackets: (cols) => "[y/n](".repeat(cols).slice(0, cols),
		letters: (cols) => "(Y)es/(N)o/".repeat(cols).slice(0, cols),
		blanks: (cols) => `? ${" ".repeat(cols - 3)}x`,
		options: (cols) => `❯ 1. ${"Yes, and ".repeat(cols)}`.slice(0, cols),
		hints: (cols) => "enter to ".repeat(cols).slice(0, cols),
		secrets: (cols) => "password: password [".repeat(cols).slice(0, cols),
		quotes: (cols) => "'\"`".repeat(cols).slice(0, cols),
		boxes: (cols) => "│ ".repeat(cols).slice(0, cols),
		dashes: (cols) => "─ ".repeat(cols).slice(0, cols),
		prompts: (cols) => "~/a/b/c/d ".repeat(cols).slice(0, cols),
		keys: (cols) => "press any key ".repeat(cols).slice(0, cols),
	}
	const measured = (row: string, rows: number, cols: number): number => {
		const lines = Array.from({ length: rows }, () => row)
		const screen: Screen = { lines, cursor: { x: cols - 1, y: rows - 1 }, cols, rows, title: "" }
		const times = Array.from({ length: 7 }, () => {
			const start = performance.now()
			for (let i = 0; i < 5; i++) classify(screen)
			return (performance.now() - start) / 5
		})
		return Math.min(...times)
	}

	test.each(Object.entries(ADVERSARIES))(
		"a screen of %s of twice the size takes at most some times as long",
		(_, row) => {
			measured(row(200), 60, 200)
			const once = measured(row(200), 60, 200)
			const twice = measured(row(400), 120, 400)
			// Four times the characters: exponential rows would take for ever, and cubic ones sixty-four times as long.
			// What takes less than a millisecond may be held up by others for longer.
			expect(twice).toBeLessThan(Math.max(once, 1) * 20)
		},
	)
})
