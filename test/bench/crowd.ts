// Viewers in a process of their own, so that their parsing does not disturb the one that is measured.
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import type { SessionId } from "../../protocol/ids.ts"
import { NODE } from "../support/home.ts"
import { createTerminal } from "../support/terminal.ts"
import type { Place } from "../support/viewer.ts"
import type { Output } from "./rig.ts"

interface Crowd {
	homeport?: { place: Place; session: SessionId }
	/** The address of a bare relay. */
	relay?: string
	count: number
	/** Whether a real terminal takes the bytes; without, they are taken at once. */
	parses: boolean
}

export async function startCrowd(crowd: Crowd): Promise<{ leave(): Promise<void> }> {
	const child: ChildProcess = fork(import.meta.filename, { execPath: NODE })
	child.send(crowd)
	await once(child, "message")
	return {
		async leave() {
			const over = once(child, "exit")
			child.disconnect()
			await over
		},
	}
}

export function taking(parses: boolean): Output {
	if (!parses) return { write: (_, parsed) => parsed(), reset: () => {} }
	const terminal = createTerminal(80, 24)
	return {
		write: (bytes, parsed) => terminal.write(bytes, parsed),
		reset: () => terminal.write("\x18\x1bc"),
	}
}

async function gather({ homeport, relay, count, parses }: Crowd): Promise<void> {
	// Each kind of rig starts crowds itself: imported here, they would import each other.
	const own = await import("./homeport-rig.ts")
	const bare = await import("./relay-rigs.ts")
	for (let made = 0; made < count; made++) {
		if (homeport !== undefined) await own.view(homeport.place, homeport.session, taking(parses))
		else if (relay !== undefined) await bare.view(relay, taking(parses))
	}
	process.send?.("here")
}

if (import.meta.main) {
	process.on("message", (crowd: Crowd) => void gather(crowd))
	process.on("disconnect", () => process.exit())
}
