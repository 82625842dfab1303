// The Workspace object: one a workspace. Holds the consoles' feed sockets, asleep between changes.
import { DurableObject } from "cloudflare:workers"
import { Refusal } from "../protocol/errors.ts"
import { PING, PONG } from "../protocol/limits.ts"
import type { Env } from "./env.ts"
import { type Change, type Listener, tell } from "./workspace.ts"

export class WorkspaceObject extends DurableObject<Env> {
	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env)
		ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG))
	}

	/** A feed socket, which the edge has authenticated. */
	override fetch(): Response {
		const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket]
		this.ctx.acceptWebSocket(server)
		return new Response(null, { status: 101, webSocket: client })
	}

	/** Told by whoever has changed the registry, after the change. */
	changed(what: Change): void {
		tell(this.ctx.getWebSockets().map(listener), what)
	}

	/** The feed runs one way: whoever speaks on it has mistaken it for something else. */
	override webSocketMessage(socket: WebSocket): void {
		const refusal = new Refusal("malformed")
		socket.close(refusal.closeCode, refusal.code)
	}

	override webSocketClose(socket: WebSocket): void {
		// A hibernatable socket is not closed from this side by itself, and the other side would wait for that.
		socket.close()
	}
}

function listener(socket: WebSocket): Listener {
	return {
		send(text) {
			try {
				socket.send(text)
			} catch {
				// It closed since it was listed; whoever opens the feed again asks for everything anyway.
			}
		},
	}
}
