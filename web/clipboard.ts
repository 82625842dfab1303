// The browser's clipboard, which pages without TLS do not get.
import { words } from "./messages.ts"
import { notify } from "./state.ts"

export async function copyText(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text)
		notify({ tone: "good", text: words.copied })
		return true
	} catch {
		notify({ tone: "bad", text: words.copyFailed })
		return false
	}
}

/** Null where the browser or the person says no. */
export async function readClipboard(): Promise<string | null> {
	try {
		return await navigator.clipboard.readText()
	} catch {
		notify({ tone: "bad", text: words.pasteFailed })
		return null
	}
}
