// Taking a disk that somebody else made as an image: any that boots by itself and has cloud-init, as clouds have them.
import { open, rm, stat } from "node:fs/promises"
import { basename, join } from "node:path"
import { Failure } from "../../exit.ts"
import { readDisk, runTool } from "./disks.ts"
import { draftImage, keepImage } from "./images.ts"

interface Added {
	dataDir: string
	name: string
	file: string
	boot: "bios" | "uefi"
	say: (line: string) => void
}

/** A copy of it becomes the image: what the file itself refers to stays out. */
export async function addImage({ dataDir, name, file, boot, say }: Added): Promise<void> {
	const format = await formatOf(file)
	const info = await readDisk(file, format)
	// A disk may name other files of this machine as its contents; a hostile one would have them read.
	if (info["backing-filename"] !== undefined || info["format-specific"]?.data?.["data-file"] !== undefined)
		throw new Failure("file", `${file} lies over another file, so it is no whole disk.`)
	if (info.encrypted === true) throw new Failure("file", `${file} is encrypted.`)
	const draft = await draftImage(dataDir)
	try {
		say(`Copying ${file}.`)
		const disk = join(draft, "disk.qcow2")
		await runTool("qemu-img", ["convert", "-f", format, "-O", "qcow2", "-c", file, disk])
		const about = { name, bytes: (await stat(disk)).size, createdAt: Date.now(), from: basename(file) }
		await keepImage(dataDir, draft, { ...about, boot, disk: info["virtual-size"] })
	} finally {
		await rm(draft, { recursive: true, force: true })
	}
}

/** By its first bytes; qemu-img would guess, and a raw disk's contents could make it guess wrong. */
async function formatOf(path: string): Promise<"qcow2" | "raw"> {
	const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
		throw new Failure("file", `${path} cannot be read (${error.code}).`)
	})
	try {
		if (!(await file.stat()).isFile()) throw new Failure("file", `${path} is no file.`)
		const { buffer } = await file.read(Buffer.alloc(512), 0, 512, 0)
		if (buffer.subarray(0, 4).toString("latin1") === "QFI\xfb") return "qcow2"
		if (buffer[510] === 0x55 && buffer[511] === 0xaa) return "raw"
	} finally {
		await file.close()
	}
	throw new Failure("file", `${path} is neither a qcow2 disk nor a raw one that boots.`)
}
