// A session's processes in a VM, as sh there keeps them together: in a control group of their own where we may become
// root and the kernel has them, else by a variable that all of them inherit. Where processors are emulated each process
// more costs a tenth of a second, so it does what it can by itself.
import type { Limits } from "../../../protocol/substrate.ts"
import type { Used } from "../substrate.ts"
import { asLine, EVALUATE_LINE, launchScript, quote, type Start } from "./launch-script.ts"

/** The variable that a session's processes inherit. */
export const COOKIE = "HOMEPORT_SESSION"

/** What the keeper of a session's processes says of its program, in one line. */
export type Word = "started" | "no-directory" | "no-program" | "no-limit"

/**
 * Keeps a session's processes from before its program is there until its input ends: then it kills them all, and ends.
 * Says `ready` once `programLine` with the same `meeting` may be run, on the session's terminal; its input begins with
 * `programScript`. Then it says a Word and what names this start of the system. Each later line is a signal's name.
 */
export function keepLine(session: string, meeting: string, { memory, processes, cpus }: Limits): string {
	const most = [memory ?? "", processes ?? "", cpus === undefined ? "" : Math.ceil(cpus * CPU_PERIOD_US)]
	const words = [session, quote(place(meeting)), ...most.map((limit) => quote(String(limit)))]
	return line(`umask 077; d=${place(meeting)}
mkdir "$d" && mkfifo "$d/up" "$d/down" || exit 3
echo ready
${asRoot(`${COMMON}${KEEP}`, words)}`)
}

/** Becomes the program, in the session's group. */
export function programLine(meeting: string): string {
	return line(`homeport_up=${place(meeting)}/up
echo $$ >"$homeport_up"
IFS= read -r homeport_line <${place(meeting)}/down
${EVALUATE_LINE}`)
}

export function programScript(start: Start): string {
	const tell = (word: Word) => `echo ${word} >"$homeport_up"`
	return asLine(
		launchScript(start, { noDirectory: tell("no-directory"), noProgram: tell("no-program"), began: tell("started") }),
	)
}

/** Becomes the command of a `commandScript`, which is the first line of its input. */
export const COMMAND_LINE = line(`IFS= read -r homeport_line; ${EVALUATE_LINE}`)

export function commandScript(start: Start): string {
	const tell = (what: string) => `echo ${quote(what)} >&2`
	return asLine(
		launchScript(start, {
			noDirectory: tell(`The directory ${start.cwd} is not there.`),
			noProgram: tell(`The program ${start.argv[0]} is not there.`),
		}),
	)
}

/** Kills all of a session's processes, and ends when there are none. */
export function killLine(session: string): string {
	return line(asRoot(`${COMMON}end`, [session]))
}

