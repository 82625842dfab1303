// A script for sh that becomes a program in a VM: its words, variables and directory exactly, byte by byte.

export interface Start {
	argv: string[]
	environment: Record<string, string>
	/** Absolute, or from the home directory on; null for that itself. */
	cwd: string | null
	/** Without a network, where the system there lets us. */
	isOffline?: boolean
}

/** What sh does when it is known whether the program can be started; `began` comes last before it is. */
export interface Telling {
	noDirectory: string
	noProgram: string
	began?: string
}

/**
 * Executes the program in the shell's own place, so that its process id and its end are the program's. The values of
 * variables never stand in any process's arguments, which everybody there can read; but for those of the shell's own
 * variables, which a shell cannot hold for others and which are no secrets. Nothing of it needs a process more.
 */
export function launchScript({ argv, environment, cwd, isOffline }: Start, telling: Telling): string {
	// The shell says itself where it is.
	const names = Object.keys(environment).filter((name) => name !== "PWD" && name !== "OLDPWD")
	const odd = names.filter((name) => SHELLS_OWN.test(name)).map((name) => quote(`${name}=${environment[name]}`))
	return [
		// Of the connection, and of the shell that the system starts first.
		"unset SSH_CLIENT SSH_CONNECTION SSH_TTY SHLVL MOTD_SHOWN",
		`cd -- ${directory(cwd)} 2>/dev/null || { ${telling.noDirectory}; exit 126; }`,
		"unset OLDPWD",
		'export PWD PATH="$PATH:$HOME/.local/bin:$HOME/.npm-global/bin:$HOME/.bun/bin"',
		...names.flatMap((name) => (SHELLS_OWN.test(name) ? [] : [`export ${name}=${quote(environment[name] ?? "")}`])),
		`set -- ${argv.map(quote).join(" ")}`,
		FIND,
		`[ -n "$homeport_found" ] || { ${telling.noProgram}; exit 127; }`,
		"shift",
		...(isOffline ? [OFFLINE] : []),
		...(telling.began === undefined ? [] : [telling.began]),
		`exec ${odd.length === 0 ? "" : `/usr/bin/env ${odd.join(" ")} `}"$homeport_found" "$@"`,
		"",
	].join("\n")
}

/** A word for sh: nothing in it has a meaning. */
export function quote(word: string): string {
	return `'${word.replaceAll("'", `'\\''`)}'`
}

/** A text as one line, and what sh does to have it back from the variable `homeport_line`. */
export function asLine(text: string): string {
	return `${text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n`
}
export const EVALUATE_LINE = 'eval "$(printf %b "$homeport_line")"'

/** Bash gives these a meaning or a value of its own, or refuses to have them set; some change how it reads on. */
const SHELLS_OWN = new RegExp(
	`^(${[
		...["_", "IFS", "PS4", "OPTARG", "OPTIND", "OPTERR", "PPID", "EUID", "UID", "GROUPS", "SHLVL", "LINENO", "RANDOM"],
		...["SRANDOM", "SECONDS", "EPOCHSECONDS", "EPOCHREALTIME", "SHELLOPTS", "POSIXLY_CORRECT", "BASHOPTS", "BASHPID"],
		...["BASH_[A-Z0-9_]*", "DIRSTACK", "FUNCNAME", "HISTCMD", "PIPESTATUS", "COMP_WORDBREAKS", "LC_[A-Z]*", "LANG"],
	].join("|")})$`,
)

/** The program's file, as exec would find it: exec is given its path, since some shells take options before it. */
const FIND = `homeport_found=
case $1 in
*/*) [ -f "$1" ] && [ -x "$1" ] && homeport_found=$1 ;;
*)
	set -f
	IFS=:
	for homeport_folder in $PATH; do
		homeport_found=\${homeport_folder:-.}/$1
		[ -f "$homeport_found" ] && [ -x "$homeport_found" ] && break
		homeport_found=
	done
	unset IFS
	set +f
	;;
esac`

const OFFLINE = `if unshare -n true 2>/dev/null; then set -- -n -- "$homeport_found" "$@" && homeport_found=/usr/bin/unshare
elif unshare -c -n true 2>/dev/null; then set -- -c -n -- "$homeport_found" "$@" && homeport_found=/usr/bin/unshare
fi`

function directory(cwd: string | null): string {
	if (cwd === null || cwd === "~") return '"$HOME"'
	if (cwd.startsWith("/")) return quote(cwd)
	return `"$HOME"/${quote(cwd.replace(/^~\//, ""))}`
}
