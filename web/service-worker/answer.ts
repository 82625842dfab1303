// An answer from a notification: the person's own, by their cookie, as if they had pressed the button in the console.
import type { InboxItem } from "../../protocol/attention.ts"
import type { PushedData } from "../../protocol/push.ts"
import { WORDS } from "./words.ts"

export interface Outcome {
	text: string
	/** Nothing is left for the person to do. */
	isDone: boolean
}

/** Null where the action stands for no answer. */
export async function answerFrom(
	{ request, workspace, language, options }: PushedData,
	action: string,
): Promise<Outcome | null> {
	const label = options[Number(/^option-(\d)$/.exec(action)?.[1] ?? Number.NaN)]
	if (label === undefined) return null
	const words = WORDS[language]
	try {
		const response = await fetch(`/api/attention/${request}/answer`, {
			method: "POST",
			headers: { "content-type": "application/json", "homeport-via": "push", "homeport-workspace": workspace },
			body: JSON.stringify({ choice: { is: "option", label } }),
		})
		const said = (await response.json()) as { item: InboxItem } | { error: { code: string; message: string } }
		if ("error" in said) return refused(said.error, words)
		const { state } = said.item
		if (state.is === "gone") return { text: words.refusals.request_gone ?? "", isDone: true }
		return { text: state.is === "answered" ? words.answered(label) : words.onItsWay(label), isDone: true }
	} catch {
		return { text: words.unreachable, isDone: false }
	}
}

/** What somebody else has settled needs nobody any more. */
const SETTLED = ["request_gone", "request_answered", "not_found"]

function refused({ code, message }: { code: string; message: string }, { refusals }: (typeof WORDS)["en"]): Outcome {
	return { text: refusals[code] ?? message, isDone: SETTLED.includes(code) }
}
