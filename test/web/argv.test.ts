// How the console cuts a command line into arguments.
import { describe, expect, it } from "vitest"
import { quoteArgument, splitCommand } from "../../web/argv.ts"

const LINES: [line: string, argv: string[]][] = [
	["", []],
	["  htop   -d  10 ", ["htop", "-d", "10"]],
	[`echo 'a b' "c d"`, ["echo", "a b", "c d"]],
	[`echo a\\ b "say \\"hi\\"" 'back\\slash'`, ["echo", "a b", `say "hi"`, "back\\slash"]],
	[`printf '' ""`, ["printf", "", ""]],
	["echo $HOME *.ts a|b", ["echo", "$HOME", "*.ts", "a|b"]],
	[`one'two'"three"`, ["onetwothree"]],
]

describe("splitCommand", () => {
	it.each(LINES)("[SES3] cuts %j into what exec gets, expanding nothing", (line, argv) => {
		expect(splitCommand(line)).toEqual({ ok: true, argv })
	})

	it.each([`echo 'a`, `echo "a`])("refuses %j, whose quote is open", (line) => {
		expect(splitCommand(line)).toEqual({ ok: false, why: "open-quote" })
	})

	it.each(LINES)("gives back what quoteArgument wrote for %j", (_, argv) => {
		expect(splitCommand(argv.map(quoteArgument).join(" "))).toEqual({ ok: true, argv })
	})
})
