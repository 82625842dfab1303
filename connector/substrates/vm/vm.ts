// A virtual machine: sessions run in one that they name, or in one of their own that lives as long as they do.
import { Refusal } from "../../../protocol/errors.ts"
import type { Vm } from "../../../protocol/vm.ts"
import { applyInVm } from "../../loadouts/sessions.ts"
import type { Contained } from "../contained.ts"
import type { Running, Substrate, Terminal } from "../substrate.ts"
import { runIn } from "./commands.ts"
import { withConnection, withLook } from "./connections.ts"
import { findEngine } from "./engine.ts"
import { beginExchange, endExchange, removeExchange, removeThere } from "./exchange.ts"
import { readFrom, sendFolder, writeTo } from "./guest-files.ts"
import { startInVm } from "./guest-session.ts"
import { Place } from "./place.ts"
import { killLine, readUsed, usedLine } from "./processes.ts"
import { putShare } from "./share.ts"
import { type Connection, connect } from "./ssh.ts"
import { Vms } from "./vms.ts"

export const vm: Substrate = {
	async probe(dataDir) {
		const absent = (reason: string, remedy: string) => ({ is: "absent", substrate: "vm", reason, remedy }) as const
		try {
			const { version, by, networks, notes } = await findEngine(dataDir)
			if ((await new Vms(dataDir).images()).length === 0)
				return absent("There is no image to make VMs from.", "Make one with: homeport vm image build")
			return {
				...{ is: "ready", substrate: "vm", by: `QEMU ${version} with ${by.toUpperCase()}`, networks },
				limits: ["memory", "cpus", "processes", "disk"],
				notes: [...(by === "tcg" ? [SLOW] : []), ...notes, ROOT_INSIDE],
			}
		} catch (error) {
			if (!(error instanceof Refusal)) throw error
			const [, reason = error.message, remedy = ""] = /^(.+?\.)(?: (.*))?$/s.exec(error.detail ?? "") ?? []
			return absent(reason, remedy)
		}
	},

	async check(contained) {
		const { limits, image, mounts } = contained
		if (mounts.length > 0) throw no("A VM sees no folders of its machine. Leave the mounts out, or ask for a sandbox.")
		if (limits.cpus !== undefined && !Number.isInteger(limits.cpus))
			throw no(`A VM has whole processors, not ${limits.cpus}. Ask for ${Math.max(1, Math.floor(limits.cpus))}.`)
		if (limits.disk !== undefined && limits.disk < LEAST_DISK)
			throw no("A VM's disk has 512 MB at least. Allow it that much, or ask for a sandbox.")
		const place = new Place(contained)
		if (!place.isOwn) return refuseUnlike(contained, await place.find())
		const images = await place.vms.images()
		if (image !== null && !images.some(({ name }) => name === image))
			throw no(`There is no VM image ${image} here. \`homeport vm image ls\` says which there are.`)
	},

	async enter(contained, environment, terminal) {
		const place = new Place(contained)
		const say = (line: string) => terminal.say(line)
		const isNew = await place.make(say)
		let connection: Connection | undefined
		try {
			const open = await connect(await place.vms.ready(place.vm, say))
			connection = open
			return await place.vms.working(place.vm, () => begin(open, place, contained, environment, terminal))
		} catch (error) {
			connection?.close()
			if (isNew) await place.destroy().catch(() => {})
			throw error
		}
	},

	exec: (contained, command) => inside(contained, (connection) => runIn(connection, contained, command)),
	read: (contained, path, from, limit) =>
		inside(contained, (connection) => readFrom(connection, resolvePath(contained, path), from, limit)),
	write: (contained, path, at, bytes, moveTo) =>
		inside(contained, (connection) => {
			const to = moveTo === undefined ? undefined : resolvePath(contained, moveTo)
			return writeTo(connection, resolvePath(contained, path), at, bytes, to)
		}),

	async used(contained) {
		const place = new Place(contained)
		// To look is no reason to wake it.
		if ((await place.find())?.state.is !== "running") return null
		const line = usedLine(contained.session)
		return withLook(place.vms, place.vm, async (connection) => readUsed(await connection.say(line)))
	},

	// A session whose warden has died has its outbox still there.
	kill: (contained) => end(contained, (connection) => endExchange(connection, contained, () => {})),

	async remove(contained) {
		const place = new Place(contained)
		if (place.isOwn) await place.destroy()
		else await end(contained, (connection) => removeThere(connection, contained.session))
		await removeExchange(contained)
	},
}

