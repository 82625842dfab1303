// The far end of the bare relay: one process with a PTY a relay, and not a line more than it needs.
import { spawn } from "@lydell/node-pty"
import { WebSocket } from "ws"

/*
 * Argument: the relay's address. Each message of the parent is a name and an argv: a PTY runs it, and a socket carries
 * its bytes. The parent is told the name back once the socket is open, and the exit.
 */
const [relay = ""] = process.argv.slice(2)

process.on("message", ({ name, argv: [program = "", ...args] }: { name: string; argv: string[] }) => {
	const socket = new WebSocket(`${relay}/${name}?as=machine`, { perMessageDeflate: false })
	socket.on("open", () => {
		const pty = spawn(program, args, { cols: 80, rows: 24, encoding: null })
		pty.onData((data) => socket.send(data))
		socket.on("message", (data: Buffer) => pty.write(data))
		socket.on("close", () => pty.kill("SIGKILL"))
		process.send?.(name)
	})
})
process.on("disconnect", () => process.exit())
