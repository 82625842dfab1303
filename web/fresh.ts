// What needs a fresh sign-in: the person signs in again where they are, and then it is done.
import { signal } from "@preact/signals"
import { Refusal } from "../protocol/errors.ts"
import { enter } from "./home.ts"
import { me } from "./state.ts"

/** Somebody is to sign in again; the dialog that asks them calls one of these. */
export const asksAgain = signal<{ proved: () => void; cancel: () => void } | null>(null)

export async function whenFresh<T>(action: () => Promise<T>): Promise<T> {
	try {
		return await action()
	} catch (error) {
		if (!(error instanceof Refusal && error.code === "sign_in_stale")) throw error
		await signInAgain(error)
		return action()
	}
}

function signInAgain(refusal: Refusal): Promise<void> {
	const before = personNow()
	return new Promise((resolve, reject) => {
		const cancel = () => {
			asksAgain.value = null
			reject(refusal)
		}
		const proved = async () => {
			asksAgain.value = null
			await enter()
			if (personNow() === before) return resolve()
			// Somebody else has signed in: what the page shows, and what was about to be done, is not theirs.
			reject(refusal)
			location.reload()
		}
		asksAgain.value = { proved: () => void proved(), cancel }
	})
}

function personNow(): string | null {
	const who = me.peek()
	return who.is === "loaded" ? who.value.id : null
}
