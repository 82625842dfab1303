// Where a session runs, as a place to look into: commands and files beside its program, on the host or inside.
import type { HeldSession } from "./held-session.ts"
import { readByCommand, writeByCommand } from "./substrates/files.ts"
import { execOnHost } from "./substrates/host.ts"
import type { Command, Done } from "./substrates/substrate.ts"
import { loadSubstrate } from "./substrates/substrates.ts"

export interface Place {
	/** As Substrate's `exec` says; where the working directory is not said, in the session's own. */
	exec(command: Command): Promise<Done>
	/** As Substrate's `read` says. */
	read(path: string, from: number, limit: number): Promise<{ bytes: Buffer; size: number }>
	/** As Substrate's `write` says. */
	write(path: string, at: number, bytes: Uint8Array, moveTo?: string): Promise<void>
}

export async function placeOf({ info, contained }: HeldSession): Promise<Place> {
	if (contained === null) return onHost(info.cwd)
	const substrate = await loadSubstrate(contained.substrate)
	return {
		exec: (command) => substrate.exec(contained, command),
		read: (path, from, limit) => substrate.read(contained, path, from, limit),
		write: (path, at, bytes, moveTo) => substrate.write(contained, path, at, bytes, moveTo),
	}
}

/** The same commands as inside, which do as they are told by the files' owner. */
export function onHost(cwd: string): Place {
	const exec = (command: Command) => execOnHost(cwd, command)
	return {
		exec,
		read: (path, from, limit) => readByCommand(exec, path, from, limit),
		write: (path, at, bytes, moveTo) => writeByCommand(exec, path, at, bytes, moveTo),
	}
}
