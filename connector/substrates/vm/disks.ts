// The disks of VMs: what qemu-img and mke2fs do with their files.
import { execFile } from "node:child_process"
import { open, rename, rm } from "node:fs/promises"
import { promisify } from "node:util"
import * as z from "zod"

const run = promisify(execFile)

/** For what is run for VMs: programs of the system's administration too, and nothing that only this process should have. */
export function toolEnvironment(): NodeJS.ProcessEnv {
	const { PATH = "/usr/bin:/bin", HOME, TMPDIR } = process.env
	return { HOME, TMPDIR, LC_ALL: "C", PATH: PATH.includes("/usr/sbin") ? PATH : `${PATH}:/usr/sbin:/sbin` }
}

/** Runs a tool; throws with its own last words. */
export async function runTool(program: string, args: string[]): Promise<string> {
	try {
		return (await run(program, args, { env: toolEnvironment(), maxBuffer: 16 * 1024 * 1024 })).stdout
	} catch (error) {
		const said = (error as { stderr?: string }).stderr?.trim().split("\n").at(-1)
		throw new Error(said === undefined || said === "" ? `${program} failed: ${(error as Error).message}` : said)
	}
}

/** A disk that has what `base` has until it is written to. */
export async function makeOverlay(path: string, base: string, bytes: number): Promise<void> {
	await runTool("qemu-img", ["create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", path, String(bytes)])
}

/** A disk with an empty file system. */
export async function makeHome(path: string, bytes: number): Promise<void> {
	const draft = `${path}.raw`
	try {
		const file = await open(draft, "wx", 0o600)
		await file.truncate(bytes)
		await file.close()
		await runTool("mke2fs", ["-q", "-t", "ext4", "-L", "homeport-home", "-m", "0", draft])
		await runTool("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", draft, path])
	} finally {
		await rm(draft, { force: true })
	}
}

/** A copy without snapshots; of an overlay, one over the same base. */
export async function copyDisk(from: string, to: string, base: string | null): Promise<void> {
	const over = base === null ? [] : ["-B", base, "-F", "qcow2"]
	await runTool("qemu-img", ["convert", "-f", "qcow2", "-O", "qcow2", ...over, from, to])
}

/** Puts `draft` in the place of a disk, whole. */
export async function replaceDisk(draft: string, path: string): Promise<void> {
	await rename(draft, path)
}

const Info = z.object({
	"virtual-size": z.int(),
	"actual-size": z.int(),
	format: z.string(),
	"backing-filename": z.string().optional(),
	encrypted: z.boolean().optional(),
	"format-specific": z.object({ data: z.object({ "data-file": z.string().optional() }).optional() }).optional(),
	snapshots: z.array(z.object({ name: z.string(), "vm-state-size": z.int() })).default([]),
})
export type DiskInfo = z.infer<typeof Info>

/** Also of a disk that a QEMU has open. */
export async function readDisk(path: string, format = "qcow2"): Promise<DiskInfo> {
	return Info.parse(JSON.parse(await runTool("qemu-img", ["info", "-U", "--output=json", "-f", format, path])))
}

/** Does something with a snapshot of a disk that nobody has open: makes it, goes back to it, or forgets it. */
export async function snapshotDisk(deed: "-c" | "-a" | "-d", tag: string, path: string): Promise<void> {
	await runTool("qemu-img", ["snapshot", deed, tag, path])
}
