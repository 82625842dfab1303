// What is masked: every shape of token, every spelling of a value, wherever a terminal wraps or paints it; and nothing else.
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { Fingerprints } from "../../connector/redaction/fingerprints.ts"
import { MARGIN_BYTES, Redactor } from "../../connector/redaction/redactor.ts"
import { TOKEN_SHAPES } from "../../protocol/token-shapes.ts"
import { Dice, runSeed } from "../support/dice.ts"
import { exampleOf, privateKey, SHAPE_IDS } from "../support/tokens.ts"

const SEED = runSeed()
const dice = new Dice(SEED)
const KEY = Buffer.alloc(32, 7)
/** As long and as mixed as real ones, with what the spellings spell differently. */
const VALUE = 'pa"ss/w+ord & 7 dwarfs = ü'
const redactor = new Redactor(Fingerprints.of([VALUE], KEY))
const shapes = new Redactor()

const mask = (text: string | Uint8Array, options = {}, by = redactor) =>
	Buffer.from(by.output(Buffer.from(text), options)).toString()
const stars = (text: string) => text.replace(/[^\s]/g, "*")

describe("[TRU3] a token of a well-known shape is masked", () => {
	it.each(SHAPE_IDS)("%s", (id) => {
		for (let round = 0; round < 5; round++) {
			const { before, token, after } = exampleOf(id, dice)
			const masked = mask(`before ${before}${token}${after} after`, {}, shapes)
			expect(masked, `seed ${SEED}: ${token}`).toBe(`before ${before}${stars(token)}${after} after`)
			expect(mask(`"${before}${token}${after}"`, {}, shapes)).toBe(`"${before}${stars(token)}${after}"`)
		}
	})

	it("also a private key, from its first line on, though its end is not there", () => {
		const { head, body, tail } = privateKey(dice)
		expect(mask(`$ cat key\r\n${head}\r\n${body}\r\n${tail}\r\n$`)).toBe(
			`$ cat key\r\n${head}\r\n${stars(body)}\r\n${tail}\r\n$`,
		)
		expect(mask(`${head}\n${body}`)).toBe(`${head}\n${stars(body)}`)
		expect(mask(JSON.stringify({ key: `${head}\n${body}\n${tail}` }))).not.toContain(body.slice(0, 20))
	})

	it("and where an escape, a quote or a bracket stands before it", () => {
		const { token } = exampleOf("huggingface", dice)
		for (const before of ["\\n", "%3D", "'", "(", "=", ":", "\x1b[1m"])
			expect(mask(before + token), before).toBe(before + stars(token))
		expect(mask(`shelf_${token.slice(3)}`)).toBe(`shelf_${token.slice(3)}`)
	})
})

describe("[TRU3] a value that the session was given is masked", () => {
	it.each([
		["as it is", VALUE],
		["in JSON", JSON.stringify(VALUE).slice(1, -1)],
		["in an address", encodeURIComponent(VALUE)],
	])("%s", (_, spelling) => {
		expect(mask(`a ${spelling} b`)).toBe(`a ${spelling.replace(/[^ ]/g, (c) => "*".repeat(Buffer.byteLength(c)))} b`)
	})

	it.each([0, 1, 2, 3, 4, 5])("in base64 after %i other bytes, in both alphabets", (before) => {
		for (const alphabet of ["base64", "base64url"] as const) {
			const encoded = Buffer.from(`${"x".repeat(before)}${VALUE}tail`).toString(alphabet)
			const masked = mask(encoded)
			expect(masked).toHaveLength(encoded.length)
			// What is left at its ends was made of other bytes, too.
			expect(Buffer.byteLength(VALUE) * (4 / 3) - masked.replace(/[^*]/g, "").length).toBeLessThan(5)
		}
	})

	it("by any part of 64 bytes where it is long, whatever is cut off", () => {
		const long = Array.from({ length: 40 }, (_, i) => `line ${i} of a file that is secret`).join("\n")
		const by = new Redactor(Fingerprints.of([long], KEY))
		const part = long.slice(200, 600)
		const masked = mask(part, {}, by)
		expect(masked.replaceAll(/[^*]/g, "").length).toBeGreaterThan(part.replaceAll(/\s/g, "").length - 128)
		expect(mask(long, {}, by)).toBe(stars(long))
	})

	it("but not where it is so short that it would mask words", () => {
		const by = new Redactor(Fingerprints.of(["seven77", "eight888"], KEY))
		expect(mask("seven77 eight888", {}, by)).toBe("seven77 ********")
	})

	it("by what is written down of it, from which nobody reads it", () => {
		const written = Fingerprints.of([VALUE], KEY).bytes()
		const read = (key: Uint8Array) => mask(VALUE, {}, new Redactor(Fingerprints.read(written, key)))
		expect(read(KEY)).toBe(mask(VALUE))
		expect(read(Buffer.alloc(32, 8))).toBe(VALUE)
		expect(written.includes(VALUE.slice(0, 4))).toBe(false)
	})
})

