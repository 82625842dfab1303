// How GitLab signs: by its signing token as Standard Webhooks say, or not at all: its secret token only comes along.
// https://docs.gitlab.com/user/project/integrations/webhooks/

import { anyOf, type Claim, type Incoming, idIn } from "./claim.ts"
import { isSame } from "./mac.ts"
import { readStandard } from "./standard.ts"

/** A secret that could sign is never taken as a token that comes along: what is signed is not downgraded. */
export async function readGitlab(secrets: string[], incoming: Incoming): Promise<Claim> {
	const { headers } = incoming
	const event = headers.get("x-gitlab-event")?.slice(0, 64) ?? ""
	const signing = secrets.filter((secret) => secret.startsWith("whsec_"))
	if (signing.length > 0 && headers.has("webhook-signature")) {
		const claim = await readStandard(signing, incoming)
		return claim.is === "signed" ? { ...claim, event } : claim
	}
	const tokens = secrets.filter((secret) => !secret.startsWith("whsec_"))
	if (tokens.length === 0)
		return { is: "refused", reason: "It has no webhook-signature: the webhook has no signing token." }
	const said = headers.get("x-gitlab-token")
	if (said === null) return { is: "refused", reason: "It has no X-Gitlab-Token: the webhook has no secret token." }
	if (!(await anyOf(tokens, (token) => isSame(said, token)))) return { is: "refused", reason: "Its token is another." }
	// The same over retries. Older ones have only the event's, which events that cause each other share.
	const id = idIn(headers, "idempotency-key", "webhook-id", "x-gitlab-event-uuid")
	if (id === null) return { is: "refused", reason: "It has no Idempotency-Key." }
	return { is: "signed", id, keys: [`id:${id}`], event }
}
