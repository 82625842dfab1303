// What a policy's rules make of a request: the first that fits decides.
import type { Attention } from "../../protocol/attention.ts"
import type { Rule } from "../../protocol/policy.ts"
import { everyCommand, onlyCommand } from "./command.ts"
import { couldBeCommand, fitsCommand, fitsFile } from "./pattern.ts"

/** What rules look at. */
export interface Asking extends Pick<Attention, "session" | "kind" | "subject"> {
	machine: string
	/** Of the machine. */
	tags: readonly string[]
	runtime: string
	cwd: string
}

export interface Judged {
	verdict: Rule["verdict"]
	/** Which rule; null where none fits. */
	rule: number | null
	/** For a person who wonders. */
	why: string
}

export function judge(rules: readonly Rule[], asking: Asking): Judged {
	let almost = ""
	for (const [index, rule] of rules.entries()) {
		if (!isAbout(rule, asking)) continue
		const fit = fits(rule, asking)
		if (fit === true) return { verdict: rule.verdict, rule: index, why: `Rule ${index + 1} fits.` }
		if (typeof fit === "string" && almost === "") almost = `Rule ${index + 1} does not: ${fit}`
	}
	return { verdict: "ask", rule: null, why: almost === "" ? "No rule fits." : `No rule fits. ${almost}` }
}

function isAbout({ machine, tag, runtime, session, kind }: Rule, asking: Asking): boolean {
	return (
		(machine === undefined || machine === asking.machine) &&
		(tag === undefined || asking.tags.includes(tag)) &&
		(runtime === undefined || runtime === asking.runtime) &&
		(session === undefined || session === asking.session) &&
		(kind === undefined || kind === asking.kind)
	)
}

/** A sentence where it would fit, but for that. */
function fits(rule: Rule, { subject, cwd }: Asking): boolean | string {
	const { command, file, verdict } = rule
	if (command === undefined && file === undefined) return true
	if (subject === null) return false
	if (verdict === "allow" && !subject.isWhole && subject.is === (command === undefined ? "file" : "command"))
		return "The screen may not show all of it."
	if (file !== undefined) return subject.is === "file" && fitsFile(file, subject.text, cwd) === true
	if (command === undefined || subject.is !== "command") return false
	const couldBe = () => everyCommand(subject.text).commands.some((words) => couldBeCommand(command, words))
	if (verdict !== "allow") return couldBe()
	const only = onlyCommand(subject.text)
	if ("words" in only) return fitsCommand(command, only.words)
	// Only where the words would have fitted does anybody wonder.
	return couldBe() ? only.why : false
}
