// Programs of the system that tests run in sessions, and the browser: installed where that is allowed.
import { execFileSync } from "node:child_process"
import { accessSync, constants, existsSync, readFileSync } from "node:fs"
import { delimiter, join } from "node:path"

/** A program, and the Debian package that has it. */
const TOOLS = {
	chromium: "chromium",
	tmux: "tmux",
	vim: "vim",
	htop: "htop",
	less: "less",
	git: "git",
	ps: "procps",
	curl: "curl",
	openssl: "openssl",
	bwrap: "bubblewrap",
	dockerd: "docker.io",
	sshd: "openssh-server",
	busybox: "busybox",
	"qemu-system-x86_64": "qemu-system-x86",
	"qemu-img": "qemu-utils",
	mmdebstrap: "mmdebstrap",
	mke2fs: "e2fsprogs",
	slirp4netns: "slirp4netns",
	mtype: "mtools",
	ssh: "openssh-client",
}

/** The browser without windows, which most tests of the console take where it is there. Not every system has it. */
const LIGHT_BROWSER = "chromium-headless-shell"

/** Installs what is missing. Ends this process with a sentence where that is not possible. */
export function installSystemTools(): void {
	const missing = Object.entries(TOOLS).filter(([program]) => !isOnPath(program))
	if (missing.length === 0) return
	const packages = missing.flatMap(([, name]) => (name === "chromium" && isDebian() ? [name, LIGHT_BROWSER] : [name]))
	if (!existsSync("/usr/bin/apt-get") || process.getuid?.() !== 0) {
		console.error(`The tests need programs that are not installed: ${missing.map(([program]) => program).join(", ")}.`)
		console.error(`Install them first, on Debian and Ubuntu by: sudo apt-get install ${packages.join(" ")}`)
		process.exit(1)
	}
	console.error(`Installing ${packages.join(", ")}.`)
	try {
		apt("update", "-q")
		apt("install", "-q", "-y", "--no-install-recommends", ...packages)
	} catch {
		console.error("They could not be installed; apt-get says why above. Install them, and run this again.")
		process.exit(1)
	}
}

function isDebian(): boolean {
	return existsSync("/etc/os-release") && /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"))
}

function apt(...args: string[]): void {
	const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
	execFileSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], env })
}

export function isOnPath(program: string): boolean {
	return (process.env.PATH ?? "").split(delimiter).some((folder) => {
		try {
			accessSync(join(folder, program), constants.X_OK)
			return true
		} catch {
			return false
		}
	})
}
