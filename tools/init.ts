// Builds the first process of sandboxes and containers from its sources, for each platform: `node tools/init.ts`.
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { chmodSync, existsSync, globSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs"
import { join } from "node:path"
import { ROOT } from "./root.ts"

const FOLDER = join(ROOT, "connector/substrates/init")
const CACHE = join(ROOT, "node_modules/.cache/homeport")

interface Platform {
	name: string
	/** As Debian calls it. */
	architecture: string
	/** As compilers call it. */
	machine: string
	/** The Debian package of its compiler. */
	compiler: string
}

const PLATFORMS: Platform[] = [
	{ name: "linux-x64", architecture: "amd64", machine: "x86_64", compiler: "gcc-x86-64-linux-gnu" },
	{ name: "linux-arm64", architecture: "arm64", machine: "aarch64", compiler: "gcc-aarch64-linux-gnu" },
]
/** The C library and the kernel's headers, both of the platform that is built for. */
const LIBRARIES = ["musl-dev", "linux-libc-dev"]

const FLAGS = [
	...["-std=c11", "-D_GNU_SOURCE", "-Os", "-Wall", "-Wextra", "-Werror", "-ffunction-sections", "-fdata-sections"],
	...["-fno-pie", "-no-pie", "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-nostdinc", "-nostdlib"],
	...["-static", "-s", "-Wl,--gc-sections", "-Wl,--build-id=none", "-Wl,-z,noseparate-code"],
]

/** Of all sources, as each binary carries it: a test sees a stale binary by it, without a compiler. */
export function hashSources(): string {
	const hash = createHash("sha256")
	for (const file of sources("*.[ch]")) hash.update(readFileSync(file))
	return hash.digest("hex")
}

function sources(pattern: string): string[] {
	const names = globSync(pattern, { cwd: FOLDER }).sort()
	return names.map((name) => join(FOLDER, name))
}

function buildFor(platform: Platform): void {
	const { name, machine } = platform
	const root = findLibraries(platform)
	const library = join(root, "usr/lib", `${machine}-linux-musl`)
	const include = join(root, "usr/include")
	const output = join(FOLDER, `init-${name}`)
	execFileSync(
		`${machine}-linux-gnu-gcc`,
		[
			...[...FLAGS, `-DSOURCE_SHA256="${hashSources()}"`, "-isystem", join(include, `${machine}-linux-musl`)],
			...["-idirafter", include, "-idirafter", join(include, `${machine}-linux-gnu`), "-o", `${output}.new`],
			...[join(library, "crt1.o"), join(library, "crti.o"), ...sources("*.c")],
			...[join(library, "libc.a"), "-lgcc", join(library, "crtn.o")],
		],
		{ stdio: "inherit" },
	)
	chmodSync(`${output}.new`, 0o755)
	renameSync(`${output}.new`, output)
	console.error(`Built ${output}.`)
}

/** Where `usr` with the libraries is: those that are installed, or Debian's packages unpacked in the cache. */
function findLibraries({ architecture, machine }: Platform): string {
	const folder = join(CACHE, `init-${architecture}`)
	const has = (root: string) =>
		existsSync(join(root, `usr/lib/${machine}-linux-musl/libc.a`)) &&
		existsSync(join(root, `usr/include/${machine}-linux-gnu/asm`))
	if (has("/")) return "/"
	if (!has(folder)) fetchLibraries(architecture, folder)
	return folder
}

/** By apt, beside the system's own state: it need not know of another architecture. */
function fetchLibraries(architecture: string, folder: string): void {
	for (const part of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(folder, part), { recursive: true })
	const settings = [
		...[`APT::Architecture=${architecture}`, `APT::Architectures=${architecture}`, "Dir::State::status=/dev/null"],
		...[`Dir::State::lists=${join(folder, "lists")}`, `Dir::Cache=${join(folder, "cache")}`],
	].flatMap((setting) => ["-o", setting])
	const apt = (...args: string[]) =>
		execFileSync("apt-get", [...settings, "-q", ...args], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] })
	apt("update")
	apt("download", ...LIBRARIES)
	for (const file of readdirSync(folder))
		if (file.endsWith(".deb")) execFileSync("dpkg-deb", ["-x", join(folder, file), folder])
}

function hasCompiler({ machine }: Platform): boolean {
	try {
		execFileSync(`${machine}-linux-gnu-gcc`, ["--version"], { stdio: "ignore" })
		return true
	} catch {
		return false
	}
}

function main(): void {
	const missing = PLATFORMS.filter((platform) => !hasCompiler(platform)).map(({ compiler }) => compiler)
	if (missing.length > 0) {
		console.error(`Compilers are missing. On Debian and Ubuntu: sudo apt-get install ${missing.join(" ")}`)
		process.exitCode = 1
		return
	}
	for (const platform of PLATFORMS)
		try {
			buildFor(platform)
		} catch (error) {
			const packages = LIBRARIES.map((name) => `${name}:${platform.architecture}`).join(" ")
			console.error(`${platform.name} is not built: ${error instanceof Error ? error.message : error}`)
			console.error(`It is made with the Debian packages ${packages}, installed or in reach of apt-get.`)
			process.exitCode = 1
		}
}

if (import.meta.main) main()
