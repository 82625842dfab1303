// The package.json beside the connector's bundles: they are modules, know their version by it, and are listed in it.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ROOT } from "./root.ts"

export const CONNECTOR = join(ROOT, "dist/connector")
const PATH = join(CONNECTOR, "package.json")

interface Manifest {
	name: string
	version: string
	license: string
	type: "module"
	files: string[]
}

export function writeManifest(files: string[]): void {
	const { name, version, license } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest
	const manifest: Manifest = { name, version, license, type: "module", files: files.toSorted() }
	writeFileSync(PATH, `${JSON.stringify(manifest)}\n`)
}

/** The files of the newest build; older ones may lie beside them. None before the first. */
export function listedFiles(): string[] {
	try {
		return (JSON.parse(readFileSync(PATH, "utf8")) as Partial<Manifest>).files ?? []
	} catch {
		return []
	}
}
