// The core of a machine's object: one link, many sessions, many viewers. Takes messages, decides, sends through Peer.
import type { Answered, Ask, Asked } from "../protocol/ask.ts"
import { never, Refusal, refusalCode } from "../protocol/errors.ts"
import { decodeFrame, encodeFrame, type Frame, type InputFrame, KIND } from "../protocol/frames.ts"
import { EVERYONE, KEEPER, type MachineId, type SessionId, type ViewerId } from "../protocol/ids.ts"
import {
	ATTACHED_PER_VIEWER,
	GONE_AFTER_MS,
	KEPT_SNAPSHOT_BYTES,
	PROTOCOL_VERSION,
	VIEWERS_PER_MACHINE,
} from "../protocol/limits.ts"
import { FromConnector, FromViewer, parseMessage, type ToConnector, type ToViewer } from "../protocol/messages.ts"
import { can } from "../protocol/roles.ts"
import type { Platform, Presence, SessionInfo } from "../protocol/session.ts"
import { Asks, type Outcome } from "./asks.ts"
import { FanOut, type Follower } from "./fan-out.ts"
import { InputBatch } from "./input.ts"
import type { About, Peer } from "./peer.ts"
import type { MachineRow, Store } from "./store.ts"

interface Host {
	store: Store
	/** The sockets that outlived the object's memory. */
	peers: Peer[]
	now: () => number
	/** Calls back when the events that are here already have been handled. */
	defer: (then: () => void) => void
	/** Asks to be woken by `alarm` at that time. */
	wakeAt: (time: number) => void
}

type LinkPeer = Peer & { about: Extract<About, { is: "link" }> }
type ViewerPeer = Peer & { about: Extract<About, { is: "viewer" }> }

export class Machine {
	readonly #host: Host
	readonly #asks = new Asks()
	readonly #input: InputBatch
	readonly #fanOuts = new Map<SessionId, FanOut>()
	readonly #viewers = new Set<ViewerPeer>()
	/** The socket with the latest epoch; every other link's words and end are ignored. */
	#link: LinkPeer | null = null
	/** Activity of sessions since the last wake, fresher than the store's. */
	readonly #fresh = new Map<SessionId, SessionInfo>()

