// Where WeCom and Official Accounts call us: the address that a person pastes there.
import { Refusal } from "../../protocol/errors.ts"
import type { ChannelId } from "../../protocol/ids.ts"

export function hookUrl(origin: string, id: ChannelId): string {
	return `${origin}/api/hooks/wechat/${id}`
}

/** Throws Refusal("channel_failed") where nobody outside could call. */
export function mustBeReachable(origin: string): void {
	if (origin.startsWith("https:")) return
	throw new Refusal(
		"channel_failed",
		"WeChat calls this home: open the console at an https address that the internet reaches.",
	)
}
