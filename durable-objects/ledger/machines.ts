// The ledger's way to machines: a question to the object of each, on the link that it names.
import type { Asked } from "../../protocol/ask.ts"
import { REFUSALS } from "../../protocol/errors.ts"
import type { MachineId } from "../../protocol/ids.ts"
import type { Outcome } from "../asks.ts"
import type { Env } from "../env.ts"
import { logFault } from "../fault-log.ts"
import type { MachineOutcome, Machines } from "./ledger.ts"

/** What the ledger asks of machines. */
export type TaskAsk = "takeTask" | "stopTask" | "steerTask"

export function machinesOf(env: Pick<Env, "MACHINE">): Machines {
	const objectOf = (machine: MachineId) => env.MACHINE.get(env.MACHINE.idFromName(machine))
	const ask = <A extends TaskAsk>(machine: MachineId, epoch: number, ask: A, of: Asked<A>): Promise<MachineOutcome> =>
		objectOf(machine).askOn(epoch, ask, of)
	return {
		take: (machine, epoch, attempt) => ask(machine, epoch, "takeTask", attempt),
		stop: (machine, epoch, of) => ask(machine, epoch, "stopTask", of),
		steer: (machine, epoch, of) => ask(machine, epoch, "steerTask", of),
		cut: (machine, epoch) => {
			// Where it fails the machine is asked again, and after that the link is cut again.
			objectOf(machine)
				.cut(epoch)
				.catch((error: unknown) => logFault("cut", { error: String(error) }))
		},
	}
}

/** What is not known to be refused may have been heard. */
export function outcomeOf(outcome: Outcome<unknown>): MachineOutcome {
	if (outcome.ok) return { is: "done" }
	const { code, detail, isUnsent } = outcome
	switch (code) {
		case "machine_offline":
			return isUnsent === true ? { is: "away" } : { is: "unknown" }
		case "timed_out":
		case "internal":
			return { is: "unknown" }
		default:
			return { is: "refused", isFull: code === "too_many", reason: detail ?? REFUSALS[code].message }
	}
}
