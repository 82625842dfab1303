// The inbox as this page follows it: asked for again when something has changed, and what is done from here.
import { effect } from "@preact/signals"
import type { Choice, InboxItem } from "../protocol/attention.ts"
import { Refusal } from "../protocol/errors.ts"
import type { RequestId } from "../protocol/ids.ts"
import { api, Limited, load } from "./api.ts"
import { attentionChanges, inbox, type Waiting } from "./state.ts"
import { fresh, isOver, known, merged, needsSomebody, nextToLeave } from "./waiting.ts"

/** Asks for all that waits. While it is asked, asking again is remembered and done once. */
export async function refreshInbox(): Promise<void> {
	if (isAsking) {
		isStale = true
		return
	}
	isAsking = true
	isStale = false
	try {
		await ask()
	} finally {
		isAsking = false
	}
	if (isStale) void refreshInbox()
}

/** Something has changed: what waits is asked for, and so is what a screen shows of it. */
export function attentionChanged(): void {
	attentionChanges.value++
	void refreshInbox()
}

/** Tells once the answer is typed, or refused, or still on its way: the request then says which. */
export async function answerRequest(id: RequestId, choice: Choice): Promise<void> {
	await told(id, () => api("answerRequest", { params: { request: id }, body: { choice } }))
}

export async function dismissRequest(id: RequestId): Promise<void> {
	await told(id, () => api("dismissRequest", { params: { request: id } }))
}

/** Nothing of another workspace stays. */
export function forgetInbox(): void {
	entered++
	clearTimeout(tidying)
}

/** How much needs somebody now: for badges. */
export function needsCount(): number {
	return waiting().filter(({ item }) => needsSomebody(item)).length
}

/** The number on the installed console's icon. */
export function followBadge(): void {
	effect(() => {
		const count = needsCount()
		// Not every browser has it, and one that does may not show it: the number stands in the page, too.
		void navigator.setAppBadge?.(count).catch(() => {})
	})
}

let entered = 0
let isAsking = false
let isStale = false
let tidying: ReturnType<typeof setTimeout> | undefined

function waiting(): readonly Waiting[] {
	const { value: loaded } = inbox
	return loaded.is === "loaded" ? loaded.value : []
}

/** After a refusal the request is looked at again: it may be over, or somebody else's. */
async function told(id: RequestId, ask: () => Promise<{ item: InboxItem }>): Promise<void> {
	try {
		learn((await ask()).item)
	} catch (error) {
		if (error instanceof Refusal) void refreshRequest(id)
		throw error
	}
	attentionChanges.value++
}

async function ask(): Promise<void> {
	const number = entered
	const answer = await load(api("listInbox"))
	if (number !== entered || answer.is === "loading") return
	if (answer.is === "refused") {
		if (answer.refusal instanceof Limited) setTimeout(() => void refreshInbox(), answer.refusal.until - Date.now())
		// What is known stays on the screen.
		if (inbox.peek().is !== "loaded") inbox.value = answer
		return
	}
	const { items } = answer.value
	write(merged(waiting(), items))
	const listed = new Set(items.map(({ id }) => id))
	for (const { item } of waiting()) if (!listed.has(item.id) && !isOver(item.state)) void refreshRequest(item.id)
}

async function refreshRequest(id: RequestId): Promise<void> {
	const number = entered
	const answer = await load(api("showRequest", { params: { request: id } }))
	if (number !== entered) return
	if (answer.is === "loaded") learn(answer.value.item)
	// It is forgotten, or its machine is not for me any more.
	if (answer.is === "refused" && answer.refusal.code === "not_found" && inbox.peek().is === "loaded")
		write(waiting().filter(({ item }) => item.id !== id))
}

function learn(item: InboxItem): void {
	// One request alone is not all that waits.
	if (inbox.peek().is === "loaded") write(known(waiting(), item, Date.now()))
}

function write(rows: Waiting[]): void {
	inbox.value = { is: "loaded", value: rows }
	clearTimeout(tidying)
	const next = nextToLeave(rows)
	if (next !== null) tidying = setTimeout(() => write(fresh(waiting(), Date.now())), Math.max(0, next - Date.now()))
}
