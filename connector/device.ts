// The device flow (RFC 8628), this side: a short code that a person approves in a browser, and the wait for it.
import { setTimeout as wait } from "node:timers/promises"
import type { Client } from "../protocol/client.ts"
import { Refusal } from "../protocol/errors.ts"
import type { DeviceRequest } from "../protocol/routes/tokens.ts"
import type { Answer } from "../protocol/routes.ts"
import { hasDesktop, openBrowser } from "./home/browser.ts"
import type { Output } from "./output.ts"

export type Granted = Exclude<Answer<"pollDevice">, { is: "pending" }>

/** Asks a person for what `request` says, and waits. Throws Refusal("device_denied") or Refusal("device_code_invalid"). */
export async function askByDevice(call: Client, request: DeviceRequest, out: Output): Promise<Granted> {
	const started = await call("startDevice", { body: { request } })
	const { deviceCode, userCode, url, interval } = started
	out.note(`Open ${url} in a browser where you are signed in, and approve the code ${userCode}.`)
	if (!out.json && hasDesktop()) openBrowser(url)
	for (let seconds = interval; ; ) {
		await wait(seconds * 1000)
		try {
			const answer = await call("pollDevice", { body: { deviceCode } })
			if (answer.is !== "pending") return answer
		} catch (error) {
			if (!(error instanceof Refusal) || error.code !== "rate_limited") throw error
			// RFC 8628: whoever is told to slow down waits five seconds more each time.
			seconds += 5
		}
	}
}
