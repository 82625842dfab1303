// A skill's folder as a tar: from this machine, or from a repository at one commit. Nothing in either is executed.
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { lstat, mkdir, readdir, readFile } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"
import type { Layer } from "./layer.ts"
import { StepFailed } from "./target.ts"

type Skill = Layer["skills"][number]

/** A skill is text and a few scripts. */
const MOST_BYTES = 32 * 1024 * 1024
const MOST_FILES = 2_000

/** What tells one content from another, without fetching anything. */
export async function skillContents({ folder, commit }: Skill): Promise<string> {
	if (folder === undefined) return commit ?? ""
	const hash = createHash("sha256")
	for (const { path, isExecutable } of await filesOf(expanded(folder))) {
		hash.update(`${path}\0${isExecutable}\0`)
		hash.update(
			createHash("sha256")
				.update(await readFile(join(expanded(folder), path)))
				.digest(),
		)
	}
	return hash.digest("hex")
}

/** Throws StepFailed. `draft`: a folder that is removed afterwards. */
export async function skillTar(skill: Skill, draft: string): Promise<Buffer> {
	if (skill.git !== undefined)
		return fromGit(skill.git, skill.commit ?? "", skill.path, join(draft, `skill-${skill.name}`))
	const folder = expanded(skill.folder ?? "")
	const files = await filesOf(folder)
	if (!files.some(({ path }) => path === "SKILL.md")) throw new StepFailed(`${folder} has no SKILL.md.`)
	const list = Buffer.from(files.map(({ path }) => `./${path}\0`).join(""))
	return program("tar", ["-c", "-f", "-", "-C", folder, "--null", "--no-recursion", "-T", "-"], { input: list })
}

/** Regular files, in one order everywhere. What else a folder has is refused: a link in it may lead anywhere. */
async function filesOf(folder: string): Promise<{ path: string; isExecutable: boolean }[]> {
	const files: { path: string; isExecutable: boolean }[] = []
	let bytes = 0
	const walk = async (inside: string): Promise<void> => {
		const entries = await readdir(join(folder, inside), { withFileTypes: true }).catch(() => {
			throw new StepFailed(`${folder} cannot be read.`)
		})
		for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
			const path = inside === "" ? entry.name : `${inside}/${entry.name}`
			if (entry.name === ".git") continue
			if (entry.isDirectory()) {
				await walk(path)
				continue
			}
			if (!entry.isFile()) throw new StepFailed(`${join(folder, path)} is neither a file nor a folder.`)
			const { size, mode } = await lstat(join(folder, path))
			bytes += size
			files.push({ path, isExecutable: (mode & 0o100) !== 0 })
			if (bytes > MOST_BYTES || files.length > MOST_FILES)
				throw new StepFailed(`${folder} has more than a skill may: 2,000 files and 32 MiB.`)
		}
	}
	await walk("")
	return files
}

async function fromGit(url: string, commit: string, path: string | undefined, folder: string): Promise<Buffer> {
	await mkdir(folder, { mode: 0o700 })
	const git = (args: string[], what: string) =>
		program("git", [...HARMLESS, "-C", folder, ...args], { environment: GIT_ENVIRONMENT, what })
	await git(["init", "-q"], "git init")
	await git(
		["fetch", "-q", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", url, commit],
		`Fetching ${commit}`,
	)
	const tree = path === undefined ? commit : `${commit}:${path}`
	const listed = (await git(["ls-tree", "-r", "-z", "-l", tree], `${path ?? commit}`)).toString()
	const entries = listed.split("\0").filter((entry) => entry !== "")
	const parsed = entries.map((entry) => /^(\d+) \w+ \w+ +(\d+|-)\t(.*)$/s.exec(entry) ?? [])
	if (parsed.some(([, mode]) => mode !== "100644" && mode !== "100755"))
		throw new StepFailed("The skill has a link or a submodule in it: only files are taken.")
	const bytes = parsed.reduce((sum, [, , size]) => sum + Number(size), 0)
	if (entries.length > MOST_FILES || bytes > MOST_BYTES)
		throw new StepFailed("The repository has more there than a skill may: 2,000 files and 32 MiB.")
	if (!parsed.some(([, , , name]) => name === "SKILL.md"))
		throw new StepFailed(`${path ?? "The repository"} has no SKILL.md.`)
	return git(["archive", "--format=tar", tree], "git archive")
}

/** Nothing of this person's settings, of the system's, or of the repository's own is executed. */
const HARMLESS = [
	...["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.askPass="],
	...["-c", "protocol.allow=never", "-c", "protocol.https.allow=always", "-c", "protocol.ssh.allow=always"],
	...["-c", "protocol.file.allow=always", "-c", "fetch.fsckObjects=true"],
]
const GIT_ENVIRONMENT = {
	...{ GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null", GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" },
	GIT_SSH_COMMAND: "ssh -o BatchMode=yes",
}

interface Options {
	input?: Buffer
	environment?: Record<string, string>
	/** For a person: what did not work. */
	what?: string
}

function program(name: string, args: string[], { input, environment, what = name }: Options): Promise<Buffer> {
	const child = spawn(name, args, { stdio: "pipe", env: { ...process.env, ...environment } })
	const output: Buffer[] = []
	let errors = ""
	child.stdout.on("data", (bytes: Buffer) => output.push(bytes))
	child.stderr.on("data", (bytes: Buffer) => {
		errors = (errors + bytes.toString()).slice(-1024)
	})
	// Its exit code says whether it has read what it needs.
	child.stdin.on("error", () => {})
	child.stdin.end(input)
	return new Promise((resolve, reject) => {
		child.once("error", () => reject(new StepFailed(`There is no ${name} here: install it first.`)))
		child.once("close", (code) => {
			if (code === 0) resolve(Buffer.concat(output))
			else reject(new StepFailed(`${what} failed: ${errors.trim().split("\n").at(-1) ?? ""}`))
		})
	})
}

function expanded(path: string): string {
	return path.startsWith("~/") ? homedir() + path.slice(1) : path
}
