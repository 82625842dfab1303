// Whether an SSH server answers on a port: QEMU accepts connections before its guest listens, so only its first line says so.
import { connect } from "node:net"

export function hasBanner(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		let said = ""
		const socket = connect(port, "127.0.0.1")
		socket.setTimeout(BANNER_MS, () => socket.destroy())
		socket.on("error", () => {})
		socket.on("data", (data) => {
			said += data
			if (said.length >= START.length) socket.destroy()
		})
		socket.once("close", () => resolve(said.startsWith(START)))
	})
}

const START = "SSH-2.0-"
/** A server that listens says it at once, in software a little later. */
const BANNER_MS = 700
