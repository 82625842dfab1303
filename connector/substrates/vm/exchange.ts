// A session's exchange with its VM: what lies in its inbox here is in its inbox there when it begins; what it leaves in its
// outbox there is in its outbox here when it has ended. Both are copies: a VM sees no folder of its machine.
import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import type { SessionId } from "../../../protocol/ids.ts"
import type { Contained } from "../contained.ts"
import type { Terminal } from "../substrate.ts"
import { sendFolder } from "./guest-files.ts"
import { listFolder } from "./listing.ts"
import { takeFolder } from "./outbox.ts"
import type { Connection } from "./ssh.ts"

type Whose = Pick<Contained, "dataDir" | "session">
type Say = Terminal["say"]

/** Answers the variables that tell the program where they are. Throws Refusal where the inbox cannot be copied. */
export async function beginExchange(connection: Connection, whose: Whose, say: Say): Promise<Record<string, string>> {
	const { inbox } = await openExchange(whose)
	const there = insideOf(whose.session)
	let home: string
	try {
		home = await makeThere(connection, whose.session)
	} catch (error) {
		say(`This session has no inbox and no outbox: ${error instanceof Error ? error.message : String(error)}`)
		return {}
	}
	const listing = await listFolder(inbox)
	if (listing !== null && listing.names.length > 0) {
		say(`Copying ${inbox} into the VM.`)
		await sendFolder(connection, inbox, there.inbox, listing.names)
	}
	return { HOMEPORT_INBOX: `${home}/${there.inbox}`, HOMEPORT_OUTBOX: `${home}/${there.outbox}` }
}

/** Takes what is in the outbox there. What has come whole is here alone; the rest stays, which is told. */
export async function endExchange(connection: Connection, whose: Whose, say: Say): Promise<void> {
	const there = insideOf(whose.session)
	try {
		const files = await connection.files()
		if (!(await new Promise<boolean>((resolve) => files.stat(there.outbox, (error) => resolve(!error))))) return
		const { folder, outbox } = await openExchange(whose)
		const { taken, left } = await takeFolder(files, there.outbox, { to: outbox, drafts: folder })
		if (taken > 0) say(`${taken === 1 ? "One file" : `${taken} files`} of its outbox: ${outbox}`)
		if (left !== null) return say(`Not all of its outbox has come: ${left} It stays in the VM, at ~/${there.outbox}.`)
		await removeThere(connection, whose.session)
	} catch (error) {
		// The program's end is not changed by it.
		const why = error instanceof Error ? error.message : String(error)
		say(`Its outbox in the VM, ~/${there.outbox}, could not be read: ${why}`)
	}
}

/** On this machine. */
export async function removeExchange(whose: Whose): Promise<void> {
	await rm(folderOf(whose), { recursive: true, force: true })
}

/** Where on this machine its outbox is, once the session has ended. */
export function outboxHere(whose: Whose): string {
	return join(folderOf(whose), "outbox")
}

/** The same in the VM, from the home directory there on. */
export function outboxThere(session: SessionId): string {
	return insideOf(session).outbox
}

/** In the VM, but for what a program there keeps from being removed. */
export async function removeThere(connection: Connection, session: SessionId): Promise<void> {
	await connection.say(`rm -rf ${insideOf(session).folder}`).catch(() => {})
}

/** From the home directory there on. */
function insideOf(session: SessionId) {
	const folder = `exchange/${session}`
	return { folder, inbox: `${folder}/inbox`, outbox: `${folder}/outbox` }
}

function folderOf({ dataDir, session }: Whose): string {
	return join(dataDir, "exchange", session)
}

async function openExchange(whose: Whose) {
	const folder = folderOf(whose)
	const [inbox, outbox] = [join(folder, "inbox"), join(folder, "outbox")]
	for (const path of [inbox, outbox]) await mkdir(path, { recursive: true, mode: 0o700 })
	return { folder, inbox, outbox }
}

/** Its folders there, with nothing in the inbox. Answers the home directory. */
async function makeThere(connection: Connection, session: SessionId): Promise<string> {
	const files = await connection.files()
	const { folder, inbox, outbox } = insideOf(session)
	const make = (path: string) =>
		new Promise<boolean>((resolve) => files.mkdir(path, { mode: 0o700 }, (error) => resolve(!error)))
	await make("exchange")
	// An earlier run of the session has left it.
	if (!(await make(folder))) await connection.say(`rm -rf ${inbox} && mkdir -p -m 700 ${folder}`)
	await make(inbox)
	await make(outbox)
	return promisify(files.realpath.bind(files) as RealPath)(".")
}

type RealPath = (path: string, done: (error: Error | undefined, real: string) => void) => void
