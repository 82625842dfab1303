// A session that runs in a substrate: what the warden of its terminal is told, in a file of the session's folder.
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import * as z from "zod"
import { SessionId } from "../../protocol/ids.ts"
import { Limits, Mount, Network } from "../../protocol/substrate.ts"
import { writePrivate } from "../private-file.ts"

export const Contained = z.object({
	session: SessionId,
	/** The session's name when it was started. */
	name: z.string(),
	runtime: z.string(),
	substrate: z.enum(["sandbox", "container", "vm"]),
	/** The program and its arguments as they are inside: a path, or a name to be found on the PATH there. */
	argv: z.array(z.string()).min(1),
	/** What a shell of ours in `argv` becomes, and whose files are to be found inside; not there where it is the first of `argv`. */
	program: z.string().optional(),
	/** The working directory inside; null for the home directory there. */
	cwd: z.string().nullable(),
	/** The folder of this machine that is the working directory, or holds it; null where it is only inside. */
	workingFolder: z.string().nullable(),
	network: Network,
	limits: Limits,
	image: z.string().nullable(),
	vm: z.string().nullable(),
	loadout: z.string().nullable(),
	mounts: z.array(Mount),
	/** Files and folders under this person's home directory that the runtime keeps its settings and sign-in in. */
	configuration: z.array(z.string()),
	/** The connector's data folder, which nothing inside may see. */
	dataDir: z.string(),
	/** The session's folder in it. */
	folder: z.string(),
	/** Variables of the connector's own that the warden needs: PATH, HOME, DOCKER_HOST and such. */
	own: z.record(z.string(), z.string()),
})
export type Contained = z.infer<typeof Contained>

export async function writeContained(contained: Contained): Promise<void> {
	await writePrivate(join(contained.folder, FILE), contained)
}

/** Throws where the folder holds none. */
export async function readContained(folder: string): Promise<Contained> {
	return Contained.parse(JSON.parse(await readFile(join(folder, FILE), "utf8")))
}

const FILE = "contained.json"