/** From a VM that answers to a program that runs in it. */
async function begin(
	connection: Connection,
	{ vms, vm }: Place,
	contained: Contained,
	environment: Record<string, string>,
	terminal: Terminal,
): Promise<Running> {
	const { loadout, dataDir } = contained
	const say = (line: string) => terminal.say(line)
	if (loadout !== null) await applyInVm(connection, { ...contained, loadout }, vm, environment, terminal)
	await putShare(connection, dataDir, say)
	const boxes = await beginExchange(connection, contained, say)
	const atEnd = () => vms.working(vm, () => endExchange(connection, contained, say))
	return startInVm(connection, { vms, vm, atEnd }, contained, { ...environment, ...boxes }, terminal)
}

/** Ends what a session has in a VM that runs, and then does the rest there. */
async function end(contained: Contained, rest: (connection: Connection) => Promise<void>): Promise<void> {
	const place = new Place(contained)
	const state = (await place.find())?.state.is
	if (state !== "running" && state !== "paused") return
	try {
		await inside(contained, async (connection) => {
			await connection.say(killLine(contained.session), KILL_MS)
			await rest(connection)
		})
	} catch (error) {
		// What holds up its own VM so much that nobody comes in ends with it.
		if (!place.isOwn) throw error
		await place.vms.do(place.vm, { verb: "kill" })
	}
}

/**
 * Copies a folder of this machine into the VM of a session, which is made and started where it is not; `to` is absolute
 * or from the home directory on. Throws Refusal.
 */
export async function upload(
	contained: Contained,
	folder: string,
	to: string,
	say: (line: string) => void,
): Promise<void> {
	const place = new Place(contained)
	await place.make(say)
	await place.vms.ready(place.vm, say)
	await inside(contained, (connection) => sendFolder(connection, folder, to))
}

/** A VM that others may use has what it has. */
function refuseUnlike({ vm, limits, image, loadout, network }: Contained, there: Vm | undefined): void {
	if (there === undefined) throw no(`There is no VM ${vm} here. Make it with: homeport vm create ${vm}`)
	const { state } = there
	if (state.is === "crash-loop") throw no(`${state.reason} Start it by hand: homeport vm start ${vm}`)
	if (Object.keys(limits).length > 0)
		throw no(`The VM ${vm} has limits of its own, for all of its sessions. Leave them out, or leave out the VM.`)
	if (image !== null && image !== there.image)
		throw no(`The VM ${vm} is made from ${there.image}. Leave the image out, or leave out the VM.`)
	if (loadout !== null && loadout !== there.loadout)
		throw no(`The VM ${vm} has ${there.loadout === null ? "no loadout" : `the loadout ${there.loadout}`}.`)
	// Who asks for nothing else takes the VM as it is.
	if (network.is !== "full" && JSON.stringify(network) !== JSON.stringify(there.network))
		throw no(`The VM ${vm} has the network "${there.network.is}". Leave the network out, or leave out the VM.`)
}

function no(why: string): Refusal {
	return new Refusal("substrate_unavailable", why)
}

async function inside<T>(contained: Contained, use: (connection: Connection) => Promise<T>): Promise<T> {
	const place = new Place(contained)
	await place.mustExist()
	return withConnection(place.vms, place.vm, use)
}

/** From the home directory on, or absolute: as SFTP takes it. */
function resolvePath({ cwd }: Contained, path: string): string {
	if (path.startsWith("/")) return path
	if (path === "~" || path.startsWith("~/")) return `.${path.slice(1)}`
	if (cwd === null || cwd === "~") return path
	return `${cwd.replace(/^~\//, "")}/${path}`
}

const SLOW = "Its processors run in software, some ten times slower: this machine's KVM does not work."
const ROOT_INSIDE =
	"A program may become root in its VM, and there lift the limit of processes, and that of memory by the 256 MiB that its system has; everything else is held outside."
/** As VmSpec has it. */
const LEAST_DISK = 512 * 1024 * 1024
const KILL_MS = 20_000
