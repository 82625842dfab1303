// What a VM's serial console says, in a file of which only the end is kept: a guest could fill the disk with it.
import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { connect } from "node:net"

const CONSOLE_BYTES = 256 * 1024

/** Writes all that comes from the socket until that closes. */
export function keepConsole(socket: string, file: string): void {
	let size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
	const connection = connect(socket)
	// The console ends with its QEMU.
	connection.on("error", () => {})
	connection.on("data", (data) => {
		try {
			appendFileSync(file, data, { mode: 0o600 })
			size += data.length
			if (size <= CONSOLE_BYTES) return
			const kept = readFileSync(file).subarray(-CONSOLE_BYTES / 2)
			writeFileSync(file, kept, { mode: 0o600 })
			size = kept.length
		} catch {
			// The disk is full, or the VM is being destroyed: it goes on without a console.
		}
	})
}
