// Whether somebody's answer to a request may be tried at all.
import type { Answerer, Choice, Via } from "../../protocol/attention.ts"
import type { RefusalCode } from "../../protocol/errors.ts"
import type { Policy } from "../../protocol/policy.ts"
import type { Held } from "./held.ts"
import { riskOfAnswer } from "./risk.ts"

export interface Refused {
	code: RefusalCode
	detail?: string
}

/** Null where it may. Whether the person may answer on this machine was asked before, of the table of roles. */
export function refusalTo(held: Held, choice: Choice, by: Answerer, policy: Policy, now: number): Refused | null {
	const { item } = held
	const { state } = item
	switch (state.is) {
		case "answering":
			return { code: "request_busy", detail: `${state.by.name} answers it.` }
		case "answered":
			return { code: "request_answered", detail: `It was ${state.by.name}.` }
		case "gone":
			return { code: "request_gone" }
		case "open":
			break
	}
	if (item.deadline !== null && item.deadline <= now) return { code: "request_gone", detail: "Its time is over." }
	if (!isAnswer(held, choice)) return { code: "answer_invalid" }
	return refusalOfChannel(item, choice, by.via, policy)
}

function isAnswer({ item }: Held, choice: Choice): boolean {
	if (choice.is === "text") return item.takesText && (choice.text !== "" || item.kind === "question")
	return item.options.some(({ label }) => label === choice.label)
}

function refusalOfChannel(item: Held["item"], choice: Choice, via: Via, policy: Policy): Refused | null {
	if (item.kind === "secret" && via !== "console")
		return { code: "answer_elsewhere", detail: "A secret is answered in the console only." }
	if (!isChannel(via)) return null
	const most = policy.mayAnswer[via]
	if (most === "high") return null
	const name = { push: "push", telegram: "Telegram", wechat: "WeChat" }[via]
	if (most === "nothing")
		return { code: "answer_elsewhere", detail: `The policy lets nothing be answered by ${name}. Use the console.` }
	if (riskOfAnswer(item, choice) === "low") return null
	return {
		code: "answer_elsewhere",
		detail: `The policy lets nothing that is risky be answered by ${name}. Use the console.`,
	}
}

/** Whether the policy has a word in what comes from there. */
export function isChannel(via: Via): via is keyof Policy["mayAnswer"] {
	return via === "push" || via === "telegram" || via === "wechat"
}
