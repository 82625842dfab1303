// The sandbox of macOS: Seatbelt by sandbox-exec. It has no namespaces, so a private home has a path of its own there.
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { mkdir, realpath, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Contained } from "../contained.ts"
import { readByCommand, writeByCommand } from "../files.ts"
import type { Command, Done, Ended, Running, Substrate, Used } from "../substrate.ts"
import { NoSandbox } from "./bubblewrap.ts"
import { emptyTmp, makeHome, privateFolders, removeAll } from "./home.ts"
import { seatbeltProfile } from "./seatbelt.ts"
import { survey } from "./survey.ts"

const PROGRAM = "/usr/bin/sandbox-exec"

export const seatbelted: Substrate = {
	probe: async () => {
		try {
			execFileSync(PROGRAM, ["-p", "(version 1)(allow default)", "/usr/bin/true"], { stdio: "ignore" })
		} catch {
			const reason = "sandbox-exec, which makes sandboxes on macOS, does not work here."
			return { is: "absent", substrate: "sandbox", reason, remedy: "Use a container or a VM." }
		}
		return {
			...{ is: "ready", substrate: "sandbox", by: "Seatbelt", networks: ["full", "none"], limits: [] },
			notes: [
				"The profile for Seatbelt was written by its documentation and has not been tried on macOS by us.",
				"The private home has a path of its own, programs see which others run, and no limits are kept.",
			],
		}
	},
	check: async (contained) => void (await prepare(contained, null)),
	enter: async (contained, environment, terminal): Promise<Running> => {
		const inside = await prepare(contained, (line) => terminal.say(line))
		const child = start(inside, contained.argv, inside.cwd, environment, "inherit")
		await once(child, "spawn")
		await writeFile(noteOf(contained), JSON.stringify({ pid: child.pid, began: beganOf(child.pid) }), { mode: 0o600 })
		const ended = endOf(child).finally(() => kill(contained))
		return {
			ended,
			signal: async (signal) => {
				for (const { pid } of treeOf(child.pid)) send(pid, signal)
				if (signal === "SIGKILL") await ended
			},
		}
	},
	exec,
	read: (contained, path, from, limit) => readByCommand((command) => exec(contained, command), path, from, limit),
	write: (contained, path, at, bytes, moveTo) =>
		writeByCommand((command) => exec(contained, command), path, at, bytes, moveTo),
	used: async (contained): Promise<Used | null> => {
		const tree = treeOf(programOf(contained))
		if (tree.length === 0) return null
		const sum = (of: "seconds" | "memory") => tree.reduce((total, process) => total + process[of], 0)
		return { seconds: sum("seconds"), memory: sum("memory"), processes: tree.length }
	},
	kill,
	remove: async (contained) => {
		await kill(contained)
		await removeAll(privateFolders(contained.folder).inside)
	},
}

interface Inside {
	profile: string
	offline: string
	cwd: string
	environment: Record<string, string>
}

/** `say`: null where nothing is to be made. */
async function prepare(contained: Contained, say: ((line: string) => void) | null): Promise<Inside> {
	if (contained.network.is === "allow-list")
		throw new NoSandbox({
			reason: "Seatbelt keeps no allow-list.",
			remedy: "Use --network none, or a container or VM.",
		})
	if (Object.keys(contained.limits).length > 0)
		throw new NoSandbox({ reason: "Seatbelt keeps no limits.", remedy: "Leave them out, or use a container or VM." })
	const found = await survey(contained)
	const { home, tmp } = privateFolders(contained.folder)
	if (say !== null) {
		await mkdir(contained.folder, { recursive: true, mode: 0o700 })
		if (treeOf(programOf(contained)).length === 0) await emptyTmp(contained.folder)
		await makeHome(contained, found.user, found.home, say)
	}
	const shown = found.entries.flatMap((entry) => (entry.is === "mount" && !entry.at.startsWith("/etc/") ? [entry] : []))
	const own = await realpath(home).catch(() => home)
	const facts = {
		writable: [own, tmp, ...shown.filter(({ isWritable }) => isWritable).map(({ from }) => from)],
		readable: shown.filter(({ isWritable }) => !isWritable).map(({ from }) => from),
		hidden: [found.home, await realpath(contained.dataDir)],
	}
	const network = contained.network.is
	return {
		profile: seatbeltProfile({ ...facts, network }),
		offline: seatbeltProfile({ ...facts, network: "none" }),
		cwd: found.cwd === found.home ? own : found.cwd,
		environment: { ...found.environment, HOME: own, TMPDIR: tmp },
	}
}

