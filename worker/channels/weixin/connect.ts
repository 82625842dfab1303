// Connecting a personal WeChat account: a machine is chosen that polls for it, and a person scans a code.
import { Refusal } from "../../../protocol/errors.ts"
import { WeixinCredentials } from "../../../protocol/relay.ts"
import { findMachine } from "../../machines.ts"
import type { Connector } from "../connectors.ts"
import { poll, pollNoMore } from "./relay.ts"

export const weixinConnector: Connector<"weixin"> = {
	async connect({ registry, principal, id }, { machine }) {
		const { name } = await findMachine(registry, principal, machine)
		return {
			id,
			// The account is known once somebody has signed in; until then it is nobody else's.
			account: id,
			name: `WeChat on ${name}`,
			machine,
			credentials: null,
			state: { is: "signed-out", at: Date.now() },
		}
	},

	url: () => null,

	async test({ env }, row, bot) {
		if (bot === null) return { is: "signed-out", at: Date.now() }
		if (!WeixinCredentials.safeParse(bot.credentials).success) return { is: "signed-out", at: Date.now() }
		try {
			// The same again changes nothing there, and one that has forgotten polls again.
			await poll(env, row)
			return { is: "working" }
		} catch (error) {
			if (!(error instanceof Refusal)) throw error
			return { is: "broken", reason: error.message, at: Date.now() }
		}
	},

	release: ({ env }, row) => pollNoMore(env, row),

	pairingUrl: () => null,
}
