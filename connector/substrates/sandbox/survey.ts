// The facts that a sandbox is built from, as this machine has them now.
import { realpath, stat } from "node:fs/promises"
import { userInfo } from "node:os"
import { delimiter, dirname, isAbsolute, join, relative } from "node:path"
import { Refusal } from "../../../protocol/errors.ts"
import { workFolder } from "../../workdir/make.ts"
import type { Contained } from "../contained.ts"
import { initBinary } from "../init/init.ts"
import { proxyEnvironment } from "../network/environment.ts"
import { findTool } from "./bubblewrap.ts"
import { privateFolders } from "./home.ts"
import { type Entry, type Facts, GATE_PORT, type Mount } from "./policy.ts"
import { isIn, refuseMount, refusePlace, refuseWorkingFolder } from "./rules.ts"
import { type OwnFile, ownFiles, SYSTEM, systemEntries, wholeMachines } from "./system.ts"
import { findTools } from "./tools.ts"

/** What of the session is shown, less the sockets of one run. Throws Refusal for what must not be. */
export type Survey = Omit<Facts, "control" | "gate"> & {
	/** Where the program begins. */
	cwd: string
	environment: Record<string, string>
	/** Files to be written before it is built. */
	files: OwnFile[]
}

export async function survey(contained: Contained): Promise<Survey> {
	if (contained.image !== null) refuse("A sandbox has no image", "Leave --image out, or ask for --substrate container")
	if (contained.vm !== null) refuse("A sandbox is in no VM", "Leave --vm out, or ask for --substrate vm")
	if (contained.loadout !== null)
		refuse(
			"A sandbox shows the machine's own programs, so nothing can be installed in it",
			"Ask for a container or a VM",
		)
	const home = await homeOf(contained)
	const dataDir = await realpath(contained.dataDir)
	const homes = [home, await realpath(whoAmI().homedir).catch(() => home)]
	const own = { homes, dataDir, workDir: workFolder(dataDir, contained.session) }
	if (home === "/" || SYSTEM.includes(home))
		refuse(`The home directory ${home} cannot be made private`, "Give this user a home directory of its own")
	const working = contained.workingFolder === null ? null : await realpath(contained.workingFolder)
	if (working !== null) refuseWorkingFolder(working, own)
	const user = await userFor(working)
	const folders = privateFolders(contained.folder)
	const privates = [mount(home, folders.home), mount("/tmp", folders.tmp)]
	const person = { ...user, home, shell: contained.own.SHELL ?? "/bin/sh" }
	const hasNetwork = contained.network.is === "full"
	const files = ownFiles(person, join(contained.folder, "etc"), hasNetwork)
	const system = [...(await systemEntries(hasNetwork)), ...files.map(({ entry }) => entry)]
	const chosen = await Promise.all(contained.mounts.map((each) => mountOf(each, own, working)))
	const shown = [...(working === null ? [] : [mount(working, working)]), ...chosen]
	const isShown = (path: string) =>
		shown.some(({ at }) => isIn(path, at)) || (SYSTEM.some((folder) => isIn(path, folder)) && !isIn(path, home))
	const path = contained.own.PATH ?? ""
	const program = contained.program ?? contained.argv[0] ?? ""
	const tools = isAbsolute(program) ? await findTools(program, { home, path, isShown }) : []
	for (const tool of tools) if (isIn(dataDir, tool.at)) refuseTool(tool.at)
	const entries: Entry[] = [...system, ...tools, ...shown]
	// Wherever the data folder is, no session sees it.
	const isUncovered = entries.some(
		(entry) => entry.is === "mount" && isIn(dataDir, entry.at) && !isIn(entry.at, dataDir),
	)
	return {
		user: { uid: user.uid, gid: user.gid },
		isRoot: process.getuid?.() === 0,
		home,
		privates,
		entries: isUncovered ? [...entries, { is: "hidden", at: dataDir }] : entries,
		covered: user.uid === 0 ? await wholeMachines() : [],
		init: initBinary(),
		setpriv: findTool("setpriv", path) ?? "setpriv",
		unshare: findTool("unshare", path) ?? "unshare",
		cwd: working === null ? home : within(working, contained),
		files,
		environment: environmentOf(contained, { home, name: user.name, tools }),
	}
}

