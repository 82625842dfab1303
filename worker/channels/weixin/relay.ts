// Personal WeChat as its machine brings it: who shall poll for what, and what was said there.
import type { Env } from "../../../durable-objects/env.ts"
import type { ChatUpdate } from "../../../durable-objects/outside.ts"
import type { Brought, Taken } from "../../../durable-objects/relaying.ts"
import type { Asked } from "../../../protocol/ask.ts"
import { Refusal } from "../../../protocol/errors.ts"
import type { ChannelId, MachineId } from "../../../protocol/ids.ts"
import { Relayed, WeixinCredentials } from "../../../protocol/relay.ts"
import { workspaceOf } from "../../feed.ts"
import { hash } from "../../hash.ts"
import { ask } from "../../machines.ts"
import type { ChannelEntry } from "../../registry/channels.ts"
import { Registry } from "../../registry.ts"
import { openBot } from "../credentials.ts"
import { bookOf, pressedBy } from "../wechat-book.ts"
import { LANGUAGE } from "../wechat-text.ts"
import { signedOut } from "./state.ts"

/** The channels that this machine shall poll. One that cannot be opened hides no other. */
export async function relaysOf(env: Env, machine: MachineId): Promise<Asked<"relay">[]> {
	const registry = new Registry(env.DB)
	const entry = await registry.machines.find(machine)
	if (entry === undefined || entry.revokedAt !== null) return []
	const rows = await registry.channels.list(entry.workspaceId)
	const own = rows.filter((row) => row.machine === machine && row.sealed !== null)
	const relays = await Promise.all(own.map((row) => relayOf(env, row).catch(() => null)))
	return relays.filter((relay) => relay !== null)
}

/** Has the machine poll for a channel that was just signed in. */
export async function poll(env: Env, row: ChannelEntry): Promise<void> {
	if (row.machine !== null) await ask(env, row.machine, "relay", await relayOf(env, row))
}

/** Has it poll no more, if it can be reached: otherwise it is told when it brings something. */
export async function pollNoMore(env: Env, { id, machine }: Pick<ChannelEntry, "id" | "machine">): Promise<void> {
	if (machine === null) return
	await ask(env, machine, "relay", { channel: id, isOn: false, credentials: null }).catch((error: unknown) => {
		if (!(error instanceof Refusal)) throw error
	})
}

/** Takes what a machine has brought. What it says is believed of its own channels alone. */
export async function takeBrought(env: Env, machine: MachineId, { channel, key, message }: Brought): Promise<Taken> {
	const registry = new Registry(env.DB)
	const row = await registry.channels.find(channel)
	if (row === undefined || row.machine !== machine || row.kind !== "weixin" || row.sealed === null) return "unknown"
	const relayed = Relayed.safeParse(message)
	// What is no message today is none tomorrow.
	if (!relayed.success) return "taken"
	if (relayed.data.is === "signed-out") {
		const { token } = WeixinCredentials.parse((await openBot(env, row)).credentials)
		// Somebody may have signed in again since.
		if (key === `signed-out:${(await hash(token)).slice(0, 32)}`) await signedOut(env, channel)
		return "taken"
	}
	const update = updateOf(channel, key, relayed.data)
	await bookOf(row).openWindow(`${channel} ${update.address}`, relayed.data.context)
	await workspaceOf(env, row.workspaceId).received(row.workspaceId, await pressedBy(row, update))
	return "taken"
}

function updateOf(channel: ChannelId, key: string, said: Extract<Relayed, { is: "message" }>): ChatUpdate {
	const { from, text, files, context, at } = said
	return {
		channel,
		key,
		address: from,
		isGroup: false,
		sender: { id: from, name: from.replace(/@im\.wechat$/, "") },
		text,
		pressed: null,
		repliesTo: null,
		files: files.map((file) => ({ ...file, type: null })),
		context: { language: LANGUAGE, ...(context !== null && { token: context }) },
		at,
	}
}

async function relayOf(env: Env, row: ChannelEntry): Promise<Asked<"relay">> {
	const { credentials } = await openBot(env, row)
	return { channel: row.id, isOn: true, credentials: JSON.stringify(WeixinCredentials.parse(credentials)) }
}
