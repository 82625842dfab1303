// Sessions in containers for tests: with a folder each, a real warden on a real terminal, and an engine of the tests' own.
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { Pty } from "../../connector/holder/pty.ts"
import { type Contained, writeContained } from "../../connector/substrates/contained.ts"
import { container } from "../../connector/substrates/container/container.ts"
import type { Command, Done } from "../../connector/substrates/substrate.ts"
import { wrapEnvironment } from "../../connector/warden/environment.ts"
import { type Outcome, takeOutcome } from "../../connector/warden/outcome.ts"
import { WARDEN } from "../../connector/warden/self.ts"
import { newSessionId } from "../../protocol/ids.ts"
import { until } from "./until.ts"

export interface OnTerminal {
	pid: number
	/** Everything that came so far. */
	output(): Buffer
	type(keys: string | Uint8Array): void
	resize(cols: number, rows: number): void
	shows(text: string): Promise<void>
	/** How the session ended, as its warden has told its holder; null where it could not. */
	outcome: Promise<Outcome | null>
}

export interface Containers {
	dataDir: string
	/** A working directory. */
	work: string
	contained(more?: Partial<Contained>): Contained
	/** Runs this session's program. */
	open(contained: Contained, environment?: Record<string, string>): Promise<OnTerminal>
	/** Runs a shell's command where no program of the session runs. */
	sh(contained: Contained, script: string, more?: Partial<Command>): Promise<Done>
	forget(): Promise<void>
}

/** `host`: the engine, for DOCKER_HOST. */
export function containersOn(host: string): Containers {
	const folder = realpathSync(mkdtempSync(join(tmpdir(), "homeport-container-")))
	chmodSync(folder, 0o755)
	const dataDir = join(folder, "data")
	const work = join(folder, "work")
	for (const each of [dataDir, work]) mkdirSync(each)
	const all: Contained[] = []
	return {
		dataDir,
		work,
		contained(more = {}) {
			const session = newSessionId()
			const contained: Contained = {
				...{ session, name: "test", runtime: "custom", substrate: "container", argv: ["sh"] },
				...{
					cwd: work,
					workingFolder: work,
					network: { is: "none" },
					limits: {},
					image: null,
					vm: null,
					loadout: null,
				},
				...{ mounts: [], configuration: [], dataDir, folder: join(dataDir, "sessions", session) },
				own: { PATH: process.env.PATH ?? "", HOME: homedir(), DOCKER_HOST: host },
				...more,
			}
			mkdirSync(contained.folder, { recursive: true, mode: 0o700 })
			all.push(contained)
			return contained
		},
		async open(contained, environment = {}) {
			await container.check(contained)
			await writeContained(contained)
			return onTerminal(contained, environment)
		},
		sh: (contained, script, more = {}) =>
			container.exec(contained, { argv: ["sh", "-c", script], timeoutMs: 30_000, ...more }),
		async forget() {
			for (const contained of all) await container.remove(contained)
			rmSync(folder, { recursive: true, force: true })
		},
	}
}

function onTerminal(contained: Contained, environment: Record<string, string>): OnTerminal {
	const parts: Buffer[] = []
	const output = () => Buffer.concat(parts)
	let end: (outcome: Outcome | null) => void = () => {}
	const outcome = new Promise<Outcome | null>((resolve) => {
		end = resolve
	})
	const pty = new Pty(
		{
			...{ program: process.execPath, arguments: [...WARDEN, contained.folder], cwd: contained.folder },
			...{ environment: wrapEnvironment(environment), cols: 91, rows: 33 },
		},
		{
			onOutput: (bytes) => void parts.push(Buffer.from(bytes)),
			onExit: () => end(takeOutcome(contained.folder)),
		},
	)
	return {
		pid: pty.pid,
		output,
		type(keys) {
			const bytes = Buffer.from(keys)
			for (let at = 0; at < bytes.length; ) at += pty.write(bytes.subarray(at))
		},
		resize: (cols, rows) => pty.resize(cols, rows),
		shows: (text) => until(`the terminal shows ${text}`, async () => output().includes(text), 30_000),
		outcome,
	}
}
