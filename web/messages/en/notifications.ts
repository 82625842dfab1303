// Where one is told that an agent waits: this browser, other devices, chats.
import type { AttentionKind } from "../../../protocol/attention.ts"
import type { Destination } from "../../../protocol/channel.ts"
import { EITHER } from "./grammar.ts"

const KINDS: Record<AttentionKind, string> = {
	approval: "asks for approval",
	question: "has a question",
	choice: "wants a choice",
	secret: "asks for a secret",
	idle: "is done and waits for work",
	stuck: "is stuck",
}

export const notifications = {
	notifications: {
		title: "Notifications",
		explain: "Where you are told when an agent needs you. Yours alone, in this workspace.",
		here: "This browser",
		hereOff: "Be told in this browser, also while no page of Homeport is open.",
		turnOn: "Turn on",
		turningOn: "Turning on…",
		turnOff: "Turn off",
		on: "on",
		faulty: "failing",
		over: "ended",
		install: "Add Homeport to the home screen first",
		installText:
			"iPhone and iPad notify for installed web apps only: press Share, then “Add to Home Screen”, open Homeport from there, and come back to this page.",
		insecure: "This address is not secure",
		insecureText: "Browsers notify for pages by HTTPS only. Open Homeport by its HTTPS address.",
		unsupported: "This browser takes no notifications",
		unsupportedText: "It has no Push API, or it is switched off, as in private windows.",
		denied: "This browser blocks notifications from here",
		deniedText:
			"Allow them in the site’s settings, behind the icon beside the address, and in those of your system. Then load this page again.",
		notGranted: "The browser was not given leave to notify, so nothing was turned on.",
		serviceFailed: (reason: string) =>
			`The browser’s own push service does not take part (${reason}). Some browsers have it switched off, and some networks block it.`,
		kinds: "Tell me when an agent",
		kind: KINDS,
		tells: (kinds: AttentionKind[]) =>
			kinds.length === 0 ? "told of nothing" : `told when an agent ${EITHER.format(kinds.map((kind) => KINDS[kind]))}`,
		showsContent: "Show what is asked",
		showsContentHint:
			"Also on a locked screen. Otherwise it says only that something waits, and nothing can be answered from it.",
		content: "shows what is asked",
		noContent: "says only that something waits",
		language: "Language",
		name: "Name",
		change: "Change",
		changeTitle: (name: string) => `What ${name} is told`,
		changeOf: (name: string) => `Change what ${name} is told`,
		test: "Send a test",
		testOf: (name: string) => `Send a test to ${name}`,
		testing: "Sending…",
		sent: "Handed to the push service. It should appear within seconds.",
		sentChat: "Sent. It should be in the chat now.",
		arrived: "It has arrived in this browser.",
		notArrived:
			"It was handed to the push service, and has not arrived here. A screen saver, a focus mode or the system’s settings may hold it back.",
		removeOf: (name: string) => `Tell ${name} nothing any more`,
		others: "Where else",
		othersAbout: "Your other browsers, and your chats with the workspace’s bots.",
		noOthers: "Nowhere else. Sign in on your phone and turn notifications on there, or connect a chat.",
		toChannels: "Channels",
		removeTitle: (name: string) => `Tell ${name} nothing any more?`,
		removeText: "It can be turned on again from there.",
		group: "a group, where others read along",
		places: {
			push: "browser",
			telegram: "Telegram",
			weixin: "WeChat",
			wecom: "WeCom",
			official: "WeChat Official Account",
		} satisfies Record<Destination["kind"], string>,
		added: (when: string) => `since ${when}`,
		failed: (reason: string) => (when: string) => `${when}: ${reason}`,
	},
}
