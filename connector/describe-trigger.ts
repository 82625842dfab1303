// A trigger in words for a person: its address, what it is about, and what became of its deliveries.
import { never } from "../protocol/errors.ts"
import type { DeliveryView } from "../protocol/routes/triggers.ts"
import type { Answer } from "../protocol/routes.ts"
import type { Outcome } from "../protocol/trigger.ts"
import { clockTime } from "./describe-schedule.ts"
import { ago, style, table } from "./output.ts"
import { plainLine } from "./requests.ts"

type Trigger = Answer<"listTriggers">["triggers"][number]

export function triggerTable(triggers: Trigger[], now: number): string {
	return table(
		["NAME", "FROM", "ON", "LAST DELIVERY", "ADDRESS"],
		triggers.map(({ name, source, on, lastDeliveryAt, isPaused, url }) => [
			style("bold", plainLine(name)) + (isPaused ? style("yellow", " (paused)") : ""),
			source.is,
			on.join(", "),
			lastDeliveryAt === null ? "never" : ago(now - lastDeliveryAt),
			url,
		]),
	)
}

export function describeTrigger(trigger: Trigger, now: number): string {
	const { id, name, url, source, secret, on, from, filter, manifest, reply, isPaused, lastDeliveryAt } = trigger
	const facts: [string, string][] = [
		["id", id],
		["address", url],
		["from", "url" in source ? `${source.is}, ${source.url}` : source.is],
		["secret", secret],
		["on", on.join(", ")],
		["who", [`${from.atLeast} or more`, ...from.people.map(plainLine)].join(", ")],
		["conditions", String(filter.length)],
		["runtime", manifest.runtime],
		["replies", reply === null ? "no" : `by a ${reply.as}`],
		["takes", isPaused ? style("yellow", "paused") : `up to ${trigger.tasksPerHour} tasks an hour`],
		["last", lastDeliveryAt === null ? "no delivery yet" : ago(now - lastDeliveryAt)],
	]
	const width = Math.max(...facts.map(([label]) => label.length))
	return [
		style("bold", plainLine(name)),
		...facts.map(([label, value]) => `${style("dim", label.padEnd(width))}  ${value}`),
	].join("\n")
}

export function deliveryTable(deliveries: DeliveryView[]): string {
	return table(
		["NUMBER", "AT", "EVENT", "TASK", "OUTCOME"],
		deliveries.map(({ number, delivery, again, outcome, task }) => [
			String(number),
			clockTime(delivery.at),
			plainLine(delivery.event) || "-",
			task ?? "-",
			[
				outcome === null
					? "being decided"
					: `${outcome.is}${outcome.reason === "" ? "" : `: ${plainLine(outcome.reason)}`}`,
				...(again === 0 ? [] : [`repeated ${again} times`]),
			].join("; "),
		]),
	)
}

/** What would become of it, with the prompt where it is a task. */
export function describeDecision(outcome: Outcome): string {
	switch (outcome.is) {
		case "task":
			return `a task, which is asked:\n${outcome.manifest.prompt
				.split("\n")
				.map(plainLine)
				.map((line) => `  ${line}`)
				.join("\n")}`
		case "ignored":
			return `ignored: ${plainLine(outcome.reason)}`
		case "failed": {
			const missing = outcome.missing.length === 0 ? "" : ` It lacks ${outcome.missing.map(plainLine).join(", ")}.`
			return style("red", `no task: ${plainLine(outcome.reason)}${missing}`)
		}
		default:
			return never(outcome)
	}
}