function start(
	{ profile, environment }: Pick<Inside, "profile" | "environment">,
	argv: string[],
	cwd: string,
	given: Record<string, string>,
	stdio: "inherit" | "pipe",
): ChildProcess {
	return spawn(PROGRAM, ["-p", profile, ...argv], { cwd, stdio, env: { ...environment, PWD: cwd, ...given } })
}

async function exec(contained: Contained, command: Command): Promise<Done> {
	const inside = await prepare(contained, () => {})
	const profile = command.isOffline ? inside.offline : inside.profile
	const child = start(
		{ ...inside, profile },
		command.argv,
		command.cwd ?? inside.cwd,
		command.environment ?? {},
		"pipe",
	)
	const output: Buffer[] = []
	let size = 0
	let errors = ""
	let isCut = false
	const end = () => {
		for (const { pid } of treeOf(child.pid)) send(pid, "SIGKILL")
	}
	child.stdin?.on("error", () => {})
	child.stdin?.end(command.input)
	child.stderr?.on("data", (data: Buffer) => {
		errors = (errors + data.toString()).slice(-16 * 1024)
	})
	child.stdout?.on("data", (data: Buffer) => {
		const room = (command.limit ?? Number.POSITIVE_INFINITY) - size
		if (room > 0) output.push(data.subarray(0, room))
		size += data.length
		if (data.length > room && !isCut) end()
		isCut ||= data.length > room
	})
	const timer = setTimeout(end, command.timeoutMs)
	try {
		return { ended: await endOf(child), output: Buffer.concat(output), errors, isCut }
	} finally {
		clearTimeout(timer)
	}
}

async function endOf(child: ChildProcess): Promise<Ended> {
	const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null]
	return signal === null ? { code: code ?? 0, signal: null } : { code: null, signal }
}

async function kill(contained: Contained): Promise<void> {
	for (const { pid } of treeOf(programOf(contained))) send(pid, "SIGKILL")
	await rm(noteOf(contained), { force: true })
}

function noteOf({ folder }: Contained): string {
	return join(folder, "program.json")
}

/** The program's process; undefined where it does not run. */
function programOf(contained: Contained): number | undefined {
	try {
		const { pid, began } = JSON.parse(readFileSync(noteOf(contained), "utf8")) as { pid: number; began: string }
		return beganOf(pid) === began ? pid : undefined
	} catch {
		return undefined
	}
}

function beganOf(pid: number | undefined): string {
	return ps("-o", "lstart=", "-p", String(pid)).trim()
}

/** A process and all of its descendants. */
function treeOf(pid: number | undefined): { pid: number; parent: number; memory: number; seconds: number }[] {
	if (pid === undefined) return []
	const all = ps("-axo", "pid=,ppid=,rss=,time=")
		.trim()
		.split("\n")
		.map((line) => {
			const [pid, parent, kibibytes, time = ""] = line.trim().split(/\s+/)
			const seconds = time.split(":").reduce((sum, part) => sum * 60 + Number(part), 0)
			return { pid: Number(pid), parent: Number(parent), memory: Number(kibibytes) * 1024, seconds }
		})
	const tree = all.filter((process) => process.pid === pid)
	// Grows while it is walked.
	for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid))
	return tree
}

function ps(...args: string[]): string {
	try {
		return execFileSync("ps", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
	} catch {
		// There is no such process.
		return ""
	}
}

function send(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal)
	} catch {
		// It has ended since it was listed.
	}
}
