// A request as a notification of a browser. The form is that of Declarative Web Push, so that Safari shows it even where
// our service worker does not run; everywhere else web/worker/service-worker.ts shows the same.
// https://github.com/WebKit/explainers/tree/main/DeclarativeWebPush
import type { InboxItem, Option, Risk } from "../../protocol/attention.ts"
import type { DestinationSettings, Language } from "../../protocol/channel.ts"
import type { Policy } from "../../protocol/policy.ts"
import type { PushedData, PushedNotification } from "../../protocol/push.ts"
import { maskTokens } from "../../protocol/token-shapes.ts"
import { WORDS } from "./words.ts"

interface Of {
	item: InboxItem
	settings: DestinationSettings
	policy: Policy
	workspaceId: string
	/** Where the browser reaches this home. */
	origin: string
}

export function notificationOf(of: Of): PushedNotification {
	const options = of.item.state.is === "open" ? offered(of) : []
	const whole = withOptions(of, options)
	// Labels may be long; what cannot be sent whole is chosen in the console.
	return sizeOf(whole) > PAYLOAD_BYTES ? withOptions(of, []) : whole
}

/** Shows that pushes arrive. */
export function testNotification(workspaceId: string, language: Language, origin: string): PushedNotification {
	const words = WORDS[language]
	const data: PushedData = { request: null, workspace: workspaceId, language, isOver: false, options: [] }
	return made({
		...words.test,
		lang: words.lang,
		navigate: new URL("/settings/notifications", origin).href,
		tag: "test",
		silent: false,
		actions: [],
		data,
	})
}

/** What fits beside the header and the seal into the 4,096 bytes that every push service takes. */
const PAYLOAD_BYTES = 3_993
const TITLE_CHARS = 100
const BODY_CHARS = 400
/** Buttons of notifications show no more. */
const ACTION_CHARS = 40
/** More buttons than two no browser shows. */
const ACTIONS = 2
const RISK = { nothing: 0, low: 1, high: 2 } as const satisfies Record<Risk | "nothing", number>

function withOptions({ item, settings, workspaceId, origin }: Of, options: Option[]): PushedNotification {
	const link = new URL(`/inbox/${item.id}`, origin)
	link.searchParams.set("workspace", workspaceId)
	const isOver = item.state.is !== "open"
	const { language } = settings
	return made({
		...(settings.showsContent ? shown(item, language) : hidden(item, language)),
		lang: WORDS[language].lang,
		navigate: link.href,
		tag: item.id,
		silent: isOver,
		actions: options.map(({ label }, index) => ({
			action: `option-${index}`,
			title: cut(label, ACTION_CHARS),
			navigate: link.href,
		})),
		data: {
			request: item.id,
			workspace: workspaceId,
			language,
			isOver,
			options: options.map(({ label }) => label),
		},
	})
}

function sizeOf(notification: PushedNotification): number {
	return new TextEncoder().encode(JSON.stringify(notification)).length
}

function made(notification: PushedNotification["notification"]): PushedNotification {
	return { web_push: 8030, notification }
}

/** The options that may be chosen here, where these few say it all. */
function offered({ item, settings, policy }: Of): Option[] {
	if (!settings.showsContent || RISK[policy.mayAnswer.push] < RISK[item.risk]) return []
	if (item.kind === "approval")
		return (["yes", "no"] as const).flatMap((means) => item.options.find((option) => option.means === means) ?? [])
	return item.kind === "choice" && item.options.length <= ACTIONS ? item.options : []
}

function shown(item: InboxItem, language: Language) {
	const words = WORDS[language]
	const { state } = item
	const title = tidy(words.titles[item.kind](item.sessionName), TITLE_CHARS)
	switch (state.is) {
		case "open": {
			const asked = item.kind === "secret" ? words.inConsole : [item.text, item.subject?.text ?? ""].join("\n")
			return { title, body: tidy(`${item.machineName}: ${asked}`, BODY_CHARS) }
		}
		case "answering":
		case "answered":
			return { title, body: tidy(words.answered(state.by.name, state.answer || null), BODY_CHARS) }
		case "gone":
			return { title, body: words.gone }
	}
}

/** Says that something waits, and nothing else. */
function hidden({ state }: InboxItem, language: Language) {
	const words = WORDS[language]
	return state.is === "open" ? words.waits : words.over
}

/** As a person may see it: without tokens and without what steers a screen. */
function tidy(text: string, characters: number): string {
	const plain = maskTokens(text)
		.replace(/[^\P{C}\n]/gu, "")
		.replace(/\n{2,}/g, "\n")
		.trim()
	return cut(plain, characters)
}

function cut(text: string, characters: number): string {
	const all = [...text]
	return all.length <= characters ? text : `${all.slice(0, characters - 1).join("")}…`
}