describe("[TRU3] a terminal hides nothing from the mask", () => {
	const { token } = exampleOf("anthropic", dice)
	const value = "correct-horse-battery-staple"
	const by = new Redactor(Fingerprints.of([value], KEY))
	const both = [token, value]
	const letters = (text: string) => text.replaceAll(/[^a-zA-Z0-9*_-]/g, "")

	it.each(both)("%s painted letter by letter", (secret) => {
		const painted = [...secret].map((letter, i) => `\x1b[3${i % 8};1m${letter}`).join("")
		expect(mask(painted, {}, by)).toBe([...secret].map((_, i) => `\x1b[3${i % 8};1m*`).join(""))
	})

	it.each(both)("%s wrapped by the terminal, by a line editor, and by a program that draws rows", (secret) => {
		const wraps = ["\r\n", " \r", " \r\x1b[K", "\x1b[m\x1b\\ \r\x1b[10X", "\x1b[7;1H", "\x1b[8H"]
		for (const wrap of wraps) {
			const rows = `key: ${secret}`.match(/.{1,10}/g) ?? []
			const masked = mask(rows.join(wrap), { cols: 10 }, by)
			expect(masked, JSON.stringify(wrap)).toBe((`key: ${stars(secret)}`.match(/.{1,10}/g) ?? []).join(wrap))
		}
	})

	it("a value in a frame, between whose sides it is wrapped; the frame stays", () => {
		const framed = `│ ${value.slice(0, 12)} │\r\n│ ${value.slice(12)} │`
		expect(mask(framed, {}, by)).toBe(`│ ${"*".repeat(12)} │\r\n│ ${"*".repeat(value.length - 12)} │`)
	})

	it.each(both)("%s in a title, a link, and what a program asks the terminal to keep", (secret) => {
		for (const [begin, end] of [
			["\x1b]2;run ", "\x07"],
			["\x1b]8;;https://host/?key=", "\x1b\\"],
			["\x1b]0;", "\x1b\\"],
			["\x1bP1$r", "\x1b\\"],
			["\u009d0;", "\u009c"],
		] as const)
			expect(mask(`ab${begin}${secret}${end}cd`, {}, by)).toBe(`ab${begin}${stars(secret)}${end}cd`)
	})

	it("a token with a sequence of a string in its middle", () => {
		const cut = `${token.slice(0, 30)}\x1b]133;A\x07${token.slice(30)}`
		expect(mask(cut, {}, by)).toBe(`${"*".repeat(30)}\x1b]133;A\x07${"*".repeat(token.length - 30)}`)
	})

	it("the next line is not a part of a token that ends its own", () => {
		expect(mask(`${token}\r\nnext`, { cols: 80 }, by)).toBe(`${stars(token)}\r\nnext`)
	})

	it.each(both)("%s on a screen, also where its first row has scrolled away", (secret) => {
		const text = `key: ${secret} ok`
		const rows = (text.match(/.{1,10}/g) ?? []).map((part, i) => ({ text: part.padEnd(10), isWrapped: i > 0 }))
		const masked = by.rows([...rows, { text: "next".padEnd(10), isWrapped: false }], { cols: 10 })
		expect(letters(masked.join(""))).toBe(letters(`key${stars(secret)}oknext`))
		expect(masked.at(-1)).toBe("next")
	})
})

