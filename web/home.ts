// The control plane as this page follows it: who I am, the registry, the clock, and rest while nobody looks.
import { batch } from "@preact/signals"
import { Refusal } from "../protocol/errors.ts"
import { HEARTBEAT_MS, REDIAL_MAX_MS } from "../protocol/limits.ts"
import { api, load } from "./api.ts"
import { type Feed, openFeed } from "./feed.ts"
import { hasUnsent, keepSockets, restSockets, wakeSockets } from "./machine-sockets.ts"
import { forgetAll, machines, machinesAt, me, now, reachable } from "./state.ts"

/** A tab that is hidden for longer lets go of its machines: nobody looks, so nothing is sent. */
const REST_AFTER_MS = 10_000

export function start(): void {
	setInterval(tick, 1_000)
	// Presence is told when it changes; the age of its proof must be asked for.
	setInterval(() => {
		if (!document.hidden && me.value.is === "loaded") void refreshMachines()
	}, HEARTBEAT_MS)
	addEventListener("online", wake)
	addEventListener("offline", () => {
		reachable.value = false
	})
	addEventListener("pageshow", wake)
	document.addEventListener("visibilitychange", () => (document.hidden ? restLater() : wake()))
	if (document.hidden) restLater()
	void enter()
}

/** Asks who I am, and follows the workspace if that is somebody. Asked again until something answers. */
export async function enter(): Promise<void> {
	clearTimeout(retry)
	const answer = await load(api("me"))
	if (answer.is === "loading") {
		retry = setTimeout(() => void enter(), REDIAL_MAX_MS / 2)
		return
	}
	me.value = answer
	if (answer.is !== "loaded") return
	void refreshMachines()
	feed ??= openFeed(() => void refreshMachines())
}

export async function signOut(): Promise<void> {
	await api("signOut")
	feed?.close()
	feed = null
	await keepSockets([])
	forgetAll()
	me.value = { is: "refused", refusal: new Refusal("not_signed_in") }
}

export async function refreshMachines(): Promise<void> {
	const number = ++asked
	const answer = await load(api("listMachines"))
	// A newer question is on its way; an older answer must not stand in its place.
	if (number !== asked) return
	// What is known stays on the screen while nothing answers; its ages go on counting.
	if (answer.is === "loading") return
	if (answer.is === "refused") {
		machines.value = answer
		return
	}
	const listed = answer.value.machines
	batch(() => {
		machines.value = { is: "loaded", value: listed }
		machinesAt.value = Date.now()
	})
	await keepSockets(listed.map(({ id }) => id))
}

let feed: Feed | null = null
/** How often the machines were asked for. */
let asked = 0
let retry: ReturnType<typeof setTimeout> | undefined
let resting: ReturnType<typeof setTimeout> | undefined

function tick(): void {
	if (!document.hidden) now.value = Date.now()
}

function wake(): void {
	clearTimeout(resting)
	if (document.hidden) return restLater()
	tick()
	if (me.value.is === "loading") void enter()
	if (me.value.is !== "loaded") return
	feed?.wake()
	wakeSockets()
	void refreshMachines()
}

function restLater(): void {
	clearTimeout(resting)
	resting = setTimeout(() => {
		if (hasUnsent()) restLater()
		else restSockets()
	}, REST_AFTER_MS)
}
