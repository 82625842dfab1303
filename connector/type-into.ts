// Typing a text into a session, part after part.
import type { Client } from "../protocol/client.ts"
import { Refusal } from "../protocol/errors.ts"
import type { Session } from "../protocol/routes/sessions.ts"
import { Failure } from "./exit.ts"

/** Writes part after part, each when the terminal has the one before; gives the number of bytes that it took. */
export async function typeInto(
	call: Client,
	session: Session,
	text: string,
	{ paste, enter }: { paste: boolean; enter: boolean },
): Promise<number> {
	const params = { machine: session.machine, session: session.id }
	const parts = partsOf(paste ? text.replace(/\r?\n/g, "\r") : text)
	let taken = 0
	for (const [index, part] of parts.entries()) {
		const isLast = index === parts.length - 1
		const within = parts.length === 1 ? {} : ({ part: index === 0 ? "first" : isLast ? "last" : "middle" } as const)
		const body = { text: part, paste, ...within, enter: enter && isLast }
		const { bytes, dropped } = await call("sendInput", { params, body }).catch((error: unknown) => {
			if (index === 0 || !(error instanceof Refusal)) throw error
			throw new Refusal(error.code, `Before that the terminal took ${taken} bytes.`)
		})
		taken += bytes
		if (dropped === 0) continue
		const unsent = parts.slice(index + 1).reduce((sum, later) => sum + Buffer.byteLength(later), 0)
		throw new Failure(
			"not_read",
			`${session.name} does not read: its terminal took ${taken} bytes, and the other ${dropped + unsent} were not typed.`,
		)
	}
	return taken
}

/** As a terminal may take them: half of a letter or of an escape sequence stands at no end. */
function partsOf(text: string): string[] {
	const parts: string[] = []
	let start = 0
	do {
		let end = start + PART_CHARS
		if (end < text.length) end -= UNFINISHED.exec(text.slice(start, end))?.[0].length ?? 0
		parts.push(text.slice(start, end))
		start = end
	} while (start < text.length)
	return parts
}

/** A program that reads at all reads this much within WRITE_MS. */
const PART_CHARS = 32 * 1024
const UNFINISHED = /(?:\x1b[^~]{0,5}|[\ud800-\udbff])$/
