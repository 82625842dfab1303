// Triggers: webhooks that become tasks; who may cause one, by what, and what the task is given.
import * as z from "zod"
import { TriggerId } from "./ids.ts"
import { NAME_CHARS } from "./limits.ts"
import { SecretName } from "./routes/secrets.ts"
import { Name, Time } from "./session.ts"
import { Manifest } from "./task.ts"
import { isHeldIn, outsideRefusal } from "./unattended.ts"

export const CONDITIONS = 50
export const TEMPLATE_CHARS = 20_000
/** Of a delivery's body, where deliveries are listed. */
export const DELIVERY_SHOWN_CHARS = 100_000

/** A header's name, in lower case as the edge reads it. */
const Header = z
	.string()
	.toLowerCase()
	.regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "must be a header's name")

/** The place of a service: github.com, or somebody's own. Nothing is cloned from or posted to another. */
const Place = z
	.url({ protocol: /^https?$/ })
	.max(256)
	.regex(/^[^?#@]*[^?#@/]$/, "must be an address such as https://gitlab.example.com, without a slash at its end")

/** Who sends the deliveries, and how they are signed. */
export const TriggerSource = z
	.discriminatedUnion("is", [
		z.strictObject({ is: z.literal("github"), url: Place.default("https://github.com") }),
		/** The secret is GitLab's signing token if it begins with `whsec_`, else its secret token. */
		z.strictObject({ is: z.literal("gitlab"), url: Place.default("https://gitlab.com") }),
		/** https://www.standardwebhooks.com, symmetric. */
		z.strictObject({ is: z.literal("standard") }),
		z.strictObject({
			is: z.literal("hmac"),
			/** Holds the signature of the body. */
			header: Header,
			algorithm: z.enum(["sha256", "sha384", "sha512", "sha1"]).default("sha256"),
			encoding: z.enum(["hex", "base64"]).default("hex"),
			/** Before the signature, such as `sha256=`. */
			prefix: z.string().max(32).default(""),
			/**
			 * Holds the delivery's own id, which is not signed: who has seen a delivery can send it again under another. Without
			 * this a body is taken once.
			 */
			deliveryHeader: Header.optional(),
		}),
		/** The header holds the secret itself. */
		z.strictObject({ is: z.literal("header"), header: Header, deliveryHeader: Header.optional() }),
	])
	.meta({ id: "TriggerSource" })
export type TriggerSource = z.infer<typeof TriggerSource>

/** What happens at a git hosting; `delivery` is whatever another service sends. GitLab's are called the same. */
export const WHATS = [
	"issue.opened",
	"issue.labelled",
	"issue.assigned",
	"issue.comment",
	"pull-request.opened",
	"pull-request.updated",
	"pull-request.ready",
	"pull-request.labelled",
	"pull-request.comment",
	"workflow.failed",
	"delivery",
] as const
export const What = z.enum(WHATS)
export type What = z.infer<typeof What>

/** How much the repository trusts somebody. `anyone`: also those of whom the service does not say it. */
export const TRUST = ["anyone", "contributor", "member"] as const
export const Trust = z.enum(TRUST)
export type Trust = z.infer<typeof Trust>

const Person = z.object({ login: z.string(), trust: Trust, isBot: z.boolean() })
export type Person = z.infer<typeof Person>

/** What a delivery tells, whoever sent it. Every text in it is from outside. */
export const Happening = z
	.object({
		what: What,
		repository: z
			.object({
				/** Owner and name, or GitLab's path. */
				name: z.string(),
				url: z.string(),
				cloneUrl: z.string(),
				/** The service's own. */
				id: z.int(),
			})
			.nullable(),
		/** What git fetches to have it: a branch, or the pull request's own ref in the same repository. */
		ref: z.string().nullable(),
		commit: z.string().nullable(),
		/** Of the issue or pull request. */
		number: z.int().nullable(),
		title: z.string(),
		text: z.string(),
		/** What stands after the command, in a comment that begins with it. */
		command: z.string(),
		/** That were added. */
		labels: z.array(z.string()),
		/** That were assigned. */
		assignees: z.array(z.string()),
		/** Wrote the text. */
		author: Person,
		/** Made it happen. */
		actor: Person,
		/** Its page. */
		url: z.string(),
	})
	.meta({ id: "Happening" })
export type Happening = z.infer<typeof Happening>

/** `event.labels[*]`, `payload.issue.user.login`, `payload.commits[0].id`. */
export const PayloadPath = z
	.string()
	.max(256)
	.regex(
		/^(event|payload)((\.[A-Za-z_$@][\w$@-]*)|\[(\*|\d{1,6})\]){0,20}$/,
		"must be a path such as event.title, payload.issue.user.login or payload.labels[*].name",
	)

const Scalar = z.union([z.string().max(500), z.number(), z.boolean(), z.null()])

/** Holds if any value that the path leads to is as it says; `not` turns that round. */
export const Condition = z
	.strictObject({
		path: PayloadPath,
		/** `like`: a star in `to` stands for any text. */
		is: z.enum(["equal", "contains", "begins", "like", "there"]),
		/** Any one of them. */
		to: z.array(Scalar).max(50).default([]),
		not: z.boolean().default(false),
	})
	.refine(({ is, to }) => (is === "there") === (to.length === 0), "must say what it compares with, and only then")
	.meta({ id: "Condition" })
export type Condition = z.infer<typeof Condition>

const fields = {
	name: Name,
	source: TriggerSource,
	/** The workspace's secret that signs deliveries. */
	secret: SecretName,
	/** Still taken while it is being replaced. */
	previousSecret: SecretName.optional(),
	/** A git hosting's own happenings; what others send is a delivery. */
	on: z.array(What).min(1).max(WHATS.length).default(["delivery"]),
	/** A comment counts if it begins with this word. */
	command: z
		.string()
		.regex(/^[^\s]{1,64}$/, "must be one word, such as /homeport")
		.default("/homeport"),
	/** Who may cause a task, where a git hosting tells who it was: by what it says of them, or by name. Robots only by name. */
	from: z
		.strictObject({
			atLeast: Trust.default("member"),
			people: z.array(z.string().min(1).max(NAME_CHARS)).max(200).default([]),
		})
		.default({ atLeast: "member", people: [] }),
	/** All of them hold. */
	filter: z.array(Condition).max(CONDITIONS).default([]),
	/** Liquid over `event` and `payload`; the task's prompt. */
	template: z.string().min(1).max(TEMPLATE_CHARS),
	/** All that its tasks get; nothing of a delivery changes it but the prompt, and the repository if `workOn` says so. */
	manifest: Manifest,
	/** `event`: a clone of the repository of the event, at its ref; with the depth and credential of the manifest's own. */
	workOn: z.enum(["event", "manifest"]).default("manifest"),
	/** Of one issue or pull request, one task at a time. */
	oneByOne: z.boolean().default(true),
	/** Further deliveries are kept, and make no task. */
	tasksPerHour: z.int().min(1).max(10_000).default(60),
	/** Where the outcome is told; the secret is a token of the service. */
	reply: z
		.strictObject({ as: z.enum(["comment", "status"]), secret: SecretName })
		.nullable()
		.default(null),
	isPaused: z.boolean().default(false),
}

/** A trigger as people write it. */
export const TriggerSpec = z.strictObject(fields).superRefine(check).meta({ id: "TriggerSpec" })
export type TriggerSpec = z.infer<typeof TriggerSpec>

/** As it was saved: what is refused may have grown since, and then its deliveries are told so. */
export const Trigger = z
	.object({ id: TriggerId, ...fields, createdAt: Time, lastDeliveryAt: Time.nullable() })
	.meta({ id: "Trigger" })
export type Trigger = z.infer<typeof Trigger>

function check(trigger: z.infer<z.ZodObject<typeof fields>>, context: z.RefinementCtx): void {
	const wrong = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message })
	const refusal = outsideRefusal(trigger.manifest)
	if (refusal !== null) wrong("manifest", refusal)
	// A repository may bring settings of the agent along, which give it leave or run programs at its start.
	if (trigger.workOn === "event" && !isHeldIn(trigger.manifest) && trigger.on.some(isOfBranch))
		wrong("manifest", "must have the substrate sandbox, container or vm: a pull request brings anybody's files along")
	if (trigger.manifest.prompt !== "") wrong("manifest", "must have no prompt: the template makes it")
	const isHosting = trigger.source.is === "github" || trigger.source.is === "gitlab"
	if (trigger.on.some((what) => (what === "delivery") === isHosting))
		wrong(
			"on",
			isHosting
				? "must say what happens there, such as issue.labelled, and not delivery"
				: "must be delivery alone: only git hostings tell more",
		)
	if (!isHosting && trigger.workOn === "event") wrong("workOn", "must be manifest: only git hostings tell a repository")
	if (!isHosting && trigger.reply !== null) wrong("reply", "must be left out: only git hostings take one")
}

/** Whether its ref may hold what somebody from outside has written. */
export function isOfBranch(what: What): boolean {
	return what.startsWith("pull-request.") || what === "workflow.failed"
}

/** A delivery that was verified, as it is kept: for the task, for a preview and for doing it again. */
export const Delivery = z
	.object({
		/** The service's own id of it. */
		id: z.string(),
		/** A delivery that shares one with an earlier one of the trigger is the same. */
		keys: z.array(z.string()).min(1),
		/** What the service calls it; empty where it says nothing. */
		event: z.string(),
		/** JSON. */
		body: z.string(),
		at: Time,
	})
	.meta({ id: "Delivery" })
export type Delivery = z.infer<typeof Delivery>

/** What became of a delivery. */
export const Outcome = z
	.discriminatedUnion("is", [
		z.object({ is: z.literal("task"), manifest: Manifest, happening: Happening }),
		/** It is none that the trigger is about. */
		z.object({ is: z.literal("ignored"), reason: z.string() }),
		/** It is, but no task can be made of it. `missing`: what the template names and the payload lacks. */
		z.object({ is: z.literal("failed"), reason: z.string(), missing: z.array(z.string()) }),
	])
	.meta({ id: "Outcome" })
export type Outcome = z.infer<typeof Outcome>
