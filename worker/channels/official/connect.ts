// Connecting an Official Account: its AppSecret is tried, and our address is pasted there, which the service then checks.
import { Refusal } from "../../../protocol/errors.ts"
import type { ChannelState } from "../../registry/channels.ts"
import type { Connector } from "../connectors.ts"
import { bookOf } from "../wechat-book.ts"
import { seal } from "../wechat-crypto.ts"
import { hookUrl, mustBeReachable } from "../wechat-hook.ts"
import { failureOf, isMuteBy, OfficialCredentials } from "./api.ts"

export const officialConnector: Connector<"official"> = {
	async connect({ registry, principal, origin, id: proposed }, { is: _, ...credentials }) {
		mustBeReachable(origin)
		const { workspaceId } = principal.membership
		const { appId, appSecret, aesKey } = credentials
		await seal(aesKey, { message: "", receiver: "" }).catch(() => {
			throw new Refusal("channel_failed", "That is no EncodingAESKey.")
		})
		const known = await registry.channels.findAccount("official", appId)
		if (known !== undefined && known.workspaceId !== workspaceId)
			throw new Refusal("name_taken", "This account is connected to another workspace of this home.")
		const state = await tried({ workspaceId }, { appId, appSecret })
		// An account that may only reply is still good for that.
		if (state.is === "broken" && !state.mayReply) throw new Refusal("channel_failed", state.reason)
		const id = known?.id ?? proposed
		return { id, account: appId, name: appId, machine: null, credentials, state: stateOf(state) }
	},

	url: hookUrl,

	async test({ principal }, { id }, bot) {
		if (bot === null) return { is: "signed-out", at: Date.now() }
		const { workspaceId } = principal.membership
		const { appId, appSecret } = OfficialCredentials.parse(bot.credentials)
		// It may have been verified since.
		await bookOf({ workspaceId }).mute(id, false)
		return stateOf(await tried({ workspaceId }, { appId, appSecret }))
	},

	async release() {},

	pairingUrl: () => null,
}

type Tried = { is: "working" } | { is: "broken"; reason: string; mayReply: boolean }

async function tried(of: { workspaceId: string }, account: { appId: string; appSecret: string }): Promise<Tried> {
	const granted = await bookOf(of).accessToken(account, null)
	if (granted.is === "token") return { is: "working" }
	const failure = failureOf(granted.code)
	const reason = "reason" in failure ? failure.reason : granted.reason
	return { is: "broken", reason, mayReply: isMuteBy(granted.code) }
}

function stateOf(tried: Tried): ChannelState {
	return tried.is === "working" ? tried : { is: "broken", reason: tried.reason, at: Date.now() }
}
