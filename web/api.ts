// The API as the console calls it: by cookie, from this page, for the chosen workspace, and noticing when nothing answers.
import { type Client, client } from "../protocol/client.ts"
import { Refusal } from "../protocol/errors.ts"
import { words } from "./messages.ts"
import { LOADING, type Loaded, reachable, signedOut } from "./state.ts"
import { chosenWorkspace } from "./workspace-choice.ts"

/** What went wrong here, outside of the API, in words for a person. */
export class Problem extends Error {
	override readonly name: string = "Problem"
}

/** The network brought no answer at all. */
export class Unreachable extends Problem {
	override readonly name = "Unreachable"
}

/** Asked too often: nothing more is taken before `until`. */
export class Limited extends Refusal {
	readonly until: number

	constructor(waitMs: number) {
		super("rate_limited", words.tryAgainIn(waitMs))
		this.until = Date.now() + waitMs
	}
}

const call = client(async (path, init) => {
	const workspace = chosenWorkspace()
	const headers = workspace === null ? init.headers : { ...init.headers, "homeport-workspace": workspace }
	let response: Response
	try {
		response = await fetch(path, { ...init, headers, credentials: "same-origin", cache: "no-store" })
	} catch {
		reachable.value = false
		throw new Unreachable(words.unreachable)
	}
	reachable.value = true
	const waitMs = Number(response.headers.get("retry-after")) * 1_000
	if (response.status === 429 && waitMs > 0) throw new Limited(waitMs)
	return response
})

export const api = (async (...asked: Parameters<Client>) => {
	try {
		return await call(...asked)
	} catch (error) {
		if (error instanceof Refusal && error.code === "not_signed_in") signedOut()
		throw error
	}
}) as Client

/** What a promise of the API became; a network that brings nothing leaves it loading, since it is asked again. */
export async function load<T>(asked: Promise<T>): Promise<Loaded<T>> {
	try {
		return { is: "loaded", value: await asked }
	} catch (error) {
		if (error instanceof Refusal) return { is: "refused", refusal: error }
		if (error instanceof Unreachable) return LOADING
		throw error
	}
}

/** Whatever went wrong, in a sentence for a person. */
export function sentence(error: unknown): string {
	if (error instanceof Refusal) return words.refusal(words.refusals[error.code], error.detail)
	return error instanceof Problem ? error.message : words.broken
}
