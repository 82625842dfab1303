// What becomes of a personal WeChat account that its service knows no more: everybody sees it, and it must be scanned again.
import type { Env } from "../../../durable-objects/env.ts"
import type { ChannelId } from "../../../protocol/ids.ts"
import { changed } from "../../feed.ts"
import { Registry } from "../../registry.ts"

/** Forgets what it was signed in by: it opens nothing any more. */
export async function signedOut(env: Env, id: ChannelId): Promise<void> {
	const registry = new Registry(env.DB)
	const row = await registry.channels.find(id)
	if (row === undefined || row.state.is === "signed-out") return
	await registry.channels.change(id, { sealed: null, state: { is: "signed-out", at: Date.now() } })
	await changed(env, row.workspaceId, "channels")
}