/** This process's user, also where the system has no name for it, as in containers. */
export function whoAmI(): { uid: number; gid: number; username: string; homedir: string } {
	try {
		return userInfo()
	} catch {
		const [uid = 0, gid = 0] = [process.getuid?.(), process.getgid?.()]
		return { uid, gid, username: `user${uid}`, homedir: process.env.HOME ?? "/" }
	}
}

/** The person's, as whoever started the connector has it. */
async function homeOf({ own }: Contained): Promise<string> {
	const home = own.HOME ?? whoAmI().homedir
	return realpath(home).catch(() => refuse(`The home directory ${home} is not there`, "Set HOME to one that is"))
}

/** The place in the working directory where the program begins. */
function within(working: string, { cwd, workingFolder }: Contained): string {
	const place = cwd === null || workingFolder === null ? "" : relative(workingFolder, cwd)
	return place === "" || place.startsWith("..") ? working : join(working, place)
}

/** Whose rights a program has: of the connector's user; where that is root, of whoever the working directory belongs to. */
async function userFor(working: string | null): Promise<{ uid: number; gid: number; name: string }> {
	const { uid, gid, username } = whoAmI()
	if (uid !== 0 || working === null) return { uid, gid, name: username }
	const owner = await stat(working)
	return { uid: owner.uid, gid: owner.gid, name: owner.uid === 0 ? username : `user${owner.uid}` }
}

async function mountOf(
	{ path, at = path, writable }: Contained["mounts"][number],
	own: Parameters<typeof refuseMount>[2],
	working: string | null,
): Promise<Mount> {
	const from = await realpath(path).catch(() => refuse(`${path} is not there`, "Take the mount out of the profile"))
	const file = await stat(from)
	if (!file.isFile() && !file.isDirectory()) refuse(`${path} is no file or folder`, "Take the mount out of the profile")
	refuseMount(from, writable, own)
	refusePlace(at)
	// In what a program can write it could put a link there, through which the next sandbox would be built.
	if (working !== null && at !== working && isIn(at, working))
		refuse(`${at} lies in the working directory`, "Give the mount another place")
	if (own.homes.includes(at) || isIn(own.dataDir, at) || (writable && isIn(working ?? "", at) && at !== working))
		refuse(`Nothing can be shown at ${at}`, "Give the mount another place")
	return { is: "mount", at, from, isWritable: writable }
}

function mount(at: string, from: string): Mount {
	return { is: "mount", at, from, isWritable: true }
}

function environmentOf(
	{ own, session, network, argv }: Contained,
	{ home, name, tools }: { home: string; name: string; tools: Entry[] },
): Record<string, string> {
	const isInside = (folder: string) =>
		[...SYSTEM, home, ...tools.map(({ at }) => at)].some((shown) => isIn(folder, shown)) ||
		tools.some(({ at }) => dirname(at) === folder)
	const path = (own.PATH ?? "").split(delimiter).filter((folder) => isAbsolute(folder) && isInside(folder))
	const [program = ""] = argv
	const beside =
		isAbsolute(program) && !path.includes(dirname(program)) && isInside(dirname(program)) ? [dirname(program)] : []
	const said = ["LANG", "TZ", "SHELL"].flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]]]))
	return {
		...Object.fromEntries(said),
		PATH: [...path, ...beside].join(delimiter) || "/usr/local/bin:/usr/bin:/bin",
		HOME: home,
		USER: name,
		LOGNAME: name,
		TERM: "xterm-256color",
		COLORTERM: "truecolor",
		HOMEPORT_SESSION: session,
		...(network.is === "allow-list" ? proxyEnvironment(GATE_PORT) : {}),
	}
}

function refuseTool(at: string): never {
	refuse(`The program lies in ${at}, which holds Homeport's own data folder`, "Install it elsewhere")
}

function refuse(reason: string, remedy: string): never {
	throw new Refusal("substrate_unavailable", `${reason}. ${remedy}.`)
}
