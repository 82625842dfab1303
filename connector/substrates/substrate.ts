// What sandbox, container and VM have in common: the one interface between sessions and what they run in.
import type { Writable } from "node:stream"
import type { SubstrateInfo } from "../../protocol/substrate.ts"
import type { Contained } from "./contained.ts"

/** How a program ended: its exit code, or the signal. */
export type Ended = { code: number; signal: null } | { code: null; signal: NodeJS.Signals }

/** A command to be run inside, beside the session's program. The environment is added to what there is inside. */
export interface Command {
	argv: string[]
	/** A path inside; the session's working directory where it is not said. */
	cwd?: string
	environment?: Record<string, string>
	input?: Uint8Array
	/** Killed after this. */
	timeoutMs: number
	/** More than this on standard output ends the command; `isCut` says so then. */
	limit?: number
	/** Keeps it from the network, where the substrate can: for looking at what a hostile program has left. */
	isOffline?: boolean
}

export interface Done {
	ended: Ended
	output: Buffer
	/** Standard error, its end. */
	errors: string
	isCut: boolean
}

/** What a session uses now, all of its processes together. */
export interface Used {
	/** Seconds of processor time since it began. */
	seconds: number
	/** Bytes. */
	memory: number
	processes: number
}

/** The terminal that the warden has from its holder. */
export interface Terminal {
	/** Tells the person what goes on before the program starts; a line each, without its end. */
	say(line: string): void
	/** The same line again, such as a percentage. */
	progress(line: string): void
	cols: number
	rows: number
	/** Whatever comes from inside goes there as it is. */
	output: Writable
	/**
	 * Hands every byte of input to `take` from here on, exactly, the next ones once its answer has resolved: the terminal is
	 * made raw. A substrate whose program has the terminal itself never calls it.
	 */
	input(take: (bytes: Buffer) => Promise<void> | void): void
}

/** The program ran, and what it ran in has gone with it; the message is a sentence how. */
export class Lost extends Error {}

/** A program that runs inside. */
export interface Running {
	/** Once, after its last byte of output: nothing of the session is left inside by then. Rejects with Lost. */
	ended: Promise<Ended>
	/** To all processes of the session, but for SIGKILL not waited for. */
	signal(signal: NodeJS.Signals): Promise<void>
	/** Called when the terminal has another size; absent where the program has the terminal itself. */
	resize?(cols: number, rows: number): void
}

/**
 * What a session's program runs in. Refusal("substrate_unavailable") with reason and remedy in one sentence each is how all
 * of them say no; nothing is left then. Nothing falls back to less than what was asked.
 */
export interface Substrate {
	/** Tries everything that it can do on this machine, for real; takes seconds, and leaves nothing. */
	probe(dataDir: string): Promise<SubstrateInfo>
	/** Refuses what this session cannot have, before anything is made; quick, and leaves nothing. */
	check(contained: Contained): Promise<void>
	/** In the session's warden: makes what is missing (telling the terminal), and starts the program. */
	enter(contained: Contained, environment: Record<string, string>, terminal: Terminal): Promise<Running>
	/** In whichever process: runs a command where the session runs or, where it has ended, in the same place made again. */
	exec(contained: Contained, command: Command): Promise<Done>
	/** Reads a part of a file inside. Throws Refusal("not_found"). */
	read(contained: Contained, path: string, from: number, limit: number): Promise<{ bytes: Buffer; size: number }>
	/** Appends to a file inside at `at`, where it must end; 0 makes it anew. `moveTo` puts it in place when it is whole. */
	write(contained: Contained, path: string, at: number, bytes: Uint8Array, moveTo?: string): Promise<void>
	/** What the session uses now; null where it does not run. In whichever process. */
	used(contained: Contained): Promise<Used | null>
	/** In whichever process: ends everything that the session has inside, also after its warden has died. Idempotent. */
	kill(contained: Contained): Promise<void>
	/** Removes what a session that is forgotten leaves: its home, container, own VM. */
	remove(contained: Contained): Promise<void>
}
