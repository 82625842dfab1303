// The `homeport` command as a program runs it: a process of its own, its output and exit code.
import { spawn } from "node:child_process"
import { HOMEPORT, NODE } from "./home.ts"

/** A command that lives for a moment only grows to its size at once: a fifth less to compute. */
const GROWN = "--min-semi-space-size=16"

export interface Ran {
	code: number | null
	stdout: string
	stderr: string
	/** Standard output as the one line of JSON that `--json` prints. */
	json(): unknown
}

interface Options {
	/** Written to standard input, which then ends. */
	input?: string | Uint8Array
	environment?: Record<string, string>
	/** Where it is called. */
	folder?: string
	timeoutMs?: number
}

export function homeport(dataDir: string, args: string[], options: Options = {}): Promise<Ran> {
	const { input = "", environment = {}, folder, timeoutMs = 30_000 } = options
	const env = { ...process.env, HOMEPORT_DATA_DIR: dataDir, ...environment }
	const child = spawn(NODE, [GROWN, HOMEPORT, ...args], { env, ...(folder !== undefined && { cwd: folder }) })
	const limit = setTimeout(() => child.kill("SIGKILL"), timeoutMs)
	const stdout: Buffer[] = []
	const stderr: Buffer[] = []
	child.stdout.on("data", (data: Buffer) => stdout.push(data))
	child.stderr.on("data", (data: Buffer) => stderr.push(data))
	child.stdin.end(input)
	return new Promise((resolve) =>
		child.once("close", (code) => {
			clearTimeout(limit)
			const said = Buffer.concat(stdout).toString()
			const json = () => JSON.parse(said) as unknown
			resolve({ code, stdout: said, stderr: Buffer.concat(stderr).toString(), json })
		}),
	)
}
