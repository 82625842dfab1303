// Why an attempt does not go on: for the ledger's list of reasons, and in a sentence for a person.
import type { FAILED_BECAUSE } from "../../protocol/task.ts"
import { maskTokens } from "../../protocol/token-shapes.ts"
import type { Outcome } from "./kept.ts"

export class Failed extends Error {
	override readonly name = "Failed"
	readonly because: (typeof FAILED_BECAUSE)[number]

	constructor(because: (typeof FAILED_BECAUSE)[number], reason: string) {
		super(reason)
		this.because = because
	}
}

/** It was cancelled, or its fence counts no more, while something was under way. */
export class Stopped extends Error {
	override readonly name = "Stopped"
}

/** In a form that the ledger takes. */
export function sentence(error: unknown): string {
	const said = error instanceof Error ? error.message : String(error)
	return maskTokens(said).slice(0, 1_000)
}

export function failure(
	is: Outcome["is"],
	because: Outcome["because"],
	reason: string,
	exitCode: number | null = null,
): Outcome {
	return { is, because, reason: reason.slice(0, 1_000), exitCode }
}
