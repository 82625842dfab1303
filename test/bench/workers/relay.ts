// The bare relay that our figures stand beside: an otherwise empty Durable Object between two kinds of sockets.
import { DurableObject } from "cloudflare:workers"

interface Env {
	RELAY: DurableObjectNamespace<Relay>
}

/** What one side says, the other hears, and nothing else happens. */
export class Relay extends DurableObject<Env> {
	#others: Record<string, WebSocket[]> = {}

	override fetch(request: Request): Response {
		const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket]
		this.ctx.acceptWebSocket(server, [new URL(request.url).searchParams.get("as") ?? ""])
		this.#others = {}
		return new Response(null, { status: 101, webSocket: client })
	}

	override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
		const [tag] = this.ctx.getTags(socket)
		const other = tag === "machine" ? "viewer" : "machine"
		this.#others[other] ??= this.ctx.getWebSockets(other)
		for (const peer of this.#others[other]) peer.send(data)
	}

	override webSocketClose(): void {
		this.#others = {}
	}
}

export default {
	fetch(request: Request, env: Env): Promise<Response> {
		return env.RELAY.getByName(new URL(request.url).pathname).fetch(request)
	},
}
