// Whose tasks somebody sees while they follow one: looked at again from time to time, as sockets end when their rights change.
import type { MachineId } from "../../protocol/ids.ts"
import { mustBeAllowed, whoAsks } from "../access.ts"
import type { Call } from "../call.ts"
import { machinesSeen } from "../tasks.ts"

/** Ids of machines; null for all. Rejects once whoever has made the request may not watch any more. */
export type Sight = () => Promise<MachineId[] | null>

export function sightOf({ env, registry, principal, request }: Call<"followTask" | "followTaskLog">): Sight {
	let known = machinesSeen(registry, principal)
	let lookedAt = Date.now()
	return () => {
		if (Date.now() - lookedAt >= LOOK_EVERY_MS) {
			lookedAt = Date.now()
			known = lookAgain()
		}
		return known
	}

	async function lookAgain(): Promise<MachineId[] | null> {
		const again = await whoAsks(request, env, registry)
		mustBeAllowed(again, "session:watch")
		return machinesSeen(registry, again)
	}
}

const LOOK_EVERY_MS = 20_000
