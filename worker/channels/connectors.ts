// How a bot of each kind is connected, tried again and let go: one connector a kind of credentials.
import type { Env } from "../../durable-objects/env.ts"
import type { ChannelCredentials, ChannelKind } from "../../protocol/channel.ts"
import type { ChannelId, MachineId } from "../../protocol/ids.ts"
import type { Principal } from "../access.ts"
import type { ChannelEntry, ChannelState } from "../registry/channels.ts"
import type { Registry } from "../registry.ts"
import { officialConnector } from "./official/connect.ts"
import type { Bot } from "./provider.ts"
import { telegramConnector } from "./telegram/connect.ts"
import { wecomConnector } from "./wecom/connect.ts"
import { weixinConnector } from "./weixin/connect.ts"

export interface Connecting {
	env: Env
	registry: Registry
	principal: Principal
	/** Where the caller reached this home, and so where the service can reach it. */
	origin: string
	/** The id that the channel has, or will have. */
	id: ChannelId
}

export interface Connected {
	/** The one that was proposed, or of the channel that has this account in this workspace already. */
	id: ChannelId
	/** The service's own id of the bot. */
	account: string
	/** What the service calls it. */
	name: string
	machine: MachineId | null
	/** Kept sealed; null while it is not signed in. */
	credentials: Record<string, unknown> | null
	state: ChannelState
}

export interface Connector<K extends ChannelKind> {
	/** Tries the credentials, and has the service call us where that can be set up. Throws Refusal: channel_failed. */
	connect(by: Connecting, credentials: Extract<ChannelCredentials, { is: K }>): Promise<Connected>
	/** What a person must paste at the service; null where nothing must be. */
	url(origin: string, id: ChannelId): string | null
	/** Tries it again, and mends what can be mended. `bot` is null while it is not signed in. */
	test(by: Connecting, row: ChannelEntry, bot: Bot | null): Promise<ChannelState>
	/** Lets the service forget us, as far as it answers. */
	release(by: Connecting, row: ChannelEntry, bot: Bot | null): Promise<void>
	/** Opens a chat with the bot with this code filled in; null where the service cannot do that. */
	pairingUrl(row: ChannelEntry, code: string): string | null
}

export const CONNECTORS: { [K in ChannelKind]: Connector<K> } = {
	telegram: telegramConnector,
	weixin: weixinConnector,
	wecom: wecomConnector,
	official: officialConnector,
}
