// What can be done with a VM as it is now.
import type { Vm, VmVerb } from "../protocol/vm.ts"

/** Those that take effect in each state, the likeliest first. */
const POSSIBLE: Record<Vm["state"]["is"], VmVerb[]> = {
	stopped: ["start", "snapshot", "restore", "clone", "rebuild", "destroy"],
	starting: ["kill", "destroy"],
	running: ["stop", "pause", "snapshot", "restore", "forward", "kill", "destroy"],
	paused: ["resume", "snapshot", "restore", "forward", "kill", "destroy"],
	"crash-loop": ["start", "snapshot", "restore", "clone", "rebuild", "destroy"],
}

/** What ends everything need not wait for the deed that is under way. */
const ALWAYS: VmVerb[] = ["kill", "destroy"]

export function possibleDeeds({ state, snapshots, doing }: Pick<Vm, "state" | "snapshots" | "doing">): VmVerb[] {
	return POSSIBLE[state.is].filter(
		(verb) => (doing === null || ALWAYS.includes(verb)) && (verb !== "restore" || snapshots.length > 0),
	)
}
