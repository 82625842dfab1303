// Routes about attention: the inbox, answers, history, and the workspace's policy.
import * as z from "zod"
import { Choice, InboxItem, QUESTION_CHARS } from "../attention.ts"
import { MachineId, RequestId, SessionId } from "../ids.ts"
import { Policy, Rule } from "../policy.ts"
import type { Shape } from "../route.ts"
import { Time } from "../session.ts"

const ofRequest = z.object({ request: RequestId })
const done = z.object({})

export const attentionRoutes = {
	listInbox: {
		method: "GET",
		path: "/api/inbox",
		may: "session:watch",
		summary: "Everything that waits for a person, on the machines that I see, most urgent first",
		answer: z.object({ items: z.array(InboxItem) }),
	},
	listAttention: {
		method: "GET",
		path: "/api/attention",
		may: "session:watch",
		summary: "What waited before, newest first: who answered what from where",
		query: z.object({
			before: z.coerce.number().pipe(Time).optional(),
			session: SessionId.optional(),
			limit: z.coerce.number().pipe(z.int().min(1).max(200)).default(50),
		}),
		answer: z.object({ items: z.array(InboxItem) }),
	},
	showRequest: {
		method: "GET",
		path: "/api/attention/:request",
		may: "session:watch",
		summary: "One request, open or over",
		params: ofRequest,
		answer: z.object({ item: InboxItem }),
	},
	answerRequest: {
		method: "POST",
		path: "/api/attention/:request/answer",
		may: "session:type",
		summary: "Answer a request; the first valid answer wins",
		params: ofRequest,
		body: z.object({ choice: Choice }),
		answer: z.object({ item: InboxItem }),
	},
	dismissRequest: {
		method: "POST",
		path: "/api/attention/:request/dismiss",
		may: "session:type",
		summary: "Take a request off the inbox and leave the program as it is",
		params: ofRequest,
		answer: z.object({ item: InboxItem }),
	},
	notify: {
		method: "POST",
		path: "/api/machines/:machine/sessions/:session/notify",
		may: "session:type",
		summary: "Tell people that a session wants them",
		params: z.object({ machine: MachineId, session: SessionId }),
		body: z.object({ text: z.string().trim().min(1).max(QUESTION_CHARS) }),
		answer: done,
	},
	readPolicy: {
		method: "GET",
		path: "/api/policy",
		may: "workspace:read",
		summary: "What is answered without a person, who is told, and what each channel may answer",
		answer: z.object({ policy: Policy, updatedAt: Time.nullable(), updatedBy: z.string().nullable() }),
	},
	writePolicy: {
		method: "PUT",
		path: "/api/policy",
		may: "policy:manage",
		summary: "Replace the policy",
		body: z.object({ policy: Policy }),
		answer: done,
		shown: ["policy"],
	},
	tryPolicy: {
		method: "POST",
		path: "/api/policy/try",
		may: "workspace:read",
		summary: "What a list of rules would do with a command",
		body: z.object({ rules: z.array(Rule).max(200), command: z.string().min(1).max(8_000) }),
		answer: z.object({
			verdict: z.enum(["allow", "deny", "ask"]),
			/** Which rule decides; null where none fits. */
			rule: z.int().nullable(),
			/** Why it is not what one may have expected, for a person. */
			why: z.string(),
		}),
		audited: false,
	},
} as const satisfies Record<string, Shape>