/** The same for those that have this variable, such as NAME=VALUE, and no others. */
export function killMarkedLine(variable: string): string {
	return line(asRoot(`${COMMON}group=; mark=$1; end`, [quote(variable)]))
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

/** Where keeper and program meet: in memory, and its owner's only. */
function place(meeting: string): string {
	return `/dev/shm/homeport-${meeting}`
}

/** The person's shell there may be any: it only starts sh. */
function line(script: string): string {
	return `exec sh -c ${quote(script)}`
}

/** As root where that needs no password; else as who we are, with what that allows. No script of ours ends with 1. */
function asRoot(script: string, words: string[]): string {
	const command = `sh -c ${quote(script)} sh ${words.join(" ")}`
	return `if ! [ -w / ] && command -v sudo >/dev/null; then
	sudo -n ${command}
	code=$?
	[ "$code" = 1 ] || exit "$code"
fi
exec ${command}`
}

const CPU_PERIOD_US = 100_000

/** `pids` sets `all` to the session's processes, `end` kills them until there are none. */
const COMMON = `session=$1
mark=${COOKIE}=$session
group=/sys/fs/cgroup/homeport/$session
marked() {
	all=
	for file in $(grep -lsF "$mark" /proc/[0-9]*/environ); do
		file=\${file#/proc/}
		all="$all \${file%/environ}"
	done
}
pids() {
	[ -d "$group" ] || { marked; return; }
	all=
	for file in "$group"/cgroup.procs "$group"/*/cgroup.procs; do
		[ -f "$file" ] && while read -r pid; do all="$all $pid"; done <"$file"
	done
}
end() {
	tries=0
	while [ "$tries" -le 100 ]; do
		[ -w "$group/cgroup.kill" ] && echo 1 >"$group/cgroup.kill"
		pids
		[ -n "$all" ] || marked
		if [ -z "$all" ]; then
			[ -d "$group" ] && rmdir "$group"/*/ "$group" 2>/dev/null
			return 0
		fi
		kill -s KILL $all 2>/dev/null
		tries=$((tries + 1))
		sleep 0.1
	done
	return 3
}
`

const KEEP = `d=$2
umask 022
IFS= read -r script
# What reads these byte by byte, as sh does, gets the first byte only.
threads=
for word in $(cat /proc/sys/kernel/threads-max /proc/sys/kernel/random/boot_id); do
	[ -n "$threads" ] && boot=$word || threads=$word
done
cgroups=/sys/fs/cgroup
set_limit() { [ -f "$group/$1" ] && echo "$2" >"$group/$1"; } 2>/dev/null
if [ -w "$cgroups/cgroup.subtree_control" ]; then
	[ -d "$cgroups/homeport" ] || mkdir "$cgroups/homeport"
	for folder in "$cgroups" "$cgroups/homeport"; do
		for controller in memory pids cpu; do
			read -r has <"$folder/cgroup.subtree_control"
			case " $has " in *" $controller "*) ;; *) echo "+$controller" >"$folder/cgroup.subtree_control" ;; esac
		done 2>/dev/null
	done
	mkdir "$group"
	# What nobody has limited leaves a part to the system, so that it can still end it.
	while read -r name most unit; do
		[ "$name" = MemTotal: ] && set_limit memory.max $((most * 1024 / 100 * 85)) && break
	done </proc/meminfo
	set_limit pids.max $((threads * 3 / 4))
fi
{ [ -z "$3" ] || set_limit memory.max "$3"; } &&
	{ [ -z "$4" ] || set_limit pids.max "$4"; } &&
	{ [ -z "$5" ] || set_limit cpu.max "$5 ${CPU_PERIOD_US}"; } || {
	echo no-limit
	rm -rf "$d"
	exit 3
}
{
	read -r pid <"$d/up"
	[ -d "$group" ] && echo "$pid" >"$group/cgroup.procs"
	printf '%s\\n' "$script" >"$d/down"
	read -r word <"$d/up"
	rm -rf "$d"
	echo "$word $boot"
} &
script=
while read -r name; do
	if [ "$name" = KILL ]; then
		end
		continue
	fi
	pids
	[ -z "$all" ] || kill -s "$name" $all 2>/dev/null
	# What is stopped takes the signal only when it goes on.
	case $name in HUP | TERM) [ -z "$all" ] || kill -s CONT $all 2>/dev/null ;; esac
done
kill $! 2>/dev/null
[ ! -d "$d" ] || rm -rf "$d"
end`

const USED = `pids
count=0
for pid in $all; do count=$((count + 1)); done
time=0
memory=0
if [ -d "$group" ]; then
	while read -r name value; do [ "$name" = usage_usec ] && time=$value; done <"$group/cpu.stat"
else
	for pid in $all; do
		[ -f "/proc/$pid/stat" ] && read -r stat <"/proc/$pid/stat" || continue
		set -- \${stat##*) }
		time=$((time + \${12} + \${13} + \${14} + \${15}))
	done
	time=$((time * 1000000 / $(getconf CLK_TCK)))
fi
if [ -f "$group/memory.current" ]; then
	read -r memory <"$group/memory.current"
	while read -r name value; do [ "$name" = inactive_file ] && memory=$((memory - value)); done <"$group/memory.stat"
else
	for pid in $all; do
		[ -f "/proc/$pid/status" ] || continue
		while read -r name value unit; do [ "$name" = VmRSS: ] && memory=$((memory + value * 1024)); done <"/proc/$pid/status"
	done 2>/dev/null
fi
echo "$time $memory $count"`
