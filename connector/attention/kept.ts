// A session's requests in its folder, under its seal: a connector that begins again knows them, and calls them the same.
import { randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as z from "zod"
import { GONE_BECAUSE } from "../../protocol/attention.ts"
import { RequestId } from "../../protocol/ids.ts"
import { Time } from "../../protocol/session.ts"
import { Seal } from "../holder/seal.ts"
import { Request } from "./request.ts"

export const Ended = z.object({ id: RequestId, because: z.enum(GONE_BECAUSE), at: Time })
export type Ended = z.infer<typeof Ended>

const Kept = z.object({
	open: z.object({
		prompt: Request.optional(),
		rest: Request.optional(),
		notices: z.array(Request).max(8).default([]),
	}),
	/** A prompt that was dismissed, or answered, and may still be on the screen. */
	dealt: z.object({ print: z.string(), until: z.number().nullable() }).nullable().default(null),
	ended: z.array(Ended).max(100),
	/** Which requests these claims have answered. */
	answered: z.array(z.object({ claim: z.string(), request: RequestId, print: z.string().nullable() })).max(100),
})
export type Kept = z.infer<typeof Kept>

export const NOTHING_KEPT: Kept = { open: { notices: [] }, dealt: null, ended: [], answered: [] }

interface Place {
	folder: string
	key: string
}

/** What was kept; nothing where it cannot be read, since the screen tells most of it again. */
export function readKept(place: Place): Kept {
	const path = pathIn(place.folder)
	try {
		if (!existsSync(path)) return NOTHING_KEPT
		const bytes = readFileSync(path)
		const opened = Seal.open(place.key).requests(bytes.readUIntBE(0, NONCE_BYTES))(bytes.subarray(NONCE_BYTES))
		return Kept.parse(JSON.parse(Buffer.from(opened).toString()))
	} catch {
		return NOTHING_KEPT
	}
}

/** Throws where the session's folder or key is gone. */
export function writeKept(place: Place, kept: Kept): void {
	const path = pathIn(place.folder)
	const { prompt, rest, notices } = kept.open
	const isNothing = prompt === undefined && rest === undefined && kept.dealt === null
	if (isNothing && notices.length + kept.ended.length + kept.answered.length === 0) return rmSync(path, { force: true })
	const nonce = randomBytes(NONCE_BYTES)
	const sealed = Seal.open(place.key).requests(nonce.readUIntBE(0, NONCE_BYTES))(Buffer.from(JSON.stringify(kept)))
	mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
	writeFileSync(`${path}.new`, Buffer.concat([nonce, sealed]), { mode: 0o600 })
	renameSync(`${path}.new`, path)
}

const NONCE_BYTES = 6

function pathIn(folder: string): string {
	return join(folder, "sealed", "requests")
}
