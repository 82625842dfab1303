// A script for sh that becomes a program in a VM: its words, variables and directory exactly, byte by byte.

export interface Start {
	argv: string[]
	environment: Record<string, string>
	/** Absolute, or from the home directory on; null for that itself. */
	cwd: string | null
	/** Without a network, where the system there lets us. */
	isOffline?: boolean
}

/** Where it could not be started it ends with these, as shells do. */
export const NO_DIRECTORY = 126
export const NO_PROGRAM = 127

/**
 * Executes the program in its own place, so that its process id and its end are the program's. The values of variables
 * never stand in any process's arguments, which everybody there can read; but for those of the shell's own variables,
 * which a shell cannot hold for others and which are no secrets. With the argument `check` it only tries.
 */
export function launchScript({ argv: [program = "", ...args], environment, cwd, isOffline }: Start): string {
	// The shell says itself where it is.
	const names = Object.keys(environment).filter((name) => name !== "PWD" && name !== "OLDPWD")
	const odd = names.filter((name) => SHELLS_OWN.test(name))
	const plain = names.filter((name) => !SHELLS_OWN.test(name))
	return [
		// Of the connection, and of the shell that the system starts first.
		"unset SSH_CLIENT SSH_CONNECTION SSH_TTY SHLVL",
		`cd -- ${directory(cwd)} 2>/dev/null || { echo "The directory is not there." >&2; exit ${NO_DIRECTORY}; }`,
		"unset OLDPWD",
		'export PWD PATH="$PATH:$HOME/.local/bin:$HOME/.npm-global/bin:$HOME/.bun/bin"',
		...plain.map((name) => `export ${name}=${quote(environment[name] ?? "")}`),
		`set -- "\${1-}" ${[program, ...args].map(quote).join(" ")}`,
		FIND,
		'[ "$1" = check ] && exit 0',
		"shift 2",
		...(isOffline ? [OFFLINE] : []),
		odd.length === 0
			? 'exec "$homeport_found" "$@"'
			: `exec /usr/bin/env ${odd.map((name) => quote(`${name}=${environment[name]}`)).join(" ")} "$homeport_found" "$@"`,
		"",
	].join("\n")
}

/** A word for sh: nothing in it has a meaning. */
export function quote(word: string): string {
	return `'${word.replaceAll("'", `'\\''`)}'`
}

/** Bash gives these a meaning or a value of its own, or refuses to have them set; some change how it reads on. */
const SHELLS_OWN = new RegExp(
	`^(${[
		...["_", "IFS", "PS4", "OPTARG", "OPTIND", "OPTERR", "PPID", "EUID", "UID", "GROUPS", "SHLVL", "LINENO", "RANDOM"],
		...["SRANDOM", "SECONDS", "EPOCHSECONDS", "EPOCHREALTIME", "SHELLOPTS", "POSIXLY_CORRECT", "BASHOPTS", "BASHPID"],
		...["BASH_[A-Z0-9_]*", "DIRSTACK", "FUNCNAME", "HISTCMD", "PIPESTATUS", "COMP_WORDBREAKS", "LC_[A-Z]*", "LANG"],
	].join("|")})$`,
)

/** A program's file, as exec would find it; exec is given its path, since some shells take options before it. */
const FIND = `homeport_found=
case $2 in
*/*) [ -f "$2" ] && [ -x "$2" ] && homeport_found=$2 ;;
*)
	set -f
	IFS=:
	for homeport_folder in $PATH; do
		[ -f "\${homeport_folder:-.}/$2" ] && [ -x "\${homeport_folder:-.}/$2" ] && homeport_found=\${homeport_folder:-.}/$2 && break
	done
	unset IFS
	set +f
	;;
esac
[ -n "$homeport_found" ] || { echo "The program is not there." >&2; exit ${NO_PROGRAM}; }`

const OFFLINE = `if [ "$(id -u)" = 0 ] && unshare -n true 2>/dev/null; then set -- -n -- "$homeport_found" "$@" && homeport_found=$(command -v unshare)
elif unshare -c -n true 2>/dev/null; then set -- -c -n -- "$homeport_found" "$@" && homeport_found=$(command -v unshare)
fi`

function directory(cwd: string | null): string {
	if (cwd === null || cwd === "~") return '"$HOME"'
	if (cwd.startsWith("/")) return quote(cwd)
	return `"$HOME"/${quote(cwd.replace(/^~\//, ""))}`
}
