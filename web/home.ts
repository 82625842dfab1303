// The control plane as this page follows it: who I am, the registry, the clock, and rest while nobody looks.
import { batch } from "@preact/signals"
import { HEARTBEAT_MS, REDIAL_MAX_MS } from "../protocol/limits.ts"
import { api, Limited, load } from "./api.ts"
import { type Feed, openFeed } from "./feed.ts"
import { attentionChanged, forgetInbox, refreshInbox } from "./inbox.ts"
import { hasUnsent, keepSockets, restSockets, wakeSockets } from "./machine-sockets.ts"
import { words } from "./messages.ts"
import { go } from "./navigation.ts"
import { forgetPush, refreshPush } from "./push.ts"
import {
	changes,
	forgetWorkspace,
	LOADING,
	machines,
	machinesAt,
	me,
	notify,
	now,
	reachable,
	removedFrom,
	signedOut,
	workspaces,
} from "./state.ts"
import { chooseWorkspace, chosenWorkspace, followAddress } from "./workspace-choice.ts"

/** A tab that is hidden for longer lets go of its machines: nobody looks, so nothing is sent. */
const REST_AFTER_MS = 10_000

export function start(): void {
	followAddress()
	setInterval(tick, 1_000)
	// Presence is told when it changes; the age of its proof must be asked for, and so must what the feed does not tell.
	setInterval(() => {
		if (!document.hidden && me.value.is === "loaded") changed()
	}, HEARTBEAT_MS)
	addEventListener("online", wake)
	addEventListener("offline", () => {
		reachable.value = false
	})
	// Only a page that the browser had kept aside: one that has just loaded is on its way.
	addEventListener("pageshow", ({ persisted }) => {
		if (persisted) wake()
	})
	document.addEventListener("visibilitychange", () => (document.hidden ? restLater() : wake()))
	if (document.hidden) restLater()
	me.subscribe((who) => {
		if (who.is === "refused" && who.refusal.code === "not_signed_in") void leave()
	})
	navigator.serviceWorker?.addEventListener("message", ({ data }) => {
		if (data?.type === "open") void openLink(String(data.path))
	})
	void enter()
}

/** A notification was pressed while this page is open. */
async function openLink(path: string): Promise<void> {
	const { pathname, searchParams } = new URL(path, location.origin)
	const workspace = searchParams.get("workspace")
	if (workspace !== null && workspace !== chosenWorkspace()) await enterAnew(workspace)
	go(pathname)
}

/** Asks who I am, and follows the workspace if that is somebody. Asked again until something answers. */
export async function enter(): Promise<void> {
	clearTimeout(retry)
	const number = ++entered
	const chosen = chosenWorkspace()
	const answer = await load(api("me"))
	// Asked again meanwhile, for another workspace or as somebody else.
	if (number !== entered) return
	if (answer.is === "loading") {
		retry = setTimeout(() => void enter(), REDIAL_MAX_MS / 2)
		return
	}
	if (answer.is === "refused") {
		const { refusal } = answer
		if (refusal instanceof Limited) retry = setTimeout(() => void enter(), refusal.until - Date.now())
		// The chosen workspace is gone, or I am no member of it any more: the control plane knows another, or none.
		if (refusal.code === "not_found" && chosen !== null) {
			chooseWorkspace(null)
			return enter()
		}
		me.value = answer
		return
	}
	chooseWorkspace(answer.value.workspace.id)
	me.value = answer
	void refreshMachines()
	void refreshInbox()
	void refreshWorkspaces()
	// Notifications stay as they are where the push service is out of reach; the settings tell.
	refreshPush().catch(() => {})
	feed ??= openFeed({
		opened: () => {
			void refreshMe()
			changed()
		},
		changed: (what) => {
			if (what === "attention") attentionChanged()
			else if (what === "channels") changes.value++
			else changed()
		},
		refused: () => void lost(),
	})
}

/** Anything may have. */
function changed(): void {
	changes.value++
	void refreshMachines()
	attentionChanged()
}

/** Another role may have been given to me, or the workspace another name. */
export async function refreshMe(): Promise<void> {
	const answer = await load(api("me"))
	if (answer.is === "loaded" && me.peek().is === "loaded") me.value = answer
}

/** After signing in, or into another workspace: what was known of the last one is forgotten first. */
export async function enterAnew(workspace: string | null = null): Promise<void> {
	await leave()
	if (workspace !== null) chooseWorkspace(workspace)
	me.value = LOADING
	await enter()
}

export async function signOut(): Promise<void> {
	await forgetPush()
	await api("signOut")
	chooseWorkspace(null)
	signedOut()
}

export async function refreshWorkspaces(): Promise<void> {
	const answer = await load(api("listWorkspaces"))
	if (answer.is === "loaded") workspaces.value = { is: "loaded", value: answer.value.workspaces }
}

export async function refreshMachines(): Promise<void> {
	if (Date.now() < limitedUntil) return
	const number = ++asked
	const answer = await load(api("listMachines"))
	// A newer question is on its way; an older answer must not stand in its place.
	if (number !== asked) return
	// What is known stays on the screen while nothing answers; its ages go on counting.
	if (answer.is === "loading") return
	if (answer.is === "refused") {
		if (answer.refusal instanceof Limited) {
			limitedUntil = answer.refusal.until
			setTimeout(() => void refreshMachines(), limitedUntil - Date.now())
			if (machines.value.is === "loaded") return
		} else if (answer.refusal.code === "not_found") return lost()
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
/** How often it was asked who I am, and for the machines. */
let entered = 0
let asked = 0
/** Until then the control plane takes no questions about machines. */
let limitedUntil = 0
let retry: ReturnType<typeof setTimeout> | undefined
let resting: ReturnType<typeof setTimeout> | undefined

/** Lets go of the workspace, and shows nothing of it any more. */
async function leave(): Promise<void> {
	asked++
	feed?.close()
	feed = null
	forgetInbox()
	forgetWorkspace()
	await keepSockets([])
}

/** The workspace does not let this person in any more: what are they now? */
async function lost(): Promise<void> {
	const before = me.peek()
	await leave()
	await enter()
	const after = me.peek()
	// Still in, or out of more than a workspace.
	if (before.is !== "loaded" || after.is === "loading") return
	const { id, name } = before.value.workspace
	if (after.is === "refused" && after.refusal.code === "not_found") removedFrom.value = name
	if (after.is === "loaded" && after.value.workspace.id !== id)
		notify({ tone: "bad", text: words.workspaces.removedFrom(name) })
}

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
	changed()
}

function restLater(): void {
	clearTimeout(resting)
	resting = setTimeout(() => {
		if (hasUnsent()) restLater()
		else restSockets()
	}, REST_AFTER_MS)
}
