// Calls of WeChat's service through the machine that polls for the bot.
import type * as z from "zod"
import type { Env } from "../../../durable-objects/env.ts"
import { Refusal } from "../../../protocol/errors.ts"
import type { ChannelId, MachineId } from "../../../protocol/ids.ts"
import { RELAY_CALLS, type RelayCall } from "../../../protocol/relay.ts"
import { ask } from "../../machines.ts"

/** Throws whatever the machine refuses with, and Refusal("channel_failed") for an answer of the wrong shape. */
export async function callRelay<C extends RelayCall>(
	env: Env,
	machine: MachineId,
	channel: ChannelId,
	method: C,
	body: z.input<(typeof RELAY_CALLS)[C]["body"]>,
): Promise<z.output<(typeof RELAY_CALLS)[C]["answer"]>> {
	const answered = await ask(env, machine, "callRelay", { channel, method, body })
	const parsed = RELAY_CALLS[method].answer.safeParse(answered.body)
	if (!parsed.success) throw new Refusal("channel_failed", "The machine's answer has the wrong shape.")
	return parsed.data as z.output<(typeof RELAY_CALLS)[C]["answer"]>
}
