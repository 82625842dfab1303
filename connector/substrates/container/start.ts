// A container from its creation to its end: made, joined before it starts so that no byte is lost, and gone afterwards.
import { randomBytes } from "node:crypto"
import { rmSync } from "node:fs"
import type { Socket } from "node:net"
import { text } from "node:stream/consumers"
import { Refusal } from "../../../protocol/errors.ts"
import type { Network } from "../../../protocol/substrate.ts"
import type { Contained } from "../contained.ts"
import { Control, NotExecuted } from "../init/init.ts"
import { DeniedLog } from "../network/denied.ts"
import { openGate } from "../network/gate.ts"
import { whoAmI } from "../sandbox/survey.ts"
import { type Ended, Lost } from "../substrate.ts"
import { creation, type Making } from "./creation.ts"
import { type Engine, EngineError } from "./engine.ts"
import { give, newDoor, type Place } from "./place.ts"

export type Asked = Omit<Making, "user" | "outside" | "control" | "gate"> & {
	/** What the engine calls it; something else than all others where it is not said. */
	name?: string
}

/** A container whose program runs. */
export interface Started {
	id: string
	/** The program's terminal or, without one, its input, and its output in the engine's packets. Paused. */
	socket: Socket
	signal(signal: NodeJS.Signals): void
	/** Ends it, and everything inside. */
	close(): void
	/** Once the program has ended and the container is gone; whoever asks reads the socket to its end first. Rejects with Lost. */
	ended: Promise<Ended>
}

/** Throws Refusal where the container cannot be had, NotExecuted where the program is not in it; nothing is left then. */
export async function start(engine: Engine, contained: Contained, place: Place, asked: Asked): Promise<Started> {
	const { user } = place
	const door = newDoor(contained)
	const control = await Control.listen(door.path)
	await give(door.path, user)
	const gate = await openGateFor(contained, asked.network, place)
	const close = () => {
		control.close()
		gate?.close()
	}
	let id: string | null = null
	try {
		const { name, ...making } = asked
		const body = creation(
			contained,
			{ ...making, ...place, control: door.name, gate: gate?.name ?? null },
			engine.about,
		)
		const created = await engine.ask<{ Id: string }>("POST", "/containers/create", {
			query: name === undefined ? {} : { name },
			body,
		})
		id = created.Id
		const socket = await engine.join(
			`/containers/${id}/attach?stream=1&stdin=1&stdout=1&stderr=1&detachKeys=${detachKeys()}`,
		)
		// Asked before it starts: it may be gone soon after.
		const gone = whenGone(engine, id)
		await engine.ask("POST", `/containers/${id}/start`)
		await control.started.catch(async (error: unknown) => {
			throw error instanceof NotExecuted ? error : await neverBegun(engine, socket)
		})
		return {
			...{ id, socket, close },
			signal: (signal) => control.signal(signal),
			ended: endOf(engine, control, gone).finally(close),
		}
	} catch (error) {
		close()
		if (id !== null) await removeContainer(engine, id)
		throw error instanceof EngineError ? refused(engine, asked, error) : error
	}
}

/** Whether or not it runs, or is there; resolves when it is not. */
export async function removeContainer(engine: Engine, id: string): Promise<void> {
	try {
		await engine.ask("DELETE", `/containers/${id}`, { query: { force: true, v: true } })
	} catch (error) {
		if (!(error instanceof EngineError) || !(error.status in GONE)) throw error
		// Somebody else is at it.
		if (error.status === 409) await whenGone(engine, id)
	}
}

/** A container that is not there, or that is being removed. */
const GONE = { 404: true, 409: true }

/**
 * Keys by which an engine lets go of a container's terminal; none at all would be its own, Ctrl-P and Ctrl-Q. The first is
 * a byte of no text and no key, and nobody knows the others.
 */
function detachKeys(): string {
	return ["ff", ...(randomBytes(15).toString("hex").match(/../g) ?? [])]
		.map((byte) => `%${byte.replace("2c", "fe")}`)
		.join(",")
}

/** Resolves when the container is gone, or nobody can know: false where the engine is gone itself. */
async function whenGone(engine: Engine, id: string): Promise<boolean> {
	try {
		await text(await engine.follow("POST", `/containers/${id}/wait`, { query: { condition: "removed" } }))
		return true
	} catch (error) {
		return error instanceof EngineError
	}
}

async function endOf({ about }: Engine, control: Control, gone: Promise<boolean>): Promise<Ended> {
	const ended = await control.ended.catch(() => null)
	const hasEngine = await gone
	if (ended !== null) return ended
	if (!hasEngine) throw new Lost(`${about.name} has stopped, and the container with it.`)
	// The first process was killed itself, from outside or for want of memory.
	return { code: null, signal: "SIGKILL" }
}

/** The gate of an allow-list, on a socket beside the control socket; null for other networks. */
async function openGateFor(
	contained: Contained,
	network: Network,
	{ user }: Place,
): Promise<{ name: string; close(): void } | null> {
	if (network.is !== "allow-list") return null
	const { name, path } = newDoor(contained)
	const gate = await openGate({ socket: path, hosts: network.hosts, denied: await DeniedLog.open(contained.folder) })
	await give(path, user)
	return {
		name,
		close() {
			gate.close()
			rmSync(path, { force: true })
		},
	}
}

/** The first process has not come so far as to try. Without a terminal, what it said is in the engine's packets. */
async function neverBegun(engine: Engine, socket: Socket): Promise<Refusal> {
	const said = (await text(socket)).replace(/[^\x20-\x7e]+/g, " ").trim()
	return new Refusal(
		"substrate_unavailable",
		`${engine.about.name} has started the container, but nothing in it reaches Homeport: ${said || "it said nothing"}. An engine that runs in a VM or on another machine cannot be used.`,
	)
}

function refused({ about }: Engine, { image }: Asked, { message }: EngineError): Refusal {
	return new Refusal(
		"substrate_unavailable",
		`${about.name} cannot start the container: ${message.replace(/\.$/, "")}. ${remedyFor(message, image)}`,
	)
}

function remedyFor(message: string, image: string): string {
	if (/no space left/i.test(message)) return "Make room on the engine's disk, such as by docker system prune."
	if (/subuid|subgid/.test(message)) {
		const range = "100000-165535"
		return `Give this user a range of them: sudo usermod --add-subuids ${range} --add-subgids ${range} ${whoAmI().username}; then podman system migrate.`
	}
	return `Try another image than ${image}; the engine's log may say more.`
}
