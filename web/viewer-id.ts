// Who this tab is to the machines. Kept over reloads, so that input is counted on; never shared by two tabs.
import { newViewerId, ViewerId } from "../protocol/ids.ts"
import { forgetUnsent } from "./unsent.ts"

/** A duplicated tab waits this long for an id that the other one holds; a reload gets it at once. */
const PATIENCE_MS = 600
const KEY = "viewer"

let id: Promise<ViewerId> | undefined

export function viewerId(): Promise<ViewerId> {
	id ??= find()
	return id
}

async function find(): Promise<ViewerId> {
	const kept = ViewerId.safeParse(sessionStorage.getItem(KEY))
	if (kept.success && (await isMine(kept.data))) return kept.data
	// A copy of another tab's storage holds that tab's unsent input; sending it twice is not ours to do.
	forgetUnsent()
	const made = newViewerId()
	sessionStorage.setItem(KEY, made)
	await isMine(made)
	return made
}

/** Takes the id for as long as this page lives. */
function isMine(viewer: ViewerId): Promise<boolean> {
	// Pages without TLS have no locks; there only a reload is known to be the same tab.
	if (navigator.locks === undefined) return Promise.resolve(isReload())
	return new Promise((resolve) => {
		navigator.locks
			.request(`viewer ${viewer}`, { signal: AbortSignal.timeout(PATIENCE_MS) }, () => {
				resolve(true)
				// Held until the page ends.
				return new Promise<void>(() => {})
			})
			.catch(() => resolve(false))
	})
}

function isReload(): boolean {
	const [navigation] = performance.getEntriesByType("navigation")
	return navigation instanceof PerformanceNavigationTiming && navigation.type === "reload"
}
