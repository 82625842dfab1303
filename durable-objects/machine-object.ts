// The shell of a machine's object: accepts sockets, hibernates, wakes, is called by the Worker. Decides nothing.
import { DurableObject } from "cloudflare:workers"
import type { Answered, Ask, Asked } from "../protocol/ask.ts"
import { never } from "../protocol/errors.ts"
import type { MachineId, SessionId } from "../protocol/ids.ts"
import { PING, PONG } from "../protocol/limits.ts"
import type { RouteName } from "../protocol/routes.ts"
import type { Platform } from "../protocol/session.ts"
import type { Outcome } from "./asks.ts"
import { report } from "./audit-report.ts"
import type { Env } from "./env.ts"
import { logFault } from "./fault-log.ts"
import type { MachineReport } from "./inbox/inbox.ts"
import { Machine } from "./machine.ts"
import { type About, type Peer, type Principal, readUpgrade, type Upgrade } from "./peer.ts"
import { begin, relayingOf, take } from "./relaying.ts"
import { SqlReportStore } from "./sql-report-store.ts"
import { SqlStore } from "./sql-store.ts"

export class MachineObject extends DurableObject<Env> {
	readonly #machine: Machine
	readonly #peers = new Map<WebSocket, SocketPeer>()

	constructor(context: DurableObjectState, env: Env) {
		super(context, env)
		context.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG))
		for (const socket of context.getWebSockets()) this.#peers.set(socket, new SocketPeer(context, socket))
		this.#machine = new Machine({
			store: new SqlStore(context.storage.sql),
			reports: new SqlReportStore(context.storage.sql),
			peers: [...this.#peers.values()],
			now: Date.now,
			defer: (then) => void setTimeout(then, 0),
			wakeAt: (time) => void context.storage.setAlarm(time),
			sessionOpened: (by, what) => context.waitUntil(reportOpened(env, by, what)),
			tellWorkspace: (told) => tellWorkspace(env, told),
			failed: (what, error) => logFault(what, { error: String(error) }),
			welcomed: (machine) => context.waitUntil(begin(relayingOf(context), machine, (...asked) => this.ask(...asked))),
			relayed: (machine, brought) =>
				context.waitUntil(take(relayingOf(context), machine, brought, (...asked) => this.ask(...asked))),
		})
	}

	/** An upgrade that the Worker has authenticated; its headers say for whom. */
	override fetch(request: Request): Response {
		const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket]
		const peer = new SocketPeer(this.ctx, server, about(readUpgrade(request.headers)))
		this.ctx.acceptWebSocket(server)
		this.#peers.set(server, peer)
		this.#machine.opened(peer)
		return new Response(null, { status: 101, webSocket: client })
	}

	override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
		const peer = this.#peers.get(socket)
		if (peer === undefined) return
		peer.hear()
		this.#machine.message(peer, typeof data === "string" ? data : new Uint8Array(data))
	}

	override webSocketClose(socket: WebSocket): void {
		// A hibernatable socket is not closed from this side by itself, and the other side would wait for that.
		socket.close()
		this.#closed(socket)
	}

	override webSocketError(socket: WebSocket): void {
		this.#closed(socket)
	}

	#closed(socket: WebSocket): void {
		const peer = this.#peers.get(socket)
		if (peer === undefined) return
		this.#peers.delete(socket)
		this.#machine.closed(peer)
	}

	override alarm(): void {
		this.#machine.alarm()
	}

	enroll(machine: { id: MachineId; name: string; platform: Platform | null }): void {
		this.#machine.enroll(machine)
	}

	rename(name: string): void {
		this.#machine.rename(name)
	}

	granted(session: SessionId): string[] {
		return this.#machine.granted(session)
	}

	spend(jti: string, expiresAt: number): boolean {
		return this.#machine.spend(jti, expiresAt)
	}

	dismiss(id: string | null): void {
		this.#machine.dismiss(id)
	}

	revoke(): void {
		this.#machine.revoke()
	}

	describe(): ReturnType<Machine["look"]> {
		return this.#machine.look()
	}

	ask<A extends Ask>(ask: A, of: Asked<A>): Promise<Outcome<Answered<A>>> {
		return this.#machine.ask(ask, of)
	}
}

/** One hibernatable socket as the core sees it. */
class SocketPeer implements Peer {
	about: About
	readonly #context: DurableObjectState
	readonly #socket: WebSocket
	/** The last message in this wake; the platform keeps the time of the last beat that it answered. */
	#heardAt = 0

	constructor(context: DurableObjectState, socket: WebSocket, about?: About) {
		this.#context = context
		this.#socket = socket
		this.about = about ?? socket.deserializeAttachment()
	}

	hear(): void {
		this.#heardAt = Date.now()
	}

	remember(): void {
		this.#socket.serializeAttachment(this.about)
	}

	send(data: string | Uint8Array): void {
		try {
			this.#socket.send(data)
		} catch {
			// The socket has closed; its close event follows and tells the core.
		}
	}

	close(code: number, reason: string): void {
		try {
			this.#socket.close(code, reason)
		} catch {
			// It is closed already.
		}
	}

	heardAt(): number {
		const beat = this.#context.getWebSocketAutoResponseTimestamp(this.#socket)?.getTime() ?? 0
		const accepted = this.about.is === "link" ? this.about.acceptedAt : 0
		return Math.max(beat, accepted, this.#heardAt)
	}
}

/** The session stays open even where the trail could not be told of it. */
async function reportOpened(
	env: Env,
	{ is, id, name, workspaceId, address }: Principal,
	target: { machine: MachineId; session: SessionId },
): Promise<void> {
	const action: RouteName = "view"
	const actor = { is, id, name }
	try {
		await report(env, workspaceId, { at: Date.now(), actor, action, target, outcome: "done", address, detail: {} })
	} catch (error) {
		logFault("trail", { action, error: String(error) })
	}
}

async function tellWorkspace(env: Env, told: MachineReport): Promise<void> {
	await env.WORKSPACE.get(env.WORKSPACE.idFromName(told.workspaceId)).reported(told)
}

function about(upgrade: Upgrade): About {
	switch (upgrade.is) {
		case "link":
			return { is: "link", workspaceId: upgrade.workspaceId, epoch: 0, acceptedAt: Date.now(), version: null }
		case "viewer":
			return { is: "viewer", principal: upgrade.principal, viewer: null, followed: {}, opened: [] }
		case "feed":
			throw new Error("invariant: a machine has no feed")
		default:
			never(upgrade)
	}
}
