// Output of no program: text, sequences and fragments in random order, to reach states that recordings do not. Left out
// is what no sequence can write down: a character set that a restored cursor brought back before the screen was switched
// (`(0`), a joined character at the end of a line that does not wrap (?7l), a single row, and one all of what was left of
// wide characters, which two columns easily make.

type Roll = (below: number) => number

const TEXTS = [
	"hello world",
	"a",
	" ",
	"漢字",
	"é",
	"e\u0301",
	"👨‍👩‍👧",
	"🇩🇪🇫🇷",
	"\u200d",
	"\u0301",
	"ا",
	"한글",
	"☂\ufe0f",
	"x".repeat(47),
	"─│┌",
	"#qxj",
]

const SEQUENCES: ((roll: Roll) => string)[] = [
	() => "\r\n",
	() => "\n",
	() => "\r",
	() => "\t",
	() => "\b",
	(roll) => `\x1b[${roll(14)};${roll(44)}H`,
	(roll) => `\x1b[${roll(5)}${"ABCDEFGILMPSTXZ@`abde"[roll(21)]}`,
	(roll) => `\x1b[${roll(4)}J`,
	(roll) => `\x1b[${roll(3)}K`,
	(roll) => `\x1b[${roll(6)};${6 + roll(8)}r`,
	() => "\x1b[r",
	(roll) => `\x1b[${[0, 1, 2, 3, 5, 7, 8, 9, 22, 23, 27, 4, 31, 39, 42, 49, 53, 59, 95, 101][roll(20)]}m`,
	(roll) => `\x1b[${[38, 48, 58][roll(3)]};5;${roll(256)}m`,
	(roll) => `\x1b[${[38, 48][roll(2)]};2;${roll(256)};${roll(256)};${roll(256)}m`,
	(roll) => `\x1b[58:2::${roll(256)}:1:2m`,
	() => "\x1b[m",
	(roll) => `\x1b[?${[1, 6, 12, 25, 45, 66, 1000, 1002, 1003, 1004, 1006, 1016, 2004, 2026][roll(14)]}${"hl"[roll(2)]}`,
	(roll) => `\x1b[?${[47, 1047, 1048, 1049][roll(4)]}${"hl"[roll(2)]}`,
	(roll) => `\x1b[${[4, 20][roll(2)]}${"hl"[roll(2)]}`,
	() => "\x1b7",
	() => "\x1b8",
	() => "\x1bM",
	() => "\x1bD",
	() => "\x1bH",
	(roll) => `\x1b[${[0, 3][roll(2)]}g`,
	(roll) => `\x1b[${roll(7)} q`,
	(roll) => `\x1b]2;title ${roll(9)}\x07`,
	(roll) => `\x1b[2${2 + roll(2)};2t`,
	(roll) => `\x1b]8;${["", "id=7"][roll(2)]};https://example.com/\x1b\\link\x1b]8;;\x1b\\`,
	(roll) => `\x1b[${roll(2)}"q`,
	(roll) => `\x1b[>${roll(32)}u`,
	(roll) => `\x1b[<${roll(3)}u`,
	(roll) => `\x1b]4;${roll(256)};rgb:12/34/56\x1b\\`,
	() => "\x1b#8",
	(roll) => (roll(12) === 0 ? "\x1bc" : "\x1b[!p"),
]

export function babble(roll: Roll, words: number): Buffer {
	let text = ""
	for (let word = 0; word < words; word++)
		text += roll(5) < 3 ? TEXTS[roll(TEXTS.length)] : SEQUENCES[roll(SEQUENCES.length)]?.(roll)
	return Buffer.from(text)
}

export function noise(roll: Roll, bytes: number): Buffer {
	return Buffer.from(
		Array.from({ length: bytes }, () =>
			roll(3) === 0 ? ([0x1b, 0x5b, 0x9b, 0xc2, 0x3b, 0x31][roll(6)] ?? 0) : roll(256),
		),
	)
}
