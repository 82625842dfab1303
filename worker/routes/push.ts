// Pushes to a member's browsers.
import { Refusal } from "../../protocol/errors.ts"
import type { Handlers } from "../call.ts"

const notYet = async (): Promise<never> => {
	throw new Refusal("internal")
}

export const push: Handlers<"readPushKey" | "subscribePush"> = { readPushKey: notYet, subscribePush: notYet }
