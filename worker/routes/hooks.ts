// The doors that chat services knock at: each proves who it is in its own way.
import { Refusal } from "../../protocol/errors.ts"
import type { Handlers } from "../call.ts"

const notYet = async (): Promise<never> => {
	throw new Refusal("internal")
}

export const hooks: Handlers<"telegramHook" | "checkWechatHook" | "wechatHook"> = {
	telegramHook: notYet,
	checkWechatHook: notYet,
	wechatHook: notYet,
}
