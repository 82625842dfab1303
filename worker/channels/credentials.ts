// What a bot is signed in by: sealed under the key ring for its own row, opened where it is used.
import type { Env } from "../../durable-objects/env.ts"
import { Refusal } from "../../protocol/errors.ts"
import type { ChannelId } from "../../protocol/ids.ts"
import { KeyRing, type Sealed } from "../key-ring.ts"
import type { ChannelEntry } from "../registry/channels.ts"
import type { Bot } from "./provider.ts"

type Row = Pick<ChannelEntry, "id" | "workspaceId">

export function sealCredentials(env: Env, row: Row, credentials: Record<string, unknown>): Promise<Sealed> {
	return new KeyRing(env).seal(placeOf(row), JSON.stringify(credentials))
}

/** Throws Refusal: channel_failed where it is not signed in, secret_unreadable. */
export async function openBot(env: Env, row: ChannelEntry): Promise<Bot> {
	const { id, workspaceId, kind, account, sealed } = row
	if (sealed === null) throw new Refusal("channel_failed", `${row.name} is not signed in.`)
	const credentials = JSON.parse(await new KeyRing(env).open(placeOf(row), sealed)) as Record<string, unknown>
	return { id, workspaceId, kind, account, credentials }
}

/** Sealed anew under the newest key. */
export async function resealCredentials(env: Env, row: Row, sealed: Sealed): Promise<Sealed> {
	const ring = new KeyRing(env)
	return ring.seal(placeOf(row), await ring.open(placeOf(row), sealed))
}

/** No secret has such a name. */
function placeOf({ id, workspaceId }: { id: ChannelId; workspaceId: string }) {
	return { workspaceId, name: `channel ${id}` }
}
