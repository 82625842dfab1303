// Cores that are wrong on purpose: each has one line of the inbox changed, and must be found out.
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"

const FOLDER = resolve(import.meta.dirname, "../../durable-objects/inbox")

interface Mutant {
	/** What is wrong with it. */
	name: string
	line: string
	becomes: string
}

export const MUTANTS: readonly Mutant[] = [
	{
		name: "a machine that is away now is taken for one that never heard of it",
		line: "if (isUnsent === true) return tries === 1",
		becomes: "if (isUnsent === true) return true",
	},
	{
		name: "a try is counted when it has failed",
		line: "const tries = held.claim.tries + 1",
		becomes: "const tries = 1",
	},
	{
		name: "each try goes under a claim of its own",
		line: "claim: claim.id,",
		becomes: "claim: newClaimId(),",
	},
	{
		name: "what is not known is taken for a no",
		line: "return NOT_TYPED.has(code)",
		becomes: "return true",
	},
	{
		name: "reports are taken in any order",
		line: "if (report.revision <= store.revision(report.machine)) return",
		becomes: "",
	},
	{
		name: "what was read before a wait is believed after it",
		line: "const current = store.get(request)",
		becomes: "const current = held",
	},
	{
		name: "a prompt that has gone ends an answer that is on its way",
		line: 'if (item.state.is === "open") {',
		becomes: 'if (item.state.is === "open" || item.state.is === "answering") {',
	},
	{
		name: "nobody asks again what came of an answer",
		line: "else if (isBack || claim.nextAt <= now) void this.#ask(item.id, claim)",
		becomes: "",
	},
	{
		name: "an answer outlives its deadline",
		line: "until: Math.min(now + ANSWER_MS, latest),",
		becomes: "until: now + ANSWER_MS,",
	},
	{
		name: "the words of a secret that were lost are made up",
		line: "until: choice === undefined ? 0 : claim.until,",
		becomes: "until: claim.until,",
	},
	{
		name: "an answer that failed is told to nobody",
		line: "if (isTold) this.#audit(item, claim.by, claim.address, refused.code, answer)",
		becomes: "",
	},
	{
		name: "a new request that an eviction came upon is forgotten",
		line: "const times = held.isNew ? [now + JUDGE_AGAIN_MS] : []",
		becomes: "const times: number[] = []",
	},
]

/** The file of a core with that line changed. */
export function mutate({ line, becomes }: Mutant): string {
	const source = readFileSync(join(FOLDER, "inbox.ts"), "utf8")
	const changed = source.replace(line, () => becomes)
	if (changed === source) throw new Error(`the core has no line "${line}" any more`)
	const file = join(mkdtempSync(join(tmpdir(), "homeport-mutant-")), "inbox.ts")
	const absolute = (_: string, path: string) => `from "${pathToFileURL(resolve(FOLDER, path)).href}"`
	writeFileSync(file, changed.replaceAll(/from "(\.[^"]+)"/g, absolute))
	return file
}
