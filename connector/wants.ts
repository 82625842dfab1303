// The secrets, by name, that a start on this machine wants: those that its loadout names, and its profile.
import type { Answered, Asked } from "../protocol/ask.ts"
import { usableLoadout } from "./loadouts/store.ts"
import { findProfile } from "./profiles.ts"

export async function wantedSecrets(
	dataDir: string,
	{ runtime, loadout }: Asked<"wants">,
): Promise<Answered<"wants">["secrets"]> {
	const profile = await findProfile(dataDir, runtime)
	const wanted = new Map<string, string>()
	if (loadout !== undefined) {
		const { merged } = await usableLoadout(dataDir, loadout)
		for (const [variable, { value }] of merged.secrets) wanted.set(variable, value)
	}
	for (const [variable, name] of Object.entries(profile?.secrets ?? {})) wanted.set(variable, name)
	return [...wanted].map(([variable, name]) => ({ name, variable }))
}
