// What a session was started from, kept in its folder under its seal: for beginning it again, and for another one like it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as z from "zod"
import type { Asked } from "../protocol/ask.ts"
import { Refusal } from "../protocol/errors.ts"
import { StartSpec } from "../protocol/session.ts"
import { Seal } from "./holder/seal.ts"
import type { SessionPaths } from "./holder/spawn.ts"

/** The values of secrets are nowhere on disk: of each there is the name, and the variable that it was. */
const SessionSpec = StartSpec.extend({ secrets: z.array(z.object({ name: z.string(), variable: z.string() })) })
export type SessionSpec = z.infer<typeof SessionSpec>

/** Before the session begins, whose key this makes: a session that runs can be begun again. */
export function keepSpec({ folder, key }: SessionPaths, { secrets, ...spec }: Asked<"start">): void {
	const kept: SessionSpec = { ...spec, secrets: secrets.map(({ name, variable }) => ({ name, variable })) }
	const path = pathIn(folder)
	mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 })
	writeFileSync(path, Seal.make(key).spec()(Buffer.from(JSON.stringify(kept))), { mode: 0o600 })
}

/** Throws Refusal where it was not kept, or the session's key is gone. */
export function readSpec({ folder, key }: SessionPaths): SessionSpec {
	const path = pathIn(folder)
	if (!existsSync(path))
		throw new Refusal("invalid_request", "An older connector started this session and kept nothing to start it from.")
	const bytes = Seal.open(key).spec()(readFileSync(path))
	return SessionSpec.parse(JSON.parse(Buffer.from(bytes).toString()))
}

function pathIn(folder: string): string {
	return join(folder, "sealed", "spec")
}
