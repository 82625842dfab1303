// What /install hands out: for each platform one archive with the connector of exactly this version.
import { execFile } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { CONNECTOR, listedFiles } from "./connector-manifest.ts"
import { ROOT } from "./root.ts"

const run = promisify(execFile)

const PLATFORMS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"] as const
const OUTPUT = join(ROOT, "dist/web/install")
const CACHE = join(ROOT, "node_modules/.cache/homeport")

/** A platform whose PTY package cannot be had now is left out, and the install script says so. */
export async function makeInstallers(): Promise<void> {
	rmSync(OUTPUT, { recursive: true, force: true })
	mkdirSync(OUTPUT, { recursive: true })
	await Promise.all(PLATFORMS.map(makeInstaller))
	const { version } = readJson(join(ROOT, "package.json"))
	writeFileSync(join(OUTPUT, "version.txt"), `${version}\n`)
}

async function makeInstaller(platform: (typeof PLATFORMS)[number]): Promise<void> {
	const binding = await findBinding(`@lydell/node-pty-${platform}`)
	if (binding === undefined) return
	const folder = join(CACHE, "archives", platform)
	rmSync(folder, { recursive: true, force: true })
	const modules = join(folder, "node_modules/@lydell")
	mkdirSync(modules, { recursive: true })
	for (const file of ["package.json", ...listedFiles()])
		if (!file.endsWith(".map")) cpSync(join(CONNECTOR, file), join(folder, file))
	cpSync(join(ROOT, "node_modules/@lydell/node-pty"), join(modules, "node-pty"), { recursive: true })
	cpSync(binding, join(modules, `node-pty-${platform}`), { recursive: true })
	await run("tar", ["-czf", join(OUTPUT, `connector-${platform}.tar.gz`), "-C", folder, "."])
}

/** The folder of a platform's PTY package: installed for this platform, fetched for the others. */
async function findBinding(name: string): Promise<string | undefined> {
	const installed = join(ROOT, "node_modules", name)
	if (existsSync(installed)) return installed
	const { version } = readJson(join(ROOT, "node_modules/@lydell/node-pty/package.json"))
	const folder = join(CACHE, `${name.replace("/", "-")}-${version}`)
	if (existsSync(join(folder, "package"))) return join(folder, "package")
	mkdirSync(folder, { recursive: true })
	try {
		const pack = ["pack", `${name}@${version}`, "--pack-destination", folder, "--json", "--silent"]
		await run("npm", [...pack, "--fetch-retries=0", "--fetch-timeout=20000"], { timeout: 30_000 })
		const archive = readdirSync(folder).find((file) => file.endsWith(".tgz"))
		if (archive === undefined) return undefined
		await run("tar", ["-xzf", join(folder, archive), "-C", folder])
		return join(folder, "package")
	} catch {
		// No registry in reach: this control plane then serves its own platform only.
		return undefined
	}
}

function readJson(path: string): { version: string } {
	return JSON.parse(readFileSync(path, "utf8")) as { version: string }
}
