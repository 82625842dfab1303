// The machine's one link: the socket with the latest epoch, whether it is still proven, and the presence that gives.
import { Refusal } from "../protocol/errors.ts"
import { GONE_AFTER_MS } from "../protocol/limits.ts"
import type { ToConnector } from "../protocol/messages.ts"
import type { Platform, Presence } from "../protocol/session.ts"
import { type About, type Peer, refuse } from "./peer.ts"
import type { Store } from "./store.ts"

export type LinkPeer = Peer & { about: Extract<About, { is: "link" }> }

interface Options {
	store: Store
	now: () => number
	/** The link is gone, whichever way. */
	ended: () => void
}

export class Link {
	readonly #options: Options
	#peer: LinkPeer | null = null

	constructor(options: Options) {
		this.#options = options
	}

	/** After a wake: the latest of the sockets that are still there. */
	recall(peer: LinkPeer): void {
		if (this.#peer === null || peer.about.epoch > this.#peer.about.epoch) this.#peer = peer
	}

	/** A new socket replaces the one before at once, and takes the next epoch. */
	accept(peer: LinkPeer): void {
		const { store, now } = this.#options
		const row = store.machine()
		if (row === null) return refuse(peer, new Refusal("machine_revoked"))
		this.drop(new Refusal("link_replaced"))
		const epoch = row.epoch + 1
		store.putMachine({ ...row, epoch })
		peer.about = { ...peer.about, epoch, acceptedAt: now(), version: null }
		peer.remember()
		this.#peer = peer
	}

	/** The connector has said hello: from here on the machine is linked. */
	greeted(platform: Platform, version: number): void {
		const { store, now } = this.#options
		const row = store.machine()
		if (this.#peer === null || row === null) return
		store.putMachine({ ...row, platform, since: now(), provenAt: now() })
		this.#peer.about.version = version
		this.#peer.remember()
	}

	/** Whose machine it is; null without a link. */
	get workspaceId(): string | null {
		return this.#peer?.about.workspaceId ?? null
	}

	/** Every other link's words and end are ignored. */
	is(peer: Peer): peer is LinkPeer {
		return peer === this.#peer
	}

	/** Whether the machine is there, as far as the last proof tells. A link that has been silent for too long ends here. */
	isUp(): boolean {
		const peer = this.#peer
		if (peer === null || peer.about.version === null) return false
		if (this.#options.now() - peer.heardAt() <= GONE_AFTER_MS) return true
		this.drop(new Refusal("timed_out"))
		return false
	}

	/** Whether there is a socket; asking costs nothing, and does not look at its proof. */
	get isThere(): boolean {
		return this.#peer !== null
	}

	/** What the connector speaks; null without a link. */
	get version(): number | null {
		return this.#peer?.about.version ?? null
	}

	say(message: ToConnector): void {
		this.send(JSON.stringify(message))
	}

	/** To nobody while there is no link: whoever needs an answer asks `isUp` first. */
	send(data: string | Uint8Array): void {
		if (this.version !== null) this.#peer?.send(data)
	}

	drop(why: Refusal): void {
		const peer = this.#peer
		if (peer === null) return
		this.end()
		refuse(peer, why)
	}

	/** Remembers when the link was last heard. */
	end(): void {
		const peer = this.#peer
		if (peer === null) return
		this.#peer = null
		const { store, now } = this.#options
		const row = store.machine()
		if (peer.about.version !== null && row !== null)
			store.putMachine({ ...row, since: now(), provenAt: peer.heardAt() })
		this.#options.ended()
	}

	presence(): Presence {
		const isUp = this.isUp()
		const row = this.#options.store.machine()
		return {
			is: isUp ? "linked" : "away",
			since: row?.since ?? null,
			provenAt: isUp && this.#peer !== null ? this.#peer.heardAt() : (row?.provenAt ?? null),
			epoch: row?.epoch ?? 0,
			now: this.#options.now(),
		}
	}

	/** When the last proof will be too old; null without a link. */
	expiresAt(): number | null {
		return this.#peer === null ? null : this.#peer.heardAt() + GONE_AFTER_MS + 1
	}
}
