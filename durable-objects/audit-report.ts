// A report to a workspace's audit trail, from the edge or a machine's object: without tokens, its ids kept short.
import { maskTokens } from "../protocol/token-shapes.ts"
import type { Env } from "./env.ts"
import type { Said } from "./trail.ts"

/** Resolves once the entry cannot be lost. */
export async function report(env: Env, workspaceId: string, said: Said): Promise<void> {
	const entry = masked(said)
	const trail = env.WORKSPACE.get(env.WORKSPACE.idFromName(workspaceId))
	await trail.record(workspaceId, { ...entry, target: clipped(entry.target) })
}

/** Names, folders and addresses may hold what somebody pasted there by mistake. */
export function masked<T>(value: T): T {
	return JSON.parse(JSON.stringify(value), (_, part: unknown) => (typeof part === "string" ? maskTokens(part) : part))
}

/** What stands in an address may be anything, of any length, until it is parsed. */
function clipped(target: Record<string, string>): Record<string, string> {
	return Object.fromEntries(Object.entries(target).map(([name, id]) => [name, id.slice(0, TARGET_CHARS)]))
}

/** The longest id of anything. */
const TARGET_CHARS = 64
