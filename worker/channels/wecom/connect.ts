// Connecting WeCom's AI bot: its Token and EncodingAESKey are kept, and our address is pasted there, which WeCom then checks.
import { Refusal } from "../../../protocol/errors.ts"
import { hash } from "../../hash.ts"
import type { Connector } from "../connectors.ts"
import { seal } from "../wechat-crypto.ts"
import { hookUrl, mustBeReachable } from "../wechat-hook.ts"

export const wecomConnector: Connector<"wecom"> = {
	async connect({ registry, principal, origin, id: proposed }, { token, aesKey }) {
		mustBeReachable(origin)
		await seal(aesKey, { message: "", receiver: "" }).catch(() => {
			throw new Refusal("channel_failed", "That is no EncodingAESKey.")
		})
		// WeCom has nothing to try them by: its own check of the address is the first use of them.
		const account = `key ${(await hash(aesKey)).slice(0, 32)}`
		const known = await registry.channels.findAccount("wecom", account)
		if (known !== undefined && known.workspaceId !== principal.membership.workspaceId)
			throw new Refusal("name_taken", "This bot is connected to another workspace of this home.")
		const credentials = { token, aesKey }
		const id = known?.id ?? proposed
		return { id, account, name: "WeCom", machine: null, credentials, state: { is: "working" } }
	},

	url: hookUrl,

	async test(_, { state }, bot) {
		return bot === null ? { is: "signed-out", at: Date.now() } : state
	},

	async release() {},

	pairingUrl: () => null,
}
