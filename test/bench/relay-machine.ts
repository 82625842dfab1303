// The far end of the bare relay: one process with a PTY a relay, and not a line more than it needs.
import { spawn } from "@lydell/node-pty"
import { WebSocket } from "ws"

/*
 * Argument: the relay's address. A message of the parent that has a name and an argv opens a socket, and the parent is
 * told the name back. One that has only the name starts the program: a relay keeps nothing for a viewer that comes later.
 */
const [relay = ""] = process.argv.slice(2)

const starts = new Map<string, () => void>()

process.on("message", ({ name, argv }: { name: string; argv?: string[] }) => {
	if (argv === undefined) return starts.get(name)?.()
	const [program = "", ...args] = argv
	const socket = new WebSocket(`${relay}/${name}?as=machine`, { perMessageDeflate: false })
	socket.on("open", () => process.send?.(name))
	starts.set(name, () => {
		starts.delete(name)
		const pty = spawn(program, args, { cols: 80, rows: 24, encoding: null })
		pty.onData((data) => socket.send(data))
		socket.on("message", (data: Buffer) => pty.write(data))
		socket.on("close", () => pty.kill("SIGKILL"))
	})
})
process.on("disconnect", () => process.exit())
