// Attention requests: what an agent waits for a person for, who has answered, and what is refused.
import * as z from "zod"
import { MachineId, RequestId, SessionId } from "./ids.ts"
import { Time } from "./session.ts"

/**
 * What a program waits for. `approval`: leave to do something. `question`: words. `choice`: one of several, none of
 * which is leave. `secret`: what nobody may read. `idle`: it is done and waits for work. `stuck`: it goes on and gets nowhere.
 */
export const ATTENTION_KINDS = ["approval", "question", "choice", "secret", "idle", "stuck"] as const
export type AttentionKind = (typeof ATTENTION_KINDS)[number]

/** How it is known, in the order of trust: the agent's own event; a terminal's signal; the rendered screen. */
export const ATTENTION_SOURCES = ["hook", "signal", "screen"] as const

export const LABEL_CHARS = 200
export const QUESTION_CHARS = 2_000
export const SUBJECT_CHARS = 8_000
export const ANSWER_CHARS = 4_000
export const EXCERPT_LINES = 60
/** A machine tells no more at once: each is another session's, or few of one. */
export const REQUESTS_PER_MACHINE = 500

const Label = z.string().min(1).max(LABEL_CHARS)

/** One way to answer. */
export const Option = z.object({
	label: Label,
	/** What is typed to choose it, from the screen as it was. */
	keys: z.string().max(256),
	/** What it comes to: leave this once, leave from now on, no leave, or something else. */
	means: z.enum(["yes", "always", "no", "other"]),
})
export type Option = z.infer<typeof Option>

/** What leave is asked for. */
export const Subject = z.object({
	is: z.enum(["command", "file", "other"]),
	text: z.string().max(SUBJECT_CHARS),
	/** Whether that is all of it, exactly: a screen may cut or wrap it. Only then may a rule give leave. */
	isWhole: z.boolean(),
})
export type Subject = z.infer<typeof Subject>

/** A request as the machine tells it. Secrets are masked in every text. */
export const Attention = z
	.object({
		id: RequestId,
		session: SessionId,
		/** The session's run that it is of. */
		run: z.int().min(1),
		kind: z.enum(ATTENTION_KINDS),
		/** The question in the program's own words. */
		text: z.string().max(QUESTION_CHARS),
		subject: Subject.nullable(),
		options: z.array(Option).max(16),
		/** Whether words are an answer, too. */
		takesText: z.boolean(),
		source: z.enum(ATTENTION_SOURCES),
		/** The rule that has found it, with its version, such as "claude-code/menu@2"; null for an event. */
		rule: z.string().max(128).nullable(),
		/** 0 to 1. */
		confidence: z.number().min(0).max(1),
		/** The rows of the screen around it. */
		excerpt: z.array(z.string().max(1_000)).max(EXCERPT_LINES),
		/** When the machine saw it, by its clock set right. */
		at: Time,
	})
	.meta({ id: "Attention" })
export type Attention = z.infer<typeof Attention>

/** Why a request is over without an answer by us. */
export const GONE_BECAUSE = ["input", "moved", "exited", "expired", "dismissed", "removed"] as const
export type GoneBecause = (typeof GONE_BECAUSE)[number]

/** What somebody answers. */
export const Choice = z.discriminatedUnion("is", [
	z.object({ is: z.literal("option"), label: Label }),
	/** None at all is the Enter key alone, for a question: it takes what is offered. */
	z.object({ is: z.literal("text"), text: z.string().max(ANSWER_CHARS) }),
])
export type Choice = z.infer<typeof Choice>

/** A name that one try to answer goes by: the machine applies each once, however often it is told. */
export const ClaimId = z.string().regex(/^clm_[0-9a-f]{20}$/)

/** Where an answer came from. */
export const VIAS = ["console", "api", "command", "push", "telegram", "wechat", "policy"] as const
export type Via = (typeof VIAS)[number]

/** Who has answered: a person, by themselves or through a token of theirs, or a rule. */
export const Answerer = z.object({
	is: z.enum(["person", "token", "rule"]),
	id: z.string(),
	name: z.string(),
	via: z.enum(VIAS),
})
export type Answerer = z.infer<typeof Answerer>

/** The label, or the words; null for the words of a secret, which are kept nowhere. */
const Said = z.string().nullable()

export const RequestState = z
	.discriminatedUnion("is", [
		z.object({
			is: z.literal("open"),
			/** The last answer, where it could not be given: nothing was typed. */
			refused: z.object({ by: Answerer, code: z.string(), at: Time }).optional(),
		}),
		/** On its way to the machine. Nobody else answers meanwhile. */
		z.object({ is: z.literal("answering"), by: Answerer, answer: Said, at: Time }),
		/** Typed. `isConfirmed`: the screen has moved on since. */
		z.object({ is: z.literal("answered"), by: Answerer, answer: Said, isConfirmed: z.boolean(), at: Time }),
		z.object({ is: z.literal("gone"), because: z.enum(GONE_BECAUSE), at: Time }),
	])
	.meta({ id: "RequestState" })
export type RequestState = z.infer<typeof RequestState>

/** How much harm leave could do: what is not understood is high. */
export const RISKS = ["low", "high"] as const
export type Risk = (typeof RISKS)[number]

/** A request as the workspace has it. */
export const InboxItem = Attention.extend({
	machine: MachineId,
	machineName: z.string(),
	sessionName: z.string(),
	runtime: z.string(),
	cwd: z.string(),
	risk: z.enum(RISKS),
	/** When the workspace heard of it. */
	raisedAt: Time,
	/** When it is answered with no, or forgotten where there is no such answer; null for never. */
	deadline: Time.nullable(),
	state: RequestState,
}).meta({ id: "InboxItem" })
export type InboxItem = z.infer<typeof InboxItem>

/** All that waits on a machine now, and what is over since it told before: told whole, so that telling it again does no harm. */
export const AttentionReport = z.object({
	open: z.array(Attention).max(REQUESTS_PER_MACHINE),
	ended: z.array(z.object({ id: RequestId, because: z.enum(GONE_BECAUSE), at: Time })).max(REQUESTS_PER_MACHINE),
})
export type AttentionReport = z.infer<typeof AttentionReport>

/** The option that gives leave once, or that gives none; undefined where there is none. */
export function optionMeaning(options: readonly Option[], means: Option["means"]): Option | undefined {
	return options.find((option) => option.means === means)
}

/** Which keys answer it is not known, and it takes no words: somebody types into its terminal. */
export function isAnsweredThere({
	kind,
	options,
	takesText,
}: Pick<Attention, "kind" | "options" | "takesText">): boolean {
	return kind !== "idle" && kind !== "stuck" && !takesText && options.every(({ keys }) => keys === "")
}
