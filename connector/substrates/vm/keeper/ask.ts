// Asking a VM's keeper, which is started where there is none.
import { spawn } from "node:child_process"
import { closeSync, existsSync, openSync } from "node:fs"
import { connect } from "node:net"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout as pause } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { Refusal, refusalCode } from "../../../../protocol/errors.ts"
import { toolEnvironment } from "../disks.ts"
import { vmPaths } from "../record.ts"
import { Answer, type Question } from "./questions.ts"

const HERE = fileURLToPath(import.meta.url)
/** Beside the sources this is main.ts; in a bundle it is vm-keeper.js beside the bundle that holds this file. */
const ENTRY = join(dirname(HERE), HERE.endsWith(".ts") ? "main.ts" : "vm-keeper.js")
/** A keeper waits most of its life: it gives up speed for memory, as a holder does. */
const FLAGS = ["--max-semi-space-size=4", "--single-threaded"]
/** A keeper that was just started listens within this, on a machine that is busy with something else. */
const START_MS = 20_000
const TRY_EVERY_MS = 50
const AGAIN_AFTER = 40

/** The last answer. Throws Refusal where it refuses, not_found where there is no such VM. */
export async function askKeeper(
	dataDir: string,
	name: string,
	question: Question,
	say: (line: string) => void = () => {},
): Promise<Exclude<Answer, { is: "refused" | "line" }>> {
	const paths = vmPaths(dataDir, name)
	const until = Date.now() + START_MS
	for (let tries = 0; ; tries++) {
		if (!existsSync(paths.made)) throw new Refusal("not_found", `There is no VM ${name} on this machine.`)
		const answer = await askOnce(paths.keeperSocket, question, say)
		if (answer?.is === "refused") throw new Refusal(refusalCode(answer.code), answer.detail)
		if (answer !== undefined && answer.is !== "line") return answer
		if (Date.now() > until)
			throw new Refusal("vm_failed", `The VM's keeper does not start; ${paths.folder}/keeper.log says why.`)
		// One that is about to end keeps others from its place until it has ended.
		if (tries % AGAIN_AFTER === 0) startKeeper(dataDir, name, join(paths.folder, "keeper.log"))
		await pause(TRY_EVERY_MS)
	}
}

/** Whether a keeper listens. */
export function isKept(dataDir: string, name: string): Promise<boolean> {
	return askOnce(vmPaths(dataDir, name).keeperSocket, { ask: "vm" }, () => {}).then((answer) => answer !== undefined)
}

/** Undefined where nobody listens, or whoever did ended before the answer. */
function askOnce(path: string, question: Question, say: (line: string) => void): Promise<Answer | undefined> {
	return new Promise((resolve) => {
		const socket = connect(path, () => socket.write(`${JSON.stringify(question)}\n`))
		let last: Answer | undefined
		socket.on("error", () => {})
		createInterface({ input: socket })
			.on("error", () => {})
			.on("line", (line) => {
				const answer = Answer.parse(JSON.parse(line))
				if (answer.is === "line") say(answer.line)
				else last = answer
			})
		socket.once("close", () => setImmediate(() => resolve(last)))
	})
}

function startKeeper(dataDir: string, name: string, log: string): void {
	const output = openSync(log, "a", 0o600)
	try {
		const child = spawn(process.execPath, [...FLAGS, ENTRY, dataDir, name], {
			cwd: "/",
			detached: true,
			stdio: ["ignore", output, output],
			env: toolEnvironment(),
		})
		// Nobody listens then, which is told.
		child.on("error", () => {})
		child.unref()
	} finally {
		closeSync(output)
	}
}
