// The inbox: what waits for a person, answered once, and the policy of what is answered without one.
import { Refusal } from "../../protocol/errors.ts"
import type { Handlers } from "../call.ts"

const notYet = async (): Promise<never> => {
	throw new Refusal("internal")
}

export const attention: Handlers<
	| "listInbox"
	| "listAttention"
	| "showRequest"
	| "answerRequest"
	| "dismissRequest"
	| "notify"
	| "readPolicy"
	| "writePolicy"
	| "tryPolicy"
> = {
	listInbox: notYet,
	listAttention: notYet,
	showRequest: notYet,
	answerRequest: notYet,
	dismissRequest: notYet,
	notify: notYet,
	readPolicy: notYet,
	writePolicy: notYet,
	tryPolicy: notYet,
}
