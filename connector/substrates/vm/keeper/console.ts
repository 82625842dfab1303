// What a VM's serial console says, in a file of which only the end is kept: a guest could fill the disk with it.
import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { connect } from "node:net"

const CONSOLE_BYTES = 256 * 1024
/** A panic with its trace is shorter than that. */
const PANIC_BYTES = 16 * 1024
const PANIC_CHARS = 200
const PANIC = /Kernel panic - not syncing: ([^\r\n]*)/g

/** Writes all that comes from the socket until that closes. */
export function keepConsole(socket: string, file: string): void {
	let size = consoleBytes(file)
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

export function consoleBytes(file: string): number {
	return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

/** What the kernel said of its panic at the console's end, since that had so many bytes. The words are the guest's. */
export function panicSaid(file: string, since: number): string | undefined {
	let console: Buffer
	try {
		console = readFileSync(file)
	} catch {
		// It has said nothing yet, or the VM is being destroyed.
		return undefined
	}
	// Its beginning may have been cut off meanwhile.
	const from = Math.max(since <= console.length ? since : 0, console.length - PANIC_BYTES)
	const said = [...console.subarray(from).toString("latin1").matchAll(PANIC)].at(-1)?.[1]
	return said?.replaceAll(/[^ -~]/g, "").slice(0, PANIC_CHARS)
}
