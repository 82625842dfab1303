// Every viewer of the machine: who they are, which sessions they follow, and whose size each session has.
import { never, Refusal } from "../protocol/errors.ts"
import { encodeFrame, type InputFrame, KIND } from "../protocol/frames.ts"
import { EVERYONE, KEEPER, type SessionId, type ViewerId } from "../protocol/ids.ts"
import {
	ATTACHED_PER_VIEWER,
	OLDEST_VERSION,
	PROTOCOL_VERSION,
	SESSIONS_PER_MACHINE,
	VIEWERS_PER_MACHINE,
} from "../protocol/limits.ts"
import type { FromViewer, ToViewer } from "../protocol/messages.ts"
import { can } from "../protocol/roles.ts"
import { FanOut, type Follower } from "./fan-out.ts"
import type { Link } from "./link.ts"
import { type About, type Peer, type Principal, refuse } from "./peer.ts"
import type { Sessions } from "./sessions.ts"
import type { Store } from "./store.ts"

export type ViewerPeer = Peer & { about: Extract<About, { is: "viewer" }> }

type Attach = Extract<FromViewer, { type: "attach" }>

interface Options {
	store: Store
	link: Link
	sessions: Sessions
	/** What a viewer is told when it has said hello. */
	greeting: (peer: ViewerPeer) => ToViewer
	/** Told once a socket and session: attaching again is not opening. */
	sessionOpened: (by: Principal, session: SessionId) => void
}

export class Viewers {
	readonly #options: Options
	readonly #peers = new Set<ViewerPeer>()
	readonly #fanOuts = new Map<SessionId, FanOut>()

	constructor(options: Options) {
		this.#options = options
	}

	get isEmpty(): boolean {
		return this.#peers.size === 0
	}

	has(peer: Peer): peer is ViewerPeer {
		return this.#peers.has(peer as ViewerPeer)
	}

	/**
	 * After a wake: who follows what is known, where each of them stands is not, and what was under way when memory was
	 * lost is gone. Those in step get the next frame without waiting; all are asked to say where they stand.
	 */
	recall(peer: ViewerPeer): void {
		this.#peers.add(peer)
		const { viewer, followed } = peer.about
		if (viewer === null) return
		for (const session of Object.keys(followed) as SessionId[]) {
			this.#follow(peer, viewer, session, null)
			tell(peer, { type: "again", session })
		}
	}

