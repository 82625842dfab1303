// The suite as tests: where it must run it runs for real, and what it cannot show it says.
import { existsSync } from "node:fs"
import { afterAll, beforeAll, describe, test } from "vitest"
import type { Substrate } from "../../protocol/substrate.ts"
import type { Case } from "./case.ts"
import { CASES } from "./cases.ts"
import { type Absent, Place } from "./place.ts"

/** Debian has all of them, for root: a machine like that which lacks one is a failure. */
const MUST_HAVE_ALL = existsSync("/etc/debian_version") && process.getuid?.() === 0
const CASE_MS = 180_000
/** Images are made here, where none is kept from an earlier run. */
const PREPARE_MS = 600_000

export function conformance(substrate: Substrate, cases: Case[] = CASES): void {
	describe(`what every substrate is held to, in: ${substrate}`, () => {
		let place: Place | Absent | undefined
		beforeAll(async () => {
			place = await Place.open(substrate)
		}, PREPARE_MS)
		afterAll(async () => {
			if (place instanceof Place) await place.close()
		}, CASE_MS)

		test.for(cases)("$what", { timeout: CASE_MS }, async ({ lacks, run }, context) => {
			if (!(place instanceof Place)) {
				const why = `${place?.reason} ${place?.remedy}`
				if (MUST_HAVE_ALL) throw new Error(`There is no ${substrate} here. ${why}`)
				return context.skip(why)
			}
			const why = lacks?.(place.info) ?? null
			if (why !== null) return context.skip(why)
			await run(place)
		})
	})
}
