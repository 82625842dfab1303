// The core of a machine's object: one link, many sessions, many viewers. Takes messages, decides, sends through Peer.
import { type Answered, ASKED_SINCE, type Ask, type Asked } from "../protocol/ask.ts"
import { never, Refusal, refusalCode } from "../protocol/errors.ts"
import { decodeFrame, type Frame, KIND, type SnapshotFrame } from "../protocol/frames.ts"
import { type ChannelId, EVERYONE, KEEPER, type MachineId, type SessionId } from "../protocol/ids.ts"
import { KEPT_SNAPSHOT_BYTES, OLDEST_VERSION, PROTOCOL_VERSION } from "../protocol/limits.ts"
import { FromConnector, FromViewer, parseMessage } from "../protocol/messages.ts"
import type { Platform, Presence, SessionInfo } from "../protocol/session.ts"
import { Asks, type Outcome } from "./asks.ts"
import type { MachineReport } from "./inbox/inbox.ts"
import { InputBatch } from "./input.ts"
import { Link, type LinkPeer } from "./link.ts"
import { type Peer, type Principal, refuse } from "./peer.ts"
import { type ReportStore, Reports } from "./reports.ts"
import { Sessions } from "./sessions.ts"
import type { MachineRow, Store } from "./store.ts"
import { tell, tellRefused, type ViewerPeer, Viewers } from "./viewers.ts"

interface Host {
	store: Store
	reports: ReportStore
	/** The sockets that outlived the object's memory. */
	peers: Peer[]
	now: () => number
	/** Calls back when the events that are here already have been handled. */
	defer: (then: () => void) => void
	/** Asks to be woken by `alarm` at that time. */
	wakeAt: (time: number) => void
	/** Tells the audit trail who has opened which session; nothing here waits for that. */
	sessionOpened: (by: Principal, what: { machine: MachineId; session: SessionId }) => void
	/** Tells the workspace what waits for a person; resolves when it has it for good. */
	tellWorkspace: (report: MachineReport) => Promise<void>
	failed: (what: string, error: unknown) => void
	/** The machine can be asked again: whoever wants something of it after each welcome, asks now. */
	welcomed: (machine: MachineId) => void
	/** The machine has brought this from a chat service; it is thanked by an ask of `relayed` once it is kept. */
	relayed: (machine: MachineId, what: { channel: ChannelId; key: string; message: unknown }) => void
}

export class Machine {
	readonly #host: Host
	readonly #asks = new Asks()
	readonly #input: InputBatch
	readonly #link: Link
	readonly #reports: Reports
	readonly #sessions: Sessions
	readonly #viewers: Viewers
	/** When the alarm that was asked for in this wake is due. */
	#alarmAt = 0
	/** The sessions are being asked for their activity. */
	#refreshing: Promise<void> | null = null

