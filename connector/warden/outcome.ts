// How a session in a substrate ended, from its warden to its holder: a file, since an exit code alone cannot say it all.
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Refusal } from "../../protocol/errors.ts"
import { maskTokens } from "../../protocol/token-shapes.ts"

export type Outcome =
	| { is: "exited"; code: number | null; signal: string | null }
	/** What it should run in could not be had: a sentence why. */
	| { is: "failed"; reason: string }
	/** It ran, and what it ran in has gone with it: a sentence how. */
	| { is: "lost"; reason: string }

export function writeOutcome(folder: string, outcome: Outcome): void {
	const path = join(folder, FILE)
	writeFileSync(`${path}.new`, JSON.stringify(outcome), { mode: 0o600 })
	renameSync(`${path}.new`, path)
}

/** Reads it once; null where the warden was killed before it could say. */
export function takeOutcome(folder: string): Outcome | null {
	const path = join(folder, FILE)
	try {
		return JSON.parse(readFileSync(path, "utf8")) as Outcome
	} catch {
		return null
	} finally {
		rmSync(path, { force: true })
	}
}

/** Why something could not be had, for a person: a refusal's own words, where it has some beside those of its code. */
export function reasonOf(error: unknown): string {
	if (error instanceof Refusal) return maskTokens(error.detail ?? error.message)
	return maskTokens(error instanceof Error ? error.message : String(error))
}

const FILE = "outcome.json"
