// `homeport purge`: ends sessions and forgets them.
import { setTimeout as wait } from "node:timers/promises"
import type { Client } from "../../protocol/client.ts"
import { Refusal } from "../../protocol/errors.ts"
import type { Session } from "../../protocol/routes/sessions.ts"
import { type Chosen, choose, choosing, doToMany } from "../many.ts"
import { action, verb } from "../verb.ts"

export function purge() {
	return choosing(
		verb("purge", {
			summary: "end sessions, and forget them and their logs",
			description: "A program is asked to end first, and made to end when it does not within 5 s.",
			examples: [
				["homeport purge --tag web", "every session that has the tag, running or not"],
				["homeport purge old-a old-b --yes", "these two, without asking first"],
			],
		}),
	)
		.argument("[names...]", "the sessions: NAME, MACHINE/NAME or ids")
		.option("--force", "also where changes in a working directory that was made for one would be lost")
		.action(
			action<[string[]], Chosen & { force?: boolean }>(async ({ out, signIn }, chosen, names) => {
				const { call } = await signIn()
				const sessions = await choose(call, names, chosen)
				await doToMany(out, {
					does: "End and forget",
					sessions,
					none: "There is none.",
					yes: chosen.yes === true,
					one: (session) => endAndForget(call, session, chosen.force === true),
				})
			}),
		)
}

async function endAndForget(call: Client, { machine, id, state }: Session, force: boolean): Promise<void> {
	const params = { machine, session: id }
	const forget = () => call("removeSession", { params, query: { force: force ? "true" : "false" } })
	if (state.is !== "running") return void (await forget())
	for (const signal of ["SIGHUP", "SIGKILL"] as const) {
		await call("signalSession", { params, body: { signal } }).catch(unless("session_ended"))
		for (const until = Date.now() + GRACE_MS; Date.now() < until; ) {
			const isGone = await forget().then(() => true, unless("session_running"))
			if (isGone === true) return
			await wait(AGAIN_MS)
		}
	}
	await forget()
}

/** Lets this refusal pass, and no other. */
function unless(code: Refusal["code"]): (error: unknown) => void {
	return (error) => {
		if (!(error instanceof Refusal) || error.code !== code) throw error
	}
}

/** A program that is asked to end has this long for it. */
const GRACE_MS = 5_000
const AGAIN_MS = 200
