// Pushes to this browser: whether it can get them, and its subscription, which every workspace's destination here shares.

import type { Destination, DestinationSettings } from "../protocol/channel.ts"
import { Refusal } from "../protocol/errors.ts"
import type { DestinationId } from "../protocol/ids.ts"
import { api, Problem } from "./api.ts"
import { fromBase64 } from "./base64.ts"
import { thisBrowser } from "./browser-name.ts"
import { words } from "./messages.ts"
import { chosenWorkspace } from "./workspace-choice.ts"

/** `install`: an iPhone or iPad, which pushes to installed web apps only. `insecure`: not by HTTPS, nor on this computer. */
export type PushPlace = "here" | "install" | "insecure" | "unsupported"

export function pushPlace(): PushPlace {
	if (!isSecureContext) return "insecure"
	if ("serviceWorker" in navigator && "PushManager" in window && "Notification" in window) return "here"
	return isApplePhone() ? "install" : "unsupported"
}

/** Asks the person for leave, and has this browser told. Call it from a click. Throws Problem with what to do. */
export async function turnOn(settings: DestinationSettings): Promise<void> {
	if ((await Notification.requestPermission()) !== "granted") throw new Problem(words.notifications.notGranted)
	const subscription = await subscribed()
	const name = thisBrowser()
	const { destination } = await api("subscribePush", { body: { name, ...said(subscription), settings } })
	keep(subscription.endpoint, destination.id)
}

/** In this workspace; where it was the last one, the browser gets no pushes any more. */
export async function turnOff(destination: DestinationId): Promise<void> {
	await api("removeDestination", { params: { destination } }).catch((error: unknown) => {
		// It was removed elsewhere.
		if (!(error instanceof Refusal && error.code === "not_found")) throw error
	})
	const kept = read()
	if (kept === null) return
	for (const [workspace, id] of Object.entries(kept.destinations))
		if (id === destination) delete kept.destinations[workspace]
	if (Object.keys(kept.destinations).length === 0) return unsubscribe()
	localStorage.setItem(KEY, JSON.stringify(kept))
}

/** Which of my destinations this browser is, in this workspace. */
export function destinationHere(destinations: readonly Destination[]): Destination | undefined {
	const id = read()?.destinations[chosenWorkspace() ?? ""]
	return destinations.find((destination) => destination.kind === "push" && destination.id === id)
}

/** Browsers change their address at the push service now and then, or lose it: then they get another one. */
export async function refreshPush(): Promise<void> {
	const kept = read()
	if (kept === null || pushPlace() !== "here" || Notification.permission !== "granted") return
	const subscription = await subscribed()
	if (subscription.endpoint === kept.endpoint) return
	const settings: DestinationSettings = { kinds: [], showsContent: false, language: "en" }
	const moved = { name: thisBrowser(), ...said(subscription), settings, replaces: kept.endpoint }
	await api("subscribePush", { body: moved }).catch((error: unknown) => {
		// All of its destinations were removed elsewhere, or the service worker has said it already.
		if (!(error instanceof Refusal && error.code === "not_found")) throw error
	})
	localStorage.setItem(KEY, JSON.stringify({ ...kept, endpoint: subscription.endpoint }))
}

/** On signing out: whoever uses this browser next is told nothing of mine. */
export async function forgetPush(): Promise<void> {
	const here = read()?.destinations[chosenWorkspace() ?? ""]
	// Where it cannot be removed now, the push service says later that there is no such browser.
	if (here !== undefined) await api("removeDestination", { params: { destination: here } }).catch(() => {})
	// A browser that cannot unsubscribe has no pushes.
	await unsubscribe().catch(() => {})
}

const KEY = "push"
const WORKER = "/service-worker.js"

async function unsubscribe(): Promise<void> {
	localStorage.removeItem(KEY)
	const registration = await navigator.serviceWorker?.getRegistration(WORKER)
	const subscription = await registration?.pushManager?.getSubscription()
	await subscription?.unsubscribe()
	for (const notification of (await registration?.getNotifications()) ?? []) notification.close()
}

interface Kept {
	endpoint: string
	/** By workspace. */
	destinations: Record<string, DestinationId>
}

function read(): Kept | null {
	return JSON.parse(localStorage.getItem(KEY) ?? "null") as Kept | null
}

function keep(endpoint: string, id: DestinationId): void {
	const workspace = chosenWorkspace()
	if (workspace === null) return
	const destinations = { ...read()?.destinations, [workspace]: id }
	localStorage.setItem(KEY, JSON.stringify({ endpoint, destinations } satisfies Kept))
}

/** The subscription that there is; a new one where there is none, or where the home has another key than then. */
async function subscribed(): Promise<PushSubscription> {
	const { publicKey } = await api("readPushKey")
	await navigator.serviceWorker.register(WORKER)
	const { pushManager } = await navigator.serviceWorker.ready
	const known = await pushManager.getSubscription()
	const key = bytes(publicKey)
	if (known !== null && isSame(known.options.applicationServerKey, key)) return known
	await known?.unsubscribe()
	try {
		return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
	} catch (error) {
		throw new Problem(words.notifications.serviceFailed(error instanceof Error ? error.message : String(error)))
	}
}

function said(subscription: PushSubscription) {
	const { endpoint, keys = {} } = subscription.toJSON()
	return { endpoint: endpoint ?? "", p256dh: keys.p256dh ?? "", auth: keys.auth ?? "" }
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
	return fromBase64(base64url.replaceAll("-", "+").replaceAll("_", "/"))
}

function isSame(one: ArrayBuffer | null, other: Uint8Array): boolean {
	if (one === null || one.byteLength !== other.length) return false
	return new Uint8Array(one).every((byte, at) => byte === other[at])
}

/** An iPad says that it is a Mac; no Mac has a touch screen. */
function isApplePhone(): boolean {
	return (
		/iPhone|iPad/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1)
	)
}
