// Building our own image: Debian from its packages, as one disk with a kernel beside it. Without network where a cache has
// the packages.
import { type ChildProcess, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { createReadStream, existsSync } from "node:fs"
import { chmod, copyFile, mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises"
import { availableParallelism } from "node:os"
import { dirname, join, resolve } from "node:path"
import { pipeline } from "node:stream/promises"
import { Failure } from "../../exit.ts"
import { shellWord } from "../../invocation.ts"
import { readDisk, runTool, toolEnvironment } from "./disks.ts"
import { findTool } from "./engine.ts"
import { BUSYBOX_LINKS, GUEST_FILES, GUEST_PACKAGES, GUEST_USER } from "./guest.ts"
import { draftImage, keepImage } from "./images.ts"

interface Build {
	dataDir: string
	name: string
	/** Debian's, such as bookworm. */
	suite: string
	/** Where packages are kept for the next build; null for nowhere. */
	cache: string | null
	/** Where packages come from; null for Debian's own servers. */
	mirror: string | null
	say: (line: string) => void
	/** Ends it; nothing is left then. */
	signal: AbortSignal
}

/** Programs, and the Debian packages that have them. */
const TOOLS = { mmdebstrap: "mmdebstrap", "qemu-img": "qemu-utils", mke2fs: "e2fsprogs", tar: "tar", dpkg: "dpkg" }
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
const MIB = 1024 ** 2
/** Zstandard is read twice as fast as the other kind, by every boot. */
const COMPRESS = ["convert", "-f", "raw", "-O", "qcow2", "-c", "-o", "compression_type=zstd"]
/** Beside what is in the system: its first writes, and what the file system needs for itself. */
const SPARE = 192 * MIB
const DEBIAN = "http://deb.debian.org/debian"
const SECURITY = "http://security.debian.org/debian-security"

/** Throws Failure, or what a tool says; the draft is removed then. */
export async function buildImage(build: Build): Promise<void> {
	const { dataDir, name, suite, say } = build
	const isRoot = process.getuid?.() === 0
	refuseMissing(isRoot ? TOOLS : { ...TOOLS, fakeroot: "fakeroot", unshare: "util-linux", newuidmap: "uidmap" })
	const draft = await draftImage(dataDir)
	try {
		await stageFiles(join(draft, "files"), GUEST_FILES)
		const packages = build.cache === null ? null : join(resolve(build.cache), cacheKey(suite))
		const isOffline = packages !== null && existsSync(join(packages, "Packages"))
		say(isOffline ? `Packages come from ${packages}.` : `Packages come from ${build.mirror ?? DEBIAN}.`)
		if (!isOffline && build.mirror === null && !existsSync(KEYRING))
			refuseMissing({ keyring: "debian-archive-keyring" })
		await bootstrap({ ...build, draft, isRoot, packages, isOffline })
		if (packages !== null && !isOffline) await keepPackages(join(draft, "packages"), packages, suite)
		await makeDisk(draft, isRoot, build)
		const { "virtual-size": disk } = await readDisk(join(draft, "disk.qcow2"))
		const { size } = await stat(join(draft, "disk.qcow2"))
		const from = `Debian ${suite}, from packages`
		await keepImage(dataDir, draft, { name, bytes: size, createdAt: Date.now(), from, boot: "direct", disk })
	} finally {
		await rm(draft, { recursive: true, force: true })
	}
}

function refuseMissing(tools: Record<string, string>): void {
	const missing = Object.entries(tools).filter(([program]) => findTool(program) === null)
	if (missing.length === 0) return
	const packages = missing.map(([, name]) => name).join(" ")
	throw new Failure(
		"unsupported",
		`Making an image needs ${missing.map(([program]) => program).join(", ")}. On Debian and Ubuntu: sudo apt-get install ${packages}`,
	)
}

async function stageFiles(folder: string, files: typeof GUEST_FILES): Promise<void> {
	for (const [path, { text, mode }] of Object.entries(files)) {
		const file = join(folder, path)
		await mkdir(dirname(file), { recursive: true, mode: 0o755 })
		await writeFile(file, text)
		await chmod(file, mode)
	}
}

interface Bootstrap extends Build {
	draft: string
	isRoot: boolean
	packages: string | null
	isOffline: boolean
}

/** As root it makes the folder `root`, else `root.tar`: files of many users lie in an archive only. */
async function bootstrap(build: Bootstrap): Promise<void> {
	const { suite, draft, isRoot, packages, isOffline, mirror, say, signal } = build
	const temporary = join(draft, "tmp")
	await mkdir(temporary)
	const links = BUSYBOX_LINKS.map((link) => `ln -sf ../bin/busybox "$1"/sbin/${link}`)
	const sources = [
		`deb ${DEBIAN} ${suite} main`,
		`deb ${DEBIAN} ${suite}-updates main`,
		`deb ${SECURITY} ${suite}-security main`,
	]
	await writeFile(join(draft, "sources.list"), `${sources.join("\n")}\n`)
	const keeps = packages !== null && !isOffline
	if (keeps) await mkdir(join(draft, "packages"))
	const args = [
		...[`--mode=${isRoot ? "root" : "unshare"}`, "--variant=minbase", `--include=${GUEST_PACKAGES.join(",")}`],
		...["--aptopt=Apt::Install-Recommends false", "--aptopt=Acquire::Languages none"],
		...["man", "doc", "locale", "info"].map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`),
		// What is half done is thrown away: nothing waits for the disk, and nothing else on this machine does for that.
		"--dpkgopt=force-unsafe-io",
		'--customize-hook=sed -i /unsafe-io/d "$1"/etc/dpkg/dpkg.cfg.d/99mmdebstrap',
		`--customize-hook=sync-in ${shellWord(join(draft, "files"))} /`,
		// A connection takes no processes of its own for a greeting that nobody reads, and none more for files.
		'--customize-hook=sed -i /pam_motd/d "$1"/etc/pam.d/sshd',
		`--customize-hook=sed -i 's/^Subsystem.*/Subsystem sftp internal-sftp/' "$1"/etc/ssh/sshd_config`,
		'--customize-hook=chroot "$1" /usr/lib/homeport/initrd',
		`--customize-hook=chroot "$1" useradd --create-home --shell /bin/bash ${GUEST_USER}`,
		`--customize-hook=rm -f "$1"/etc/ssh/ssh_host_*; ${links.join("; ")}`,
		`--customize-hook=upload ${shellWord(join(draft, "sources.list"))} /etc/apt/sources.list`,
		...(keeps
			? [
					"--skip=essential/unlink",
					`--customize-hook=sync-out /var/cache/apt/archives ${shellWord(join(draft, "packages"))}`,
				]
			: []),
		...[suite, join(draft, isRoot ? "root" : "root.tar")],
		...(isOffline ? [`deb [trusted=yes] copy:${encodeURI(packages ?? "")} ./`] : mirror === null ? [] : [mirror]),
	]
	const { http_proxy, https_proxy, no_proxy } = process.env
	// The kernel's package makes no first file system: Debian's is for any computer, and unpacking it the longest part of a boot.
	const env = { ...toolEnvironment(), TMPDIR: temporary, INITRD: "No", http_proxy, https_proxy, no_proxy }
	await runTold("mmdebstrap", args, env, say, signal)
	await rm(temporary, { recursive: true, force: true })
}

/** Runs a tool whose lines are progress; fails with the last of them. Its own processes end with it. */
async function runTold(
	program: string,
	args: string[],
	env: NodeJS.ProcessEnv,
	say: (line: string) => void,
	signal: AbortSignal,
): Promise<void> {
	const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"], detached: true })
	const stop = () => kill(child)
	signal.addEventListener("abort", stop)
	let why = ""
	let rest = ""
	const hear = (data: Buffer) => {
		const lines = `${rest}${data}`.split(/[\r\n]+/)
		rest = lines.pop() ?? ""
		for (const line of lines.filter((line) => line.trim() !== "")) {
			// What follows the first error follows from it.
			if (why === "" && /^E: |No space left/.test(line)) why = line
			if (line.startsWith("I: ") && !line.includes("hook")) say(line.slice(3))
		}
	}
	child.stdout.on("data", hear)
	child.stderr.on("data", hear)
	try {
		const code = await new Promise<number | null>((resolve, reject) => {
			child.once("error", reject)
			child.once("close", resolve)
		})
		if (signal.aborted) throw new Failure("not_installed", "It was ended, and nothing is left of it.")
		if (code !== 0) throw new Failure("not_installed", `${program} failed. ${why}`.trim())
	} finally {
		signal.removeEventListener("abort", stop)
	}
}

/** It clears up behind itself when it is asked to end. */
function kill(child: ChildProcess): void {
	if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM")
}

/** A file system with all of it, compressed, and the kernel and its first file system beside that. */
async function makeDisk(draft: string, isRoot: boolean, { say, signal }: Build): Promise<void> {
	const root = join(draft, "root")
	const raw = join(draft, "disk.raw")
	say("making the disk...")
	// Whose files are whose is remembered by fakeroot, from unpacking to packing.
	const steps = isRoot ? "" : 'mkdir "$1" && tar --extract --numeric-owner --file "$1.tar" --directory "$1" && '
	const script = `${steps}chmod 755 "$1" && cp "$1"/boot/vmlinuz-* "$2/kernel" && cp "$1"/boot/initrd.img-* "$2/initrd" && rm -f "$1"/boot/initrd.img-* && mke2fs -q -t ext4 -L homeport-root -d "$1" -E root_owner=0:0 "$3"`
	const file = await open(raw, "wx", 0o600)
	await file.truncate((await contentBytes(draft, isRoot)) + SPARE)
	await file.close()
	const shell = ["sh", "-c", script, "sh", root, draft, raw]
	const [program = "", ...args] = isRoot ? shell : ["fakeroot", "--", ...shell]
	await runTold(program, args, toolEnvironment(), say, signal)
	await rm(root, { recursive: true, force: true })
	say("compressing it...")
	const threads = String(Math.min(16, availableParallelism()))
	const disk = join(draft, "disk.qcow2")
	await runTool("qemu-img", [...COMPRESS, "-m", threads, "-W", raw, disk])
	for (const name of ["disk.raw", "root.tar", "files", "packages", "sources.list"])
		await rm(join(draft, name), { recursive: true, force: true })
	for (const name of ["disk.qcow2", "kernel", "initrd"]) await chmod(join(draft, name), 0o600)
}

/** An archive is a little larger than its files, a folder's blocks a little more than its bytes. */
async function contentBytes(draft: string, isRoot: boolean): Promise<number> {
	if (!isRoot) return Math.ceil(((await stat(join(draft, "root.tar"))).size * 1.2) / MIB) * MIB
	const told = await runTool("du", ["--summarize", "--block-size=1048576", join(draft, "root")])
	return Math.ceil(Number.parseInt(told, 10) * 1.1) * MIB
}

/** Another suite or list of packages is another cache. */
function cacheKey(suite: string): string {
	const what = JSON.stringify([suite, process.arch, GUEST_PACKAGES])
	return `${suite}-${createHash("sha256").update(what).digest("hex").slice(0, 12)}`
}

/** Makes a folder of packages a source that apt can install from. */
async function keepPackages(folder: string, kept: string, suite: string): Promise<void> {
	const index: string[] = []
	for (const name of (await readdir(folder)).sort()) {
		const path = join(folder, name)
		if (!name.endsWith(".deb")) {
			await rm(path, { recursive: true, force: true })
			continue
		}
		const control = (await runTool("dpkg-deb", ["--field", path])).trim()
		const { size } = await stat(path)
		index.push(`${control}\nFilename: ./${plain(name)}\nSize: ${size}\nSHA256: ${await hashFile(path)}\n`)
	}
	await mkdir(dirname(kept), { recursive: true })
	await rm(`${kept}.new`, { recursive: true, force: true })
	await mkdir(`${kept}.new`)
	for (const name of await readdir(folder)) await copyFile(join(folder, name), join(`${kept}.new`, plain(name)))
	const packages = index.join("\n")
	const hash = createHash("sha256").update(packages).digest("hex")
	await writeFile(join(`${kept}.new`, "Packages"), packages)
	// By its suite mmdebstrap finds which packages are essential.
	const release = `Suite: ${suite}\nCodename: ${suite}\nSHA256:\n ${hash} ${Buffer.byteLength(packages)} Packages\n`
	await writeFile(join(`${kept}.new`, "Release"), release)
	await rm(kept, { recursive: true, force: true })
	await rename(`${kept}.new`, kept)
}

/** Without what apt would have to spell in another way in an address. */
function plain(name: string): string {
	return name.replaceAll(/[^\w.+~-]/g, "-")
}

async function hashFile(path: string): Promise<string> {
	const hash = createHash("sha256")
	await pipeline(createReadStream(path), hash)
	return hash.digest("hex")
}
