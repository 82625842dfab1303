// A command beside a session's program: in its container while that runs, else in another one made alike.
import type { Socket } from "node:net"
import type { Contained } from "../contained.ts"
import { Control, NotExecuted } from "../init/init.ts"
import type { Command, Done, Ended } from "../substrate.ts"
import { beside, LABEL_SESSION, nameOf } from "./creation.ts"
import { type Engine, EngineError } from "./engine.ts"
import { imageOf } from "./images.ts"
import { give, leavePlace, newDoor, type Place, preparePlace } from "./place.ts"
import { start } from "./start.ts"
import { containersOf } from "./sweep.ts"

/** How many commands of this process are in each session's place, by its folder. */
const busy = new Map<string, number>()

/** A command that cannot be executed ends as shells have it, with 126 or 127. */
export async function execIn(engine: Engine, contained: Contained, command: Command): Promise<Done> {
	const { folder, session } = contained
	const count = (by: number) => {
		const now = (busy.get(folder) ?? 0) + by
		if (now === 0) busy.delete(folder)
		else busy.set(folder, now)
		return now
	}
	count(1)
	try {
		const place = await preparePlace(contained, engine.about)
		// Without a network there is another container: that of the session may have one.
		const beside = command.isOffline ? null : await execBeside(engine, contained, place, command)
		return beside ?? (await execAnew(engine, contained, place, await imageOf(contained), command))
	} finally {
		if (count(-1) === 0 && (await containersOf(engine, LABEL_SESSION, session)).length === 0)
			await leavePlace(contained)
	}
}

/** Null where the session's container does not run. */
async function execBeside(
	engine: Engine,
	contained: Contained,
	{ user }: Place,
	command: Command,
): Promise<Done | null> {
	const door = newDoor(contained)
	const control = await Control.listen(door.path)
	try {
		await give(door.path, user)
		const { Id } = await engine.ask<{ Id: string }>("POST", `/containers/${nameOf(contained)}/exec`, {
			body: {
				...{ AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: false },
				Cmd: beside(door.name, command.argv),
				Env: Object.entries(command.environment ?? {}).map(([name, value]) => `${name}=${value}`),
				...(command.cwd === undefined ? {} : { WorkingDir: command.cwd }),
			},
		})
		const socket = await engine.join(`/exec/${Id}/start`, { Detach: false, Tty: false })
		return await converse(socket, command, { ended: endOf(control), close: () => control.close() })
	} catch (error) {
		// Not there, stopped, paused.
		if (error instanceof EngineError && (error.status === 404 || error.status === 409)) return null
		throw error
	} finally {
		control.close()
	}
}

/** In a container of its own, which goes with it. */
export async function execAnew(
	engine: Engine,
	contained: Contained,
	place: Place,
	image: string,
	command: Command,
): Promise<Done> {
	try {
		const started = await start(engine, contained, place, {
			image,
			argv: command.argv,
			environment: command.environment ?? {},
			cwd: command.cwd ?? contained.cwd,
			size: null,
			network: command.isOffline ? { is: "none" } : contained.network,
		})
		return await converse(started.socket, command, started)
	} catch (error) {
		if (error instanceof NotExecuted) return notExecuted(error)
		throw error
	}
}

/** The first process of a command says how it ended; where it was killed itself, the command was, too. */
async function endOf(control: Control): Promise<Ended> {
	return control.ended.catch((error: unknown) => {
		if (error instanceof NotExecuted) return { code: error.code, signal: null }
		return { code: null, signal: "SIGKILL" }
	})
}

function notExecuted({ code, message }: NotExecuted): Done {
	return { ended: { code, signal: null }, output: Buffer.alloc(0), errors: message, isCut: false }
}

interface Conversation {
	ended: Promise<Ended>
	close(): void
}

/** Gives the command its input, and takes its output until it ends or has to be ended. */
async function converse(socket: Socket, command: Command, { ended, close }: Conversation): Promise<Done> {
	const { limit = Number.POSITIVE_INFINITY, timeoutMs, input } = command
	const output: Buffer[] = []
	let bytes = 0
	let errors = Buffer.alloc(0)
	let isCut = false
	const timer = setTimeout(close, timeoutMs)
	// A command that ends without reading its input is no fault.
	socket.on("error", () => {})
	socket.end(input ?? Buffer.alloc(0))
	try {
		for await (const { isOutput, data } of packets(socket)) {
			if (!isOutput) errors = Buffer.concat([errors, data]).subarray(-ERRORS_BYTES)
			else if (!isCut) {
				output.push(data.subarray(0, limit - bytes))
				bytes += data.length
				isCut = bytes > limit
				if (isCut) close()
			}
		}
	} catch {
		// A connection that broke has ended with the container.
	}
	clearTimeout(timer)
	return { ended: await ended, output: Buffer.concat(output), errors: errors.toString(), isCut }
}

/** Its end is enough to know what went wrong. */
const ERRORS_BYTES = 16 * 1024

/**
 * The engine's packets: a byte for the stream (1 is standard output, 2 standard error), three of nothing, a length of 32
 * bits, and so many bytes. https://docs.docker.com/reference/api/engine/ under "Attach to a container".
 */
export async function* packets(socket: Socket): AsyncGenerator<{ isOutput: boolean; data: Buffer }> {
	let held: Buffer = Buffer.alloc(0)
	for await (const part of socket as AsyncIterable<Buffer>) {
		held = held.length === 0 ? part : Buffer.concat([held, part])
		while (held.length >= HEADER_BYTES) {
			const end = HEADER_BYTES + held.readUInt32BE(4)
			if (held.length < end) break
			yield { isOutput: held[0] === 1, data: held.subarray(HEADER_BYTES, end) }
			held = held.subarray(end)
		}
	}
}

const HEADER_BYTES = 8
