// Why something was refused, by the code of the refusal: the sentences of the protocol.
import { REFUSALS, type RefusalCode } from "../../../protocol/errors.ts"

export const refusals = {
	refusals: Object.fromEntries(Object.entries(REFUSALS).map(([code, { message }]) => [code, message])) as Record<
		RefusalCode,
		string
	>,
}
