// The images that VMs are made from. A build is never changed, since disks lie over it: a newer one stands beside it.
import { randomBytes } from "node:crypto"
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as z from "zod"
import { Refusal } from "../../../protocol/errors.ts"
import { Label } from "../../../protocol/substrate.ts"
import { VmImage } from "../../../protocol/vm.ts"
import { readPrivate, writePrivate } from "../../private-file.ts"
import { makeDraft } from "./draft.ts"
import { readMade, vmNames, vmPaths } from "./record.ts"

const About = VmImage.extend({
	/** `direct`: its kernel lies beside its disk. The others boot from the disk, as computers do. */
	boot: z.enum(["direct", "bios", "uefi"]),
	/** Bytes that a disk over it has at least. */
	disk: z.int(),
})

export interface BuiltImage extends z.infer<typeof About> {
	/** Where its files lie: disk.qcow2 and, for `direct`, kernel and initrd. */
	folder: string
}

export function imagesFolder(dataDir: string): string {
	return join(dataDir, "vm-images")
}

export async function listImages(dataDir: string): Promise<BuiltImage[]> {
	const names = (await readdir(imagesFolder(dataDir)).catch(() => [])).filter((name) => Label.safeParse(name).success)
	const images = await Promise.all(names.sort().map((name) => findImage(dataDir, name)))
	return images.filter((image) => image !== undefined)
}

/** The newest build of an image. */
export async function findImage(dataDir: string, name: string): Promise<BuiltImage | undefined> {
	if (!Label.safeParse(name).success) return undefined
	const folder = join(imagesFolder(dataDir), name)
	const build = await readFile(join(folder, CURRENT), "utf8").catch(() => undefined)
	return build === undefined ? undefined : readImage(join(folder, build.trim()))
}

/** One build. */
export async function readImage(folder: string): Promise<BuiltImage | undefined> {
	const about = await readPrivate(join(folder, ABOUT), About)
	return about === undefined ? undefined : { ...about, folder }
}

/** A folder that `keepImage` puts in place, and that is nothing until then. */
export function draftImage(dataDir: string): Promise<string> {
	return makeDraft(imagesFolder(dataDir))
}

/** Makes what is in the draft the image of this name from now on. VMs over an older build keep that. */
export async function keepImage(dataDir: string, draft: string, about: z.infer<typeof About>): Promise<void> {
	const folder = join(imagesFolder(dataDir), Label.parse(about.name))
	const build = randomBytes(6).toString("hex")
	await mkdir(folder, { recursive: true, mode: 0o700 })
	await writePrivate(join(draft, ABOUT), about)
	await rename(draft, join(folder, build))
	await writeFile(join(folder, `${CURRENT}.new`), build, { mode: 0o600 })
	await rename(join(folder, `${CURRENT}.new`), join(folder, CURRENT))
	await sweepImages(dataDir)
}

/** Removes builds that are no longer the newest and that no VM lies over. */
export async function sweepImages(dataDir: string): Promise<void> {
	const made = await Promise.all((await vmNames(dataDir)).map((name) => readMade(vmPaths(dataDir, name))))
	const used = new Set(made.map((vm) => vm?.base))
	for (const image of await listImages(dataDir)) {
		const folder = join(imagesFolder(dataDir), image.name)
		for (const build of await readdir(folder)) {
			const path = join(folder, build)
			if (build.startsWith(CURRENT) || path === image.folder || used.has(path)) continue
			await rm(path, { recursive: true, force: true })
		}
	}
}

export async function mustHaveImage(dataDir: string, name: string | undefined): Promise<BuiltImage> {
	const images = await listImages(dataDir)
	const wanted = name ?? DEFAULT_IMAGE
	// Without a word about it, the only one there is is meant.
	const image = images.find((image) => image.name === wanted) ?? (name === undefined ? images[0] : undefined)
	if (image !== undefined) return image
	throw new Refusal(
		"substrate_unavailable",
		`There is no VM image "${wanted}" on this machine. \`homeport vm image build\` makes one.`,
	)
}

export const DEFAULT_IMAGE = "debian"
const CURRENT = "current"
const ABOUT = "image.json"
