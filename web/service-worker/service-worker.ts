// What the browser runs of the console while no page of it is open: it shows pushes, and answers from them. It keeps
// nothing, and no request of a page goes through it.
import type { Destination } from "../../protocol/channel.ts"
import { answerFrom } from "./answer.ts"
import { made, type Pushed, pushedBy } from "./pushed.ts"

declare const self: ServiceWorkerGlobalScope

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()))
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()))
self.addEventListener("push", (event) => event.waitUntil(show(pushedBy(event.data))))
self.addEventListener("notificationclick", (event) => event.waitUntil(clicked(event)))
self.addEventListener("notificationclose", (event) => event.waitUntil(count()))
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(moved(event as SubscriptionChange)))

/** As https://www.w3.org/TR/push-api/#the-pushsubscriptionchange-event has it; the compiler's library does not. */
interface SubscriptionChange extends ExtendableEvent {
	readonly oldSubscription: PushSubscription | null
	readonly newSubscription: PushSubscription | null
}

/** Each push shows something, and at once: browsers take the leave to push from those that do not. */
async function show({ title, ...options }: Pushed): Promise<void> {
	await self.registration.showNotification(title, options)
	for (const page of await pages()) page.postMessage({ type: "pushed", tag: options.tag })
	await count()
}

async function clicked({ notification, action }: NotificationEvent): Promise<void> {
	const { data, title, tag } = notification as { data: Pushed["data"]; title: string; tag: string }
	notification.close()
	if (action === "" || data.request === null) return open(data.navigate)
	const outcome = await answerFrom(data, action)
	if (outcome === null) return open(data.navigate)
	const { lang } = notification
	const isOver = outcome.isDone
	const said = { ...data, isOver, options: [] }
	await show(made({ title, body: outcome.text, tag, lang, silent: isOver, actions: [], data: said }))
}

/** In a page that is open already, so that no terminal is loaded anew; else in a new one. */
async function open(path: string): Promise<void> {
	await count()
	const [page] = await pages()
	if (page === undefined) return void (await self.clients.openWindow(path))
	page.postMessage({ type: "open", path })
	// Some browsers let no worker do this; the page goes there all the same.
	await page.focus().catch(() => {})
}

/** Pages of the console, the one that somebody looks at first. */
async function pages(): Promise<WindowClient[]> {
	const all = await self.clients.matchAll({ type: "window", includeUncontrolled: true })
	const rank = ({ focused, visibilityState }: WindowClient) => (focused ? 0 : visibilityState === "visible" ? 1 : 2)
	return all
		.filter(({ url }) => !new URL(url).pathname.startsWith("/api/"))
		.sort((one, other) => rank(one) - rank(other))
}

/** How many requests wait, as far as notifications tell; a page of the console knows better, and says so itself. */
async function count(): Promise<void> {
	const shown = await self.registration.getNotifications()
	const waiting = shown.filter(({ data }) => data?.request && !data.isOver).length
	const { setAppBadge } = self.navigator
	// Not where it is not installed, or cannot be.
	await setAppBadge?.call(self.navigator, waiting).catch(() => {})
}

/** The push service has given this browser another address. */
async function moved({ oldSubscription, newSubscription }: SubscriptionChange): Promise<void> {
	// Without the old address nobody knows which it replaces: the console finds out when it is opened next.
	if (oldSubscription === null) return
	const fresh = newSubscription ?? (await self.registration.pushManager.subscribe(oldSubscription.options))
	const { endpoint, keys } = fresh.toJSON()
	const settings: Destination["settings"] = { kinds: [], showsContent: false, language: "en" }
	const said = { name: "-", endpoint, p256dh: keys?.p256dh, auth: keys?.auth, settings }
	await fetch("/api/push", {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ ...said, replaces: oldSubscription.endpoint }),
	})
}
