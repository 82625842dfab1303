// The plainest relay: one process, a PTY for each first socket of a name, and every further socket of that name beside it.
import { type IPty, spawn } from "@lydell/node-pty"
import { type WebSocket, WebSocketServer } from "ws"

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false }, () => {
	const address = server.address()
	process.send?.(typeof address === "object" ? address?.port : 0)
})
const rooms = new Map<string, { pty: IPty; sockets: Set<WebSocket> }>()

server.on("connection", (socket, request) => {
	const url = new URL(request.url ?? "", "http://relay")
	let room = rooms.get(url.pathname)
	if (room === undefined) {
		const [program = "", ...args] = url.searchParams.getAll("argv")
		const made = { pty: spawn(program, args, { cols: 80, rows: 24, encoding: null }), sockets: new Set<WebSocket>() }
		made.pty.onData((data) => {
			for (const each of made.sockets) each.send(data)
		})
		rooms.set(url.pathname, made)
		room = made
	}
	const { pty, sockets } = room
	sockets.add(socket)
	socket.on("message", (data: Buffer) => pty.write(data))
	socket.on("close", () => {
		sockets.delete(socket)
		if (sockets.size > 0) return
		pty.kill("SIGKILL")
		rooms.delete(url.pathname)
	})
})
process.on("disconnect", () => process.exit())
