// What a delivery tells, in words that do not depend on who sent it.
import { never } from "../../protocol/errors.ts"
import type { Delivery, TriggerSource } from "../../protocol/trigger.ts"
import { githubHappenings } from "./github-events.ts"
import { gitlabHappenings } from "./gitlab-events.ts"
import { Hosting, NOTHING, type Told } from "./happening.ts"

export function happeningsIn(source: TriggerSource, delivery: Delivery, payload: unknown, command: string): Told {
	switch (source.is) {
		case "github":
			return githubHappenings(new Hosting(source.url), delivery.event, payload, command)
		case "gitlab":
			return gitlabHappenings(new Hosting(source.url), payload, command)
		case "standard":
		case "hmac":
		case "header":
			return { is: "told", happenings: [{ ...NOTHING, what: "delivery" }] }
		default:
			return never(source)
	}
}
