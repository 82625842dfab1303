// What of this machine a session's container has beside the folders that were asked for: a private home, the folder of the
// sockets that its first process dials, and accounts that name its user.
import { randomBytes } from "node:crypto"
import { chown, mkdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Refusal } from "../../../protocol/errors.ts"
import { socketPath } from "../../socket-path.ts"
import type { Contained } from "../contained.ts"
import { initBinary } from "../init/init.ts"
import { mountSized, unmount } from "../limits/disk.ts"
import { makeHome, makePlaces, privateFolders, removeAll } from "../sandbox/home.ts"
import { refuseMount, refusePlace, refuseWorkingFolder } from "../sandbox/rules.ts"
import { whoAmI } from "../sandbox/survey.ts"
import { accounts, homeInside, type Outside, type User } from "./creation.ts"
import type { About } from "./engine.ts"

export interface Place {
	user: User
	outside: Outside
}

/** Throws Refusal where a session must not have what it asks for; makes nothing. */
export async function refusePlaces(contained: Contained): Promise<void> {
	const { mounts, workingFolder, session } = contained
	const dataDir = await realpath(contained.dataDir)
	const home = homeInside(contained)
	const homes = [...new Set([home, await realpath(home).catch(() => home), whoAmI().homedir])]
	const own = { homes, dataDir, workDir: join(dataDir, "work", session) }
	if (workingFolder !== null) refuseWorkingFolder(await realpath(workingFolder), own)
	for (const { path, at = path, writable } of mounts) {
		refuseMount(await realpath(path).catch(() => refuse(`${path} is not there`)), writable, own)
		refusePlace(at)
		if (homes.includes(at) || at === "/tmp" || at === "/") refuse(`Nothing can be shown at ${at}`)
	}
}

/** Makes what is missing. `say`: what a person should know of the private home. */
export async function preparePlace(
	contained: Contained,
	about: About,
	say: (line: string) => void = () => {},
): Promise<Place> {
	const { folder, limits } = contained
	const user = await userOf(contained, about)
	const { inside, image, home, tmp } = privateFolders(folder)
	if (limits.disk !== undefined) await mountSized(image, inside, limits.disk)
	await makeHome(contained, user, homeInside(contained), say)
	const mount = (at: string, from: string) => ({ is: "mount", at, from, isWritable: true }) as const
	// An engine that runs as root would make them as root's.
	await makePlaces({
		privates: [mount(homeInside(contained), home)],
		entries: shownIn(contained).map(({ at, from }) => mount(at, from)),
		user,
	})
	const outside = {
		...{ init: initBinary(), doors: doorsOf(contained), home },
		scratch: limits.disk === undefined ? null : tmp,
		accounts: join(folder, "etc"),
	}
	await mkdir(outside.accounts, { recursive: true, mode: 0o755 })
	const { passwd, group } = accounts(contained, user)
	await writeFile(join(outside.accounts, "passwd"), passwd, { mode: 0o644 })
	await writeFile(join(outside.accounts, "group"), group, { mode: 0o644 })
	// Those inside can neither list it nor, since they have it read-only, make it so that they can.
	await mkdir(outside.doors, { recursive: true, mode: 0o311 })
	return { user, outside }
}

/** A socket's name and path that nobody inside can guess; short, since the path of a socket has to be. */
export function newDoor(contained: Contained): { name: string; path: string } {
	const name = randomBytes(4).toString("base64url")
	return { name, path: join(doorsOf(contained), name) }
}

/** Lets the user inside use what this process has made. */
export async function give(path: string, { uid, gid }: User): Promise<void> {
	if (process.getuid?.() === 0) await chown(path, uid, gid)
}

/** Once nothing runs there: the file system of a limited disk is let go of. */
export async function leavePlace({ folder }: Contained): Promise<void> {
	await unmount(privateFolders(folder).inside)
}

/** Removes what a session leaves that is forgotten. */
export async function clearPlace(contained: Contained): Promise<void> {
	const { inside } = privateFolders(contained.folder)
	await leavePlace(contained)
	await removeAll(inside)
	await rm(doorsOf(contained), { recursive: true, force: true })
}

function doorsOf({ folder }: Contained): string {
	return socketPath(folder, "doors")
}

/** Those who the files in the working directory shall belong to: this person, or whose folder root was told to work in. */
async function userOf({ workingFolder }: Contained, { isPodman, isRootless }: About): Promise<User> {
	const { uid, gid, username } = whoAmI()
	if (isRootless && !isPodman) return { uid: 0, gid: 0, name: "root" }
	if (uid !== 0 || workingFolder === null) return { uid, gid, name: username }
	const owner = await stat(workingFolder)
	return { uid: owner.uid, gid: owner.gid, name: (await nameOf(owner.uid)) ?? "user" }
}

async function nameOf(uid: number): Promise<string | undefined> {
	const passwd = await readFile("/etc/passwd", "utf8")
	const line = passwd.split("\n").find((line) => line.split(":")[2] === String(uid))
	return line?.split(":")[0]
}

function shownIn({ workingFolder, mounts }: Contained): { from: string; at: string }[] {
	return [
		...(workingFolder === null ? [] : [{ from: workingFolder, at: workingFolder }]),
		...mounts.map(({ path, at }) => ({ from: path, at: at ?? path })),
	]
}

function refuse(reason: string): never {
	throw new Refusal("substrate_unavailable", `${reason}. Take the mount out of the profile.`)
}
