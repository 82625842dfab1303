// Files where a session runs, by small commands of any system there: links lead them nowhere that the program cannot go.
import { Refusal } from "../../protocol/errors.ts"
import type { Command, Done } from "./substrate.ts"

type Exec = (command: Command) => Promise<Done>

/** As Substrate's `read` says. */
export async function readByCommand(
	exec: Exec,
	path: string,
	from: number,
	limit: number,
): Promise<{ bytes: Buffer; size: number }> {
	const argv = ["/bin/sh", "-c", READ, "sh", path, String(from + 1), String(limit)]
	const { output } = await run(exec, path, { argv, timeoutMs: FILE_MS, limit: limit + HEAD_BYTES })
	const end = output.indexOf("\n")
	return { bytes: output.subarray(end + 1), size: Number(output.toString("latin1", 0, end)) }
}

/** As Substrate's `write` says. */
export async function writeByCommand(
	exec: Exec,
	path: string,
	at: number,
	bytes: Uint8Array,
	moveTo = "",
): Promise<void> {
	const argv = ["/bin/sh", "-c", WRITE, "sh", path, String(at), moveTo]
	await run(exec, moveTo === "" ? path : moveTo, { argv, input: bytes, timeoutMs: FILE_MS, limit: HEAD_BYTES })
}

async function run(exec: Exec, path: string, command: Command): Promise<Done> {
	const done = await exec(command)
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
/** A file that a hostile program has made endless or slow is given up; less than a question to a machine may take. */
const FILE_MS = 15_000
/** The line with the file's size, and some more. */
const HEAD_BYTES = 64

/** $1: the path, which a redirection takes as it is; $2: the first byte, counted from 1; $3: how many. */
const READ = `[ -f "$1" ] && [ -r "$1" ] || exit ${MISSING}
wc -c < "$1" | tr -d ' '
[ "$3" -eq 0 ] || tail -c "+$2" < "$1" | head -c "$3"`

/** $1: the path; $2: where the file ends now, or 0 for a new one; $3: where it goes then, if anywhere. */
const WRITE = `if [ "$2" -eq 0 ]; then rm -f -- "$1"; set -C; cat > "$1" || exit 1
else [ -f "$1" ] || exit ${ELSEWHERE}; [ "$(wc -c < "$1")" -eq "$2" ] || exit ${ELSEWHERE}; cat >> "$1" || exit 1; fi
[ -z "$3" ] || { [ ! -d "$3" ] || { echo "$3 is a directory" >&2; exit 1; }; mv -f -- "$1" "$3"; }`
