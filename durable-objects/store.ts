// What the Machine object keeps on disk: who the machine is, its sessions as last told, one snapshot of each, used dials.
import type { SnapshotFrame } from "../protocol/frames.ts"
import type { MachineId, SessionId } from "../protocol/ids.ts"
import type { Platform, SessionInfo } from "../protocol/session.ts"

export interface MachineRow {
	id: MachineId
	name: string
	platform: Platform | null
	/** The number of the latest link; 0 before the first. */
	epoch: number
	/** When the machine became linked or away; null before its first link. */
	since: number | null
	/** When it was last heard, as of the end of its last link. */
	provenAt: number | null
}

/** Whatever can carry the core. Every call is synchronous and durable. */
export interface Store {
	/** Null for an object that was never enrolled, or was revoked. */
	machine(): MachineRow | null
	putMachine(row: MachineRow): void
	sessions(): Map<SessionId, SessionInfo>
	putSession(session: SessionInfo): void
	dropSession(id: SessionId): void
	snapshot(id: SessionId): Pick<SnapshotFrame, "sequence" | "cols" | "rows" | "bytes"> | null
	putSnapshot(snapshot: Pick<SnapshotFrame, "session" | "sequence" | "cols" | "rows" | "bytes">): void
	dropSnapshot(id: SessionId): void
	/** Remembers the names of the secrets that somebody who may had delivered to the session. */
	grant(id: SessionId, secrets: string[]): void
	/** Empty for a session that was given none. */
	granted(id: SessionId): string[]
	/** Remembers a dial token until it expires; false for one that is remembered already. */
	spendDial(jti: string, expiresAt: number, now: number): boolean
	/** Forgets everything. */
	clear(): void
}
