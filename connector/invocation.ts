// How this command is called here, so that every line that it prints for pasting works where it is printed.
import { accessSync, constants, existsSync } from "node:fs"
import { homedir } from "node:os"
import { delimiter, dirname, join, relative } from "node:path"
import { SELF } from "./self.ts"

const COMMAND = "homeport"
const IN_CLONE = "tools/homeport.mjs"

/** The clone that this runs from; undefined where it was installed by /install. Homes run from clones only. */
export const CLONE = [join(dirname(SELF), ".."), join(dirname(SELF), "../..")].find((folder) =>
	existsSync(join(folder, IN_CLONE)),
)

/** The data folder, where the person named one: what is printed must name it, too. */
let namedFolder: string | undefined

export function nameDataFolder(path: string): void {
	namedFolder = path
}

/** A command line of this command for the person, such as `npx homeport ls --data-dir /srv/homeport`. */
export function typed(...words: string[]): string {
	return [caller(), ...withFolder(words).map(shellWord)].join(" ")
}

/** The same by its whole path: for whatever starts programs here, from any folder. */
export function typedAnywhere(...words: string[]): string {
	return [...wholeCaller(), ...withFolder(words)].map(shellWord).join(" ")
}

/** npx finds a clone's own command from inside of the clone only; elsewhere it would ask the registry for the name. */
function caller(): string {
	const isInClone = CLONE !== undefined && !relative(CLONE, process.cwd()).startsWith("..")
	if (isInClone) return `npx ${COMMAND}`
	return CLONE === undefined && onPath() !== undefined ? COMMAND : wholeCaller().map(shellWord).join(" ")
}

function wholeCaller(): string[] {
	if (CLONE !== undefined) return [join(CLONE, IN_CLONE)]
	const launcher = onPath() ?? [join(homedir(), ".local/bin", COMMAND)].find(isProgram)
	return launcher === undefined ? [process.execPath, SELF] : [launcher]
}

function onPath(): string | undefined {
	const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "")
	return folders.map((folder) => join(folder, COMMAND)).find(isProgram)
}

function isProgram(path: string): boolean {
	try {
		accessSync(path, constants.X_OK)
		return true
	} catch {
		return false
	}
}

function withFolder(words: string[]): string[] {
	return namedFolder === undefined ? words : [...words, "--data-dir", namedFolder]
}

/** As one word of a POSIX shell. */
export function shellWord(word: string): string {
	return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
