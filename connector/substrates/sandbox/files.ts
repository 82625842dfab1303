// Files of a session, read and written by small commands inside: no link leads them anywhere that the program cannot go.
import { Refusal } from "../../../protocol/errors.ts"
import type { Command, Done } from "../substrate.ts"

type Exec = (command: Command) => Promise<Done>

/** Throws Refusal("not_found") for what is no file that can be read. */
export async function readInside(exec: Exec, path: string, from: number, limit: number) {
	const { output } = await run(exec, path, {
		argv: ["/bin/sh", "-c", READ, "sh", path, String(from + 1), String(limit)],
		timeoutMs: PATIENCE_MS,
	})
	const end = output.indexOf("\n")
	return { bytes: output.subarray(end + 1), size: Number(output.toString("latin1", 0, end)) }
}

export async function writeInside(
	exec: Exec,
	path: string,
	at: number,
	bytes: Uint8Array,
	moveTo?: string,
): Promise<void> {
	await run(exec, path, {
		argv: ["/bin/sh", "-c", WRITE, "sh", path, String(at), moveTo ?? ""],
		input: bytes,
		timeoutMs: PATIENCE_MS,
	})
}

async function run(exec: Exec, path: string, command: Command): Promise<Done> {
	const done = await exec({ ...command, isOffline: true })
	const { code } = done.ended
	if (code === 0) return done
	if (code === MISSING) throw new Refusal("not_found", `${path} is not there, or no file that can be read.`)
	if (code === ELSEWHERE)
		throw new Refusal("invalid_request", `${path} does not end there: write it from its beginning.`)
	const why = done.errors.trim().split("\n").at(-1)
	throw new Refusal("invalid_request", `${path} cannot be used: ${why || "the command was ended"}.`)
}

const MISSING = 44
const ELSEWHERE = 45
const PATIENCE_MS = 30_000

/** A path that begins with a dash is no option: redirections take it as it is. */
const READ = `[ -f "$1" ] && [ -r "$1" ] || exit ${MISSING}
wc -c < "$1" | tr -d ' '
[ "$3" -eq 0 ] || tail -c "+$2" < "$1" | head -c "$3"`

const WRITE = `if [ "$2" -eq 0 ]; then rm -f -- "$1"; set -C; cat > "$1" || exit 1
else [ -f "$1" ] || exit ${ELSEWHERE}; [ "$(wc -c < "$1")" -eq "$2" ] || exit ${ELSEWHERE}; cat >> "$1" || exit 1; fi
[ -z "$3" ] || { [ ! -d "$3" ] || { echo "$3 is a directory" >&2; exit 1; }; mv -f -- "$1" "$3"; }`
