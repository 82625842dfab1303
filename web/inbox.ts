// The inbox as this page follows it: asked for again when something has changed, and what is done from here.
import { effect } from "@preact/signals"
import type { Choice, InboxItem } from "../protocol/attention.ts"
import { Refusal } from "../protocol/errors.ts"
import type { RequestId } from "../protocol/ids.ts"
import { api, Limited, load } from "./api.ts"
import { attentionChanges, inbox, type Waiting } from "./state.ts"
import { fresh, known, merged, needsSomebody, STAYS_MS } from "./waiting.ts"

/** Asks for all that waits. While it is asked, asking again is remembered and done once. */
export async function refreshInbox(): Promise<void> {
	if (isAsking) {
		isStale = true
		return
	}
	isAsking = true
	isStale = false
	const number = entered
	const answer = await load(api("listInbox"))
	isAsking = false
	if (number !== entered) return
	if (answer.is === "refused" && answer.refusal instanceof Limited)
		setTimeout(() => void refreshInbox(), answer.refusal.until - Date.now())
	if (answer.is === "refused" && inbox.peek().is !== "loaded") inbox.value = answer
	if (answer.is === "loaded") {
		const before = inbox.peek()
		write(merged(before.is === "loaded" ? before.value : [], answer.value.items))
		const listed = new Set(answer.value.items.map(({ id }) => id))
		for (const { item, overAt } of waiting()) if (!listed.has(item.id) && overAt === null) void refreshRequest(item.id)
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
	isAsking = false
	isStale = false
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

function waiting(): readonly Waiting[] {
	return inbox.value.is === "loaded" ? inbox.value.value : []
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

async function refreshRequest(id: RequestId): Promise<void> {
	const number = entered
	const answer = await load(api("showRequest", { params: { request: id } }))
	if (number !== entered) return
	if (answer.is === "loaded") learn(answer.value.item)
	// It is forgotten, or its machine is not for me any more.
	if (answer.is === "refused" && answer.refusal.code === "not_found")
		write(waiting().filter(({ item }) => item.id !== id))
}

function learn(item: InboxItem): void {
	write(known(waiting(), item, Date.now()))
}

function write(rows: Waiting[]): void {
	inbox.value = { is: "loaded", value: rows }
	if (rows.some(({ overAt }) => overAt !== null)) setTimeout(tidy, STAYS_MS)
}

function tidy(): void {
	if (inbox.peek().is !== "loaded") return
	const rows = waiting()
	const left = fresh(rows, Date.now())
	if (left.length < rows.length) inbox.value = { is: "loaded", value: left }
}
