// The door that Telegram knocks at: its secret header says that it is Telegram, and the update is kept before it is thanked.
import { Refusal } from "../../../protocol/errors.ts"
import { readJson } from "../../body.ts"
import type { Handler } from "../../call.ts"
import { workspaceOf } from "../../feed.ts"
import { NOBODY, record } from "../../trail.ts"
import { openBot } from "../credentials.ts"
import { TelegramCredentials } from "./api.ts"
import { readUpdate, TelegramUpdate } from "./update.ts"

export const telegramHook: Handler<"telegramHook"> = async ({ env, registry, request, address, params }) => {
	const channel = await registry.channels.find(params.channel)
	if (channel?.kind !== "telegram") throw new Refusal("not_found")
	const { workspaceId } = channel
	const { hookSecret } = TelegramCredentials.parse((await openBot(env, channel)).credentials)
	if (!(await isSame(request.headers.get(SECRET_HEADER) ?? "", hookSecret))) {
		await record(
			env,
			registry,
			{ workspaceId, actor: NOBODY, target: { channel: channel.id } },
			{ action: "telegramHook", outcome: "not_signed_in", address, detail: {} },
		)
		throw new Refusal("not_signed_in")
	}
	const update = TelegramUpdate.safeParse(await readJson(request))
	// What has no shape of ours would come again and again where it was refused.
	const said = update.success ? readUpdate(channel.id, update.data) : null
	if (said !== null) await workspaceOf(env, workspaceId).received(workspaceId, said)
	return Response.json({})
}

const SECRET_HEADER = "x-telegram-bot-api-secret-token"

/** In a time that does not tell how much of it was right. */
async function isSame(said: string, secret: string): Promise<boolean> {
	const digest = (text: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))
	const [one, other] = await Promise.all([digest(said), digest(secret)])
	return crypto.subtle.timingSafeEqual(one, other)
}
