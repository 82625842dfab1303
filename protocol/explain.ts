// What is wrong with a value, as a sentence about the thing: "The name must be 1 to 64 characters."
import type * as z from "zod"

type Issue = z.core.$ZodIssue

/** The first fault that a schema found, without the value, which may be a secret. */
export function explain(error: z.ZodError): string {
	const issue = error.issues[0]
	if (issue === undefined) return "It does not have the right shape."
	const [what, why] = [thing(issue), fault(issue)]
	// "The rules are missing."
	return `${what} ${/[^isu]s$/.test(what) ? why.replace(/^is /, "are ") : why}.`
}

/** What the field is called by people, where its own name does not say it. */
const CALLED: Record<string, string> = {
	argv: "command",
	cwd: "working directory",
	is: "kind",
	machine: "machine's id",
	max: "max of the retries",
	on: 'list "on"',
	session: "session's id",
	viewer: "viewer's id",
}

function thing({ path, code }: Issue): string {
	const [part, ...fields] = path.filter((step) => typeof step === "string")
	const isRequest = part === "params" || part === "query" || part === "body"
	const field = (isRequest ? fields : [part, ...fields]).at(code === "invalid_key" ? -2 : -1)
	if (field === undefined) return part === undefined ? "It" : `The ${part}`
	if (part === "query") return `The parameter "${field}"`
	const words = CALLED[field] ?? field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
	return `${code === "invalid_key" ? "A name in the" : "The"} ${words}`
}

const KINDS: Record<string, string> = {
	string: "text",
	number: "a number",
	int: "a whole number",
	boolean: "true or false",
	array: "a list",
	object: "an object",
	record: "an object",
}

function fault(issue: Issue): string {
	// The library's own words begin with a capital; those of our schemas go on from the name of the thing.
	if (/^[a-z]/.test(issue.message)) return issue.message
	switch (issue.code) {
		case "invalid_type":
			if (issue.message.endsWith("received undefined")) return "is missing"
			return `must be ${KINDS[issue.expected] ?? issue.expected}`
		case "too_small":
			if (issue.origin === "string" && issue.minimum === 1) return "must not be empty"
			return `must ${bound(issue.origin, "at least", issue.minimum)}`
		case "too_big":
			return `must ${bound(issue.origin, "at most", issue.maximum)}`
		case "invalid_value":
			return `must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.join(", ")}`
		case "invalid_union":
			if (!("options" in issue) || issue.options === undefined) return "does not have the right form"
			return `must be one of ${issue.options.join(", ")}`
		case "unrecognized_keys":
			return `has "${issue.keys[0]?.slice(0, 64)}", which it does not know`
		case "invalid_key":
			return issue.issues[0] === undefined ? "is wrong" : fault(issue.issues[0])
		default:
			return "does not have the right form"
	}
}

function bound(origin: string, how: string, limit: number | bigint): string {
	if (origin === "string") return `have ${how} ${limit} characters`
	return origin === "array" ? `have ${how} ${limit} items` : `be ${how} ${limit}`
}
