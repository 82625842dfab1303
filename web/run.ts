// What buttons and forms do: pending until it is done, and a refusal in words.
import { useSignal } from "@preact/signals"
import { sentence } from "./api.ts"
import { whenFresh } from "./fresh.ts"
import { notify } from "./state.ts"

/** For what has a place of its own to show that it is pending, or why it was refused. `run` answers whether it was done. */
export function useRun(action: () => Promise<unknown>) {
	const isPending = useSignal(false)
	const problem = useSignal("")
	const run = async (): Promise<boolean> => {
		if (isPending.peek()) return false
		isPending.value = true
		problem.value = ""
		try {
			await whenFresh(action)
			return true
		} catch (error) {
			problem.value = sentence(error)
			return false
		} finally {
			isPending.value = false
		}
	}
	return { isPending: isPending.value, problem: problem.value, run }
}

/** Runs what a lone button does. True when it was done; else the person is told why not. */
export async function attempt(action: () => Promise<unknown>): Promise<boolean> {
	try {
		await whenFresh(action)
		return true
	} catch (error) {
		notify({ tone: "bad", text: sentence(error) })
		return false
	}
}
