// The sandbox of Linux: bubblewrap, a first process of ours, control groups, and the gate of an allow-list.
import { chown, mkdir, rm, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { setTimeout } from "node:timers/promises"
import { Refusal } from "../../../protocol/errors.ts"
import { FOLDER_IN_SANDBOX, notifierEntries, placeNotifier, withNotifier } from "../../attention/notifier.ts"
import type { Contained } from "../contained.ts"
import { readByCommand, writeByCommand } from "../files.ts"
import { NotExecuted } from "../init/init.ts"
import { removeGroup, usedBy } from "../limits/cgroups.ts"
import { mountSized, unmount } from "../limits/disk.ts"
import {
	type Command,
	type Done,
	type Ended,
	Lost,
	type Running,
	type Substrate,
	type Terminal,
	type Used,
} from "../substrate.ts"
import { findBubblewrap } from "./bubblewrap.ts"
import { shareCredentials } from "./credentials.ts"
import { emptyTmp, makeHome, makePlaces, privateFolders, removeAll } from "./home.ts"
import { probe } from "./probe.ts"
import { isAlive, readRuns, treeOf } from "./processes.ts"
import { start } from "./run.ts"
import { type Survey, survey } from "./survey.ts"

export const bubblewrapped: Substrate = {
	probe: () => probe(exec),
	check: async (contained) => {
		findBubblewrap(contained.own.PATH ?? "")
		await survey(contained)
	},
	enter,
	exec,
	read: (contained, path, from, limit) => readByCommand((command) => exec(contained, command), path, from, limit),
	write: (contained, path, at, bytes, moveTo) =>
		writeByCommand((command) => exec(contained, command), path, at, bytes, moveTo),
	used,
	kill,
	remove: async (contained) => {
		await kill(contained)
		const { inside, image } = privateFolders(contained.folder)
		await unmount(inside)
		await removeAll(inside)
		await rm(image, { force: true })
	},
}

async function enter(contained: Contained, environment: Record<string, string>, terminal: Terminal): Promise<Running> {
	const found = await prepare(contained, (line) => terminal.say(line))
	const { user, isRoot } = found
	// The terminal is this process's; the program's user opens it by its name.
	if (isRoot && user.uid !== 0) await chown("/proc/self/fd/0", user.uid, user.gid)
	const inside = {
		argv: contained.argv,
		cwd: found.cwd,
		environment: withNotifier({ ...found.environment, ...environment }, FOLDER_IN_SANDBOX),
		isOffline: false,
	}
	const credentials = await shareCredentials({
		...{ configuration: contained.configuration, home: found.home, owner: user },
		privateHome: privateFolders(contained.folder).home,
	})
	const run = await start(contained, found, inside, { isProgram: true, stdio: "inherit", finish: credentials.end })
	await run.control.started.catch((error: unknown) => {
		if (!(error instanceof NotExecuted)) throw run.whyNot()
		throw new Refusal("start_failed", error.message)
	})
	return {
		ended: run.ended.catch((error: unknown) => {
			throw new Lost(error instanceof Error ? error.message : String(error))
		}),
		signal: async (signal) => {
			run.control.signal(signal)
			// A stopped process takes the signal only when it goes on.
			if (signal === "SIGHUP" || signal === "SIGTERM") run.control.signal("SIGCONT")
			if (signal === "SIGKILL") await run.ended.catch(() => {})
		},
	}
}

async function exec(contained: Contained, command: Command): Promise<Done> {
	const isRunning = readRuns(contained.folder).some(({ isProgram }) => isProgram)
	const found = await prepare(contained, () => {}, isRunning)
	const inside = {
		argv: command.argv,
		cwd: command.cwd ?? found.cwd,
		environment: withNotifier({ ...found.environment, ...command.environment }, FOLDER_IN_SANDBOX),
		isOffline: command.isOffline ?? false,
	}
	const run = await start(contained, found, inside, { isProgram: false, stdio: "pipe", finish: async () => {} })
	const { stdin, stdout } = run.child
	// It need not read what it is given.
	stdin?.on("error", () => {})
	stdin?.end(command.input)
	const output: Buffer[] = []
	let size = 0
	let isCut = false
	const timer = globalThis.setTimeout(() => run.control.signal("SIGKILL"), command.timeoutMs)
	stdout?.on("data", (data: Buffer) => {
		const room = (command.limit ?? Number.POSITIVE_INFINITY) - size
		if (room > 0) output.push(data.subarray(0, room))
		size += data.length
		if (data.length <= room || isCut) return
		isCut = true
		run.control.signal("SIGKILL")
	})
	try {
		const ended = await run.ended.catch((error: unknown): Ended => {
			if (error instanceof NotExecuted) return { code: error.code, signal: null }
			throw run.whyNot()
		})
		return { ended, output: Buffer.concat(output), errors: run.errors(), isCut }
	} finally {
		clearTimeout(timer)
	}
}

/** Makes what a session's sandbox is built from, where it is missing. `isRunning`: its program runs, and has the rest. */
async function prepare(contained: Contained, say: (line: string) => void, isRunning = false): Promise<Survey> {
	const found = await survey(contained)
	const { inside, image } = privateFolders(contained.folder)
	await mkdir(contained.folder, { recursive: true, mode: 0o700 })
	if (contained.limits.disk !== undefined) await mountSized(image, inside, contained.limits.disk)
	if (!isRunning) {
		for (const { path, text } of found.files) {
			await mkdir(dirname(path), { recursive: true, mode: 0o755 })
			await writeFile(path, text, { mode: 0o644 })
		}
		await emptyTmp(contained.folder)
		await makeHome(contained, found.user, found.home, say)
	}
	await makePlaces(found)
	const notifier = notifierEntries(FOLDER_IN_SANDBOX, await placeNotifier(contained.dataDir))
	return { ...found, entries: [...found.entries, ...notifier] }
}

async function used({ folder }: Contained): Promise<Used | null> {
	const run = readRuns(folder).find(({ isProgram }) => isProgram)
	if (run === undefined) return null
	const tree = treeOf(run.pid)
	const sum = (of: "seconds" | "memory") => tree.reduce((total, process) => total + process[of], 0)
	const { seconds, memory } = usedBy({ folders: run.group })
	return {
		seconds: seconds ?? sum("seconds"),
		memory: memory ?? sum("memory"),
		// Bubblewrap and the first process are ours.
		processes: Math.max(0, tree.length - 2),
	}
}

async function kill({ folder }: Contained): Promise<void> {
	for (const run of readRuns(folder)) {
		// The kernel ends a process namespace with its first process, which dies with bubblewrap.
		const tree = treeOf(run.pid)
		for (const { pid } of tree.slice(0, 2)) send(pid)
		for (let tries = 0; tree.some(isAlive) && tries < KILL_TRIES; tries++) await setTimeout(KILL_PAUSE_MS)
		removeGroup({ folders: run.group })
	}
}

function send(pid: number): void {
	try {
		process.kill(pid, "SIGKILL")
	} catch {
		// It has ended since it was listed.
	}
}

/** The kernel needs its time to give back what a large program held. */
const KILL_TRIES = 500
const KILL_PAUSE_MS = 10
