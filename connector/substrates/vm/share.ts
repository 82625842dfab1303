// The share: a folder of this machine whose copy is in every VM, read-only, as of the start of the last session there.
import { join } from "node:path"
import { promisify } from "node:util"
import type { Terminal } from "../substrate.ts"
import { sendTar } from "./guest-files.ts"
import { quote } from "./launch-script.ts"
import { type Listing, listFolder } from "./listing.ts"
import type { Connection } from "./ssh.ts"

/** Where it is in a VM: a link to the copy, so that another one takes its place at once, and says which one it is. */
const PLACE = "/srv/homeport/share"
/** Of the copies, by their hashes. */
const COPIES = "/srv/homeport/.shares"

/** Puts it there where another one is. What cannot be had is told, and the session begins without it. */
export async function putShare(connection: Connection, dataDir: string, say: Terminal["say"]): Promise<void> {
	try {
		const folder = join(dataDir, "share")
		const listing = await listFolder(folder)
		const there = await copyThere(connection)
		if (there === (listing?.hash ?? null)) return
		if (listing === null) return void (await connection.say(asRoot(REMOVE)))
		say("Copying the share into the VM.")
		await put(connection, folder, listing)
	} catch (error) {
		say(`The share in the VM is not as it is here: ${error instanceof Error ? error.message : String(error)}`)
	}
}

async function put(connection: Connection, folder: string, { names, hash }: Listing): Promise<void> {
	try {
		await sendTar(connection, folder, asRoot(`hash=${hash}\n${PUT}`), names)
	} catch (error) {
		// Something of it may be missing: the next session is to try again.
		await connection.say(asRoot(REMOVE))
		throw error
	}
}

/** The hash of the copy that is there; null where there is none. */
async function copyThere(connection: Connection): Promise<string | null> {
	const files = await connection.files()
	const target = await promisify(files.readlink.bind(files) as ReadLink)(PLACE).catch(() => "")
	return target.startsWith(`${COPIES}/`) ? target.slice(COPIES.length + 1) : null
}

type ReadLink = (path: string, done: (error: Error | undefined, target: string) => void) => void

/** A VM's user may not write there, unless it becomes root. */
function asRoot(script: string): string {
	const command = `sh -c ${quote(script)}`
	return `exec sh -c ${quote(`[ -w / ] || exec sudo -n ${command}\nexec ${command}`)}`
}

/** Reads the copy as a tar; it takes its place when it is whole. What another session puts there meanwhile is the same. */
const PUT = `set -e
umask 022
mkdir -p ${COPIES}
for draft in ${COPIES}/.draft-*; do [ -d "/proc/\${draft##*-}" ] || rm -rf "$draft"; done
draft=${COPIES}/.draft-$$
trap 'rm -rf "$draft"' EXIT
mkdir "$draft"
tar -x --no-same-owner -f - -C "$draft"
chmod -R a-st,u=rwX,go=rX "$draft"
mv -T "$draft" ${COPIES}/$hash 2>/dev/null || [ -d ${COPIES}/$hash ]
ln -s ${COPIES}/$hash ${PLACE}.$$
mv -fT ${PLACE}.$$ ${PLACE}
for copy in ${COPIES}/*; do [ "$copy" = ${COPIES}/$hash ] || rm -rf "$copy"; done`

const REMOVE = `rm -rf ${PLACE} ${COPIES}`
