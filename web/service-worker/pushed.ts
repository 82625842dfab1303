// A push as a notification of this browser.
import type { PushedData, PushedNotification } from "../../protocol/push.ts"
import { WORDS } from "./words.ts"

export interface Pushed {
	title: string
	body: string
	lang: string
	tag: string
	icon: string
	/** A shape in one colour, for where there is no room for more. */
	badge: string
	silent: boolean
	/** Rings again, though it takes another's place. */
	renotify: boolean
	actions: { action: string; title: string }[]
	data: PushedData & { navigate: string }
}

/** What cannot be read says that something waits: shown it must be, whatever it is. */
export function pushedBy(message: PushMessageData | null): Pushed {
	try {
		if (message === null) throw new Error("a push without a word")
		const { notification } = message.json() as PushedNotification
		const { title, body, lang, tag, silent, actions, data, navigate } = notification
		const shown = actions.map(({ action, title: label }) => ({ action, title: label }))
		return made({ title, body, lang, tag, silent, actions: shown, data: { ...data, navigate: pathOf(navigate) } })
	} catch {
		const language = navigator.language.startsWith("zh") ? "zh" : "en"
		const data = { request: null, workspace: "", language, isOver: false, options: [], navigate: "/inbox" } as const
		const { title, body } = WORDS[language].unknown
		return made({
			title,
			body,
			lang: language,
			tag: "unknown",
			silent: false,
			actions: [],
			data: { ...data, options: [] },
		})
	}
}

/** With what every notification of ours has. */
export function made(pushed: Omit<Pushed, "icon" | "badge" | "renotify">): Pushed {
	return { ...pushed, icon: "/icon-192.png", badge: "/badge-96.png", renotify: !pushed.silent }
}

/** Nowhere but here. */
function pathOf(address: string): string {
	const { origin, pathname, search } = new URL(address, location.origin)
	return origin === location.origin ? pathname + search : "/inbox"
}
