// What a machine's object needs of the Worker for the chat channels that its machine polls: by the entrypoint Outside.
import type { Asked } from "../protocol/ask.ts"
import type { ChannelId, MachineId } from "../protocol/ids.ts"
import { logFault } from "./fault-log.ts"
import type { MachineObject } from "./machine-object.ts"

export interface Brought {
	channel: ChannelId
	key: string
	message: unknown
}

/** `taken`: it is kept, or was known. `unknown`: that channel is none of this machine's, and shall be polled no more. */
export type Taken = "taken" | "unknown"

export interface Relaying {
	/** The channels that this machine shall poll, with what they are signed in by. */
	relays(machine: MachineId): Promise<Asked<"relay">[]>
	/** Rejects where it must be told again. */
	relayed(machine: MachineId, brought: Brought): Promise<Taken>
}

type Ask = Pick<MachineObject, "ask">["ask"]

/** After every welcome: a machine keeps nothing of what it polls for. */
export async function begin(relaying: Relaying, machine: MachineId, ask: Ask): Promise<void> {
	try {
		for (const relay of await relaying.relays(machine)) await ask("relay", relay)
	} catch (error) {
		// The next welcome tries again, and so does who looks at the channel.
		logFault("relay", { error: String(error) })
	}
}

/** Hands it on, and thanks the machine. What fails is told again by the machine itself, a while later. */
export async function take(relaying: Relaying, machine: MachineId, brought: Brought, ask: Ask): Promise<void> {
	const { channel, key } = brought
	try {
		const taken = await relaying.relayed(machine, brought)
		if (taken === "taken") await ask("relayed", { channel, keys: [key] })
		else await ask("relay", { channel, isOn: false, credentials: null })
	} catch (error) {
		logFault("relayed", { error: String(error) })
	}
}

/** The Worker's entrypoint, as the platform lends it to the Worker's own objects. */
export function relayingOf(context: { exports: unknown }): Relaying {
	return (context.exports as { Outside: Relaying }).Outside
}
