// The core of a machine's object with sockets and storage in memory, and a clock that the test moves.
import type { MachineReport } from "../../durable-objects/inbox/inbox.ts"
import { Machine } from "../../durable-objects/machine.ts"
import type { About, Peer } from "../../durable-objects/peer.ts"
import type { KeptReport, ReportStore } from "../../durable-objects/reports.ts"
import type { MachineRow, Store } from "../../durable-objects/store.ts"
import type { KeptTaskLink, TaskLinkStore } from "../../durable-objects/task-link.ts"
import { decodeFrame, encodeFrame, type Frame, KIND } from "../../protocol/frames.ts"
import {
	EVERYONE,
	type MachineId,
	newSessionId,
	newViewerId,
	type SessionId,
	type ViewerId,
} from "../../protocol/ids.ts"
import { PROTOCOL_VERSION } from "../../protocol/limits.ts"
import type { FromConnector, FromViewer, ToConnector, ToViewer } from "../../protocol/messages.ts"
import type { Role } from "../../protocol/roles.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import type { Verdict } from "../../protocol/task-report.ts"
import { ON_HOST } from "../support/on-host.ts"

export class MemoryPeer<Said extends { type: string }> implements Peer {
	about: About
	/** What a wake would find. */
	attachment: About
	said: Said[] = []
	frames: Frame[] = []
	closedWith: { code: number; reason: string } | null = null
	heard = 0

	constructor(about: About) {
		this.about = about
		this.attachment = structuredClone(about)
	}

	remember(): void {
		this.attachment = structuredClone(this.about)
	}

	send(data: string | Uint8Array): void {
		if (typeof data === "string") this.said.push(JSON.parse(data) as Said)
		else this.frames.push(decodeFrame(data))
	}

	close(code: number, reason: string): void {
		this.closedWith ??= { code, reason }
	}

	heardAt(): number {
		return this.heard
	}

	/** What was said and sent since the last look. */
	take(): { said: Said[]; frames: Frame[] } {
		const taken = { said: this.said, frames: this.frames }
		this.said = []
		this.frames = []
		return taken
	}
}

class MemoryStore implements Store {
	row: MachineRow | null = null
	readonly held = new Map<SessionId, SessionInfo>()
	readonly snapshots = new Map<SessionId, NonNullable<ReturnType<Store["snapshot"]>>>()
	readonly grants = new Map<SessionId, string[]>()
	readonly dials = new Map<string, number>()
	writes = 0

	machine = () => this.row
	sessions = () => this.held
	granted = (id: SessionId) => this.grants.get(id) ?? []
	snapshot = (id: SessionId) => this.snapshots.get(id) ?? null

	putMachine(row: MachineRow): void {
		this.writes++
		this.row = row
	}

	putSession(session: SessionInfo): void {
		this.writes++
		this.held.set(session.id, session)
	}

	dropSession(id: SessionId): void {
		this.writes++
		this.held.delete(id)
		this.snapshots.delete(id)
		this.grants.delete(id)
	}

	putSnapshot(snapshot: Parameters<Store["putSnapshot"]>[0]): void {
		this.writes++
		this.snapshots.set(snapshot.session, { ...snapshot, bytes: snapshot.bytes.slice() })
	}

	dropSnapshot(id: SessionId): void {
		this.writes++
		this.snapshots.delete(id)
	}

	grant(id: SessionId, secrets: string[]): void {
		this.writes++
		this.grants.set(id, secrets)
	}

	spendDial(jti: string, expiresAt: number, now: number): boolean {
		for (const [spent, until] of this.dials) if (until <= now) this.dials.delete(spent)
		if (this.dials.has(jti)) return false
		this.dials.set(jti, expiresAt)
		return true
	}

	clear(): void {
		this.row = null
		this.dials.clear()
		this.held.clear()
		this.snapshots.clear()
		this.grants.clear()
	}
}

class MemoryReportStore implements ReportStore {
	row: KeptReport | null = null

	kept = () => this.row

	keep(report: KeptReport): void {
		this.row = structuredClone(report)
	}
}

class MemoryTaskLinkStore implements TaskLinkStore {
	row: KeptTaskLink | null = null

	kept = () => this.row

	keep(kept: KeptTaskLink): void {
		this.row = structuredClone(kept)
	}
}

export type LinkSide = MemoryPeer<ToConnector>
export type ViewerSide = MemoryPeer<ToViewer> & { id: ViewerId }

export class World {
	now = 1_000_000
	wakeAt: number | null = null
	/** What the audit trail is told of. */
	readonly opened: { by: string; session: SessionId }[] = []
	readonly store = new MemoryStore()
	readonly reports = new MemoryReportStore()
	/** What the workspace has taken of what waits for a person; and whether it takes anything. */
	readonly reported: MachineReport[] = []
	isTaken = true
	/** Whether the ledger takes that a link has begun, too. */
	isLinkTaken = true
	readonly tasks = new MemoryTaskLinkStore()
	/** What the ledger was told, and what it answers to reports. */
	readonly told: string[] = []
	verdict: Verdict = "go-on"
	readonly failures: string[] = []
	readonly peers = new Set<Peer>()
	core: Machine
	#deferred: (() => void)[] = []

