// Everything that the console shows, as signals. Written by the sockets, the API calls and the terminal; read by components.
import { batch, signal } from "@preact/signals"
import type { VNode } from "preact"
import type { InboxItem } from "../protocol/attention.ts"
import { Refusal } from "../protocol/errors.ts"
import type { MachineId, SessionId } from "../protocol/ids.ts"
import type { SocketStatus } from "../protocol/machine-socket.ts"
import type { Action } from "../protocol/roles.ts"
import type { Workspace } from "../protocol/routes/account.ts"
import type { Machine } from "../protocol/routes/machines.ts"
import type { Me } from "../protocol/routes/workspace.ts"
import type { Platform, Presence, SessionInfo, Watcher } from "../protocol/session.ts"
import type { ViewingStatus } from "../protocol/viewing.ts"

/** What was asked for: not here yet, refused, or here. */
export type Loaded<T> = { is: "loading" } | { is: "refused"; refusal: Refusal } | { is: "loaded"; value: T }

export const LOADING = { is: "loading" } as const

/** A machine as its own object tells it. */
export interface MachineView {
	socket: SocketStatus
	name: string | null
	platform: Platform | null
	presence: Presence | null
	/** When `presence` was told, by this clock. */
	presenceAt: number
	sessions: ReadonlyMap<SessionId, SessionInfo>
}

/** The session on the screen, as its viewing tells it. */
export interface ViewingView {
	machine: MachineId
	session: SessionId
	status: ViewingStatus
	watchers: readonly Watcher[]
	/** Bytes typed and not known to be written. */
	pending: number
	/** When the oldest of them was typed. */
	pendingSince: number | null
	/** Since when none of them is known to be written, once that is too long. */
	stalledSince: number | null
	/** The typed bytes are old and wait for the person. */
	holding: boolean
	/** Bytes typed that the role did not let through, until the person has dismissed that. */
	dropped: number
	/** Bytes of output that this page has. */
	sequence: number
}

/** A request on the screen. */
export interface Waiting {
	item: InboxItem
	/** When it was over: it keeps its place for a while, so that nothing moves under a finger. Null while it is not. */
	overAt: number | null
}

/** Something that the person should know once. */
export interface Notice {
	id: number
	tone: "good" | "bad"
	text: string
	action?: { label: string; run: () => void }
	dismissed?: () => void
}

export type Dialog =
	/** `vm`: the one that is chosen. */
	| { is: "start"; machine?: MachineId; runtime?: string; vm?: string }
	| { is: "enroll" }
	| { is: "palette" }
	| { is: "shortcuts" }
	| { is: "rename-machine"; machine: MachineId; name: string }
	| { is: "remove-machine"; machine: MachineId; name: string; running: number }
	| { is: "rename-session"; machine: MachineId; session: SessionId; name: string }
	| { is: "remove-session"; machine: MachineId; session: SessionId; name: string }
	| { is: "kill-session"; machine: MachineId; session: SessionId; name: string }
	| { is: "restart-session"; machine: MachineId; of: SessionInfo }
	| { is: "clone-session"; machine: MachineId; session: SessionId; name: string }
	| { is: "tag-session"; machine: MachineId; session: SessionId; name: string; tags: string[] }
	| { is: "create-workspace" }
	| { is: "open-link"; url: string }
	/** One that a screen has for itself, and loads with itself. */
	| { is: "own"; draw: () => VNode }

export const me = signal<Loaded<Me>>(LOADING)
/** Those that I am a member of. */
export const workspaces = signal<Loaded<Workspace[]>>(LOADING)
/** The name of the one that does not let me in any more. */
export const removedFrom = signal<string | null>(null)
export const machines = signal<Loaded<Machine[]>>(LOADING)
/** When `machines` was answered, by this clock. */
export const machinesAt = signal(0)
export const fleet = signal<ReadonlyMap<MachineId, MachineView>>(new Map())
export const viewing = signal<ViewingView | null>(null)
/** What waits for a person, in the order in which the inbox shows it. */
export const inbox = signal<Loaded<Waiting[]>>(LOADING)
/** Counts what may have changed in the registry: what a screen has asked for, it then asks again. */
export const changes = signal(0)
/** The same of what waits for a person, and of what waited. */
export const attentionChanges = signal(0)
/** Whether the control plane answered the last call, and the browser has a network. */
export const reachable = signal(true)
/** Ticks while somebody looks, so that ages count. */
export const now = signal(Date.now())
export const dialog = signal<Dialog | null>(null)
export const notices = signal<readonly Notice[]>([])
export const filter = signal("")

export type Theme = "system" | "light" | "dark"
export const theme = signal<Theme>(oneOf(["system", "light", "dark"], localStorage.getItem("theme")))
export const fontSize = signal(Number(localStorage.getItem("font-size")) || defaultFontSize())
/** Mirrors the terminal's text for screen readers; costs speed under a flood, so it is the person's choice. */
export const screenReader = signal(localStorage.getItem("screen-reader") === "on")

theme.subscribe((value) => localStorage.setItem("theme", value))
fontSize.subscribe((value) => localStorage.setItem("font-size", String(value)))
screenReader.subscribe((value) => localStorage.setItem("screen-reader", value ? "on" : "off"))

export function may(action: Action): boolean {
	return me.value.is === "loaded" && me.value.value.actions.includes(action)
}

/** The cookie is no longer good: the way in stands wherever one is. */
export function signedOut(): void {
	const who = me.peek()
	if (who.is === "loading" || (who.is === "refused" && who.refusal.code === "not_signed_in")) return
	workspaces.value = LOADING
	removedFrom.value = null
	me.value = { is: "refused", refusal: new Refusal("not_signed_in") }
}

export function findSession(machine: MachineId, session: SessionId): SessionInfo | undefined {
	return fleet.value.get(machine)?.sessions.get(session)
}

let lastNotice = 0

export function notify(notice: Omit<Notice, "id">): void {
	notices.value = [...notices.value.slice(-2), { id: ++lastNotice, ...notice }]
}

export function dismiss(id: number): void {
	notices.value.find((notice) => notice.id === id)?.dismissed?.()
	notices.value = notices.value.filter((notice) => notice.id !== id)
}

/** After signing out, or into another workspace, nothing of this one stays on the screen. */
export function forgetWorkspace(): void {
	batch(() => {
		machines.value = LOADING
		fleet.value = new Map()
		viewing.value = null
		inbox.value = LOADING
		dialog.value = null
		filter.value = ""
	})
}

function defaultFontSize(): number {
	return matchMedia("(pointer: coarse)").matches ? 12 : 14
}

function oneOf<T extends string>(values: readonly [T, ...T[]], value: string | null): T {
	return values.find((known) => known === value) ?? values[0]
}
