// What a delivery claims to be, and what its sender's way of signing makes of that.
/** A request as it came in. */
export interface Incoming {
	headers: Headers
	body: Uint8Array
	/** By our clock. */
	at: number
}

/** What a sender's own way of signing tells. */
export type Claim =
	| { is: "signed"; id: string; keys: string[]; event: string }
	/** `reason` is for whoever set the trigger up, and holds neither the secret nor what was expected. */
	| { is: "refused"; reason: string }

/** A header that is an id: printable, and no longer than a row may be. Null where it is none. */
export function idIn(headers: Headers, ...names: string[]): string | null {
	for (const name of names) {
		const id = headers.get(name)
		if (id !== null) return /^[\x21-\x7e]{1,200}$/.test(id) ? id : null
	}
	return null
}

/** Whether one of the secrets passes; each is tried, so that the time does not tell which. */
export async function anyOf(secrets: string[], passes: (secret: string) => Promise<boolean>): Promise<boolean> {
	const passed = await Promise.all(secrets.map(passes))
	return passed.includes(true)
}
