// What becomes of a delivery: a task with the trigger's limits, nothing, or a failure that says why.
import { TriggerId } from "../../protocol/ids.ts"
import { NAME_CHARS } from "../../protocol/limits.ts"
import { SHELL } from "../../protocol/session.ts"
import { Manifest } from "../../protocol/task.ts"
import {
	type Delivery,
	type Happening,
	type Outcome,
	TRUST,
	type Trigger,
	type TriggerSpec,
} from "../../protocol/trigger.ts"
import { outsideRefusal } from "../../protocol/unattended.ts"
import { happeningsIn } from "./events.ts"
import { unmet } from "./filter.ts"
import { readJson } from "./payload.ts"
import { render, templateRefusal } from "./template.ts"

/** What of a trigger decides; the id is only for keys, so that one can be tried that is not saved. */
export type Decider = Omit<Trigger, "createdAt" | "lastDeliveryAt">

/** The same for the same values: also the preview of a trigger against what came before. */
export function decide(trigger: Decider, delivery: Delivery, mark: string): Outcome {
	if (trigger.isPaused) return { is: "ignored", reason: "The trigger is paused." }
	const payload = readJson(delivery.body)
	if (payload.is === "malformed") return failure(payload.reason)
	const told = happeningsIn(trigger.source, delivery, payload.value, trigger.command)
	if (told.is === "misshapen") return failure(told.reason)
	const wanted = told.happenings.filter(({ what }) => trigger.on.includes(what))
	const reasons = wanted.map((happening) => objection(trigger, happening, payload.value))
	const happening = wanted[reasons.indexOf(null)]
	if (happening === undefined)
		return { is: "ignored", reason: reasons.find((reason) => reason !== null) ?? nothing(told) }
	const rendered = render(trigger.template, { event: happening, payload: payload.value }, mark)
	if (rendered.is === "failed") return rendered
	// Marks tell an agent what is data; to a shell they are words like any other, and what stands between them is commands.
	if (rendered.isMarked && trigger.manifest.runtime === SHELL) return failure(NOT_FOR_SHELLS)
	return taskOf(trigger, happening, rendered.prompt)
}

/** What each of these would have become, for whoever writes the trigger; nothing is submitted. */
export function preview(spec: TriggerSpec, deliveries: Delivery[]): Outcome[] {
	const refusal = templateRefusal(spec.template)
	if (refusal !== null) return deliveries.map(() => failure(refusal))
	return deliveries.map((delivery) => decide({ ...spec, id: PREVIEWED, isPaused: false }, delivery, "preview"))
}

const NOT_FOR_SHELLS =
	"A shell would run the text from outside as commands: let the runtime custom have it in {file}, or name none of it."
const PREVIEWED = TriggerId.parse(`trg_${"0".repeat(20)}`)

function nothing({ happenings }: { happenings: Happening[] }): string {
	if (happenings.length === 0) return "It is nothing that a trigger can be about, or a comment without the command."
	return `The trigger is not about ${happenings.map(({ what }) => what).join(", ")}.`
}

/** Why this one makes no task; null where it does. */
function objection(trigger: Decider, happening: Happening, payload: unknown): string | null {
	const who = whose(happening)
	if (happening.what !== "delivery") {
		const isNamed = trigger.from.people.some((name) => name.toLowerCase() === who.login.toLowerCase())
		if (who.isBot && !isNamed) return `${who.login} is a robot, and not among the people of the trigger.`
		if (!isNamed && TRUST.indexOf(who.trust) < TRUST.indexOf(trigger.from.atLeast))
			return `${who.login || "Its author"} is not known as ${trigger.from.atLeast} of the repository, and not among the people of the trigger.`
	}
	const condition = unmet(trigger.filter, { event: happening, payload })
	if (condition === null) return null
	const { path, is, to, not } = condition
	const compared = to.map((value) => JSON.stringify(value)).join(" or ")
	return `The filter wants that ${path} is${not ? " not" : ""} ${is === "there" ? "there" : `${is} ${compared}`}.`
}

/** Who has to be trusted: labels and assignees are the act of one person about the text of another. */
function whose({ what, actor, author }: Happening): Happening["actor"] {
	return /\.(labelled|assigned)$/.test(what) ? actor : author
}

/** The trigger's own manifest; of the delivery come the prompt, and which issue it is. */
function taskOf(trigger: Decider, happening: Happening, prompt: string): Outcome {
	const { manifest, workOn, oneByOne } = trigger
	const { repository, number, ref } = happening
	const isOfEvent = workOn === "event"
	if (isOfEvent && (repository === null || ref === null))
		return failure("It tells no ref of the repository to work on.")
	const item = repository === null || number === null ? null : `${repository.id}#${number}`
	const made = Manifest.safeParse({
		...manifest,
		prompt,
		name: manifest.name ?? nameOf(trigger.name, number),
		...(isOfEvent && repository !== null && ref !== null
			? { workOn: { ...clonedAs(manifest), is: "repository", url: repository.cloneUrl, ref } }
			: {}),
		...(oneByOne && item !== null && manifest.concurrency === undefined
			? { concurrency: { key: `${trigger.id}:${item}`, atOnce: 1 } }
			: {}),
	})
	if (!made.success) return failure(made.error.issues[0]?.message ?? "")
	// The trigger was saved with this checked; what is known of a runtime may have grown since.
	const refusal = outsideRefusal(made.data)
	return refusal === null ? { is: "task", manifest: made.data, happening } : failure(refusal)
}

/** How the trigger's own repository would be: its depth, and what git signs in with at this hosting. */
function clonedAs({ workOn }: Manifest) {
	return workOn?.is === "repository" ? workOn : {}
}

function nameOf(trigger: string, number: number | null): string {
	const suffix = number === null ? "" : ` ${number}`
	return trigger.slice(0, NAME_CHARS - suffix.length).trimEnd() + suffix
}

function failure(reason: string): Extract<Outcome, { is: "failed" }> {
	return { is: "failed", reason, missing: [] }
}
