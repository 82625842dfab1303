// The `homeport` that every session finds at the end of its PATH: a script that only notifies, so that an agent can say
// that it wants somebody where the whole command is not installed, or cannot be seen.
import { randomBytes } from "node:crypto"
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises"
import { delimiter, join } from "node:path"
import { QUESTION_CHARS } from "../../protocol/attention.ts"
import { EVENT_OSC } from "../holder/signals.ts"
import { HOOK_FILES, hookCommand } from "./hooks.ts"

const NAME = "homeport"
/** Where a sandbox on Linux shows what is placed here. */
export const FOLDER_IN_SANDBOX = "/run/homeport/bin"

/** Writes it, and the files of agents' hooks, where they are missing or another version's. Says in which folder they are. */
export async function placeNotifier(dataDir: string): Promise<string> {
	const folder = join(dataDir, "bin")
	await mkdir(folder, { recursive: true, mode: 0o700 })
	for (const [name, text] of Object.entries({ [NAME]: SCRIPT, ...HOOK_FILES })) {
		const path = join(folder, name)
		if ((await readFile(path, "utf8").catch(() => null)) === text) continue
		// Whole at once: sessions may be executing it.
		const draft = `${path}.${randomBytes(4).toString("hex")}`
		await writeFile(draft, text, { flag: "wx" })
		await chmod(draft, name === NAME ? 0o555 : 0o444)
		await rename(draft, path)
	}
	return folder
}

/** `at`: a folder inside, for what is in `folder`. */
export function notifierEntries(at: string, folder: string) {
	return [NAME, ...Object.keys(HOOK_FILES)].map(
		(name) => ({ is: "mount", at: join(at, name), from: join(folder, name), isWritable: false }) as const,
	)
}

/** After all that is on the PATH already: a whole command that is installed comes first. */
export function withNotifier(environment: Record<string, string>, folder: string): Record<string, string> {
	return { ...environment, PATH: [environment.PATH, folder].filter((part) => part).join(delimiter) }
}

/** It escapes what JSON has to have escaped; other control characters become blanks. A character has up to four bytes. */
const SCRIPT = `#!/bin/sh
# Made by Homeport for the sessions of this machine: \`homeport notify\` where the whole command is not on the PATH.
refuse() { printf '%s\\n' "$1" >&2; exit 2; }
[ "\${1-}" = notify ] || refuse 'Only "homeport notify TEXT" is here: the whole command is not on the PATH of this session.'
shift
if [ "\${1-}" = -- ]; then shift; else
for word do case $word in -?*) refuse "There is no option $word here, only: homeport notify [--] TEXT" ;; esac; done
fi
text=$*
case $text in *[![:space:]]*) ;; *) text= ;; esac
[ -n "$text" ] && [ "\${#text}" -le ${4 * QUESTION_CHARS} ] || refuse 'Say something, in at most ${QUESTION_CHARS} characters.'
LC_ALL=C; export LC_ALL
text=$(printf '%s\\n' "$text" | tr '\\001-\\011\\013-\\037\\177' ' ' | sed 's/["\\\\]/\\\\&/g; $!s/$/\\\\n/' | tr -d '\\n')
say() { printf '{"is":"notify","text":"%s"}' "$text"; }
{ [ -t 3 ] && printf '\\033]${EVENT_OSC};homeport;%s\\007' "$(say | base64 | tr -d '\\n')" >&3; } 2>/dev/null 3>>/dev/tty && exit
say | ${hookCommand("homeport", 1)}
[ $? = 0 ] || { echo 'This does not run in the terminal of a session.' >&2; exit 1; }
`