	constructor(host: Host) {
		this.#host = host
		const { store } = host
		this.#link = new Link({ store, now: host.now, ended: () => this.#linkEnded() })
		this.#input = new InputBatch((frame) => this.#link.send(frame), host.defer, host.now)
		this.#sessions = new Sessions(store)
		this.#reports = new Reports({
			store: host.reports,
			machine: () => {
				const row = store.machine()
				return row === null ? null : { id: row.id, name: row.name, workspaceId: this.#link.workspaceId }
			},
			session: (id) => this.#sessions.get(id),
			tell: host.tellWorkspace,
			now: host.now,
			arm: () => this.#lease(),
			failed: (error) => host.failed("report", error),
		})
		this.#viewers = new Viewers({
			store,
			link: this.#link,
			sessions: this.#sessions,
			sessionOpened: (by, session) => host.sessionOpened(by, { machine: this.#row().id, session }),
			greeting: ({ about }) => {
				const { name, platform } = this.#row()
				const { presence, sessions } = this.describe()
				return { type: "machine", name, role: about.principal.role, presence, platform, sessions }
			},
		})
		for (const peer of host.peers) {
			if (isLink(peer)) this.#link.recall(peer)
			else if (isViewer(peer)) this.#viewers.recall(peer)
		}
	}

	// What the edge calls.

	/** Tells a new object, or an old one whose registry row has changed, who it is. */
	enroll(machine: { id: MachineId; name: string; platform: Platform | null }): void {
		const row = this.#host.store.machine()
		this.#host.store.putMachine({ epoch: 0, since: null, provenAt: null, ...row, ...machine })
		this.#tellRenamed()
	}

	rename(name: string): void {
		this.#host.store.putMachine({ ...this.#row(), name })
		this.#tellRenamed()
	}

	/** Believes a dial token once; `jti` is its own. False for one that was used before. */
	spend(jti: string, expiresAt: number): boolean {
		return this.#host.store.spendDial(jti, expiresAt, this.#host.now())
	}

	/** Ends the viewers that came through this person, token or sign-in, or all of them; who still may, comes again. */
	dismiss(id: string | null): void {
		this.#viewers.dismiss(({ through }) => id === null || through.includes(id))
	}

	/** The key is revoked: the link ends now, and everything is forgotten. */
	revoke(): void {
		this.#link.drop(new Refusal("machine_revoked"))
		this.#viewers.refuseAll(new Refusal("not_found"))
		this.#host.store.clear()
		this.#reports.revoked()
	}

	describe(): { presence: Presence; platform: Platform | null; sessions: SessionInfo[] } {
		const platform = this.#host.store.machine()?.platform ?? null
		return { presence: this.#link.presence(), platform, sessions: this.#sessions.all() }
	}

	/** The same, with activity as of now: sessions tell theirs only while somebody watches. */
	async look(): Promise<ReturnType<Machine["describe"]>> {
		if (this.#link.isUp()) {
			this.#refreshing ??= this.#refresh().finally(() => {
				this.#refreshing = null
			})
			await this.#refreshing
		}
		return this.describe()
	}

	async ask<A extends Ask>(ask: A, of: Asked<A>): Promise<Outcome<Answered<A>>> {
		const { version } = this.#link
		const since = ask === "start" ? startSince(of as Asked<"start">) : sinceOf(ask)
		if (version !== null && version < since.version)
			return { ok: false, code: "version_too_old", detail: since.why, isUnsent: true }
		const delivery = this.#link.isUp() ? deliveryOf(ask, of) : null
		// Before it is known what comes of it: an answer that is late shall not cost a session what it was given.
		if (delivery !== null) this.#host.store.grant(delivery.session, delivery.secrets)
		const outcome: Outcome<Answered<A>> = this.#link.isUp()
			? await this.#asks.ask(ask, of, (message) => this.#link.say(message))
			: { ok: false, code: "machine_offline", isUnsent: true }
		if (outcome.ok || ask !== "remove" || !["machine_offline", "session_not_found"].includes(outcome.code))
			return outcome
		// A session that only this object remembers can still be forgotten.
		return this.#remove((of as Asked<"remove">).session) as Outcome<Answered<A>>
	}

	/** The secrets that the session was given by whoever may: what it can be given again when it comes back by itself. */
	granted(session: SessionId): string[] {
		return this.#host.store.granted(session)
	}

	/** A session tells its activity when it is first observed, and answers what it is asked after that. */
	async #refresh(): Promise<void> {
		const running = this.#sessions.all().filter(({ state }) => state.is === "running")
		if (running.length === 0) return
		this.#link.say({ type: "observe", on: true })
		const of = { from: Number.MAX_SAFE_INTEGER, limit: 1 }
		const told = running.map(({ id }) =>
			this.#asks.ask("log", { session: id, ...of }, (message) => this.#link.say(message)),
		)
		let timer: ReturnType<typeof setTimeout> | null = null
		const late = new Promise<void>((resolve) => {
			timer = setTimeout(resolve, LOOK_MS)
		})
		await Promise.race([Promise.all(told), late])
		clearTimeout(timer)
		if (this.#viewers.isEmpty) this.#link.say({ type: "observe", on: false })
	}

	// What the sockets bring.

	opened(peer: Peer): void {
		if (isLink(peer)) return this.#link.accept(peer)
		if (this.#host.store.machine() === null) return refuse(peer, new Refusal("not_found"))
		if (isViewer(peer)) this.#viewers.opened(peer)
	}

	message(peer: Peer, data: string | Uint8Array): void {
		try {
			if (this.#viewers.has(peer)) {
				if (typeof data !== "string") return this.#viewerFrame(peer, decodeFrame(data), data)
				this.#viewers.message(peer, parseMessage(FromViewer, data))
				this.#lease()
			} else if (this.#link.is(peer)) {
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
		if (this.#link.is(peer)) this.#link.end()
		else if (isViewer(peer)) this.#viewers.gone(peer)
	}

	/** The lease on the link's proof has run out, unless it was heard since; or the token of a viewer has. */
	alarm(): void {
		this.#alarmAt = 0
		this.#viewers.dismiss(({ expiresAt }) => expiresAt !== null && expiresAt <= this.#host.now())
		this.#link.isUp()
		this.#reports.retry()
		this.#lease()
	}

	// The link.

	#fromConnector(link: LinkPeer, message: FromConnector): void {
		if (message.type === "hello") return this.#greeted(link, message)
		if (link.about.version === null) throw new Refusal("malformed", "The first message must be hello.")
		switch (message.type) {
			case "session":
				return this.#sessionChanged(message.session)
			case "removed":
				return this.#forget(message.session)
			case "joined": {
				const { session, viewer, sequence } = message
				const follower = this.#viewers.fanOut(session)?.joined(viewer, sequence)
				if (follower !== undefined) tell(follower.peer, { type: "caught-up", session, sequence })
				return
			}
			case "unwatchable": {
				const peer = this.#viewers.find(message.viewer)
				if (peer !== undefined) tellRefused(peer, message.session, new Refusal(refusalCode(message.code)))
				return
			}
			case "expects": {
				const peer = this.#viewers.find(message.viewer)
				if (peer !== undefined) tell(peer, { type: "expects", session: message.session, sequence: message.sequence })
				return
			}
			case "answer":
				return this.#asks.answered(message.number, message.answer)
			case "refuse":
				return this.#asks.refused(message.number, message.code, message.detail)
			case "attention":
				return this.#reports.heard({ open: message.open, ended: message.ended })
			case "relay": {
				const { channel, key, message: brought } = message
				return this.#host.relayed(this.#row().id, { channel, key, message: brought })
			}
			default:
				never(message)
		}
	}

	/** The machine's list is the truth: adopt what is new, take over what changed, and call lost what it lost. */
	#greeted(link: LinkPeer, hello: Extract<FromConnector, { type: "hello" }>): void {
		if (hello.version < OLDEST_VERSION) throw new Refusal("version_too_old", "Update the connector.")
		if (hello.version > PROTOCOL_VERSION) throw new Refusal("version_too_old", "Update the control plane.")
		const { lost, removed } = this.#sessions.missing(hello.sessions, this.#host.now())
		for (const session of [...hello.sessions, ...lost]) this.#sessionChanged(session)
		for (const id of removed) this.#forget(id)
		this.#link.greeted(hello.platform, hello.version)
		this.#link.say({ type: "welcome", epoch: link.about.epoch, machine: this.#row().name })
		if (!this.#viewers.isEmpty) this.#link.say({ type: "observe", on: true })
		this.#tellRenamed()
		this.#tellPresence()
		this.#lease()
		this.#host.welcomed(this.#row().id)
	}

	#connectorFrame(frame: Frame, data: Uint8Array): void {
		switch (frame.kind) {
			case KIND.OUTPUT:
			case KIND.RESIZE:
			case KIND.SNAPSHOT:
				if (frame.viewer === EVERYONE) return this.#viewers.fanOut(frame.session)?.toEveryone(frame, data)
				if (frame.viewer !== KEEPER) return this.#viewers.fanOut(frame.session)?.toOne(frame.viewer, frame, data)
				if (frame.kind === KIND.SNAPSHOT) this.#keep(frame)
				return
			case KIND.WRITTEN:
				return this.#viewers.find(frame.viewer)?.send(data)
			case KIND.ACK:
			case KIND.INPUT:
				throw new Refusal("malformed", "A connector does not send such frames.")
			default:
				never(frame)
		}
	}

	#keep(frame: SnapshotFrame): void {
		const { store } = this.#host
		if (frame.bytes.length <= KEPT_SNAPSHOT_BYTES && store.sessions().has(frame.session)) store.putSnapshot(frame)
	}

	#linkEnded(): void {
		this.#input.drop()
		this.#asks.abandon()
		this.#viewers.away()
		this.#tellPresence()
	}

	/**
	 * Somebody watches, so somebody must be told when the link's proof gets too old, and let go of when their token ends; or
	 * the workspace has not taken a report.
	 */
	#lease(): void {
		const watched = this.#viewers.isEmpty ? [] : [this.#link.expiresAt(), this.#viewers.expiresAt()]
		const times = [...watched, this.#reports.retryAt].filter((time) => time !== null)
		const at = Math.min(...times)
		// An alarm is a write, which holds back what is sent after it: one is enough, and renews itself.
		if (times.length === 0 || (this.#alarmAt > this.#host.now() && this.#alarmAt <= at)) return
		this.#alarmAt = at
		this.#host.wakeAt(at)
	}

	// The viewers.

	#viewerFrame(peer: ViewerPeer, frame: Frame, data: Uint8Array): void {
		if (frame.viewer !== peer.about.viewer) throw new Refusal("malformed", "The frame names another viewer.")
		switch (frame.kind) {
			case KIND.INPUT:
				// While the machine is away nothing is taken, so nothing is acknowledged: the viewer keeps it and shows it.
				if (this.#link.isThere && this.#viewers.mayType(peer, frame)) this.#input.take(frame, data)
				return
			case KIND.ACK: {
				const follower = this.#viewers.follower(peer, frame.session)
				if (follower !== undefined) this.#viewers.fanOut(frame.session)?.acked(follower, frame.sequence)
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

	// The sessions.

	#sessionChanged(session: SessionInfo): void {
		const before = this.#sessions.get(session.id)?.run ?? session.run
		// An older run's news: its end is not this one's.
		if (session.run < before) return
		// A screen that is kept of the run before says nothing of where this one stands.
		if (session.run > before) this.#host.store.dropSnapshot(session.id)
		this.#sessions.put(session)
		this.#reports.sessionChanged(session.id)
		this.#viewers.tellAll({ type: "session", session })
		if (session.run > before) this.#viewers.beganAgain(session.id)
	}

	#remove(session: SessionId): Outcome<Record<string, never>> {
		const known = this.#sessions.get(session)
		if (known === undefined) return { ok: false, code: "session_not_found" }
		if (known.state.is === "running" && !this.#link.isUp()) return { ok: false, code: "machine_offline" }
		this.#forget(session)
		return { ok: true, value: {} }
	}

	#forget(session: SessionId): void {
		this.#sessions.drop(session)
		this.#reports.sessionRemoved(session)
		this.#viewers.forget(session)
		this.#viewers.tellAll({ type: "removed", session })
	}

	#tellRenamed(): void {
		const { name, platform } = this.#row()
		this.#viewers.tellAll({ type: "renamed", name, platform })
	}

	#tellPresence(): void {
		if (!this.#viewers.isEmpty) this.#viewers.tellAll({ type: "presence", presence: this.#link.presence() })
	}

	#row(): MachineRow {
		const row = this.#host.store.machine()
		if (row === null) throw new Refusal("not_found")
		return row
	}
}

