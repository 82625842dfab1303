// Connecting Telegram's bot: its token is tried, it is told where to call us, and its commands are listed there.
import { Refusal } from "../../../protocol/errors.ts"
import type { ChannelId } from "../../../protocol/ids.ts"
import { newSecret } from "../../codes.ts"
import { commandList } from "../commands/commands.ts"
import type { Connector } from "../connectors.ts"
import { apiOf, apiOfBot, failureOf, TelegramCredentials } from "./api.ts"
import { ALLOWED_UPDATES } from "./update.ts"

export const telegramConnector: Connector<"telegram"> = {
	async connect({ registry, principal, origin, id: proposed }, { token }) {
		if (!origin.startsWith("https:"))
			throw new Refusal(
				"channel_failed",
				"Telegram calls this home by HTTPS: open the console at an https address that the internet reaches.",
			)
		const api = apiOf(token)
		const me = await api.getMe().catch(refuse)
		const account = String(me.id)
		const known = await registry.channels.findAccount("telegram", account)
		if (known !== undefined && known.workspaceId !== principal.membership.workspaceId)
			throw new Refusal("name_taken", "This bot is connected to another workspace of this home.")
		// Connected again, with a new token for example, it keeps its chats.
		const id = known?.id ?? proposed
		const hookSecret = newSecret()
		await listen(token, hookSecret, origin, id)
		return {
			id,
			account,
			name: `@${me.username}`,
			machine: null,
			credentials: { token, hookSecret },
			state: { is: "working" },
		}
	},

	url: () => null,

	async test({ origin, id }, _, bot) {
		if (bot === null) return { is: "signed-out", at: Date.now() }
		const { token, hookSecret } = TelegramCredentials.parse(bot.credentials)
		try {
			const api = apiOf(token)
			await api.getMe()
			const info = await api.getWebhookInfo()
			const isFailing = info.pending_update_count > 0 && Date.now() / 1000 - (info.last_error_date ?? 0) < FAILING_S
			if (isFailing)
				return broken(`Telegram cannot reach this home: ${info.last_error_message ?? "it does not say why"}`)
			// Somebody else has taken it, or it was lost.
			if (info.url !== hookUrl(origin, id)) await listen(token, hookSecret, origin, id)
			return { is: "working" }
		} catch (error) {
			if (error instanceof Refusal) return broken(error.detail ?? error.message)
			const failure = failureOf(error)
			return broken("reason" in failure ? failure.reason : "Telegram does not answer.")
		}
	},

	async release(_, __, bot) {
		if (bot === null) return
		// A token that is revoked by now needs no letting go.
		await apiOfBot(bot)
			.deleteWebhook({ drop_pending_updates: true })
			.catch(() => {})
	},

	pairingUrl: ({ name }, code) => `https://t.me/${name.slice(1)}?start=${code}`,
}

const FAILING_S = 10 * 60

async function listen(token: string, secret: string, origin: string, id: ChannelId): Promise<void> {
	const api = apiOf(token)
	await api
		.setWebhook(hookUrl(origin, id), {
			secret_token: secret,
			allowed_updates: ALLOWED_UPDATES,
			// What was said before nobody waits for any more.
			drop_pending_updates: true,
		})
		.catch(refuse)
	await api.setMyCommands(commandList("en")).catch(refuse)
	await api.setMyCommands(commandList("zh"), { language_code: "zh" }).catch(refuse)
}

function hookUrl(origin: string, id: ChannelId): string {
	return `${origin}/api/hooks/telegram/${id}`
}

function refuse(error: unknown): never {
	const failure = failureOf(error)
	throw new Refusal("channel_failed", "reason" in failure ? failure.reason : undefined)
}

function broken(reason: string) {
	return { is: "broken", reason: reason.slice(0, 300), at: Date.now() } as const
}
