// Where a loadout is applied: one way to run a command there, and what is made of it.
import type { Readable } from "node:stream"

export interface Ran {
	/** Null when a signal ended it. */
	code: number | null
	/** Standard output, at most OUTPUT_BYTES of it. */
	output: Buffer
	/** The end of standard error. */
	errors: string
}

export interface Run {
	/** Its standard input, which then ends. */
	input?: Uint8Array | Readable
	/** Whatever it writes, as it comes, for a person who watches. */
	live?: (bytes: Uint8Array) => void
}

export interface Target {
	is: "host" | "container" | "vm"
	/** The home directory there, which files, skills and MCP servers go to. */
	home: string
	/** Programs go to its bin. */
	prefix: string
	/** The folder there in which it is kept what has been applied, and one above it that there is, which no link leads out of. */
	state: { folder: string; within: string }
	/** The words before a command that make it the administrator's; null where nobody may be that. */
	asRoot: string[] | null
	/** Its own programs, then those of loadouts. */
	path: string
	/** Runs a command as it is: no shell reads it. Secrets are in its input, never in its words. */
	run(argv: string[], run?: Run): Promise<Ran>
	/** Lets go of it. */
	close(): Promise<void>
}

export const OUTPUT_BYTES = 1024 * 1024
/** The end of standard error that is kept, to say why something failed. */
export const ERRORS_CHARS = 4096

/** A step did not work: why, for a person. */
export class StepFailed extends Error {
	override readonly name = "StepFailed"
}

/** Throws StepFailed with what the command said last, where it does not end with 0. */
export async function must(ran: Promise<Ran>, what: string): Promise<Ran> {
	const done = await ran
	if (done.code === 0) return done
	const said = (done.errors.trim() || done.output.toString().trim()).split("\n").slice(-3).join(" ").trim()
	const how = done.code === null ? "was killed" : `ended with ${done.code}`
	throw new StepFailed(`${what} ${how}${said === "" ? "." : `: ${said}`}`)
}

/** The words that run a command with these variables: they are read from its input, so that nobody sees them in a list of processes. */
export function withEnvironment(
	argv: string[],
	environment: Record<string, string>,
): { argv: string[]; input: Buffer } {
	const lines = Object.entries(environment).map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`)
	return {
		argv: ["sh", "-c", 'eval "$(cat)" && exec "$@" </dev/null', "sh", ...argv],
		input: Buffer.from(`${lines.join("\n")}\n`),
	}
}

/** The whole file, or null where there is none. It must be in `within` when every link has been followed. */
export async function readThere(
	target: Target,
	path: string,
	{ within, asRoot = [] }: { within: string; asRoot?: string[] },
): Promise<Buffer | null> {
	const ran = await target.run([...asRoot, "sh", "-c", READ, "sh", path, within])
	if (ran.code === MISSING) return null
	if (ran.code === OUTSIDE) throw new StepFailed(`${path} leads out of ${within} by a link.`)
	await must(Promise.resolve(ran), `Reading ${path}`)
	return ran.output
}

interface Write {
	path: string
	bytes: Uint8Array | Readable
	/** Octal digits. */
	mode: string
	/** A folder that it must be in when every link has been followed. */
	within: string
	/** A file that was there before is kept beside it, once. */
	keeps?: boolean
	asRoot?: string[]
}

/** Writes a file whole or not at all. */
export async function writeThere(target: Target, write: Write): Promise<void> {
	const { path, bytes, mode, within, keeps = false, asRoot = [] } = write
	const argv = [...asRoot, "sh", "-c", WITHIN + WRITE, "sh", path, within, mode, keeps ? "keep" : ""]
	const ran = await target.run(argv, { input: bytes })
	if (ran.code === OUTSIDE) throw new StepFailed(`${path} leads out of ${within} by a link.`)
	if (ran.code === OCCUPIED) throw new StepFailed(`${path} is a folder.`)
	await must(Promise.resolve(ran), `Writing ${path}`)
}

/** Puts a folder from a tar in place whole or not at all; `mark` says whose it is: what has none is not touched. */
export async function unpackThere(
	target: Target,
	{ path, within, tar, mark }: { path: string; within: string; tar: Uint8Array | Readable; mark: string },
): Promise<void> {
	const ran = await target.run(["sh", "-c", WITHIN + UNPACK, "sh", path, within, mark], { input: tar })
	if (ran.code === OUTSIDE) throw new StepFailed(`${path} leads out of ${within} by a link.`)
	if (ran.code === OCCUPIED)
		throw new StepFailed(`${path} is there already, and not from a loadout. Move it away, or name this one otherwise.`)
	await must(Promise.resolve(ran), `Unpacking ${path}`)
}

const OUTSIDE = 41
const OCCUPIED = 42
const MISSING = 44

const READ = `[ -e "$1" ] || exit ${MISSING}
real=$(readlink -f -- "$1") && top=$(cd -P -- "$2" && pwd -P) || exit 1
case "$real" in "$top"/*) exec cat -- "$real" ;; *) exit ${OUTSIDE} ;; esac
`

/** Makes the folder of "$1", which must lie in "$2" when every link has been followed. */
const WITHIN = `set -eu
parent=$(dirname -- "$1")
near=$parent
while [ ! -d "$near" ]; do
	if [ -e "$near" ] || [ -L "$near" ]; then exit ${OUTSIDE}; fi
	near=$(dirname -- "$near")
done
real=$(cd -P -- "$near" && pwd -P)
top=$(cd -P -- "$2" && pwd -P)
case "$real/" in "$top"/*) ;; *) exit ${OUTSIDE} ;; esac
mkdir -p -- "$parent"
`

const WRITE = `if [ -d "$1" ]; then exit ${OCCUPIED}; fi
if [ -n "$4" ] && [ -e "$1" ] && [ ! -e "$1.before-loadout" ]; then cp -pP -- "$1" "$1.before-loadout"; fi
rm -f -- "$1.loadout-new"
umask 077
set -C
cat > "$1.loadout-new"
chmod -- "$3" "$1.loadout-new"
mv -f -- "$1.loadout-new" "$1"
`

const UNPACK = `if { [ -e "$1" ] || [ -L "$1" ]; } && [ ! -f "$1/.homeport-loadout" ]; then exit ${OCCUPIED}; fi
rm -rf -- "$1.loadout-new"
mkdir -- "$1.loadout-new"
tar -x -f - --no-same-owner -C "$1.loadout-new"
printf '%s\\n' "$3" > "$1.loadout-new/.homeport-loadout"
rm -rf -- "$1"
mv -- "$1.loadout-new" "$1"
`
