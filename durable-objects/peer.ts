// The seam between the core and its sockets: four verbs, and what a socket remembers while the object sleeps.
import type { Refusal } from "../protocol/errors.ts"
import type { SessionId, ViewerId } from "../protocol/ids.ts"
import type { Role } from "../protocol/roles.ts"

/** Who a viewer's socket belongs to, as the edge has checked it. */
export interface Principal {
	is: "person" | "token"
	id: string
	name: string
	role: Role
	/** Whose trail says what they open. */
	workspaceId: string
	/** The address that the socket comes from; null where nobody vouches for it. */
	address: string | null
	/** Ids of the person, and of the token or sign-in that let them in: with each of them the socket goes. */
	through: string[]
	/** When the token behind it ends, and the socket with it; null where it does not end by itself. */
	expiresAt: number | null
}

/** By what a feed's listener was let in. */
export type Listening = Pick<Principal, "through" | "expiresAt">

/** What the edge has found out of an upgrade; it rides in the header `x-homeport-upgrade`, which callers cannot set. */
export type Upgrade =
	| { is: "link"; workspaceId: string }
	| { is: "viewer"; principal: Principal }
	| ({ is: "feed" } & Listening)

/** Reads what the edge has written. */
export function readUpgrade(headers: Headers): Upgrade {
	const written = headers.get("x-homeport-upgrade")
	if (written === null) throw new Error("invariant: the edge says whose every upgrade is")
	return JSON.parse(written) as Upgrade
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
	| {
			is: "link"
			/** Whose machine it is. A link from before this was written down does not say. */
			workspaceId?: string
			epoch: number
			acceptedAt: number
			/** The protocol's version that the connector speaks; null until its hello. */
			version: number | null
	  }
	| {
			is: "viewer"
			principal: Principal
			/** Null until its hello. */
			viewer: ViewerId | null
			followed: Record<SessionId, Followed>
			/** Sessions that it has opened, as the audit trail was told: each of them once. */
			opened: SessionId[]
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
