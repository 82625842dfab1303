// The sessions of this computer, straight from their holders: for when no home reaches them.
import { existsSync } from "node:fs"
import { readdir } from "node:fs/promises"
import { SessionId } from "../protocol/ids.ts"
import type { DataFolder } from "./data-folder.ts"
import { Failure } from "./exit.ts"
import { type Audience, HeldSession, sessionsFolder } from "./held-session.ts"
import { typed } from "./invocation.ts"
import { onlyLink } from "./only-link.ts"

/**
 * Gives `deed` every session of the data folder. Throws Failure while a link process holds them: taking its holders
 * would cut off whoever watches.
 */
export async function withLocalSessions<T>(
	folder: DataFolder,
	deed: (sessions: HeldSession[]) => Promise<T>,
): Promise<T> {
	if (!existsSync(folder.path)) return deed([])
	const taken = new AbortController()
	const place = await onlyLink(folder.path, () => taken.abort(), taken.signal)
	try {
		if (taken.signal.aborted)
			throw new Failure("busy", "This computer is linked to its home, which reaches its sessions: leave --local out.")
		const sessions = await openSessions(folder.path)
		try {
			return await deed(sessions)
		} finally {
			for (const session of sessions) session.letGo()
		}
	} finally {
		place.leave()
	}
}

/** What a machine that was removed from its home tells of its sessions. */
export function leftHere(): string {
	return `Its sessions go on here: \`${typed("ls", "--local")}\` lists them, \`${typed("kill", "NAME", "--local")}\` ends one, and \`${typed("connect", "URL", "--code", "CODE")}\` adds the machine again.`
}

async function openSessions(dataDir: string): Promise<HeldSession[]> {
	// Where nothing was ever started there is no folder.
	const names = await readdir(sessionsFolder(dataDir)).catch(() => [])
	const ids = names.flatMap((name) => SessionId.safeParse(name).data ?? [])
	const sessions = await Promise.all(ids.map((id) => HeldSession.adopt(id, dataDir, NOBODY)))
	return sessions.filter((session) => session !== undefined)
}

const NOBODY: Audience = { changed() {}, message() {}, unwatchable() {}, frame() {}, log() {} }
