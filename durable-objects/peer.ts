// The seam between the core and its sockets: four verbs, and what a socket remembers while the object sleeps.
import type { Refusal } from "../protocol/errors.ts"
import type { SessionId, ViewerId } from "../protocol/ids.ts"
import type { Role } from "../protocol/roles.ts"

/** Who a viewer's socket belongs to, as the edge has checked it. */
export interface Principal {
	id: string
	name: string
	role: Role
}

/** How a viewer follows one session's output. */
export type Step =
	/** The machine is away. */
	| "away"
	/** Its own channel brings it up to the shared one. */
	| "joining"
	/** It gets what everyone gets. */
	| "live"
	/** It has too much outstanding and is sent nothing until it has taken that. */
	| "behind"

export interface Followed {
	step: Step
	cols: number
	rows: number
	/** This viewer typed last: its size is the session's. */
	ownsSize: boolean
}

export type About =
	| { is: "link"; epoch: number; acceptedAt: number; greeted: boolean }
	| {
			is: "viewer"
			principal: Principal
			/** Null until its hello. */
			viewer: ViewerId | null
			followed: Record<SessionId, Followed>
	  }

/** One socket. The contract: messages of one peer arrive in the order they were sent; `send` never blocks or throws. */
export interface Peer {
	about: About
	/** Keeps `about` over hibernation; called when it changes in a way that matters after a wake. */
	remember(): void
	send(data: string | Uint8Array): void
	close(code: number, reason: string): void
	/** When this peer was last heard, heartbeats that the platform answered included. Milliseconds since 1970. */
	heardAt(): number
}

/** Ends a socket with a code and a reason that its other side understands. */
export function refuse(peer: Peer, refusal: Refusal): void {
	peer.close(refusal.closeCode, refusal.code)
}
