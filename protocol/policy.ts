// What is answered without a person, who is told and when, and what each channel may answer.
import * as z from "zod"
import { ATTENTION_KINDS, RISKS } from "./attention.ts"
import { MachineId, SessionId } from "./ids.ts"
import { Tag } from "./session.ts"

/** What a rule is about. What is not said is any. */
export const RuleScope = z.object({
	machine: MachineId.optional(),
	/** Of the machine. */
	tag: Tag.optional(),
	runtime: z.string().min(1).max(64).optional(),
	session: SessionId.optional(),
	kind: z.enum(ATTENTION_KINDS).optional(),
})

/** The first rule that fits decides. */
export const Rule = z
	.object({
		...RuleScope.shape,
		/**
		 * A command as words: `git status`, `npm test *` (any further words), `npm run build:*` (a word that begins so). It
		 * fits a command that a shell would run as this one alone: no list, pipe, redirection to a file or substitution.
		 */
		command: z.string().min(1).max(500).optional(),
		/** A path as a glob: `src/**`. It fits leave to change files. */
		file: z.string().min(1).max(500).optional(),
		verdict: z.enum(["allow", "deny", "ask"]),
	})
	.refine((rule) => rule.command === undefined || rule.file === undefined, "must say a command or a file, not both")
	.refine(
		(rule) => rule.verdict !== "allow" || rule.command !== undefined || rule.file !== undefined,
		"must say which command or file it allows",
	)
	.meta({ id: "Rule" })
export type Rule = z.infer<typeof Rule>

const Minutes = z
	.int()
	.min(1)
	.max(7 * 24 * 60)
const OfDay = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, "must be a time of day, such as 22:30")

/** The riskiest that a channel may answer. */
const MayAnswer = z.enum(["nothing", ...RISKS])

export const Policy = z
	.object({
		rules: z.array(Rule).max(200).default([]),
		/** Then an approval is answered with no. */
		deadlineMinutes: Minutes.nullable().default(null),
		/** Who is told is told again after this long, once. */
		remindMinutes: Minutes.nullable().default(null),
		/** After this long without an answer the next of these people is told, too. Empty: everybody is told at once. */
		escalation: z
			.object({ minutes: Minutes, people: z.array(z.string().min(1).max(64)).min(1).max(20) })
			.nullable()
			.default(null),
		/** Nobody is told by push or chat meanwhile; what still waits at the end is told then. */
		quiet: z
			.object({ from: OfDay, to: OfDay, timeZone: z.string().min(1).max(64) })
			.nullable()
			.default(null),
		mayAnswer: z
			.object({
				push: MayAnswer.default("low"),
				telegram: MayAnswer.default("high"),
				wechat: MayAnswer.default("high"),
			})
			.default({ push: "low", telegram: "high", wechat: "high" }),
	})
	.meta({ id: "Policy" })
export type Policy = z.infer<typeof Policy>

export const NO_POLICY: Policy = Policy.parse({})
