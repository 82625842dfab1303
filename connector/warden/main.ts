// The warden: `warden FOLDER`. The process between a session's holder and what its program runs in: it prepares that,
// starts the program, passes signals and sizes on, says how it ended, and leaves nothing behind.
import { Refusal } from "../../protocol/errors.ts"
import { maskTokens } from "../../protocol/token-shapes.ts"
import { readContained } from "../substrates/contained.ts"
import { Lost, type Running } from "../substrates/substrate.ts"
import { loadSubstrate } from "../substrates/substrates.ts"
import { folderInVm, forgetMade, makeWanted } from "../workdir/make.ts"
import { openDoor } from "./door.ts"
import { unwrapEnvironment } from "./environment.ts"
import { reasonOf, writeOutcome } from "./outcome.ts"
import { ownTerminal } from "./terminal.ts"

const [folder] = process.argv.slice(2)
if (folder === undefined) {
	process.stderr.write("usage: warden FOLDER\n")
	process.exit(2)
}

/** The exit code of a warden whose program never ran, as container engines have it. */
const FAILED = 125
/** A program that outlives the end of its terminal is killed after this. */
const HANGUP_MS = 5_000

const environment = unwrapEnvironment(process.env)
let running: Running | null = null

// The program has the keyboard; what comes to this process by the terminal is meant for it.
for (const signal of ["SIGINT", "SIGQUIT", "SIGTSTP", "SIGTTIN", "SIGTTOU"] as const) process.on(signal, () => {})
process.on("SIGTERM", () => void running?.signal("SIGTERM"))
// The holder is gone, and the terminal with it.
process.on("SIGHUP", () => {
	void running?.signal("SIGHUP")
	setTimeout(() => void end(), HANGUP_MS)
})
// Told once the new size is known, which is after SIGWINCH.
process.stdout.on("resize", () => running?.resize?.(process.stdout.columns, process.stdout.rows))

const contained = await readContained(folder)
for (const name of Object.keys(process.env)) delete process.env[name]
Object.assign(process.env, contained.own)
const substrate = await loadSubstrate(contained.substrate)

/** Ends everything inside, and this process. */
async function end(): Promise<void> {
	await substrate.kill(contained).catch(() => {})
	process.exit(FAILED)
}

openDoor(folder, async (signal) => {
	if (running !== null) await running.signal(signal)
	// Nothing runs yet: whoever wants it ended does not want it begun.
	else if (ENDING.has(signal)) await end()
})

const ENDING = new Set<NodeJS.Signals>(["SIGHUP", "SIGINT", "SIGTERM", "SIGKILL", "SIGQUIT"])

try {
	const terminal = ownTerminal({ isPassedOn: contained.substrate !== "sandbox" })
	const made = await makeWanted(folder, terminal.say)
	if (made !== null && contained.substrate === "vm") {
		const { upload } = await import("../substrates/vm/vm.ts")
		await upload(contained, made.folder, folderInVm(made, contained.session), terminal.say)
		await forgetMade(made, folder)
	}
	running = await substrate.enter(contained, environment, terminal)
	const { code, signal } = await running.ended
	writeOutcome(folder, { is: "exited", code, signal })
	process.exit(code ?? FAILED)
} catch (error) {
	const reason = reasonOf(error)
	process.stdout.write(`\r\n${reason}\r\n`)
	const isLost = error instanceof Lost
	if (!(error instanceof Refusal) && !isLost && error instanceof Error)
		process.stdout.write(`${maskTokens(error.stack ?? "")}\r\n`)
	writeOutcome(folder, { is: isLost ? "lost" : "failed", reason })
	await end()
}
