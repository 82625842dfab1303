// One behaviour that every substrate has, and how the suite is run over a place.
import type { LIMITS, NETWORKS } from "../../protocol/substrate.ts"
import type { Place, Ready } from "./place.ts"

export interface Case {
	/** A sentence, with the rule that it holds. */
	what: string
	/** Why a machine that is like this cannot show it; null where it can. Without it every machine can. */
	lacks?(info: Ready): string | null
	run(place: Place): Promise<void>
}

export function needsNetwork(network: (typeof NETWORKS)[number]) {
	return ({ substrate, networks }: Ready) =>
		networks.includes(network) ? null : `A ${substrate} here has no network "${network}".`
}

export function needsLimit(limit: (typeof LIMITS)[number]) {
	return ({ substrate, limits }: Ready) =>
		limits.includes(limit) ? null : `A ${substrate} here does not limit ${limit}.`
}

/** The host itself holds nothing in. */
export function needsWalls({ substrate }: Ready): string | null {
	return substrate === "host" ? "The host itself promises nothing here: a program may do what the person may." : null
}
