// Which folders of the machine a sandbox or container may be given: none through which a program could get out again.
import { Refusal } from "../../../protocol/errors.ts"

interface Own {
	/** The person's home directories: as the environment says, and as the system does. */
	homes: string[]
	dataDir: string
	/** The session's own place in the data folder, where a working directory may be made for it. */
	workDir: string
}

/** `folder` is resolved. Throws Refusal for one that a program must not write to. */
export function refuseWorkingFolder(folder: string, own: Own): void {
	refuseShared(folder, own, "work in")
	if (isIn(folder, own.workDir)) return
	if (isIn(folder, own.dataDir))
		refuse(`${folder} is in Homeport's own data folder`, "Choose a project's folder with --cwd")
	if (WHOLE.includes(folder)) refuse(`${folder} belongs to the whole machine`, "Choose a folder in it with --cwd")
	for (const system of SYSTEM)
		if (isIn(folder, system)) refuse(`${folder} belongs to the system`, "Choose a project's folder with --cwd")
	for (const home of own.homes)
		for (const name of STEERING)
			if (isIn(folder, `${home}/${name}`))
				refuse(`${folder} holds keys, or settings that programs outside obey`, "Choose a project's folder with --cwd")
}

/** A folder or file that a profile adds. */
export function refuseMount(path: string, isWritable: boolean, own: Own): void {
	if (isWritable) return refuseWorkingFolder(path, own)
	refuseShared(path, own, "see")
	if (isIn(path, own.dataDir)) refuse(`${path} is in Homeport's own data folder`, "Take the mount out of the profile")
	for (const live of LIVE)
		if (isIn(path, live)) refuse(`${path} steers the whole machine`, "Take the mount out of the profile")
}

/** Where something may be shown inside. */
export function refusePlace(at: string): void {
	for (const live of [...LIVE, "/etc"])
		if (isIn(at, live)) refuse(`Nothing can be shown at ${at}`, "Give the mount another place")
}

function refuseShared(path: string, { homes, dataDir }: Own, what: string): void {
	if (path === "/") refuse(`Nothing inside may ${what} all of /`, "Choose a project's folder with --cwd")
	for (const home of homes)
		if (isIn(home, path))
			refuse(
				`Nothing inside may ${what} ${path}, which ${home === path ? "is" : "holds"} the home directory with its keys`,
				"Choose a project's folder with --cwd, or leave it out for a private home",
			)
	if (isIn(dataDir, path))
		refuse(
			`Nothing inside may ${what} ${path}, which holds Homeport's own data folder`,
			"Choose a project's folder with --cwd",
		)
}

/** Whether `path` is the folder or lies in it. */
export function isIn(path: string, folder: string): boolean {
	return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`)
}

function refuse(reason: string, remedy: string): never {
	throw new Refusal("substrate_unavailable", `${reason}. ${remedy}.`)
}

/** The kernel's, and what daemons listen on. */
const LIVE = ["/proc", "/sys", "/dev", "/run", "/var/run"]
const SYSTEM = [
	...LIVE,
	...["/boot", "/etc", "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix"],
	...["/System", "/Library", "/private/etc", "/private/var/db"],
]
/** Used by many; folders in them may well be somebody's. */
const WHOLE = [
	...["/home", "/root", "/tmp", "/var", "/var/tmp", "/var/lib", "/var/log", "/opt", "/srv", "/mnt", "/media"],
	...["/Users", "/Volumes", "/private", "/private/tmp", "/private/var", "/Applications"],
]
/** Under a home directory. */
const STEERING = [
	...[".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".password-store", ".local", ".config", ".cache"],
	...[".claude", ".codex", ".gemini", ".npm", ".cargo", ".mozilla", "Library"],
]
