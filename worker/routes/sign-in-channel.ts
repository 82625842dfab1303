// Signing a personal WeChat account in, step by step, through the machine that polls for it.
import { Refusal } from "../../protocol/errors.ts"
import type { Handlers } from "../call.ts"
import { sealCredentials } from "../channels/credentials.ts"
import { callRelay } from "../channels/weixin/call.ts"
import { poll } from "../channels/weixin/relay.ts"
import { changed } from "../feed.ts"
import { findMachine } from "../machines.ts"
import { record } from "../trail.ts"

export const signInChannel: Handlers<"signInChannel"> = {
	async signInChannel({ env, registry, principal, params, body, traced, address, origin }) {
		const { workspaceId } = principal.membership
		const row = await registry.channels.find(params.channel)
		if (row === undefined || row.workspaceId !== workspaceId) throw new Refusal("not_found")
		if (row.kind !== "weixin" || row.machine === null)
			throw new Refusal("invalid_request", "Only a personal WeChat account is signed in by a code.")
		const machine = await findMachine(registry, principal, row.machine)
		const { verifyCode } = body
		const asked = verifyCode === undefined ? {} : { verifyCode }
		const step = await callRelay(env, machine.id, row.id, "signIn", asked)
		if (step.is !== "done") return step

		const { credentials } = step
		const other = await registry.channels.findAccount("weixin", credentials.bot)
		if (other !== undefined && other.id !== row.id)
			throw new Refusal("channel_failed", "This WeChat account is connected already.")
		const sealed = await sealCredentials(env, row, { ...credentials, origin })
		const name = `WeChat ${credentials.bot.replace(/@.*$/, "").slice(0, 24)}`
		await registry.channels.change(row.id, { account: credentials.bot, name, sealed, state: { is: "working" } })
		await poll(env, { ...row, account: credentials.bot, name, sealed })
		await changed(env, workspaceId, "channels")
		// The steps before it change nothing here.
		await record(env, registry, traced, { action: "signInChannel", outcome: "done", address, detail: {} })
		return { is: "done", name }
	},
}
