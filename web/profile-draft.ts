// A runtime profile while a person writes it: the fields that each has, and everything else as JSON.
import { explain } from "../protocol/explain.ts"
import { Profile } from "../protocol/profile.ts"
import { quoteArgument, splitCommand } from "./argv.ts"
import { words } from "./messages.ts"

export interface ProfileDraft {
	id: string
	label: string
	program: string
	/** As a command line. */
	arguments: string
	/** Empty where it cannot take up a conversation. */
	resume: string
	install: string
	rest: string
}

const EMPTY = Profile.parse({ id: "x", label: "x", program: "x" })

export function draftOf(profile: Profile | undefined): ProfileDraft {
	const { id, label, program, arguments: args, resume, install, ...rest } = profile ?? { ...EMPTY, ...NAMELESS }
	return {
		...{ id, label, program, install },
		arguments: args.map(quoteArgument).join(" "),
		resume: resume?.map(quoteArgument).join(" ") ?? "",
		rest: JSON.stringify(rest, null, 2),
	}
}

/** The profile, or what is wrong with it. */
export function profileOf(draft: ProfileDraft): Profile | string {
	const args = splitCommand(draft.arguments)
	const resume = splitCommand(draft.resume)
	if (!args.ok || !resume.ok) return words.profiles.openQuote
	let rest: unknown
	try {
		rest = JSON.parse(draft.rest.trim() || "{}")
	} catch {
		return words.profiles.notJson
	}
	if (typeof rest !== "object" || rest === null || Array.isArray(rest)) return words.profiles.notJson
	const { id, label, program, install } = draft
	const parsed = Profile.strict().safeParse({
		...rest,
		...{ id: id.trim(), label: label.trim(), program: program.trim(), install: install.trim() },
		arguments: args.argv,
		resume: resume.argv.length === 0 ? null : resume.argv,
	})
	if (parsed.success) return parsed.data
	const [issue] = parsed.error.issues
	return issue?.code === "unrecognized_keys" ? words.profiles.unknown(issue.keys) : explain(parsed.error)
}

const NAMELESS = { id: "", label: "", program: "" }
