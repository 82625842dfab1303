// What a substrate needs before a home can have it: an engine with an image, or an image of a VM.
import type { StartSpec } from "../../protocol/session.ts"
import type { Substrate } from "../../protocol/substrate.ts"
import type { Home } from "../support/home.ts"

interface Prepared {
	/** For the connector. */
	environment: Record<string, string>
	/** What every session says. */
	start: Partial<StartSpec>
	/** Once the home has found that the substrate is ready. */
	opened?(home: Home): Promise<void>
	/** After the home has ended. */
	release(): Promise<void>
}

export async function prepare(_substrate: Substrate, _dataDir: string): Promise<Prepared> {
	return { environment: {}, start: {}, release: async () => {} }
}
