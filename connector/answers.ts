// What the edge asks of this machine that is about no session: what it can run, and in what.
import type { Answered, Ask, Asked } from "../protocol/ask.ts"
import { never } from "../protocol/errors.ts"
import { completeFolders } from "./folders.ts"
import { listLoadouts, readLoadout, removeLoadout, saveLoadout, toldOf } from "./loadouts/store.ts"
import { readProfiles, removeProfile, saveProfile } from "./profiles.ts"
import { detectRuntimes, sessionEnvironment } from "./runtimes.ts"
import { changeSettings, taskSlots } from "./settings.ts"
import type { Tried } from "./substrates/tried.ts"
import { Vms } from "./substrates/vm/vms.ts"
import { wantedSecrets } from "./wants.ts"

/** The questions that are answered here. */
export const ABOUT_MACHINE = [
	"ping",
	"runtimes",
	"folders",
	"substrates",
	"configure",
	"vms",
	"vm",
	"wants",
	"profiles",
	"saveProfile",
	"removeProfile",
	"loadouts",
	"readLoadout",
	"saveLoadout",
	"removeLoadout",
] as const satisfies Ask[]
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
			return { runtimes: await detectRuntimes(dataDir, sessionEnvironment()) }
		case "folders":
			return completeFolders(asked.of.path)
		case "substrates":
			if (asked.of.again) await tried.again()
			return {
				...{ default: await tried.default(), isTrying: tried.isTrying, substrates: tried.all() },
				taskSlots: await taskSlots(dataDir),
			}
		case "configure":
			await changeSettings(dataDir, asked.of)
			return {}
		case "vms": {
			const vms = new Vms(dataDir)
			return { vms: await vms.list(), images: await vms.images() }
		}
		case "vm":
			return { vm: await new Vms(dataDir).do(asked.of.name, asked.of.deed) }
		case "wants":
			return { secrets: await wantedSecrets(dataDir, asked.of) }
		case "profiles":
			return { profiles: await readProfiles(dataDir) }
		case "saveProfile":
			await saveProfile(dataDir, asked.of)
			return {}
		case "removeProfile":
			await removeProfile(dataDir, asked.of.id)
			return {}
		case "loadouts": {
			const loadouts = await listLoadouts(dataDir)
			return {
				loadouts: loadouts.map(({ source, merged: { description }, problems }) => {
					return { name: source.name, description, problems }
				}),
			}
		}
		case "readLoadout":
			return toldOf(await readLoadout(dataDir, asked.of.name))
		case "saveLoadout":
			return toldOf(await saveLoadout(dataDir, asked.of.name, asked.of.text))
		case "removeLoadout":
			await removeLoadout(dataDir, asked.of.name)
			return {}
		default:
			never(asked)
	}
}