	constructor() {
		this.core = this.#build()
		this.core.enroll({ id: "mch_00000000000000000001" as MachineId, name: "laptop", platform: null })
	}

	/** The object leaves memory; its sockets and their attachments stay. */
	evict(): void {
		this.#deferred = []
		for (const peer of this.peers) if (peer instanceof MemoryPeer) peer.about = structuredClone(peer.attachment)
		this.core = this.#build()
	}

	/** The events that were here already have been handled. */
	settle(): void {
		for (let round = this.#deferred; round.length > 0; round = this.#deferred) {
			this.#deferred = []
			for (const then of round) then()
		}
	}

	link(sessions: SessionInfo[] = [], version = PROTOCOL_VERSION): LinkSide {
		const peer: LinkSide = new MemoryPeer({
			is: "link",
			workspaceId: "w",
			epoch: 0,
			acceptedAt: this.now,
			version: null,
		})
		peer.heard = this.now
		this.peers.add(peer)
		this.core.opened(peer)
		this.fromConnector(peer, { type: "hello", version, platform, sessions })
		return peer
	}

	viewer(role: Role = "owner", id = newViewerId(), expiresAt: number | null = null): ViewerSide {
		const through = [`principal-${role}`, `sign-in-${role}`]
		const of = { workspaceId: "w", address: null, through, expiresAt }
		const principal = { is: "person", id: `principal-${role}`, name: role, role, ...of } as const
		const about: About = { is: "viewer", principal, viewer: null, followed: {}, opened: [] }
		const peer = Object.assign(new MemoryPeer<ToViewer>(about), { id })
		this.peers.add(peer)
		this.core.opened(peer)
		this.fromViewer(peer, { type: "hello", version: PROTOCOL_VERSION, viewer: id })
		return peer
	}

	/** A viewer in step with everyone, from sequence 0. */
	following(link: LinkSide, session: SessionId, role: Role = "owner"): ViewerSide {
		const viewer = this.viewer(role)
		this.fromViewer(viewer, { type: "attach", session, have: 0, cols: 80, rows: 24 })
		this.fromConnector(link, { type: "joined", session, viewer: viewer.id, sequence: 0 })
		viewer.take()
		link.take()
		return viewer
	}

	fromConnector(link: LinkSide, message: FromConnector): void {
		this.core.message(link, JSON.stringify(message))
	}

	fromViewer(viewer: ViewerSide, message: FromViewer): void {
		this.core.message(viewer, JSON.stringify(message))
	}

	frame(peer: Peer, frame: Frame): void {
		this.core.message(peer, encodeFrame(frame))
	}

	output(link: LinkSide, session: SessionId, sequence: number, length: number, viewer: ViewerId = EVERYONE): void {
		this.frame(link, { kind: KIND.OUTPUT, session, viewer, sequence, bytes: new Uint8Array(length) })
	}

	input(viewer: ViewerSide, session: SessionId, sequence: number, text: string): void {
		this.frame(viewer, {
			kind: KIND.INPUT,
			session,
			viewer: viewer.id,
			sequence,
			bytes: new TextEncoder().encode(text),
		})
	}

	ack(viewer: ViewerSide, session: SessionId, sequence: number): void {
		this.frame(viewer, { kind: KIND.ACK, session, viewer: viewer.id, sequence })
	}

	async #ledger(told: string): Promise<void> {
		await Promise.resolve()
		if (!this.isTaken) throw new Error("away")
		this.told.push(told)
	}

	#build(): Machine {
		return new Machine({
			store: this.store,
			peers: [...this.peers],
			now: () => this.now,
			defer: (then) => void this.#deferred.push(then),
			wakeAt: (time) => {
				this.wakeAt = time
			},
			sessionOpened: ({ id }, { session }) => void this.opened.push({ by: id, session }),
			reports: this.reports,
			tasks: this.tasks,
			ledger: {
				linked: (of, { reports }) => {
					const verdict = this.verdict
					if (!this.isLinkTaken) return Promise.reject(new Error("away"))
					return this.#ledger(`linked ${of.epoch}`).then(() =>
						reports.map(({ task, fence }) => ({ task, fence, verdict })),
					)
				},
				unlinked: (of) => this.#ledger(`unlinked ${of.epoch}`),
				removed: (of) => this.#ledger(`removed ${of.machine}`),
				reported: (_, { is, sequence }) => this.#ledger(`${is} ${sequence}`).then(() => this.verdict),
			},
			tellWorkspace: async (report) => {
				await Promise.resolve()
				if (!this.isTaken) throw new Error("away")
				this.reported.push(structuredClone(report))
			},
			failed: (what, error) => void this.failures.push(`${what}: ${error}`),
			welcomed: () => {},
			relayed: () => {},
		})
	}
}

const platform = { os: "linux", arch: "x64", release: "Debian", hostname: "laptop", connector: "0.1.0" }

export function session(fields: Partial<SessionInfo> = {}): SessionInfo {
	return {
		id: newSessionId(),
		name: "shell",
		runtime: "shell",
		argv: [],
		cwd: "/",
		substrate: "host",
		...ON_HOST,
		cols: 80,
		rows: 24,
		state: { is: "running" },
		title: "",
		createdAt: 1,
		lastOutputAt: null,
		sequence: 0,
		...fields,
	}
}