	opened(peer: ViewerPeer): void {
		if (this.#peers.size >= VIEWERS_PER_MACHINE) return refuse(peer, new Refusal("too_many"))
		peer.remember()
		this.#peers.add(peer)
	}

	gone(peer: ViewerPeer): void {
		if (!this.#peers.delete(peer)) return
		const { viewer, followed } = peer.about
		if (viewer !== null) for (const session of Object.keys(followed) as SessionId[]) this.#unfollow(viewer, session)
		if (this.isEmpty) this.#options.link.say({ type: "observe", on: false })
	}

	/** Ends those of whom `isOver` says so: who still may be here comes again. */
	dismiss(isOver: (principal: Principal) => boolean): void {
		for (const peer of [...this.#peers]) {
			if (!isOver(peer.about.principal)) continue
			refuse(peer, new Refusal("access_changed"))
			this.gone(peer)
		}
	}

	/** When the first of them ends by itself; null where none does. */
	expiresAt(): number | null {
		const times = [...this.#peers].flatMap(({ about }) => about.principal.expiresAt ?? [])
		return times.length === 0 ? null : Math.min(...times)
	}

	/** The machine is no more. */
	refuseAll(why: Refusal): void {
		for (const peer of this.#peers) refuse(peer, why)
		this.#peers.clear()
		this.#fanOuts.clear()
	}

	message(peer: ViewerPeer, message: FromViewer): void {
		if (message.type === "hello") return this.#greeted(peer, message)
		const { viewer, followed } = peer.about
		if (viewer === null) throw new Refusal("malformed", "The first message must be hello.")
		switch (message.type) {
			case "attach":
				return this.#attach(peer, viewer, message)
			case "detach":
				if (followed[message.session] === undefined) return
				delete followed[message.session]
				peer.remember()
				return this.#unfollow(viewer, message.session)
			case "size":
				return this.#sized(peer, message)
			default:
				never(message)
		}
	}

	/** Whether this viewer's input may go on to the program. Typing makes its size the session's. */
	mayType(peer: ViewerPeer, { session }: InputFrame): boolean {
		if (!can(peer.about.principal.role, "session:type")) {
			tellRefused(peer, session, new Refusal("not_allowed"))
			return false
		}
		const followed = peer.about.followed[session]
		if (followed === undefined) return false
		if (!followed.ownsSize) this.#claimSize(peer, session)
		return true
	}

	fanOut(session: SessionId): FanOut | undefined {
		return this.#fanOuts.get(session)
	}

	follower(peer: ViewerPeer, session: SessionId): Follower | undefined {
		return peer.about.viewer === null ? undefined : this.#fanOuts.get(session)?.followers.get(peer.about.viewer)
	}

	find(id: ViewerId): ViewerPeer | undefined {
		for (const peer of this.#peers) if (peer.about.viewer === id) return peer
		return undefined
	}

	tellAll(message: ToViewer): void {
		for (const peer of this.#peers) if (peer.about.viewer !== null) tell(peer, message)
	}

	/** The link is gone: every viewer attaches again when there is a new one. */
	away(): void {
		for (const fanOut of this.#fanOuts.values()) fanOut.away()
	}

	/** The session has another holder, which knows none of its viewers: all attach again. */
	beganAgain(session: SessionId): void {
		const fanOut = this.#fanOuts.get(session)
		fanOut?.away()
		for (const { peer } of fanOut?.followers.values() ?? []) tell(peer, { type: "again", session })
	}

	/** The session is no more. */
	forget(session: SessionId): void {
		this.#fanOuts.delete(session)
		for (const peer of this.#peers) {
			if (peer.about.followed[session] === undefined) continue
			delete peer.about.followed[session]
			peer.remember()
		}
	}

	#greeted(peer: ViewerPeer, hello: Extract<FromViewer, { type: "hello" }>): void {
		if (hello.version < OLDEST_VERSION || hello.version > PROTOCOL_VERSION)
			throw new Refusal("version_too_old", "Load the page again.")
		if (hello.viewer === EVERYONE || hello.viewer === KEEPER)
			throw new Refusal("malformed", "The viewer id is reserved.")
		const older = this.find(hello.viewer)
		if (older !== undefined && older !== peer) {
			if (older.about.principal.id !== peer.about.principal.id) throw new Refusal("not_allowed")
			// A dead socket whose end has not arrived yet, or the same screen dialling twice.
			refuse(older, new Refusal("timed_out"))
			this.gone(older)
		}
		peer.about.viewer = hello.viewer
		peer.remember()
		tell(peer, this.#options.greeting(peer))
		// What is known of activity may be as old as the last wake.
		this.#options.link.say({ type: "observe", on: true })
	}

	#attach(peer: ViewerPeer, viewer: ViewerId, { session, have, cols, rows }: Attach): void {
		const { sessions, link, store } = this.#options
		const { followed } = peer.about
		if (sessions.get(session) === undefined) return tellRefused(peer, session, new Refusal("session_not_found"))
		if (followed[session] === undefined && Object.keys(followed).length >= ATTACHED_PER_VIEWER)
			return tellRefused(peer, session, new Refusal("too_many"))
		const isUp = link.isUp()
		const ownsSize = followed[session]?.ownsSize ?? false
		followed[session] = { step: isUp ? "joining" : "away", cols, rows, ownsSize }
		const isNew = !peer.about.opened.includes(session)
		// No more than a socket's memory holds: what is forgotten here is of sessions that are gone.
		if (isNew) peer.about.opened = [...peer.about.opened, session].slice(-SESSIONS_PER_MACHINE)
		peer.remember()
		this.#follow(peer, viewer, session, have)
		tell(peer, { type: "attached", session, live: isUp })
		const kept = isUp || have !== null ? null : store.snapshot(session)
		if (isUp) link.say({ type: "watch", session, viewer, have })
		else if (kept !== null) peer.send(encodeFrame({ kind: KIND.SNAPSHOT, session, viewer, ...kept }))
		this.#tellWatchers(session)
		if (isNew) this.#options.sessionOpened(peer.about.principal, session)
	}

	#follow(peer: ViewerPeer, viewer: ViewerId, session: SessionId, have: number | null): void {
		const followed = peer.about.followed[session]
		if (followed === undefined) return
		let fanOut = this.#fanOuts.get(session)
		if (fanOut === undefined) {
			const { link } = this.#options
			fanOut = new FanOut(session, {
				toConnector: (data) => link.send(data),
				watch: (follower, from) => link.say({ type: "watch", session, viewer: follower.viewer, have: from }),
				again: (follower) => tell(follower.peer, { type: "again", session }),
			})
			this.#fanOuts.set(session, fanOut)
		}
		fanOut.followers.set(viewer, { peer, viewer, followed, sent: have, acked: have })
	}

	#unfollow(viewer: ViewerId, session: SessionId): void {
		const fanOut = this.#fanOuts.get(session)
		if (fanOut === undefined) return
		const { link } = this.#options
		fanOut.followers.delete(viewer)
		if (fanOut.followers.size > 0) {
			link.say({ type: "unwatch", session, viewer })
			return this.#tellWatchers(session)
		}
		this.#fanOuts.delete(session)
		link.say({ type: "keep", session })
		link.say({ type: "unwatch", session, viewer: EVERYONE })
	}

	#sized(peer: ViewerPeer, { session, cols, rows, claim }: Extract<FromViewer, { type: "size" }>): void {
		const followed = peer.about.followed[session]
		if (followed === undefined) return
		followed.cols = cols
		followed.rows = rows
		peer.remember()
		if (claim) this.#claimSize(peer, session)
		else if (followed.ownsSize) this.#applySize(session, followed)
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
		const { sessions, link } = this.#options
		const known = sessions.get(session)
		if (known === undefined || (known.cols === cols && known.rows === rows)) return
		link.say({ type: "resize", session, cols, rows })
	}

	#tellWatchers(session: SessionId): void {
		const followers = [...(this.#fanOuts.get(session)?.followers.values() ?? [])]
		for (const { peer } of followers) {
			const watchers = followers.map((other) => ({
				name: other.peer.about.is === "viewer" ? other.peer.about.principal.name : "",
				ownsSize: other.followed.ownsSize,
				self: other.peer === peer,
			}))
			tell(peer, { type: "watchers", session, watchers })
		}
	}
}

export function tell(viewer: Peer, message: ToViewer): void {
	viewer.send(JSON.stringify(message))
}

export function tellRefused(viewer: Peer, session: SessionId, refusal: Refusal): void {
	tell(viewer, { type: "refused", session, code: refusal.code, message: refusal.message })
}
