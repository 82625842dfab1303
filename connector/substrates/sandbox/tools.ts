// The runtime's program as a sandbox finds it: what of a home directory holds that program, shown read-only.
import { open, realpath, stat } from "node:fs/promises"
import { delimiter, dirname, isAbsolute, join } from "node:path"
import type { Entry } from "./policy.ts"
import { isIn } from "./rules.ts"

interface Where {
	home: string
	/** The person's PATH. */
	path: string
	/** Whether a sandbox shows this anyway. */
	isShown(path: string): boolean
}

/** Of a program's absolute path, and of Node, which many agents and their tools are run by. */
export async function findTools(program: string, where: Where): Promise<Entry[]> {
	const found = new Map<string, Entry>()
	await add(program, where, found, MOST_INTERPRETERS)
	const node = await onPath("node", where.path)
	if (node !== null) await add(node, where, found, MOST_INTERPRETERS)
	const entries = [...found.values()]
	const isHeld = ({ at }: Entry) => entries.some((other) => other.is === "mount" && at.startsWith(`${other.at}/`))
	return entries.filter((entry) => !isHeld(entry))
}

/** A script names a program that runs it, which may be a script. */
const MOST_INTERPRETERS = 4

async function add(program: string, where: Where, found: Map<string, Entry>, depth: number): Promise<void> {
	const real = await realpath(program).catch(() => null)
	if (real === null || depth === 0) return
	for (const path of [program, real]) {
		const folder = where.isShown(path) ? null : await packageOf(path, where.home)
		// A link is shown as one, unless a whole folder with it is.
		if (folder === path && path !== real) found.set(path, { is: "link", at: path, to: real })
		else if (folder !== null) found.set(folder, { is: "mount", at: folder, from: folder, isWritable: false })
	}
	const interpreter = await interpreterOf(real, where.path)
	if (interpreter !== null) await add(interpreter, where, found, depth - 1)
}

/** The folder that has all of a program, as package managers lay it out; where none does, the path itself. */
async function packageOf(path: string, home: string): Promise<string> {
	for (const name of MANAGERS) if (isIn(path, join(home, name))) return join(home, name)
	const modules = /^(.*?\/(?:node_modules|\.pnpm))\//.exec(path)?.[1]
	if (modules !== undefined) return modules
	const prefix = dirname(dirname(path))
	if (isIn(home, prefix) || prefix === join(home, ".local")) return path
	for (const mark of ["pyvenv.cfg", "include/node/node.h", "lib/node_modules/npm"])
		if (await exists(join(prefix, mark))) return prefix
	return path
}

/** Under a home directory: what keeps toolchains there, and no keys. */
const MANAGERS = [
	...[".nvm", ".fnm", ".volta", ".nodenv", ".asdf", ".pyenv", ".rbenv", ".bun", ".deno"],
	...[".local/share/fnm", ".local/share/mise", ".local/share/uv", ".local/share/pnpm", ".local/share/claude"],
]

/** What the kernel would execute for a script; null for any other program. */
async function interpreterOf(program: string, path: string): Promise<string | null> {
	const file = await open(program, "r").catch(() => null)
	if (file === null) return null
	try {
		const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0)
		const line = /^#!\s*(.+)/.exec(buffer.toString("latin1", 0, bytesRead))?.[1]
		const [first, ...rest] = line?.trim().split(/\s+/) ?? []
		if (first === undefined) return null
		if (!first.endsWith("/env")) return isAbsolute(first) ? first : null
		const name = rest.find((word) => !word.startsWith("-") && !word.includes("="))
		return name === undefined ? null : onPath(name, path)
	} finally {
		await file.close()
	}
}

async function onPath(name: string, path: string): Promise<string | null> {
	for (const folder of path.split(delimiter)) {
		if (!isAbsolute(folder)) continue
		const program = join(folder, name)
		if (
			await stat(program).then(
				(file) => file.isFile(),
				() => false,
			)
		)
			return program
	}
	return null
}

function exists(path: string): Promise<boolean> {
	return stat(path).then(
		() => true,
		() => false,
	)
}
