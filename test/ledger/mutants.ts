// Ledgers that are wrong on purpose: each has one line of the core changed, and must be found out.
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"

const FOLDER = resolve(import.meta.dirname, "../../durable-objects/ledger")

interface Mutant {
	/** What is wrong with it. */
	name: string
	file: "ledger.ts" | "queue.ts" | "course.ts" | "begun.ts" | "effects.ts"
	line: string
	becomes: string
}

export const MUTANTS: readonly Mutant[] = [
	{
		name: "a submission that repeats makes another task",
		file: "ledger.ts",
		line: "known[index] ?? this.#create(submission, by)",
		becomes: "this.#create({ ...submission, key: null }, by)",
	},
	{
		name: "an attempt has the number of the one before",
		file: "ledger.ts",
		line: "const attempt = held.attempt + 1",
		becomes: "const attempt = Math.max(1, held.attempt)",
	},
	{
		name: "an old attempt is heeded",
		file: "ledger.ts",
		line: 'if (hold.machine !== machine || hold.fence !== report.fence) return "stop"',
		becomes: "",
	},
	{
		name: "an old attempt is let go on",
		file: "ledger.ts",
		line: 'if (held === undefined || hold === null) return "stop"',
		becomes: 'if (held === undefined || hold === null) return "go-on"',
	},
	{
		name: "late reports are heeded",
		file: "ledger.ts",
		line: "if (report.sequence <= hold.sequence || !mayFollow(held.state.is, report.is))",
		becomes: "if (!mayFollow(held.state.is, report.is))",
	},
	{
		name: "an end can be cancelled",
		file: "ledger.ts",
		line: 'if (isEnd(held.state.is)) return { ok: false, code: "task_over" }\n\t\tthis.#end',
		becomes: "this.#end",
	},
	{
		name: "a machine is not told that its attempt was cancelled",
		file: "ledger.ts",
		line: 'this.#end(letGo(held), { is: "cancelled"',
		becomes: 'this.#end({ ...held, hold: null }, { is: "cancelled"',
	},
	{
		name: "the end of an old link ends the new one",
		file: "ledger.ts",
		line: "if (known === undefined || epoch < known.epoch || (epoch === known.epoch && known.awaySince !== null)) return\n",
		becomes: "if (known === undefined || known.awaySince !== null) return\n",
	},
	{
		name: "an old list of what a machine has is believed",
		file: "ledger.ts",
		line: "(epoch < known.epoch || (epoch === known.epoch && known.awaySince !== null))) return []",
		becomes: "epoch < 0) return []",
	},
	{
		name: "another attempt begins before the lease of the last is over",
		file: "queue.ts",
		line: "if (running !== undefined) {",
		becomes: "if (running === null) {",
	},
	{
		name: "an attempt that was begun is taken for one that was not",
		file: "begun.ts",
		line: "mayRun: sequence > 0",
		becomes: "mayRun: false",
	},
	{
		name: "a lease is shorter than what the machine was told",
		file: "course.ts",
		line: "return Math.ceil(awayMs * (1 + CLOCK_RATE)) + LEASE_MARGIN_MS",
		becomes: "return 0",
	},
	{
		name: "a lease ends while the machine is linked",
		file: "ledger.ts",
		line: "if (since === null) return Number.POSITIVE_INFINITY",
		becomes: "if (since === null) return 0",
	},
	{
		name: "one more than may run with a key does",
		file: "queue.ts",
		line: "sharing.count >= key.atOnce",
		becomes: "sharing.count > key.atOnce",
	},
	{
		name: "nobody wakes for a deadline",
		file: "ledger.ts",
		line: "times.push(deadlineOf(held, hold === null ? undefined : this.#known().get(hold.machine)) ?? now)",
		becomes: "times.push(Number.POSITIVE_INFINITY)",
	},
	{
		name: "what was not told again is forgotten with the memory",
		file: "ledger.ts",
		line: "this.#host.store.put(held, isOpen)",
		becomes: "if (held.state.is !== this.#tasks().get(held.id)?.state.is) this.#host.store.put(held, isOpen)",
	},
	{
		name: "what is to be told of an end is forgotten before it is told",
		file: "effects.ts",
		line: "const performed = await perform(effect)",
		becomes: "store.dropEffect(effect.id)\n\t\tconst performed = await perform(effect)",
	},
	{
		name: "a task follows another that was cancelled",
		file: "ledger.ts",
		line: 'if (manifest === undefined || end.is === "cancelled") return',
		becomes: "if (manifest === undefined) return",
	},
]

/** The file of a ledger with that line changed, in a folder of its own. */
export function mutate({ file, line, becomes }: Mutant): string {
	const folder = mkdtempSync(join(tmpdir(), "homeport-mutant-"))
	const absolute = (_: string, path: string) => `from "${pathToFileURL(resolve(FOLDER, path)).href}"`
	for (const name of readdirSync(FOLDER)) {
		const source = readFileSync(join(FOLDER, name), "utf8")
		const changed = name === file ? source.replace(line, () => becomes) : source
		if (name === file && changed === source) throw new Error(`${file} has no line "${line}" any more`)
		writeFileSync(join(folder, name), changed.replaceAll(/from "(\.\.\/[^"]+)"/g, absolute))
	}
	return join(folder, "ledger.ts")
}
