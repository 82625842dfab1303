// Sandboxes for tests: of root and of a plain user, each with a home, a data folder and a working directory of its own.
import { spawn } from "node:child_process"
import { chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { Pty } from "../../connector/holder/pty.ts"
import { type Contained, writeContained } from "../../connector/substrates/contained.ts"
import type { Command, Ended } from "../../connector/substrates/substrate.ts"
import { wrapEnvironment } from "../../connector/warden/environment.ts"
import { takeOutcome } from "../../connector/warden/outcome.ts"
import { WARDEN } from "../../connector/warden/self.ts"
import { newSessionId } from "../../protocol/ids.ts"
import type { Call } from "./sandbox-call.ts"

export interface Person {
	name: string
	uid: number
}

const SELF = process.getuid?.() ?? 0
const PLAIN: Person = { name: "a plain user", uid: SELF === 0 ? 61_234 : SELF }
/** Who can be tried here: only root can be somebody else. */
export const PEOPLE: Person[] = SELF === 0 ? [{ name: "root", uid: 0 }, PLAIN] : [PLAIN]

export interface Done {
	ended: Ended
	output: string
	errors: string
	isCut: boolean
}

export type World = ReturnType<typeof sandboxWorld>

/** Everything of it lies in one folder, which `forget` removes. */
export function sandboxWorld({ uid }: Person) {
	const folder = realpathSync(mkdtempSync(join(tmpdir(), "homeport-sandbox-")))
	const own = (path: string) => {
		mkdirSync(path, { recursive: true, mode: 0o755 })
		chownSync(path, uid, uid)
		return path
	}
	own(folder)
	const home = own(join(folder, "home"))
	const dataDir = own(join(folder, "data"))
	own(join(dataDir, "sessions"))
	const cwd = own(join(folder, "work"))
	const before = uid === SELF ? [] : ["setpriv", "--reuid", `${uid}`, "--regid", `${uid}`, "--clear-groups", "--"]
	const environment = { PATH: process.env.PATH ?? "", HOME: home, TMPDIR: folder, LANG: "C.UTF-8" }

	/** A session that is told to its warden, of this person. */
	const contained = (change: Partial<Contained> = {}): Contained => {
		const session = change.session ?? newSessionId()
		return {
			...{ session, name: "test", runtime: "custom", substrate: "sandbox", argv: ["/bin/sh"] },
			...{ cwd, workingFolder: cwd, network: { is: "none" }, limits: {}, image: null, vm: null, loadout: null },
			...{ mounts: [], configuration: [], dataDir, folder: own(join(dataDir, "sessions", session)), own: environment },
			...change,
		}
	}

	const caller = startCaller(before, environment)
	const { call } = caller

	const exec = async (of: Contained, command: Partial<Omit<Command, "input">> & { argv: string[]; input?: string }) => {
		const done = (await call({ method: "exec", contained: of, command: { timeoutMs: 20_000, ...command } })) as Done
		return { ...done, output: Buffer.from(done.output, "base64").toString() }
	}

	return {
		...{ folder, home, dataDir, cwd, own, contained, call, exec },
		/** A script of sh in a sandbox of this session. */
		sh: (of: Contained, script: string, ...args: string[]) =>
			exec(of, { argv: ["/bin/sh", "-c", script, "sh", ...args] }),
		/** The session's program under its warden, in a terminal. */
		run: async (of: Contained, given: Record<string, string> = {}) => {
			await writeContained(of)
			chownSync(join(of.folder, "contained.json"), uid, uid)
			const [program = "", ...args] = [...before, process.execPath, ...WARDEN, of.folder]
			let output = ""
			const waiting = new Set<() => void>()
			let told: (end: { code: number | null; signal: string | null }) => void = () => {}
			const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
				told = resolve
			})
			const pty = new Pty(
				{
					program: program.includes("/") ? program : "/usr/bin/setpriv",
					...{ arguments: args, cwd: of.folder, cols: 80, rows: 24 },
					environment: { ...environment, ...wrapEnvironment(given) },
				},
				{
					onOutput: (bytes) => {
						output += Buffer.from(bytes).toString()
						for (const wake of waiting) wake()
					},
					onExit: (code, signal) => told({ code, signal }),
				},
			)
			return {
				pty,
				type: (keys: string) => void pty.write(Buffer.from(keys)),
				output: () => output,
				/** Resolves with what stands after the text that `pattern` matches. */
				shows: async (pattern: RegExp): Promise<string> => {
					while (!pattern.test(output))
						await new Promise<void>((resolve, reject) => {
							const timer = setTimeout(() => reject(new Error(`${pattern} was not shown, but:\n${output}`)), 15_000)
							const wake = () => {
								clearTimeout(timer)
								waiting.delete(wake)
								resolve()
							}
							waiting.add(wake)
						})
					const [match = ""] = pattern.exec(output) ?? []
					return match
				},
				/** How the warden ended, and what it told of the program. */
				ended: ended.then((end) => ({ ...end, outcome: takeOutcome(of.folder) })),
			}
		},
		/** A file of this person's. */
		write: (path: string, content: string, mode = 0o644) => {
			own(join(path, ".."))
			writeFileSync(path, content, { mode })
			chownSync(path, uid, uid)
		},
		forget: () => {
			caller.stop()
			rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
		},
	}
}

/** A process of the person's that makes the calls. */
function startCaller(before: string[], environment: Record<string, string>) {
	const [program = "", ...args] = [...before, process.execPath, join(import.meta.dirname, "sandbox-call.ts")]
	const child = spawn(program, args, { env: environment, cwd: "/", stdio: ["pipe", "pipe", "inherit"] })
	const waiting = new Map<number, (told: Told) => void>()
	createInterface({ input: child.stdout }).on("line", (line) => {
		const told = JSON.parse(line) as Told
		waiting.get(told.number)?.(told)
		waiting.delete(told.number)
	})
	let number = 0
	return {
		call: async (call: Call): Promise<unknown> => {
			const told = await new Promise<Told>((resolve) => {
				waiting.set(++number, resolve)
				child.stdin.write(`${JSON.stringify({ number, call })}\n`)
			})
			if (told.refused === undefined) return told.answer
			throw Object.assign(new Error(told.detail), { code: told.refused })
		},
		stop: () => void child.kill("SIGKILL"),
	}
}

interface Told {
	number: number
	answer?: unknown
	refused?: string
	detail?: string
}
