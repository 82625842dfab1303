// The API as the console calls it: by cookie, from this page, and noticing when nothing answers.
import { type Client, client } from "../protocol/client.ts"
import { Refusal } from "../protocol/errors.ts"
import { words } from "./messages.ts"
import { LOADING, type Loaded, me, notify, reachable } from "./state.ts"

/** The network brought no answer at all. */
export class Unreachable extends Error {
	override readonly name = "Unreachable"
}

export const api: Client = client(async (path, init) => {
	let response: Response
	try {
		response = await fetch(path, { ...init, credentials: "same-origin", cache: "no-store" })
	} catch {
		reachable.value = false
		throw new Unreachable(words.unreachable)
	}
	reachable.value = true
	if (response.status === 401 && me.value.is === "loaded")
		me.value = { is: "refused", refusal: new Refusal("not_signed_in") }
	return response
})

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

/** A refusal or a dead network in a sentence for a person. */
export function sentence(error: unknown): string {
	return error instanceof Refusal || error instanceof Unreachable ? error.message : words.broken
}

/** Runs what a button does. True when it was done; else the person is told why not. */
export async function attempt(action: () => Promise<unknown>): Promise<boolean> {
	try {
		await action()
		return true
	} catch (error) {
		notify({ tone: "bad", text: sentence(error) })
		return false
	}
}
