// Asks for my tokens.
import { api, load } from "./api.ts"
import { tokens } from "./state.ts"

export async function refreshTokens(): Promise<void> {
	const answer = await load(api("listTokens"))
	tokens.value = answer.is === "loaded" ? { is: "loaded", value: answer.value.tokens } : answer
}
