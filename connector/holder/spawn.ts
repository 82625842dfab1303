// Starting a holder: detached from whoever starts it, and as small as Node can be made.
import { spawn } from "node:child_process"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

/**
 * A holder mostly waits, and there are many: it gives up threads and a little speed for memory. With 5,000 lines of
 * scrollback it has some 25 MB of its own, two thirds of them Node.
 */
export const HOLDER_NODE_FLAGS = [
	// Less makes a flood parse at half the speed; more is given back by memory.ts in any case.
	"--max-semi-space-size=4",
	"--single-threaded",
	"--heap-growing-percent=100",
	// For memory.ts.
	"--expose-gc",
]

interface Options {
	/** Serve the folder of a session whose holder is gone. */
	ended?: boolean
}

/** Where a session's files lie. */
export interface SessionPaths {
	/** The session's folder, which must exist. */
	folder: string
	/** What its holder listens on. */
	socket: string
	/** The key that its output is sealed with. */
	key: string
}

/**
 * Starts the holder of a session; it listens soon after. Answers its process id. Throws when Node itself cannot be
 * executed.
 */
export async function spawnHolder({ folder, socket, key }: SessionPaths, options: Options = {}): Promise<number> {
	const flags = options.ended === true ? ["--ended"] : []
	const child = spawn(process.execPath, [...HOLDER_NODE_FLAGS, ENTRY, ...flags, folder, socket, key], {
		cwd: "/",
		detached: true,
		stdio: "ignore",
		env: { ...HOLDER_ENVIRONMENT },
	})
	await new Promise<void>((resolve, reject) => {
		child.once("spawn", resolve)
		child.once("error", reject)
	})
	child.unref()
	if (child.pid === undefined) throw new Error("invariant: a process that was started has an id")
	return child.pid
}

/** The program's environment travels in `start`; the holder itself needs nothing, and so leaks nothing by /proc. */
const HOLDER_ENVIRONMENT = { UV_THREADPOOL_SIZE: "1" }

const HERE = fileURLToPath(import.meta.url)
/** Beside the sources this is main.ts; in a bundle it is holder.js beside the bundle that holds this file. */
const ENTRY = join(dirname(HERE), HERE.endsWith(".ts") ? "main.ts" : "holder.js")
