// What a viewer in a terminal leaves out of the output, and what it must not touch.
import { expect, test } from "vitest"
import { QueryFilter } from "../../connector/terminal/queries.ts"
import { Dice } from "../support/dice.ts"

const shown = (text: string) => Buffer.from(new QueryFilter().filter(Buffer.from(text, "latin1"))).toString("latin1")

const QUERIES = [
	"\x1b[c",
	"\x1b[0c",
	"\x1b[>c",
	"\x1b[>0c",
	"\x1b[=c",
	"\x1b[5n",
	"\x1b[6n",
	"\x1b[?6n",
	"\x1b[?996n",
	"\x1b[?u",
	"\x1b[?2026$p",
	"\x1b[4$p",
	"\x1b[>q",
	"\x1b[>0q",
	"\x1b[14t",
	"\x1b[18t",
	"\x1b[14;2t",
	"\x1b[21t",
	"\x1b[x",
	"\x1b[?1;1;0S",
	"\x1b[?4m",
	"\x1bZ",
	"\x05",
	"\x1b]10;?\x07",
	"\x1b]11;?\x1b\\",
	"\x1b]4;1;?\x07",
	"\x1b]4;1;?;2;?\x1b\\",
	"\x1b]52;c;?\x07",
	"\x1b]1337;ReportCellSize\x07",
	"\x1bP$qm\x1b\\",
	"\x1bP+q544e\x1b\\",
	"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\",
]

const NOT_QUERIES = [
	"plain text, 5c and 6n",
	"\x1b[1;31mred\x1b[0m",
	"\x1b[2J\x1b[H\x1b[10;20H",
	"\x1b[?1049h\x1b[?25l\x1b[?2004h",
	"\x1b[>1u\x1b[<u\x1b[=5;1u\x1b[u",
	"\x1b[2 q",
	"\x1b[!p",
	"\x1b[22;0t\x1b[23;0t",
	"\x1b[3S\x1b[2T",
	"\x1b[>4;2m",
	"\x1b]0;what is this?;?\x07",
	"\x1b]2;title\x1b\\",
	"\x1b]8;;https://example.org/?\x1b\\link\x1b]8;;\x1b\\",
	"\x1b]10;#ffffff\x07",
	"\x1b]52;c;aGVsbG8=\x07",
	"\x1bPq#0;2;0;0;0~~\x1b\\",
	"\x1b(B\x1b)0\x0e\x0f\x1b7\x1b8\x1bM\x1bc",
	"\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80",
]

test("[OUT7] queries are taken out of what the person's terminal is shown", () => {
	for (const query of QUERIES) expect(shown(`a${query}b`), JSON.stringify(query)).toBe("ab")
})

test("[OUT7] everything else is shown byte for byte", () => {
	for (const text of NOT_QUERIES) expect(shown(text), JSON.stringify(text)).toBe(text)
})

test("[OUT7] a query that is cut at any byte is still taken out", () => {
	const dice = new Dice(1)
	const parts = Array.from({ length: 200 }, () => dice.pick([...QUERIES, ...NOT_QUERIES]))
	const whole = Buffer.from(parts.join(""), "latin1")
	const expected = parts.filter((part) => !QUERIES.includes(part)).join("")
	for (let round = 0; round < 50; round++) {
		const filter = new QueryFilter()
		let said = ""
		for (let at = 0; at < whole.length; ) {
			const end = at + dice.between(1, 7)
			said += Buffer.from(filter.filter(whole.subarray(at, end))).toString("latin1")
			at = end
		}
		expect(said).toBe(expected)
	}
})

test("[OUT7] a sequence without an end does not hold back what follows for ever", () => {
	const filter = new QueryFilter()
	const endless = Buffer.concat([Buffer.from("\x1b]0;"), Buffer.alloc(100_000, 0x61)])
	expect(filter.filter(endless).length).toBe(endless.length)
	expect(Buffer.from(filter.filter(Buffer.from("b"))).toString()).toBe("b")
})
