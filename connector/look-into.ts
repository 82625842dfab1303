// What is asked of a session beside its terminal: its changes, its files, the connections that it was refused.
import type { Answered, Asked } from "../protocol/ask.ts"
import { never } from "../protocol/errors.ts"
import type { HeldSession } from "./held-session.ts"
import { placeOf } from "./place.ts"
import { deniedOf } from "./substrates/network/denied.ts"
import { diffSince } from "./workdir/changes.ts"
import { readFile, writeFile } from "./workdir/files.ts"

type Look = "diff" | "denied" | "readFile" | "writeFile"
type Looked = { [L in Look]: { ask: L; of: Asked<L> } }[Look]

export async function lookInto(session: HeldSession, asked: Looked): Promise<Answered<Look>> {
	switch (asked.ask) {
		case "diff":
			return diffSince(await placeOf(session), ".", session.folder, session.contained === null ? "anywhere" : "inside")
		case "denied":
			return { denied: session.contained === null ? [] : await deniedOf(session.contained) }
		case "readFile":
			return readFile(await placeOf(session), asked.of)
		case "writeFile":
			return writeFile(await placeOf(session), asked.of)
		default:
			never(asked)
	}
}
