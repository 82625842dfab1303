// One run in a session's sandbox: the program's, or that of a command beside it. It leaves nothing when it has ended.
import type { ChildProcess } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { chown } from "node:fs/promises"
import { socketPath } from "../../socket-path.ts"
import type { Contained } from "../contained.ts"
import { Control } from "../init/init.ts"
import { findHierarchies, type Group, makeGroup, removeGroup } from "../limits/cgroups.ts"
import { unmount } from "../limits/disk.ts"
import { scopeCommand } from "../limits/scope.ts"
import { DeniedLog } from "../network/denied.ts"
import { openGate } from "../network/gate.ts"
import type { Ended } from "../substrate.ts"
import { findBubblewrap, findTool, NoSandbox, startBubblewrap, whyNot } from "./bubblewrap.ts"
import { privateFolders } from "./home.ts"
import { bubblewrapArguments, type Facts, firstProcess, type Inside, OWN_PROCESSES } from "./policy.ts"
import { noteRun, readRuns } from "./processes.ts"
import type { Survey } from "./survey.ts"

interface Options {
	/** Whether this is the session's program, not a command beside it. */
	isProgram: boolean
	stdio: "inherit" | "pipe"
	/** Called when nothing runs any more and the private folders are still there. */
	finish(): Promise<void>
}

export interface Run {
	child: ChildProcess
	control: Control
	/** After everything that ran in it; NotExecuted, or another Error where there was no sandbox or it was killed. */
	ended: Promise<Ended>
	/** The end of what was said on standard error, where that is not a terminal's. */
	errors(): string
	/** Why there is no sandbox. */
	whyNot(): NoSandbox
}

export async function start(
	contained: Contained,
	found: Survey,
	inside: Inside,
	{ isProgram, stdio, finish }: Options,
): Promise<Run> {
	const { folder, network, own } = contained
	const path = own.PATH ?? ""
	const name = randomBytes(4).toString("hex")
	const socket = socketPath(folder, `init-${name}.sock`)
	const control = await Control.listen(socket)
	const gateSocket = socketPath(folder, "gate.sock")
	const isGated = network.is === "allow-list" && !inside.isOffline
	// A command beside the program goes through the program's gate.
	const hasGate = isGated && !isProgram && readRuns(folder).some((run) => run.isProgram)
	const gate =
		isGated && !hasGate
			? await openGate({ socket: gateSocket, hosts: network.hosts, denied: await DeniedLog.open(folder) })
			: null
	const facts: Facts = { ...found, control: socket, gate: isGated ? gateSocket : null }
	const { user, isRoot } = found
	if (isRoot && user.uid !== 0)
		for (const each of [socket, ...(gate === null ? [] : [gateSocket])]) await chown(each, user.uid, user.gid)
	const { group, scope } = bound(contained, user.uid)
	const child = startBubblewrap({
		program: findBubblewrap(path),
		arguments: bubblewrapArguments(contained, facts, inside),
		first: firstProcess(contained, facts, inside),
		group,
		scope,
		own,
		stdio,
	})
	let errors = ""
	child.stderr?.on("data", (data: Buffer) => {
		errors = (errors + data.toString()).slice(-ERRORS_CHARS)
	})
	const over = once(child, "close")
	const forget = child.pid === undefined ? () => {} : await noteRun(folder, child.pid, isProgram, group)
	const ended = (async () => {
		try {
			await over
			// Bubblewrap that never got so far leaves nobody to dial.
			setImmediate(() => control.close())
			return await control.ended
		} finally {
			control.close()
			gate?.close()
			forget()
			await finish()
			if (group !== null) removeGroup(group)
			if (isProgram || !readRuns(folder).some((run) => run.isProgram))
				await unmount(privateFolders(folder).inside).catch(() => {})
		}
	})()
	// Whoever started it need not wait for its end.
	ended.catch(() => {})
	return {
		child,
		control,
		ended,
		errors: () => errors,
		whyNot: () => new NoSandbox(whyNot(errors)),
	}
}

/** What keeps the session's limits, but that of its disk. Throws NoSandbox where one of them would not be kept. */
function bound({ session, limits, own }: Contained, uid: number): { group: Group | null; scope: string[] } {
	const hierarchies = findHierarchies()
	const group = hierarchies === null ? null : makeGroup(hierarchies, session, limits, OWN_PROCESSES)
	if (group !== null) return { group, scope: [] }
	const scope = scopeCommand(findTool("systemd-run", own.PATH ?? ""), own, limits, OWN_PROCESSES)
	const { memory, cpus, processes } = limits
	// The first process keeps that of processes for anybody but root.
	if (scope === null && (memory !== undefined || cpus !== undefined || (processes !== undefined && uid === 0)))
		throw new NoSandbox({
			reason: "This connector may not make control groups, so the limits that were asked for would not hold.",
			remedy: "Run it as a service of systemd (`homeport connect --service`) or as root, or leave the limits out.",
		})
	return { group, scope: scope ?? [] }
}

/** Enough for a sentence or two; a program's own errors are not kept for ever. */
const ERRORS_CHARS = 16 * 1024
