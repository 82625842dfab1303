// The image of VMs that the product itself makes, built once for each state of what it is made from.
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { cp, mkdir } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { onlyOne } from "../../connector/only-link.ts"

const ROOT = join(import.meta.dirname, "../..")
const CACHE = join(ROOT, "node_modules/.cache/homeport/vm")
const SOURCES = ["guest.ts", "image-build.ts"].map((name) => join(ROOT, "connector/substrates/vm", name))

/** Puts the image `debian` into a data folder. Building it takes a minute or two, and Debian's packages. */
export async function withVmImage(dataDir: string): Promise<void> {
	const hash = createHash("sha256")
	for (const path of SOURCES) hash.update(readFileSync(path))
	const built = join(CACHE, hash.digest("hex").slice(0, 16))
	await mkdir(built, { recursive: true })
	// Test files run side by side; one of them builds, and the others wait for it.
	const place = await onlyOne(built, "building", () => {}, new AbortController().signal)
	try {
		if (!existsSync(join(built, "vm-images/debian/current"))) {
			const words = ["here", "vm-image-build", "--data-dir", built, "--cache", join(CACHE, "packages")]
			await promisify(execFile)(process.execPath, [join(ROOT, "connector/main.ts"), ...words])
		}
	} finally {
		place.leave()
	}
	await cp(join(built, "vm-images"), join(dataDir, "vm-images"), { recursive: true })
}
