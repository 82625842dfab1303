// What the edge asks of this machine that is about no session: what it can run, and in what.
import type { Answered, Ask, Asked } from "../protocol/ask.ts"
import { never } from "../protocol/errors.ts"
import { completeFolders } from "./folders.ts"
import { detectRuntimes, sessionEnvironment } from "./runtimes.ts"
import { changeSettings } from "./settings.ts"
import type { Tried } from "./substrates/tried.ts"

/** The questions that are answered here. */
export const ABOUT_MACHINE = ["ping", "runtimes", "folders", "substrates", "configure"] as const satisfies Ask[]
export type AboutMachine = (typeof ABOUT_MACHINE)[number]

export async function answerAboutMachine<A extends AboutMachine>(
	ask: A,
	of: Asked<A>,
	{ dataDir, tried }: { dataDir: string; tried: Tried },
): Promise<Answered<AboutMachine>> {
	const asked = { ask, of } as { [K in AboutMachine]: { ask: K; of: Asked<K> } }[AboutMachine]
	switch (asked.ask) {
		case "ping":
			return { at: Date.now() }
		case "runtimes":
			return { runtimes: await detectRuntimes(sessionEnvironment()) }
		case "folders":
			return completeFolders(asked.of.path)
		case "substrates":
			if (asked.of.again) await tried.again()
			return { default: await tried.default(), isTrying: tried.isTrying, substrates: tried.all() }
		case "configure":
			await changeSettings(dataDir, asked.of)
			return {}
		default:
			never(asked)
	}
}
