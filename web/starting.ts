// Starting sessions: asks the machine, and goes to the session once the machine has confirmed it.
import { type MachineId, newSessionId, type SessionId } from "../protocol/ids.ts"
import type { Request } from "../protocol/routes.ts"
import { api } from "./api.ts"
import { go, sessionPath } from "./navigation.ts"
import { attempt } from "./run.ts"
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

/**
 * The same program with the same arguments in the same place. Secrets among them are kept as asterisks only: then the
 * person completes the command first.
 */
export async function startAgain(
	machine: MachineId,
	of: { runtime: string; argv: string[]; cwd: string },
): Promise<void> {
	if (isMasked(of.argv)) {
		dialog.value = { is: "start", machine, runtime: of.runtime, masked: { argv: of.argv, cwd: of.cwd } }
		return
	}
	await attempt(() => startSession(machine, { runtime: of.runtime, argv: of.argv, cwd: of.cwd }))
}

/** Whether an argument holds asterisks in the place of a secret. */
export function isMasked(argv: readonly string[]): boolean {
	return argv.some((argument) => argument.includes(MASK))
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
/** Secrets are longer. */
const MASK = "*".repeat(8)

function rememberChoice(machine: MachineId, cwd: string | undefined): void {
	localStorage.setItem("machine", machine)
	if (cwd === undefined) return
	const recent = [cwd, ...recentDirectories(machine).filter((path) => path !== cwd)].slice(0, RECENT)
	localStorage.setItem(`recent ${machine}`, recent.join("\n"))
}