describe("[TRU3] a part of a text is masked as the whole is", () => {
	const value = "a value of some words, and of 40 letters"
	const by = new Redactor(Fingerprints.of([value], KEY))
	const lines = SHAPE_IDS.map((id) => exampleOf(id, dice)).map(({ before, token, after }) => before + token + after)
	const text = Buffer.from([...lines, value].map((line) => `lorem ipsum ${line}\r\n`).join(""))
	const whole = by.output(text)

	it("wherever it is cut, with the margin around it", () => {
		for (let round = 0; round < 300; round++) {
			const from = dice.below(text.length)
			const to = dice.between(from, text.length)
			const start = Math.max(0, from - MARGIN_BYTES)
			const part = by.output(text.subarray(start, to + MARGIN_BYTES)).subarray(from - start, to - start)
			expect(Buffer.from(part).equals(whole.subarray(from, to)), `seed ${SEED}, ${from} to ${to}`).toBe(true)
		}
	})

	const tellTale = TOKEN_SHAPES.flatMap(({ id, begins }) => {
		const { before, token } = exampleOf(id, dice)
		const beginning = before === "" ? begins.find((begins) => token.startsWith(begins)) : undefined
		return beginning !== undefined && (beginning.length > 3 || /[-_.]$/.test(beginning))
			? [{ id, token, beginning }]
			: []
	})

	it.each([...tellTale, { id: "a value", token: value, beginning: "a value of" }])(
		"and where more of $id is to come, its beginning is masked, too",
		({ token, beginning }) => {
			for (let cut = beginning.length; cut <= token.length; cut++) {
				const said = `lorem ipsum ${token.slice(0, cut)}`
				expect(mask(said, { isOpen: true }, by), said).toBe(`lorem ipsum ${stars(token.slice(0, cut))}`)
			}
		},
	)

	it("which most shapes can be told by", () => expect(tellTale.length).toBeGreaterThan(50))
})

describe("[TRU3] what has no secret stays as it is, byte for byte", () => {
	const folder = join(import.meta.dirname, "../fixtures/recordings")
	it.each(readdirSync(folder))("%s", (name) => {
		const [header = "{}", ...events] = readFileSync(join(folder, name), "utf8").trim().split("\n")
		const { width = 80 } = JSON.parse(header) as { width?: number }
		const bytes = Buffer.from(
			events
				.map((line) => JSON.parse(line) as [number, string, string])
				.map(([, kind, text]) => (kind === "o" ? text : ""))
				.join(""),
		)
		expect(redactor.output(bytes, { cols: width, isOpen: true })).toBe(bytes)
	})

	it("noise", () => {
		for (let round = 0; round < 50; round++) {
			const bytes = dice.bytes(20_000)
			const masked = redactor.output(bytes, { cols: dice.between(1, 200), isOpen: true })
			expect(masked.length).toBe(bytes.length)
			expect(masked, `seed ${SEED}, round ${round}`).toBe(bytes)
		}
	})

	it("words, names of files and hashes that only resemble tokens", () => {
		const text =
			"task-list disk-usage pattern sk-learn key-value SKIP https://host:8080/a@b git@github.com:a/b.git 0b7d168f3a4c5e6d7f8a9b0c1d2e3f4a5b6c7d8e eyJust MTU NDA secret_santa sl.exe SG.ok Bearer of news\r\n"
		expect(mask(text, { isOpen: true })).toBe(text)
	})
})

describe("[TRU4] no text takes long to search", () => {
	it("since every repetition is bounded, and none stands in another", () => {
		for (const { id, rest } of TOKEN_SHAPES) {
			const plain = rest.replaceAll(/\\./g, "x").replaceAll(/\[[^\]]*\]/g, "x")
			expect(plain, id).not.toMatch(/[*+]|\{\d+,\}/)
			expect(plain, id).not.toMatch(/\([^()]*[}?*+][^()]*\)(?:\{|\*|\+)/)
		}
	})

	it("however it begins what it does not end", () => {
		for (const { begins } of TOKEN_SHAPES)
			for (const beginning of begins)
				for (const filler of ["", " ", "-", "a", "=", "\n", ".", ": Bearer ", "://a:"]) {
					const bytes = Buffer.from((beginning + filler).repeat(1_000))
					expect(redactor.output(bytes).length).toBe(bytes.length)
				}
	})
})
