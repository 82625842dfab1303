// The chat services that there are, by kind.
import type { ChannelKind } from "../../protocol/channel.ts"
import { official } from "./official/provider.ts"
import type { Provider } from "./provider.ts"
import { telegram } from "./telegram/provider.ts"
import { wecom } from "./wecom/provider.ts"
import { weixin } from "./weixin/provider.ts"

export const PROVIDERS: Record<ChannelKind, Provider> = { telegram, weixin, wecom, official }
