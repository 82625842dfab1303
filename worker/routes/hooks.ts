// The door that Telegram knocks at.
import type { Handlers } from "../call.ts"
import { telegramHook } from "../channels/telegram/hook.ts"

export const hooks: Handlers<"telegramHook"> = { telegramHook }
