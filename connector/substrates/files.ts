// Files inside by commands of any system there: so links inside lead nowhere but inside.
import { Refusal } from "../../protocol/errors.ts"
import type { Command, Done } from "./substrate.ts"

type Exec = (command: Command) => Promise<Done>

/** A file that a hostile program has made endless or slow is given up. */
const FILE_MS = 60_000

/** As Substrate's `read` says. */
export async function readByCommand(
	exec: Exec,
	path: string,
	from: number,
	limit: number,
): Promise<{ bytes: Buffer; size: number }> {
	const argv = ["sh", "-c", READ, "sh", path, String(from + 1), String(limit)]
	const done = await exec({ argv, timeoutMs: FILE_MS, limit: limit + HEAD_BYTES })
	const end = done.output.indexOf("\n")
	if (done.ended.code !== 0 || end < 0) throw new Refusal("not_found", why(done, `There is no file ${path}.`))
	return { size: Number(done.output.toString("latin1", 0, end)), bytes: done.output.subarray(end + 1) }
}

/** As Substrate's `write` says. */
export async function writeByCommand(
	exec: Exec,
	path: string,
	at: number,
	bytes: Uint8Array,
	moveTo = "",
): Promise<void> {
	const argv = ["sh", "-c", WRITE, "sh", path, String(at), moveTo]
	const done = await exec({ argv, input: bytes, timeoutMs: FILE_MS, limit: HEAD_BYTES })
	if (done.ended.code === 0) return
	const moved = moveTo === "" ? path : moveTo
	throw new Refusal("invalid_request", why(done, `${moved} could not be written.`))
}

/** The line with the file's size, and some more. */
const HEAD_BYTES = 64

/** $1: the path; $2: the first byte, counted from 1; $3: how many. */
const READ = `[ -f "$1" ] || exit 1
wc -c <"$1" | tr -d " "
tail -c "+$2" <"$1" | head -c "$3"`

/** $1: the path; $2: where the file ends now, or 0; $3: where it goes then, if anywhere. */
const WRITE = `say() { echo "$1" >&2; exit 1; }
if [ "$2" = 0 ]; then : >"$1" || exit 1
else [ "$(wc -c <"$1")" -eq "$2" ] || say "The file does not end at $2."
fi
cat >>"$1" || exit 1
[ -z "$3" ] && exit 0
[ -d "$3" ] && say "That is a directory."
mv -f -- "$1" "$3"`

/** What the command said last, else `otherwise`. */
function why({ errors }: Done, otherwise: string): string {
	const lines = errors.trim().split("\n")
	return lines.at(-1) || otherwise
}
