// A folder that cannot grow over a size: a file system of its own in a file, which the kernel bounds. Only root can.
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { chmod, mkdir, readFile, rename, truncate, writeFile } from "node:fs/promises"
import { promisify } from "node:util"
import { Refusal } from "../../../protocol/errors.ts"

const run = promisify(execFile)

/** Mounts the file system of `image` on `folder`; makes both where they are missing. Idempotent. */
export async function mountSized(image: string, folder: string, bytes: number): Promise<void> {
	if (await isMounted(folder)) return
	await mkdir(folder, { recursive: true, mode: 0o700 })
	try {
		if (!existsSync(image)) await make(image, bytes)
		await run("mount", ["-t", "ext4", "-o", "loop,nosuid,nodev", image, folder], { env: TOOLS })
	} catch (error) {
		const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error)
		throw new Refusal(
			"substrate_unavailable",
			`The disk of this session cannot be limited: ${said}. Leave the limit out, or run Homeport as root with e2fsprogs installed.`,
		)
	}
	await chmod(folder, 0o700)
}

/** Takes no room until it is written to. */
async function make(image: string, bytes: number): Promise<void> {
	const draft = `${image}.new`
	await writeFile(draft, "", { mode: 0o600 })
	await truncate(draft, bytes)
	await run("mkfs.ext4", ["-q", "-F", "-m", "0", "-E", "nodiscard", draft], { env: TOOLS })
	await rename(draft, image)
}

/** A folder, and whatever is mounted in it. What is mounted elsewhere from it stays there. Idempotent. */
export async function unmount(folder: string): Promise<void> {
	const places = (await mounted()).filter((place) => place === folder || place.startsWith(`${folder}/`))
	for (const place of places.reverse()) await run("umount", ["--lazy", place], { env: TOOLS })
}

/** Where system administration's tools are is not on every PATH. */
const TOOLS = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" }

async function isMounted(folder: string): Promise<boolean> {
	return (await mounted()).includes(folder)
}

/** Where something is mounted, as this process sees it; what holds another place comes before it. */
async function mounted(): Promise<string[]> {
	const mounts = await readFile("/proc/self/mountinfo", "utf8").catch(() => "")
	const places = mounts.split("\n").flatMap((line) => line.split(" ")[4] ?? [])
	return places.map((place) =>
		place.replace(/\\([0-7]{3})/g, (_all, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
	)
}
