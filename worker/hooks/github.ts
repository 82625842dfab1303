// How GitHub signs: HMAC-SHA256 of the body. https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries

import { anyOf, type Claim, type Incoming, idIn } from "./claim.ts"
import { digestOf, fromHex, isMac, join } from "./mac.ts"

export async function readGithub(secrets: string[], { headers, body }: Incoming): Promise<Claim> {
	const said = headers.get("x-hub-signature-256")
	if (said === null) return { is: "refused", reason: "It has no X-Hub-Signature-256: the webhook has no secret." }
	const mac = /^sha256=[0-9a-f]{64}$/.test(said) ? fromHex(said.slice("sha256=".length)) : null
	if (mac === null) return { is: "refused", reason: "Its X-Hub-Signature-256 is not one." }
	if (!(await anyOf(secrets, (secret) => isMac("sha256", join(secret), mac, body))))
		return { is: "refused", reason: "Its signature is of another secret or another body." }
	const id = idIn(headers, "x-github-delivery")
	if (id === null) return { is: "refused", reason: "It has no X-GitHub-Delivery." }
	// The id is not signed: somebody who has seen a delivery could send it again under another. The body never repeats.
	const keys = [`id:${id}`, `body:${await digestOf(body)}`]
	return { is: "signed", id, keys, event: idIn(headers, "x-github-event") ?? "" }
}
