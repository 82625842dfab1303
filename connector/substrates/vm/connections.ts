// Connections to VMs that this process has open for single questions: each is kept for the next one for a while.
import { Refusal } from "../../../protocol/errors.ts"
import { type Connection, connect } from "./ssh.ts"
import type { Reach, Vms } from "./vms.ts"

interface Kept {
	connection: Promise<Connection>
	users: number
	closing: NodeJS.Timeout | null
}

/** The next question mostly comes within seconds. */
const KEEP_MS = 10_000

const kept = new Map<string, Kept>()

/** Starts or resumes the VM first, which is not idle meanwhile. */
export async function withConnection<T>(vms: Vms, vm: string, use: (connection: Connection) => Promise<T>): Promise<T> {
	const reach = await vms.ready(vm, () => {})
	return vms.working(vm, () => over(reach, use))
}

/** For a look at one that runs: that is no work, and keeps none awake. */
export async function withLook<T>(vms: Vms, vm: string, use: (connection: Connection) => Promise<T>): Promise<T> {
	return over(await vms.reach(vm), use)
}

/** A connection on which something has gone wrong is used by no other question. */
async function over<T>(reach: Reach, use: (connection: Connection) => Promise<T>): Promise<T> {
	// A VM that was started again may have another port.
	const key = `${reach.privateKey}:${reach.port}`
	const entry = kept.get(key) ?? open(key, reach)
	if (entry.closing !== null) clearTimeout(entry.closing)
	entry.users++
	try {
		return await use(await entry.connection)
	} catch (error) {
		if (!(error instanceof Refusal)) forget(key, entry)
		throw error
	} finally {
		if (--entry.users === 0) {
			if (kept.get(key) !== entry) close(entry)
			else entry.closing = setTimeout(() => close(entry), KEEP_MS).unref()
		}
	}
}

function open(key: string, reach: Reach): Kept {
	const entry: Kept = { connection: connect(reach), users: 0, closing: null }
	kept.set(key, entry)
	entry.connection.then(
		(connection) => {
			connection.unref()
			void connection.closed.then(() => forget(key, entry))
		},
		() => forget(key, entry),
	)
	return entry
}

function forget(key: string, entry: Kept): void {
	if (kept.get(key) === entry) kept.delete(key)
}

function close(entry: Kept): void {
	entry.connection.then(
		(connection) => connection.close(),
		() => {},
	)
}
