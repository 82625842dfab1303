// The firmware of VMs that boot by UEFI: one file, which a VM has its own copy of, since it keeps its settings there.
import { existsSync } from "node:fs"
import { Refusal } from "../../../protocol/errors.ts"
import { readImage } from "./images.ts"

/** For a VM over this image; null where it boots without. */
export async function findFirmware(base: string): Promise<string | null> {
	if ((await readImage(base))?.boot !== "uefi") return null
	const found = PLACES.find((path) => existsSync(path))
	if (found !== undefined) return found
	throw new Refusal(
		"substrate_unavailable",
		"This image boots by UEFI, and there is no firmware for that here. On Debian and Ubuntu: sudo apt-get install ovmf",
	)
}

/** Code and settings in one file. */
const PLACES = ["/usr/share/qemu/OVMF.fd", "/usr/share/ovmf/OVMF.fd"]
