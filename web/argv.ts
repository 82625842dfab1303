// A command line, cut into the arguments that the machine executes. Nothing is expanded: there is no shell between.

export type Argv = { ok: true; argv: string[] } | { ok: false; why: "open-quote" }

/** Blanks separate; single quotes keep everything, double quotes all but backslashes; a backslash keeps one character. */
export function splitCommand(line: string): Argv {
	const argv: string[] = []
	let word: string | null = null
	let quote: "'" | '"' | null = null
	for (let i = 0; i < line.length; i++) {
		const char = line[i] ?? ""
		if (quote === "'") {
			if (char === "'") quote = null
			else word = (word ?? "") + char
		} else if (char === "\\" && i + 1 < line.length) {
			word = (word ?? "") + line[++i]
		} else if (quote === '"') {
			if (char === '"') quote = null
			else word = (word ?? "") + char
		} else if (char === "'" || char === '"') {
			quote = char
			word ??= ""
		} else if (/\s/.test(char)) {
			if (word !== null) argv.push(word)
			word = null
		} else word = (word ?? "") + char
	}
	if (quote !== null) return { ok: false, why: "open-quote" }
	if (word !== null) argv.push(word)
	return { ok: true, argv }
}

/** An argument as a shell would need it written. */
export function quoteArgument(argument: string): string {
	return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`
}
