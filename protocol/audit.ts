// The audit trail: who did what, when, from where, to which thing. Each entry holds the hash of the one before it.
import * as z from "zod"
import { Time } from "./session.ts"

export const AuditEntry = z
	.object({
		/** From 1, without gaps, in each workspace. */
		sequence: z.int().min(1),
		at: Time,
		actor: z.object({
			is: z.enum(["person", "token", "machine", "rule", "nobody"]),
			/** Empty for nobody. */
			id: z.string(),
			name: z.string(),
		}),
		/** The name of the route. `view`: a session was opened on a socket of that route, which by itself leaves no entry. */
		action: z.string(),
		/** Which thing: the ids in the route's path, and of what the call made or opened. */
		target: z.record(z.string(), z.string()),
		/** `done`, or the code of the refusal. */
		outcome: z.string(),
		/** The address that it came from, as the edge saw it. */
		address: z.string().nullable(),
		/** What the route's row lets the trail show of its body. */
		detail: z.record(z.string(), z.unknown()),
		/** Hash of the entry before it; 64 zeros for the first. */
		previous: z.string().regex(/^[0-9a-f]{64}$/),
		/** SHA-256, in hex, of this entry without its hash, as canonical JSON. */
		hash: z.string().regex(/^[0-9a-f]{64}$/),
	})
	.meta({ id: "AuditEntry" })
export type AuditEntry = z.infer<typeof AuditEntry>

/** Of a trail without entries: 0 and 64 zeros. */
export const AuditHead = z.object({ sequence: z.int().min(0), hash: z.string().regex(/^[0-9a-f]{64}$/) })
export type AuditHead = z.infer<typeof AuditHead>

export const NO_ENTRY: AuditHead = { sequence: 0, hash: "0".repeat(64) }

export async function auditHash(entry: Omit<AuditEntry, "hash">): Promise<string> {
	const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonical(entry)))
	return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")
}

/** What is wrong with the entry after `head`: null where it follows it. */
export async function auditFault(head: AuditHead, { hash, ...entry }: AuditEntry): Promise<string | null> {
	if (entry.sequence !== head.sequence + 1) return `Entry ${head.sequence + 1} is missing.`
	if (entry.previous !== head.hash) return `Entry ${entry.sequence} does not follow the one before it.`
	if ((await auditHash(entry)) !== hash) return `Entry ${entry.sequence} was changed.`
	return null
}

/** JSON with the keys of every object in order, so that the same entry always has the same text. */
function canonical(value: unknown): string {
	return JSON.stringify(value, (_, part: unknown) =>
		typeof part === "object" && part !== null && !Array.isArray(part)
			? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
			: part,
	)
}
