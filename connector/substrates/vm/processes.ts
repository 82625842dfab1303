// A session's processes in a VM, as sh there keeps them together: in a control group of their own where we may become
// root and the kernel has them, and by a variable that all of them inherit.
import type { Limits } from "../../../protocol/substrate.ts"
import type { Used } from "../substrate.ts"
import { NO_DIRECTORY, NO_PROGRAM, quote } from "./launch-script.ts"

/** The variable that a session's processes inherit; one that clears its environment is found by its control group. */
export const COOKIE = "HOMEPORT_SESSION"

/**
 * Keeps a session's processes from before its program is there until our input ends: then it kills them all, and ends.
 * It reads the launch script in base64 as its first line, and says `ready FOLDER BOOT`: `sh FOLDER/launch` becomes the
 * program once it is in its group, and BOOT names this start of the system. Or it says `no-directory`, `no-program` or
 * `no-limit`. Each later line of its input is a signal's name.
 */
export function keepLine(session: string, { memory, processes, cpus }: Limits): string {
	const most = [memory ?? "max", processes ?? "max", cpus === undefined ? "max" : Math.ceil(cpus * CPU_PERIOD_US)]
	return line(`${RECEIVE}\n${elevate(`${COMMON}${KEEP}`, [session, '"$d"', ...most.map(String)])}`)
}

/** Becomes what a launch script says: that is, in base64, the first line of its input. */
export const RUN_LINE = line('IFS= read -r l; l=$(printf %s "$l" | base64 -d) && set -- run && eval "$l"')

/** Kills all of a session's processes, and ends when there are none. */
export function killLine(session: string): string {
	return line(elevate(`${COMMON}end`, [session]))
}

/** The same for those that have this variable, such as NAME=VALUE, and no others. */
export function killMarkedLine(variable: string): string {
	return line(elevate(`${COMMON}group=; mark=$1; end`, [quote(variable)]))
}

export function usedLine(session: string): string {
	return line(`set -- ${session}\n${COMMON}${USED}`)
}

/** What `usedLine` has said; null where the session has no process. */
export function readUsed(said: string): Used | null {
	const [microseconds, memory, processes] = said.trim().split(/\s+/).map(Number)
	if (microseconds === undefined || memory === undefined || !processes) return null
	return { seconds: microseconds / 1e6, memory, processes }
}

/** The person's shell there may be any: it only starts sh. */
function line(script: string): string {
	return `exec sh -c ${quote(script)}`
}

/** As root where that needs no password; else as who we are, with what that allows. `words` are words of sh. */
function elevate(script: string, words: string[]): string {
	const command = `sh -c ${quote(script)} sh ${words.join(" ")}`
	return `[ "$(id -u)" != 0 ] && sudo -n true 2>/dev/null && exec sudo -n ${command}\nexec ${command}`
}

const CPU_PERIOD_US = 100_000

/** In memory, since it holds the session's variables; readable by its owner only. */
const RECEIVE = `umask 077
IFS= read -r l || exit 1
d=$(mktemp -d /dev/shm/homeport.XXXXXX 2>/dev/null || mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
printf %s "$l" | base64 -d >"$d/program" && mkfifo "$d/pid" "$d/go" || exit 1
printf '%s\\n' 'd=\${0%/*}; s=$(cat "$d/program"); echo $$ >"$d/pid"; read -r l <"$d/go"; eval "$s"' >"$d/launch"
sh "$d/program" check 2>/dev/null
case $? in
0) ;;
${NO_DIRECTORY}) echo no-directory; exit ;;
${NO_PROGRAM}) echo no-program; exit ;;
*) exit 1 ;;
esac
trap - EXIT`

/** `pids` lists the session's processes, `end` kills them until there is none. */
const COMMON = `session=$1
mark=${COOKIE}=$session
group=/sys/fs/cgroup/homeport/$session
pids() {
	{
		[ -d "$group" ] && find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null
		grep -lsF "$mark" /proc/[0-9]*/environ | tr -dc '0-9\\n'
	} | sort -u
}
end() {
	tries=0
	while :; do
		[ -w "$group/cgroup.kill" ] && echo 1 >"$group/cgroup.kill"
		all=$(pids)
		[ -z "$all" ] && break
		kill -s KILL $all 2>/dev/null
		tries=$((tries + 1))
		[ "$tries" -gt 100 ] && return 1
		sleep 0.1
	done
	[ -d "$group" ] && find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
	return 0
}
`

const KEEP = `d=$2
if [ "$(id -u)" = 0 ]; then
	[ -n "$(ls -A /sys/fs/cgroup)" ] || mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null
	if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
		top=\${group%/*}
		mkdir -p "$top"
		for controller in memory pids cpu; do
			for folder in /sys/fs/cgroup "$top"; do echo "+$controller" >"$folder/cgroup.subtree_control"; done 2>/dev/null
		done
		mkdir -p "$group"
	fi
fi
# What nobody has limited leaves a part to the system, so that it can still end it.
suggest() { [ -f "$group/$1" ] && echo "$2" >"$group/$1"; } 2>/dev/null
suggest memory.max "$(($(sed -n 's/^MemTotal: *\\([0-9]*\\).*/\\1/p' /proc/meminfo) * 1024 / 100 * 85))"
suggest pids.max "$(($(cat /proc/sys/kernel/threads-max) * 3 / 4))"
set_limit() {
	[ "$2" = max ] || { echo "$2$3" >"$group/$1"; } 2>/dev/null || { echo no-limit; rm -rf "$d"; exit; }
}
set_limit memory.max "$3" ""
set_limit pids.max "$4" ""
set_limit cpu.max "$5" " ${CPU_PERIOD_US}"
{
	read -r pid <"$d/pid"
	[ -d "$group" ] && echo "$pid" >"$group/cgroup.procs"
	echo >"$d/go"
	rm -rf "$d"
} &
echo "ready $d $(cat /proc/sys/kernel/random/boot_id)"
while read -r name; do
	if [ "$name" = KILL ]; then end; continue; fi
	all=$(pids)
	[ -n "$all" ] && kill -s "$name" $all 2>/dev/null
	case $name in HUP | TERM) kill -s CONT $all 2>/dev/null ;; esac
done
kill $! 2>/dev/null
rm -rf "$d"
end`

const USED = `all=$(pids)
if [ -d "$group" ]; then
	time=$(sed -n 's/^usage_usec //p' "$group/cpu.stat")
else
	ticks=0
	for pid in $all; do
		set -- $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null)
		ticks=$((ticks + \${12:-0} + \${13:-0} + \${14:-0} + \${15:-0}))
	done
	time=$((ticks * 1000000 / $(getconf CLK_TCK)))
fi
if [ -f "$group/memory.current" ]; then
	memory=$(($(cat "$group/memory.current") - $(sed -n 's/^inactive_file //p' "$group/memory.stat")))
else
	memory=0
	for pid in $all; do
		size=$(sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p' "/proc/$pid/status" 2>/dev/null)
		memory=$((memory + \${size:-0} * 1024))
	done
fi
echo "$time $memory $(printf %s "$all" | grep -c .)"`
