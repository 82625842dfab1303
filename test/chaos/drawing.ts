// Pieces of terminal output of every sort, by seeded dice: text, wide letters, colours, moves, modes, regions, titles.
import type { Dice } from "../support/dice.ts"

const WORDS = ["lorem", "ipsum", "naïve", "漢字", "かな", "한글", "🙂", "│", "─┐", "zażółć", "ﷺ", "\t"]

export function drawing(dice: Dice): string {
	switch (dice.below(24)) {
		case 0:
			return `\x1b[${dice.pick([1, 2, 3, 4, 7, 9, 22, 27, 30 + dice.below(8), 40 + dice.below(8), 90 + dice.below(8)])}m`
		case 1:
			return `\x1b[38;5;${dice.below(256)}m`
		case 2:
			return `\x1b[48;2;${dice.below(256)};${dice.below(256)};${dice.below(256)}m`
		case 3:
			return `\x1b[${dice.between(1, 30)};${dice.between(1, 100)}H`
		case 4:
			return `\x1b[${dice.between(0, 9)}${dice.pick(["A", "B", "C", "D", "E", "F", "G", "L", "M", "P", "@", "X", "S", "T", "d"])}`
		case 5:
			return `\x1b[${dice.below(3)}${dice.pick(["J", "K"])}`
		case 6:
			return dice.chance(0.2) ? `\x1b[${dice.between(1, 10)};${dice.between(12, 24)}r` : "\x1b[r"
		case 7:
			return dice.pick(["\x1b7", "\x1b8", "\x1bM", "\x1bD", "\x1bE", "\x1bH", "\x1b[3g"])
		case 8:
			return `\x1b[?${dice.pick([1, 6, 7, 25, 66, 1000, 1002, 1004, 1006, 2004, 2026])}${dice.pick(["h", "l"])}`
		case 9:
			return dice.chance(0.1) ? dice.pick(["\x1b[?1049h", "\x1b[?1049l"]) : "\x1b[m"
		case 10:
			return `\x1b]2;title ${dice.next()}\x07`
		case 11:
			return `\x1b]8;;https://example.com/${dice.next()}\x1b\\link\x1b]8;;\x1b\\`
		case 12:
			return dice.pick(["\x1b(0qqq\x1b(B", "\x1b[4h", "\x1b[4l", "\x0e", "\x0f", "\b", "\x1b[!p"])
		case 13:
			return `\x1b[4:${dice.between(1, 5)}m\x1b[58;5;${dice.below(256)}m`
		case 14:
		case 15:
		case 16:
			return "\r\n"
		default:
			return Array.from({ length: dice.between(1, 8) }, () => dice.pick(WORDS)).join(" ") + dice.next().toString(36)
	}
}
