// What sandboxes on this machine are worth, found by making some: what a program sees in them, and which limits hold.
import { execFile } from "node:child_process"
import { lstat, mkdir, mkdtemp, readdir, realpath, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { newSessionId } from "../../../protocol/ids.ts"
import { LIMITS, type Limits, NETWORKS, type Network, type SubstrateInfo } from "../../../protocol/substrate.ts"
import { sessionEnvironment } from "../../runtimes.ts"
import type { Contained } from "../contained.ts"
import { findHierarchies, isHeldBack, sweepGroups } from "../limits/cgroups.ts"
import { unmount } from "../limits/disk.ts"
import type { Command, Done } from "../substrate.ts"
import { findTool, NOT_INSTALLED, NoSandbox, type WhyNot, whyNot } from "./bubblewrap.ts"
import { removeAll } from "./home.ts"
import { readRuns } from "./processes.ts"
import { whoAmI } from "./survey.ts"

type Exec = (contained: Contained, command: Command) => Promise<Done>

export async function probe(exec: Exec): Promise<SubstrateInfo> {
	const environment = sessionEnvironment()
	const absent = (why: WhyNot): SubstrateInfo => ({ is: "absent", substrate: "sandbox", ...why })
	const program = findTool("bwrap", environment.PATH ?? "")
	if (program === null) return absent(NOT_INSTALLED)
	const hierarchies = findHierarchies()
	if (hierarchies !== null) sweepGroups(hierarchies)
	await sweepTrials()
	const folder = await realpath(await mkdtemp(join(tmpdir(), TRIAL)))
	try {
		const contained = await trial(folder, environment)
		const seen = await look(exec, contained)
		if (seen !== null) return absent(seen)
		return {
			is: "ready",
			substrate: "sandbox",
			by: await version(program),
			networks: [...NETWORKS],
			limits: await tryLimits(exec, contained),
			notes: notes(),
		}
	} catch (error) {
		return absent(
			error instanceof NoSandbox ? error.why : whyNot(error instanceof Error ? error.message : String(error)),
		)
	} finally {
		await removeAll(folder)
	}
}

const TRIAL = "homeport-trial-"
/** A trial takes seconds; a younger one may be another connector's. */
const TRIAL_MS = 60_000

/** What trials that were killed have left. */
async function sweepTrials(): Promise<void> {
	for (const name of await readdir(tmpdir())) {
		const folder = join(tmpdir(), name)
		if (!name.startsWith(TRIAL)) continue
		const left = await lstat(folder).catch(() => null)
		if (left?.uid !== process.getuid?.() || Date.now() - (left?.mtimeMs ?? 0) < TRIAL_MS) continue
		await unmount(folder)
		await removeAll(folder)
	}
}

async function version(program: string): Promise<string> {
	const { stdout } = await promisify(execFile)(program, ["--version"])
	return stdout.trim()
}

/** A session of nobody's, in folders of its own. */
async function trial(folder: string, environment: Record<string, string>): Promise<Contained> {
	const dataDir = join(folder, "data")
	const session = newSessionId()
	const own = join(dataDir, "sessions", session)
	const workingFolder = join(folder, "work")
	for (const each of [own, workingFolder]) await mkdir(each, { recursive: true, mode: 0o700 })
	await writeFile(join(dataDir, "secret"), "secret", { mode: 0o600 })
	return {
		...{ session, name: "trial", runtime: "custom", substrate: "sandbox", argv: ["/bin/true"] },
		...{ cwd: workingFolder, workingFolder, network: { is: "none" }, limits: {} },
		...{ image: null, vm: null, loadout: null, mounts: [], configuration: [], dataDir, folder: own, own: environment },
	}
}

/** Why what a program sees is not what is promised; null where it is. */
async function look(exec: Exec, contained: Contained): Promise<WhyNot | null> {
	const home = await stat(contained.own.HOME ?? whoAmI().homedir)
	const networks: Network[] = [{ is: "none" }, { is: "allow-list", hosts: ["nowhere.invalid"] }]
	for (const network of networks) {
		const done = await exec(
			{ ...contained, network },
			{ argv: ["/bin/sh", "-c", LOOK, "sh", contained.dataDir], timeoutMs: 5_000 },
		)
		const seen = new Map(
			done.output
				.toString()
				.split("\n")
				.map((line) => line.split("=", 2) as [string, string]),
		)
		const is = (name: string, value: string) => seen.get(name) === value
		const variables = (seen.get("variables") ?? "").split(" ")
		const foreign = variables.filter((name) => process.env[name] !== undefined && !GIVEN.has(name))
		const wrong = [
			done.ended.code !== 0 && "a program does not run to its end",
			is("home", String(home.ino)) && "a program sees the home directory",
			!is("secret", "hidden") && "a program sees Homeport's data folder",
			!is("work", "writable") && "a program cannot write in its working directory",
			!is("system", "protected") && "a program can write to the system",
			!(Number(seen.get("processes")) < MOST_PROCESSES) && "a program sees other processes",
			foreign.length > 0 && "a program gets the connector's environment",
			!is("interfaces", "lo") && "a program without a network has one",
			network.is === "allow-list" && !is("gate", "open") && "a program does not reach its allow-list's proxy",
		].find((each) => each !== false)
		if (wrong !== undefined)
			return {
				reason: `Sandboxes do not hold here: in a trial, ${wrong}.`,
				remedy: "Use a container or a VM, and report this with the versions of kernel and bubblewrap.",
			}
	}
	return null
}

const GIVEN = new Set([
	"PATH",
	"HOME",
	"USER",
	"LOGNAME",
	"LANG",
	"TZ",
	"SHELL",
	"TERM",
	"COLORTERM",
	"PWD",
	"OLDPWD",
	"SHLVL",
	"_",
])
/** The first process, the one that forwards, the trial's shell and what that starts. */
const MOST_PROCESSES = 10

const LOOK = `echo "home=$(ls -di "$HOME" | awk '{print $1}')"
[ -e "$1" ] && echo secret=seen || echo secret=hidden
echo x > trial && echo work=writable
(echo x > /usr/homeport-trial) 2>/dev/null && echo system=written || echo system=protected
echo "processes=$(ls /proc | grep -c '^[0-9]')"
echo "variables=$(tr '\\0' '\\n' < /proc/self/environ | sed -n 's/^\\([A-Za-z_0-9]*\\)=.*/\\1/p' | tr '\\n' ' ')"
echo "interfaces=$(sed -n 's/^ *\\([^ :|]*\\):.*/\\1/p' /proc/net/dev | tr '\\n' ' ' | sed 's/ $//')"
grep -q ' 0100007F:0C38 ' /proc/net/tcp && echo gate=open
exit 0`

/** Those that a program which tries to get over them does not. */
async function tryLimits(exec: Exec, contained: Contained): Promise<(keyof Limits)[]> {
	const kept = await Promise.all(LIMITS.map(async (limit) => ((await holds(exec, contained, limit)) ? [limit] : [])))
	return kept.flat()
}

async function holds(exec: Exec, contained: Contained, limit: keyof Limits): Promise<boolean> {
	const { tries, expects, value } = TRIALS[limit]
	let isHeld = false
	const watch = setInterval(() => {
		isHeld ||= readRuns(folder).some(({ pid }) => isHeldBack(pid))
	}, WATCH_MS)
	const session = newSessionId()
	const folder = join(contained.folder, "..", session)
	const limits = { [limit]: value }
	try {
		const done = await exec(
			{ ...contained, session, folder, limits },
			{ argv: ["/bin/sh", "-c", tries], timeoutMs: 5_000 },
		)
		return expects(done, isHeld)
	} catch {
		// What it is kept by cannot be had here.
		return false
	} finally {
		clearInterval(watch)
	}
}

interface Trial {
	value: number
	tries: string
	/** `isHeld`: the kernel has held it back meanwhile. */
	expects(done: Done, isHeld: boolean): boolean
}

const WATCH_MS = 20

const said = (done: Done, line: string) => done.output.toString().split("\n").includes(line)

const TRIALS: Record<keyof Limits, Trial> = {
	memory: {
		value: 64 * 1024 * 1024,
		tries: "dd if=/dev/zero of=/dev/null bs=200M count=1 2>/dev/null && echo over; echo ended",
		// The shell may be what the kernel chooses to end.
		expects: (done) => !said(done, "over") && (said(done, "ended") || done.ended.signal === "SIGKILL"),
	},
	cpus: {
		// So little that a machine which is busy with other things gives more.
		value: 0.05,
		tries: "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; echo ended",
		expects: (done, isHeld) => isHeld && said(done, "ended"),
	},
	processes: {
		value: 12,
		tries: "(i=0; while [ $i -lt 30 ]; do sleep 3 & i=$((i + 1)); done; echo over) 2>/dev/null; echo ended",
		expects: (done) => !said(done, "over") && said(done, "ended"),
	},
	disk: {
		value: 32 * 1024 * 1024,
		tries: `for i in 1 2 3; do dd if=/dev/zero of="$HOME/$i" bs=1M count=15 2>/dev/null || full=1; done; [ "$full" = 1 ] || echo over; echo ended`,
		expects: (done) => !said(done, "over") && said(done, "ended"),
	},
}

function notes(): string[] {
	const notes = [
		'With the network "full", programs reach what listens on this machine\'s own addresses, 127.0.0.1 among them.',
	]
	if (whoAmI().uid === 0)
		notes.push(
			"Homeport runs as root here: programs have the rights of whoever owns the working directory. Where that is root, they read what only root may read in /usr and /opt.",
		)
	return notes
}
