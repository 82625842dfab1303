// The workspace's bots, and the places where a member is told.
import { Refusal } from "../../protocol/errors.ts"
import type { Handlers } from "../call.ts"

const notYet = async (): Promise<never> => {
	throw new Refusal("internal")
}

export const channels: Handlers<
	| "listChannels"
	| "connectChannel"
	| "removeChannel"
	| "testChannel"
	| "signInChannel"
	| "pairChat"
	| "listDestinations"
	| "changeDestination"
	| "removeDestination"
	| "testDestination"
> = {
	listChannels: notYet,
	connectChannel: notYet,
	removeChannel: notYet,
	testChannel: notYet,
	signInChannel: notYet,
	pairChat: notYet,
	listDestinations: notYet,
	changeDestination: notYet,
	removeDestination: notYet,
	testDestination: notYet,
}
