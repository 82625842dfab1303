// How a task goes, in words for the place that it came from: nothing of them is what the machine or the program has said,
// since that is not for everybody who reads there.
import { isLocal } from "../../protocol/local-address.ts"
import type { FAILED_BECAUSE, TaskView } from "../../protocol/task.ts"
import { refOf } from "./happening.ts"
import type { Hosting } from "./reply.ts"

/** One line, for a status. */
export function sentence({ state }: Pick<TaskView, "state">): string {
	const { is, because, exitCode } = state
	switch (is) {
		case "queued":
			return "It waits for a machine."
		case "claimed":
		case "preparing":
			return "A machine prepares it."
		case "running":
			return "It runs."
		case "waiting":
			return "It waits for a person."
		case "collecting":
			return "What it made is collected."
		case "succeeded":
			return "It succeeded."
		case "cancelled":
			return "It was cancelled."
		case "timed-out":
			return "It took too long, and was stopped."
		case "lost":
			return "Its machine went away, and did not come back in time."
		case "failed":
			if (because === null) return "It failed."
			return because === "exit" && exitCode !== null ? `Its program ended with ${exitCode}.` : FAILED[because]
	}
}

/** A comment's text at its end. What is linked is at the hosting itself, or the task's page. */
export function outcomeIn({ url: hosting }: Hosting, task: TaskView, page: string): string {
	const { url, branch } = task.result ?? { url: null, branch: null }
	const isOfHosting = url?.startsWith(`${hosting}/`) === true
	const ref = refOf(branch)
	const made = isOfHosting ? ` ${url}` : ref === null || ref.includes("`") ? "" : ` Branch \`${ref}\`.`
	// Of a home that only its own computer reaches, nobody else can open a page.
	const more = isLocal(page) ? "" : `\n\n[What it did](${page})`
	return `${task.name}: ${sentence(task)}${made}${more}`
}

const FAILED: Record<(typeof FAILED_BECAUSE)[number], string> = {
	exit: "Its program failed.",
	prepare: "It could not be prepared.",
	collect: "What it made could not be collected.",
	no_machine: "No machine took it in time.",
	refused: "No machine can run it.",
	input_timeout: "It waited for a person, and nobody answered in time.",
	artifact_missing: "It did not make everything that it was to make.",
}