	constructor(host: Host) {
		this.#host = host
		this.#input = new InputBatch((frame) => this.#link?.send(frame), host.defer)
		for (const peer of host.peers) {
			if (isLink(peer)) {
				if (this.#link === null || peer.about.epoch > this.#link.about.epoch) this.#link = peer
			} else if (isViewer(peer)) {
				this.#viewers.add(peer)
				this.#recall(peer)
			}
		}
	}

	// What the edge calls.

	/** Tells a new object, or an old one whose registry row has changed, who it is. */
	enroll(machine: { id: MachineId; name: string; platform: Platform | null }): void {
		const row = this.#host.store.machine()
		this.#host.store.putMachine({ epoch: 0, since: null, provenAt: null, ...row, ...machine })
		this.#tellMachine()
	}

	rename(name: string): void {
		this.#host.store.putMachine({ ...this.#row(), name })
		this.#tellMachine()
	}

	/** The key is revoked: the link ends now, and everything is forgotten. */
	revoke(): void {
		this.#drop(new Refusal("machine_revoked"))
		for (const viewer of this.#viewers) refuse(viewer, new Refusal("not_found"))
		this.#viewers.clear()
		this.#fanOuts.clear()
		this.#host.store.clear()
	}

	describe(): { presence: Presence; platform: Platform | null; sessions: SessionInfo[] } {
		return {
			presence: this.#presence(),
			platform: this.#host.store.machine()?.platform ?? null,
			sessions: this.#sessions(),
		}
	}

	async ask<A extends Ask>(ask: A, of: Asked<A>): Promise<Outcome<Answered<A>>> {
		const link = this.#liveLink()
		const outcome: Outcome<Answered<A>> =
			link === null
				? { ok: false, code: "machine_offline" }
				: await this.#asks.ask(ask, of, (message) => say(link, message))
		if (outcome.ok || ask !== "remove" || outcome.code === "session_running") return outcome
		// A session that only this object remembers can still be forgotten.
		return this.#forget((of as Asked<"remove">).session) as Outcome<Answered<A>>
	}

	// What the sockets bring.

	/** A link's socket, not yet greeted. It replaces the one before at once. */
	linkOpened(peer: Peer): void {
		const row = this.#host.store.machine()
		if (row === null) return refuse(peer, new Refusal("machine_revoked"))
		this.#drop(new Refusal("link_replaced"))
		const epoch = row.epoch + 1
		this.#host.store.putMachine({ ...row, epoch })
		peer.about = { is: "link", epoch, acceptedAt: this.#host.now(), greeted: false }
		peer.remember()
		if (isLink(peer)) this.#link = peer
	}

	viewerOpened(peer: Peer): void {
		if (this.#host.store.machine() === null) return refuse(peer, new Refusal("not_found"))
		if (this.#viewers.size >= VIEWERS_PER_MACHINE) return refuse(peer, new Refusal("too_many"))
		peer.remember()
		if (!isViewer(peer)) return
		this.#viewers.add(peer)
		if (this.#viewers.size === 1) this.#observed(true)
	}

	message(peer: Peer, data: string | Uint8Array): void {
		try {
			if (isViewer(peer) && this.#viewers.has(peer)) {
				if (typeof data === "string") this.#fromViewer(peer, parseMessage(FromViewer, data))
				else this.#viewerFrame(peer, decodeFrame(data))
			} else if (isLink(peer) && peer === this.#link) {
				if (typeof data === "string") this.#fromConnector(peer, parseMessage(FromConnector, data))
				else this.#connectorFrame(decodeFrame(data), data)
			}
		} catch (error) {
			if (!(error instanceof Refusal)) throw error
			// Only the socket that spoke wrongly pays for it.
			refuse(peer, error)
			this.closed(peer)
		}
	}

	closed(peer: Peer): void {
		if (isViewer(peer)) this.#viewerGone(peer)
		else if (peer === this.#link) this.#away()
	}

	/** The lease on the link's proof, renewed only while somebody watches. */
	alarm(): void {
		this.#liveLink()
		this.#lease()
	}

	// The link.

	#fromConnector(link: LinkPeer, message: FromConnector): void {
		if (message.type === "hello") return this.#greeted(link, message)
		if (!link.about.greeted) throw new Refusal("malformed", "The first message must be hello.")
		switch (message.type) {
			case "session":
				return this.#sessionChanged(message.session)
			case "removed":
				this.#forget(message.session)
				return
			case "joined": {
				const follower = this.#fanOuts.get(message.session)?.joined(message.viewer, message.sequence)
				if (follower !== undefined)
					tell(follower.peer, { type: "caught-up", session: message.session, sequence: message.sequence })
				return
			}
			case "unwatchable": {
				const peer = this.#viewer(message.viewer)
				if (peer !== undefined) tellRefused(peer, message.session, new Refusal(refusalCode(message.code)))
				return
			}
			case "expects": {
				const peer = this.#viewer(message.viewer)
				if (peer !== undefined) tell(peer, { type: "expects", session: message.session, sequence: message.sequence })
				return
			}
			case "answer":
				return this.#asks.answered(message.number, message.answer)
			case "refuse":
				return this.#asks.refused(message.number, message.code, message.detail)
			default:
				never(message)
		}
	}

	#greeted(link: LinkPeer, hello: Extract<FromConnector, { type: "hello" }>): void {
		if (hello.version !== PROTOCOL_VERSION)
			throw new Refusal(
				"version_too_old",
				hello.version < PROTOCOL_VERSION ? "Update the connector." : "Update the control plane.",
			)
		const { store, now } = this.#host
		this.#reconcile(hello.sessions)
		const row = { ...this.#row(), platform: hello.platform, since: now(), provenAt: now() }
		store.putMachine(row)
		link.about.greeted = true
		link.remember()
		say(link, { type: "welcome", epoch: link.about.epoch, machine: row.name })
		if (this.#viewers.size > 0) this.#observed(true)
		this.#tellMachine()
		this.#tellPresence()
		this.#lease()
	}

	/** The machine's list is the truth: adopt what is new, take over what changed, and call lost what it lost. */
	#reconcile(told: SessionInfo[]): void {
		const ids = new Set(told.map((session) => session.id))
		for (const session of told) this.#sessionChanged(session)
		for (const [id, known] of this.#host.store.sessions()) {
			if (ids.has(id)) continue
			if (known.state.is !== "running") this.#forget(id)
			else {
				const state = { is: "lost", reason: "The machine no longer has it.", at: this.#host.now() } as const
				this.#sessionChanged({ ...known, state })
			}
		}
	}

	#connectorFrame(frame: Frame, data: Uint8Array): void {
		switch (frame.kind) {
			case KIND.OUTPUT:
			case KIND.RESIZE:
			case KIND.SNAPSHOT: {
				if (frame.viewer === KEEPER) {
					if (frame.kind === KIND.SNAPSHOT) this.#keep(frame)
					return
				}
				const fanOut = this.#fanOuts.get(frame.session)
				if (frame.viewer === EVERYONE) fanOut?.toEveryone(frame, data)
				else fanOut?.toOne(frame.viewer, frame, data)
				return
			}
			case KIND.WRITTEN:
				this.#viewer(frame.viewer)?.send(data)
				return
			case KIND.ACK:
			case KIND.INPUT:
				throw new Refusal("malformed", "A connector does not send such frames.")
			default:
				never(frame)
		}
	}

	#keep(frame: Extract<Frame, { kind: typeof KIND.SNAPSHOT }>): void {
		const { store } = this.#host
		if (frame.bytes.length <= KEPT_SNAPSHOT_BYTES && store.sessions().has(frame.session)) store.putSnapshot(frame)
	}

	/** The link, unless it has been silent for so long that it is gone. */
	#liveLink(): LinkPeer | null {
		const link = this.#link
		if (link === null || !link.about.greeted) return null
		if (this.#host.now() - link.heardAt() <= GONE_AFTER_MS) return link
		this.#drop(new Refusal("timed_out"))
		return null
	}

	#drop(why: Refusal): void {
		const link = this.#link
		if (link === null) return
		this.#away()
		refuse(link, why)
	}

	/** The link has ended: say so, and remember when it was last heard. */
	#away(): void {
		const link = this.#link
		if (link === null) return
		this.#link = null
		this.#input.drop()
		this.#asks.abandon()
		for (const fanOut of this.#fanOuts.values()) fanOut.away()
		if (!link.about.greeted) return
		const provenAt = link.heardAt()
		const row = this.#host.store.machine()
		if (row !== null) this.#host.store.putMachine({ ...row, since: this.#host.now(), provenAt })
		this.#tellPresence()
	}

	#lease(): void {
		if (this.#viewers.size > 0 && this.#link !== null) this.#host.wakeAt(this.#link.heardAt() + GONE_AFTER_MS + 1)
	}

	#observed(on: boolean): void {
		if (this.#link?.about.greeted) say(this.#link, { type: "observe", on })
	}

	// The viewers.

	#fromViewer(peer: ViewerPeer, message: FromViewer): void {
		if (message.type === "hello") return this.#viewerGreeted(peer, message)
		if (peer.about.viewer === null) throw new Refusal("malformed", "The first message must be hello.")
		switch (message.type) {
			case "attach":
				return this.#attach(peer, peer.about.viewer, message)
			case "detach":
				return this.#detach(peer, message.session)
			case "size": {
				const followed = peer.about.followed[message.session]
				if (followed === undefined) return
				followed.cols = message.cols
				followed.rows = message.rows
				peer.remember()
				if (message.claim) this.#claimSize(peer, message.session)
				else if (followed.ownsSize) this.#applySize(message.session, message)
				return
			}
			default:
				never(message)
		}
	}

	#viewerGreeted(peer: ViewerPeer, hello: Extract<FromViewer, { type: "hello" }>): void {
		if (hello.version !== PROTOCOL_VERSION) throw new Refusal("version_too_old", "Load the page again.")
		if (hello.viewer === EVERYONE || hello.viewer === KEEPER)
			throw new Refusal("malformed", "The viewer id is reserved.")
		const older = this.#viewer(hello.viewer)
		if (older !== undefined && older !== peer) {
			if (older.about.principal.id !== peer.about.principal.id) throw new Refusal("not_allowed")
			// A dead socket whose end has not arrived yet, or the same screen dialling twice.
			refuse(older, new Refusal("timed_out"))
			this.#viewerGone(older)
		}
		peer.about.viewer = hello.viewer
		peer.remember()
		this.#liveLink()
		tell(peer, this.#machineMessage(peer))
		this.#lease()
	}

	#attach(peer: ViewerPeer, viewer: ViewerId, message: Extract<FromViewer, { type: "attach" }>): void {
		const { session, have, cols, rows } = message
		if (!this.#host.store.sessions().has(session)) return tellRefused(peer, session, new Refusal("session_not_found"))
		if (Object.keys(peer.about.followed).length >= ATTACHED_PER_VIEWER && peer.about.followed[session] === undefined)
			return tellRefused(peer, session, new Refusal("too_many"))
		const link = this.#liveLink()
		const ownsSize = peer.about.followed[session]?.ownsSize ?? false
		peer.about.followed[session] = { step: link === null ? "away" : "joining", cols, rows, ownsSize }
		peer.remember()
		this.#follow(peer, viewer, session, have)
		tell(peer, { type: "attached", session, live: link !== null })
		if (link !== null) say(link, { type: "watch", session, viewer, have })
		else if (have === null) this.#showKept(peer, viewer, session)
		this.#tellWatchers(session)
	}

	#follow(peer: ViewerPeer, viewer: ViewerId, session: SessionId, have: number | null): void {
		const followed = peer.about.followed[session]
		if (followed === undefined) return
		let fanOut = this.#fanOuts.get(session)
		if (fanOut === undefined) {
			fanOut = new FanOut(session, {
				toConnector: (data) => this.#link?.send(data),
				watch: (follower, from) => {
					if (this.#link !== null) say(this.#link, { type: "watch", session, viewer: follower.viewer, have: from })
				},
				again: (follower) => tell(follower.peer, { type: "again", session }),
			})
			this.#fanOuts.set(session, fanOut)
		}
		fanOut.followers.set(viewer, { peer, viewer, followed, sent: have, acked: have })
	}

	/** After a wake: who follows what is known, where each stands is not. */
	#recall(peer: ViewerPeer): void {
		const { viewer, followed } = peer.about
		if (viewer === null) return
		for (const session of Object.keys(followed) as SessionId[]) this.#follow(peer, viewer, session, null)
	}

	#showKept(peer: ViewerPeer, viewer: ViewerId, session: SessionId): void {
		const kept = this.#host.store.snapshot(session)
		if (kept !== null) peer.send(encodeFrame({ kind: KIND.SNAPSHOT, session, viewer, ...kept }))
	}

	#detach(peer: ViewerPeer, session: SessionId): void {
		const { viewer, followed } = peer.about
		if (viewer === null || followed[session] === undefined) return
		delete followed[session]
		peer.remember()
		this.#unfollow(viewer, session)
	}