/** A machine that does not answer by then is described as it was last known. */
const LOOK_MS = 1_000

interface Since {
	version: number
	/** What to tell who asks it of an older connector. */
	why: string
}

/** A connector that does not know what a start asks for would begin the program without it, and say nothing. */
function startSince(spec: Asked<"start">): Since {
	const { substrate, network, limits, image, vm, loadout, from, comesBack, tags } = spec
	const isContained =
		(substrate !== undefined && substrate !== "host") || network.is !== "full" || Object.keys(limits).length > 0
	const isNew = [image, vm, loadout, from].some((said) => said !== undefined) || comesBack || tags.length > 0
	if (isContained || isNew) return { version: 3, why: "Update the connector on this machine: it has only its host." }
	const why = "Update the connector on this machine: it cannot take the secrets that this runtime gets."
	return { version: spec.secrets.length > 0 ? 2 : 1, why }
}

/** The session that a question brings secrets to, and their names; null where it brings none. */
function deliveryOf<A extends Ask>(ask: A, of: Asked<A>): { session: SessionId; secrets: string[] } | null {
	const asked = { ask, of } as { [K in Ask]: { ask: K; of: Asked<K> } }[Ask]
	if (asked.ask !== "start" && asked.ask !== "restart" && asked.ask !== "clone") return null
	const session = asked.ask === "restart" ? asked.of.session : asked.of.id
	const secrets = asked.of.secrets.map(({ name }) => name)
	return secrets.length === 0 ? null : { session, secrets }
}

function sinceOf(ask: Ask): Since {
	const since: Partial<Record<Ask, number>> = ASKED_SINCE
	return { version: since[ask] ?? 1, why: "Update the connector on this machine: it does not know this yet." }
}

function isLink(peer: Peer): peer is LinkPeer {
	return peer.about.is === "link"
}

function isViewer(peer: Peer): peer is ViewerPeer {
	return peer.about.is === "viewer"
}
