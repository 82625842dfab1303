// What idle costs: memory of a holder, and wake-ups of machine objects that nobody needs.
import { fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { type DataFolder, dataFolder, openDataFolder } from "../../connector/data-folder.ts"
import { enroll } from "../../connector/enroll.ts"
import { findToken } from "../../connector/home/first-run.ts"
import { client } from "../../protocol/client.ts"
import { newSessionId } from "../../protocol/ids.ts"
import { NODE, processesOver } from "../support/home.ts"
import { filled, open, privateMb, residentMb } from "./figures.ts"
import type { HomeportRig } from "./homeport-rig.ts"
import { startRuntime } from "./runtime.ts"

const LINES = 5_000

/** Megabytes of a session's holder with its terminal and a full scrollback, after it has rested. */
export async function sessionMemory(rig: HomeportRig): Promise<{ session_mb: number; resident_mb: number }> {
	const before = new Set(processesOver(rig.dataDir))
	const { run, view, screen } = await open(rig, filled(LINES), true)
	await screen.shows("ready")
	view.close()
	await wait(3_000)
	// The program's own process names no folder; the holder's command line does.
	const [holder] = processesOver(rig.dataDir).filter((pid) => !before.has(pid))
	const memory = { session_mb: privateMb(holder ?? 0), resident_mb: residentMb(holder ?? 0) }
	await run.end()
	return memory
}

interface Wakes {
	constructed: number
	fetched: number
	messages: number
	closed: number
	alarms: number
}

interface Idle {
	machines: number
	/** Sessions on each machine. */
	sessions: number
	seconds: number
}

/** Linked machines with sessions, and nobody there: how often their objects are woken. */
export async function wakeups({
	machines,
	sessions,
	seconds,
}: Idle): Promise<{ wakeups_per_hour: number; wakes: Wakes }> {
	const secrets = { AUTH_SECRET: "a".repeat(40), SIGN_IN_KEY: "s".repeat(40) }
	const runtime = await startRuntime({
		source: "test/bench/workers/counting.ts",
		objects: [
			{ binding: "MACHINE", className: "MachineObject" },
			{ binding: "WORKSPACE", className: "WorkspaceObject" },
		],
		vars: { ...secrets, VERSION: "bench", SELF_MIGRATE: "1" },
		database: true,
	})
	const folder = mkdtempSync(join(tmpdir(), "homeport-idle-"))
	const links = fork(join(import.meta.dirname, "links.ts"), { execPath: NODE })
	try {
		const { url } = runtime
		const own = dataFolder(join(folder, "own"))
		openDataFolder(own)
		const token = await findToken(own, url, secrets.SIGN_IN_KEY)
		const call = client((path, init) =>
			fetch(url + path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } }),
		)
		for (let number = 0; number < machines; number++) {
			const machineFolder: DataFolder = dataFolder(join(folder, `machine-${number}`))
			openDataFolder(machineFolder)
			const { code } = await call("createEnrollment")
			const identity = await enroll(machineFolder, { url, code, name: `box-${number}`, home: false })
			links.send(machineFolder.path)
			await untilLinked(call, identity.machine)
			for (let session = 0; session < sessions; session++)
				await call("startSession", {
					params: { machine: identity.machine },
					body: { id: newSessionId(), runtime: "custom", substrate: "host", argv: ["sleep", "1000"] },
				})
		}
		// Objects leave memory some 10 s after their last work.
		await wait(15_000)
		const before = await counts(url)
		await wait(seconds * 1_000)
		const after = await counts(url)
		const wakes = Object.fromEntries(
			Object.entries(after).map(([kind, count]) => [kind, count - before[kind as keyof Wakes]]),
		) as unknown as Wakes
		const handled = wakes.fetched + wakes.messages + wakes.closed + wakes.alarms
		return { wakeups_per_hour: (Math.max(wakes.constructed, handled) * 3_600) / seconds, wakes }
	} finally {
		const over = once(links, "exit")
		links.kill("SIGKILL")
		await over
		for (const pid of processesOver(folder)) process.kill(pid, "SIGKILL")
		await runtime.stop()
		rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
	}
}

async function counts(url: string): Promise<Wakes> {
	return (await fetch(`${url}/wakes`)).json() as Promise<Wakes>
}

async function untilLinked(call: ReturnType<typeof client>, machine: string): Promise<void> {
	for (;;) {
		const { machines } = await call("listMachines")
		if (machines.some(({ id, presence }) => id === machine && presence.is === "linked")) return
		await wait(20)
	}
}