	#unfollow(viewer: ViewerId, session: SessionId): void {
		const fanOut = this.#fanOuts.get(session)
		if (fanOut === undefined) return
		fanOut.followers.delete(viewer)
		const link = this.#link
		if (fanOut.followers.size > 0) {
			if (link !== null) say(link, { type: "unwatch", session, viewer })
			return this.#tellWatchers(session)
		}
		this.#fanOuts.delete(session)
		if (link === null) return
		say(link, { type: "keep", session })
		say(link, { type: "unwatch", session, viewer: EVERYONE })
	}

	#viewerGone(peer: ViewerPeer): void {
		if (!this.#viewers.delete(peer)) return
		const { viewer, followed } = peer.about
		if (viewer !== null) for (const session of Object.keys(followed) as SessionId[]) this.#unfollow(viewer, session)
		if (this.#viewers.size === 0) this.#observed(false)
	}

	#viewerFrame(peer: ViewerPeer, frame: Frame): void {
		if (frame.viewer !== peer.about.viewer) throw new Refusal("malformed", "The frame names another viewer.")
		switch (frame.kind) {
			case KIND.INPUT:
				return this.#typed(peer, frame)
			case KIND.ACK: {
				const follower = this.#follower(peer, frame.session)
				if (follower !== undefined) this.#fanOuts.get(frame.session)?.acked(follower, frame.sequence)
				return
			}
			case KIND.OUTPUT:
			case KIND.SNAPSHOT:
			case KIND.RESIZE:
			case KIND.WRITTEN:
				throw new Refusal("malformed", "A viewer does not send such frames.")
			default:
				never(frame)
		}
	}

	#typed(peer: ViewerPeer, frame: InputFrame): void {
		if (!can(peer.about.principal.role, "session:type"))
			return tellRefused(peer, frame.session, new Refusal("not_allowed"))
		const followed = peer.about.followed[frame.session]
		// While the machine is away nothing is taken, so nothing is acknowledged: the viewer keeps it and shows it.
		if (followed === undefined || this.#link === null) return
		if (!followed.ownsSize) this.#claimSize(peer, frame.session)
		this.#input.take(frame)
	}

	/** The size follows the viewer that typed last. */
	#claimSize(peer: ViewerPeer, session: SessionId): void {
		const mine = peer.about.followed[session]
		if (mine === undefined || !can(peer.about.principal.role, "session:type")) return
		for (const follower of this.#fanOuts.get(session)?.followers.values() ?? []) {
			const ownsSize = follower.peer === peer
			if (follower.followed.ownsSize === ownsSize) continue
			follower.followed.ownsSize = ownsSize
			follower.peer.remember()
		}
		this.#applySize(session, mine)
		this.#tellWatchers(session)
	}

	#applySize(session: SessionId, { cols, rows }: { cols: number; rows: number }): void {
		const known = this.#session(session)
		if (this.#link === null || known === undefined || (known.cols === cols && known.rows === rows)) return
		this.#fresh.set(session, { ...known, cols, rows })
		say(this.#link, { type: "resize", session, cols, rows })
	}

	// What is told to whom.

	#sessionChanged(session: SessionInfo): void {
		const { store } = this.#host
		const known = store.sessions().get(session.id)
		if (known === undefined || differs(known, session)) store.putSession(session)
		this.#fresh.set(session.id, session)
		for (const viewer of this.#viewers) tell(viewer, { type: "session", session })
	}

	#forget(session: SessionId): Outcome<Record<string, never>> {
		const known = this.#session(session)
		if (known === undefined) return { ok: false, code: "session_not_found" }
		if (known.state.is === "running" && this.#link === null) return { ok: false, code: "machine_offline" }
		this.#host.store.dropSession(session)
		this.#fresh.delete(session)
		this.#fanOuts.delete(session)
		for (const viewer of this.#viewers) {
			if (viewer.about.followed[session] !== undefined) {
				delete viewer.about.followed[session]
				viewer.remember()
			}
			tell(viewer, { type: "removed", session })
		}
		return { ok: true, value: {} }
	}

	#session(id: SessionId): SessionInfo | undefined {
		return this.#fresh.get(id) ?? this.#host.store.sessions().get(id)
	}

	#sessions(): SessionInfo[] {
		return [...this.#host.store.sessions().values()].map((session) => this.#fresh.get(session.id) ?? session)
	}

	#presence(): Presence {
		const link = this.#liveLink()
		const row = this.#host.store.machine()
		const provenAt = link === null ? (row?.provenAt ?? null) : link.heardAt()
		return {
			is: link === null ? "away" : "linked",
			since: row?.since ?? null,
			provenAt,
			epoch: row?.epoch ?? 0,
			now: this.#host.now(),
		}
	}

	#machineMessage(peer: ViewerPeer): ToViewer {
		const { name, platform } = this.#row()
		const { role } = peer.about.principal
		return { type: "machine", name, role, presence: this.#presence(), platform, sessions: this.#sessions() }
	}

	/** Name or platform are new. Viewers that are greeted already take it as they took the first. */
	#tellMachine(): void {
		for (const viewer of this.#viewers)
			if (viewer.about.viewer !== null)
				tell(viewer, { type: "renamed", name: this.#row().name, platform: this.#row().platform })
	}

	#tellPresence(): void {
		const presence = this.#presence()
		for (const viewer of this.#viewers) tell(viewer, { type: "presence", presence })
	}

	#tellWatchers(session: SessionId): void {
		const followers = [...(this.#fanOuts.get(session)?.followers.values() ?? [])]
		for (const { peer } of followers) {
			const watchers = followers.map((other) => ({
				name: isViewer(other.peer) ? other.peer.about.principal.name : "",
				ownsSize: other.followed.ownsSize,
				self: other.peer === peer,
			}))
			tell(peer, { type: "watchers", session, watchers })
		}
	}

	#viewer(id: ViewerId): ViewerPeer | undefined {
		for (const viewer of this.#viewers) if (viewer.about.viewer === id) return viewer
		return undefined
	}

	#follower(peer: ViewerPeer, session: SessionId): Follower | undefined {
		return peer.about.viewer === null ? undefined : this.#fanOuts.get(session)?.followers.get(peer.about.viewer)
	}

	#row(): MachineRow {
		const row = this.#host.store.machine()
		if (row === null) throw new Refusal("not_found")
		return row
	}
}

function isLink(peer: Peer): peer is LinkPeer {
	return peer.about.is === "link"
}

function isViewer(peer: Peer): peer is ViewerPeer {
	return peer.about.is === "viewer"
}

function say(link: Peer, message: ToConnector): void {
	link.send(JSON.stringify(message))
}

function tell(viewer: Peer, message: ToViewer): void {
	viewer.send(JSON.stringify(message))
}

function tellRefused(viewer: Peer, session: SessionId, refusal: Refusal): void {
	tell(viewer, { type: "refused", session, code: refusal.code, message: refusal.message })
}

function refuse(peer: Peer, refusal: Refusal): void {
	peer.close(refusal.closeCode, refusal.code)
}

/** Whether a change is worth a row; activity is not. */
function differs(known: SessionInfo, told: SessionInfo): boolean {
	return (
		known.state.is !== told.state.is ||
		known.name !== told.name ||
		known.cols !== told.cols ||
		known.rows !== told.rows ||
		known.title !== told.title
	)
}
