// A Debian system as a tar for an engine, made from packages by mmdebstrap: no registry is asked.
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { delimiter, join } from "node:path"
import { createInterface } from "node:readline"
import { Refusal } from "../../../protocol/errors.ts"
import type { Teller } from "./images.ts"

const RELEASE = "bookworm"

/** What agents need of a system: a shell, version control, Node. */
const PACKAGES = ["bash", "ca-certificates", "curl", "git", "less", "procps", "nodejs", "npm"]

interface Options {
	/** Where a draft of some hundred MB may lie for minutes. */
	folder: string
	packages?: string[]
}

/** Hands the tar's path to `use`, and removes it afterwards. Throws Refusal where it cannot be made. */
export async function withDebian<T>(
	{ folder, packages = PACKAGES }: Options,
	teller: Teller,
	use: (tar: string) => Promise<T>,
): Promise<T> {
	const program = findMmdebstrap()
	if (program === undefined)
		throw new Refusal(
			"substrate_unavailable",
			"mmdebstrap, which makes Debian systems from packages, is not on this machine. On Debian and Ubuntu: sudo apt-get install mmdebstrap. Elsewhere, choose an image of a registry by --image, such as node:22-bookworm.",
		)
	await mkdir(folder, { recursive: true, mode: 0o700 })
	const draft = await mkdtemp(join(folder, "debian-"))
	try {
		const tar = join(draft, "debian.tar")
		const without = UNREAD.map((path) => `--dpkgopt=path-exclude=${path}`)
		const args = [
			"--variant=minbase",
			`--include=${packages.join(",")}`,
			"--aptopt=Acquire::Languages none",
			...without,
		]
		await run(program, [...args, RELEASE, tar], draft, teller)
		return await use(tar)
	} finally {
		await rm(draft, { recursive: true, force: true })
	}
}

/** Nobody reads these in a container; they are a third of the whole. */
const UNREAD = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*"]

function findMmdebstrap(): string | undefined {
	const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin"]
	return folders.map((folder) => join(folder, "mmdebstrap")).find((path) => existsSync(path))
}

/** Its own temporary files go beside the draft, and with it. */
function run(program: string, args: string[], folder: string, teller: Teller): Promise<void> {
	const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, TMPDIR: folder } })
	const last: string[] = []
	createInterface({ input: child.stderr }).on("line", (line) => {
		if (line.startsWith("I: ")) return teller.progress(`${capital(line.slice(3))}`)
		last.push(line.replace(/^[EW]: /, ""))
		if (last.length > 3) last.shift()
	})
	return new Promise((resolve, reject) => {
		child.once("error", reject)
		child.once("close", (code) => {
			if (code === 0) return resolve()
			const why = last.join(" ").trim() || `mmdebstrap ended with ${code}`
			const remedy = /no space left/i.test(why) ? "Make room on the disk" : "See that Debian's archive can be reached"
			reject(
				new Refusal("substrate_unavailable", `The Debian image could not be made: ${why}. ${remedy}, and try again.`),
			)
		})
	})
}

function capital(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1)
}
