// What of this machine a session's container has beside the folders that were asked for: a private home, the folder of the
// sockets that its first process dials, and accounts that name its user.
import { randomBytes } from "node:crypto"
import { chown, lstat, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { userInfo } from "node:os"
import { join, relative } from "node:path"
import { Refusal } from "../../../protocol/errors.ts"
import { socketPath } from "../../socket-path.ts"
import type { Contained } from "../contained.ts"
import { initBinary } from "../init/init.ts"
import { mountSized, unmount } from "../limits/disk.ts"
import { accounts, homeInside, type Outside, type User } from "./creation.ts"
import type { About } from "./engine.ts"

export interface Place {
	user: User
	outside: Outside
}

/** Makes what is missing. */
export async function preparePlace(contained: Contained, about: About): Promise<Place> {
	const { folder, limits } = contained
	const user = await userOf(contained, about)
	if (limits.disk !== undefined) await mountSized(join(folder, IMAGE), join(folder, DISK), limits.disk)
	const own = limits.disk === undefined ? folder : join(folder, DISK)
	const outside = {
		init: initBinary(),
		doors: doorsOf(contained),
		home: join(own, "home"),
		scratch: limits.disk === undefined ? null : join(own, "tmp"),
		accounts: join(folder, "accounts"),
	}
	await mkdir(outside.accounts, { recursive: true, mode: 0o755 })
	// Those inside can neither list it nor, since they have it read-only, make it so that they can.
	await mkdir(outside.doors, { recursive: true, mode: 0o311 })
	for (const path of [outside.home, outside.scratch ?? outside.home])
		if ((await mkdir(path, { recursive: true, mode: 0o700 })) !== undefined) await give(path, user)
	const { passwd, group } = accounts(contained, user)
	await writeFile(join(outside.accounts, "passwd"), passwd, { mode: 0o644 })
	await writeFile(join(outside.accounts, "group"), group, { mode: 0o644 })
	for (const { from, at } of shownIn(contained))
		await makeMountPoint(outside.home, from, relative(homeInside(contained), at), user)
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

/** Leaves nothing that outlives the session's folder. */
export async function clearPlace(contained: Contained): Promise<void> {
	await unmount(join(contained.folder, DISK))
	await rm(doorsOf(contained), { recursive: true, force: true })
}

/** The file system of a limited disk, and where it is mounted. */
const IMAGE = "disk.img"
const DISK = "disk"

function doorsOf({ folder }: Contained): string {
	return socketPath(folder, "doors")
}

/** Those who the files in the working directory shall belong to: this person, or whose folder root was told to work in. */
async function userOf({ workingFolder }: Contained, { isPodman, isRootless }: About): Promise<User> {
	const { uid, gid, username } = userInfo()
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

/** An engine that runs as root would make it as root's. `path`: from the home on; elsewhere the engine may make it. */
async function makeMountPoint(home: string, from: string, path: string, user: User): Promise<void> {
	if (path === "" || path === ".." || path.startsWith("../")) return
	const parts = path.split("/")
	let at = home
	for (const [index, part] of parts.entries()) {
		at = join(at, part)
		const found = await lstat(at).catch(() => null)
		// What a program inside has put there is never followed outside.
		if (found?.isSymbolicLink())
			throw new Refusal(
				"substrate_unavailable",
				`A link lies in the session's home at ${path}. Remove it inside first.`,
			)
		if (found !== null) continue
		const isFile = index === parts.length - 1 && !(await stat(from)).isDirectory()
		if (isFile) await writeFile(at, "", { flag: "wx" })
		else await mkdir(at)
		await give(at, user)
	}
}
