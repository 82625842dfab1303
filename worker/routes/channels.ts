// The workspace's bots, and the places where a member is told.
import type { Channel, ChannelKind, Destination } from "../../protocol/channel.ts"
import { Refusal } from "../../protocol/errors.ts"
import { type ChannelId, type DestinationId, newChannelId } from "../../protocol/ids.ts"
import { CHANNELS_PER_WORKSPACE, PAIRING_MS } from "../../protocol/limits.ts"
import type { Principal } from "../access.ts"
import type { Handlers } from "../call.ts"
import { CONNECTORS, type Connecting, type Connector } from "../channels/connectors.ts"
import { openBot, sealCredentials } from "../channels/credentials.ts"
import { sendTest } from "../channels/deliver.ts"
import type { Bot } from "../channels/provider.ts"
import { bare, newCode } from "../codes.ts"
import { changed } from "../feed.ts"
import { hash } from "../hash.ts"
import type { ChannelEntry } from "../registry/channels.ts"
import type { DestinationEntry } from "../registry/destinations.ts"
import type { Registry } from "../registry.ts"

export const channels: Handlers<
	| "listChannels"
	| "connectChannel"
	| "removeChannel"
	| "testChannel"
	| "pairChat"
	| "listDestinations"
	| "changeDestination"
	| "removeDestination"
	| "testDestination"
> = {
	async listChannels({ registry, principal, origin }) {
		const rows = await registry.channels.list(principal.membership.workspaceId)
		return { channels: rows.map((row) => shown(row, origin)) }
	},

	async connectChannel({ env, registry, principal, origin, traced, body: { credentials } }) {
		const { workspaceId, userId } = principal.membership
		const rows = await registry.channels.list(workspaceId)
		if (rows.length >= CHANNELS_PER_WORKSPACE)
			throw new Refusal("too_many", `A workspace has at most ${CHANNELS_PER_WORKSPACE} bots.`)
		const by = { env, registry, principal, origin, id: newChannelId() }
		// Each connector takes the credentials of its own kind.
		const connector = connectorOf(credentials.is) as Connector<ChannelKind>
		const connected = await connector.connect(by, credentials)
		const { id, account, name, machine, state } = connected
		traced.target = { channel: id }
		const sealed =
			connected.credentials === null
				? null
				: await sealCredentials(env, { id, workspaceId }, { ...connected.credentials, origin })
		const known = rows.find((row) => row.id === id)
		const row = { id, workspaceId, kind: credentials.is, name, account, machine, sealed, state, createdAt: Date.now() }
		if (known !== undefined) await registry.channels.change(id, { name, account, sealed, state })
		else if (!(await registry.channels.add({ ...row, createdBy: userId })))
			throw new Refusal("name_taken", "This bot is connected already.")
		await changed(env, workspaceId, "channels")
		return { channel: shown({ ...row, createdAt: known?.createdAt ?? row.createdAt }, origin) }
	},

	async removeChannel({ env, registry, principal, origin, params }) {
		const row = await findChannel(registry, principal, params.channel)
		const by = { env, registry, principal, origin, id: row.id }
		await connectorOf(row.kind).release(by, row, await botOf(by, row))
		await registry.channels.remove(row.id)
		await changed(env, row.workspaceId, "channels")
		return {}
	},

	async testChannel({ env, registry, principal, origin, params }) {
		const row = await findChannel(registry, principal, params.channel)
		const by = { env, registry, principal, origin, id: row.id }
		const state = await connectorOf(row.kind).test(by, row, await botOf(by, row))
		await registry.channels.change(row.id, { state })
		await changed(env, row.workspaceId, "channels")
		return { channel: shown({ ...row, state }, origin) }
	},

	async pairChat({ registry, principal, params }) {
		const row = await findChannel(registry, principal, params.channel)
		const code = newCode(CODE_LETTERS)
		const now = Date.now()
		const expiresAt = now + PAIRING_MS
		await registry.channels.makeCode(row.id, principal.membership.userId, await hash(bare(code)), expiresAt, now)
		return { code, url: connectorOf(row.kind).pairingUrl(row, code), expiresAt }
	},

	async listDestinations({ registry, principal: { membership } }) {
		const rows = await registry.destinations.list(membership.workspaceId, membership.userId)
		return { destinations: rows.map(place) }
	},

	async changeDestination({ env, registry, principal, params, body: { name, settings } }) {
		const row = await findDestination(registry, principal, params.destination)
		const said = Object.fromEntries(Object.entries(settings ?? {}).filter(([, value]) => value !== undefined))
		const changes = { name: name ?? row.name, settings: { ...row.settings, ...said } }
		await registry.destinations.change(row.id, changes)
		await changed(env, row.workspaceId, "channels")
		return { destination: place({ ...row, ...changes }) }
	},

	async removeDestination({ env, registry, principal, params }) {
		const row = await findDestination(registry, principal, params.destination)
		await registry.destinations.remove(row.id)
		await changed(env, row.workspaceId, "channels")
		return {}
	},

	async testDestination({ env, registry, principal, params }) {
		const row = await findDestination(registry, principal, params.destination)
		await sendTest(env, registry, row)
		return {}
	},
}

/** 60 bits: nobody guesses one of the codes that are good for ten minutes. */
const CODE_LETTERS = 12

function shown(row: ChannelEntry, origin: string): Channel {
	const { id, kind, name, machine, state, createdAt } = row
	return { id, kind, name, machine, state, url: connectorOf(kind).url(origin, id), createdAt }
}

/** Without its address, which is a secret where it is a browser's. */
function place({ id, kind, channel, name, isGroup, settings, createdAt, fault }: DestinationEntry): Destination {
	return { id, kind, channel, name, isGroup, settings, createdAt, fault }
}

function connectorOf(kind: ChannelKind) {
	return CONNECTORS[kind]
}

/** Null where it is not signed in, or cannot be opened any more: then it can still be removed. */
async function botOf({ env }: Connecting, row: ChannelEntry): Promise<Bot | null> {
	try {
		return await openBot(env, row)
	} catch (error) {
		if (error instanceof Refusal) return null
		throw error
	}
}

async function findChannel(registry: Registry, { membership }: Principal, id: ChannelId): Promise<ChannelEntry> {
	const row = await registry.channels.find(id)
	if (row === undefined || row.workspaceId !== membership.workspaceId) throw new Refusal("not_found")
	return row
}

/** One's own: nobody else's is there. */
async function findDestination(
	registry: Registry,
	{ membership }: Principal,
	id: DestinationId,
): Promise<DestinationEntry> {
	const row = await registry.destinations.find(id)
	if (row === undefined || row.workspaceId !== membership.workspaceId || row.userId !== membership.userId)
		throw new Refusal("not_found")
	return row
}
