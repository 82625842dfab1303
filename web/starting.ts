// Starting sessions: asks the machine, and goes to the session once the machine has confirmed it.
import { type MachineId, newSessionId, type SessionId } from "../protocol/ids.ts"
import type { Request } from "../protocol/routes.ts"
import { CUSTOM, JOB, type SessionInfo, SHELL } from "../protocol/session.ts"
import { api } from "./api.ts"
import { go, sessionPath } from "./navigation.ts"
import { dialog } from "./state.ts"
import { windowSize } from "./window-size.ts"

type Spec = Omit<Request<"startSession">["body"], "id" | "cols" | "rows">

/** Throws what the API throws; then nothing was started. */
export async function startSession(machine: MachineId, spec: Spec): Promise<void> {
	const id = newSessionId()
	const started = await api("startSession", { params: { machine }, body: { ...spec, id, ...windowSize() } })
	mine.add(started.id)
	rememberChoice(machine, spec.cwd)
	dialog.value = null
	go(sessionPath(machine, started.id))
}

/** Work on the machine itself, whose terminal shows how it goes. `loadout` says whose secrets it gets. */
export function startJob(machine: MachineId, argv: string[], loadout?: string): Promise<void> {
	return startSession(machine, { runtime: JOB, argv, substrate: "host", ...(loadout === undefined ? {} : { loadout }) })
}

/** In the same place, with the old output above; for work on the machine itself, in a session of its own. */
export async function startAgain(machine: MachineId, of: SessionInfo, resume: boolean): Promise<void> {
	if (of.runtime === JOB) await startJob(machine, of.argv, of.loadout ?? undefined)
	else await api("restartSession", { params: { machine, session: of.id }, body: { resume } })
}

/** Another session like this one; goes to it. */
export async function cloneSession(machine: MachineId, session: SessionId, name: string): Promise<void> {
	const body = { id: newSessionId(), ...(name === "" ? {} : { name }) }
	const { id } = await api("cloneSession", { params: { machine, session }, body })
	mine.add(id)
	dialog.value = null
	go(sessionPath(machine, id))
}

/** Whether the runtime may have a conversation of its own that goes on. */
export function mayTalk({ runtime }: SessionInfo): boolean {
	return ![SHELL, CUSTOM, JOB].includes(runtime)
}

/** Whether this page has just started the session; its window is the one that it should fill. */
export function isNew(session: SessionId): boolean {
	return mine.has(session)
}

/** Its window has been fitted once; from now on it is a session like any other. */
export function noLongerNew(session: SessionId): void {
	mine.delete(session)
}

/** The machine that was last started on, as long as this browser remembers. */
export function lastMachine(): string | null {
	return localStorage.getItem("machine")
}

/** Directories that were started in, newest first. */
export function recentDirectories(machine: MachineId): string[] {
	return (localStorage.getItem(`recent ${machine}`) ?? "").split("\n").filter((path) => path !== "")
}

const mine = new Set<SessionId>()
const RECENT = 8

function rememberChoice(machine: MachineId, cwd: string | undefined): void {
	localStorage.setItem("machine", machine)
	if (cwd === undefined) return
	const recent = [cwd, ...recentDirectories(machine).filter((path) => path !== cwd)].slice(0, RECENT)
	localStorage.setItem(`recent ${machine}`, recent.join("\n"))
}
