// A container as what a session's program runs in, by Docker or Podman.
import { constants } from "node:os"
import { pipeline } from "node:stream/promises"
import { Refusal } from "../../../protocol/errors.ts"
import { SHELL } from "../../../protocol/session.ts"
import { furnishHome, imageWithLoadout } from "../../loadouts/sessions.ts"
import type { Contained } from "../contained.ts"
import { readByCommand, writeByCommand } from "../files.ts"
import { NotExecuted } from "../init/init.ts"
import { shareCredentials } from "../sandbox/credentials.ts"
import { treeOf } from "../sandbox/processes.ts"
import type { Running, Substrate, Terminal, Used } from "../substrate.ts"
import { homeInside, LABEL_SESSION, nameOf } from "./creation.ts"
import { Engine, EngineError } from "./engine.ts"
import { execIn } from "./exec.ts"
import { imageFor } from "./images.ts"
import { clearPlace, leavePlace, type Place, preparePlace, refusePlaces } from "./place.ts"
import { tryContainers } from "./self-test.ts"
import { removeContainer, start } from "./start.ts"
import { containersOf } from "./sweep.ts"

export const container: Substrate = {
	probe: tryContainers,

	async check(contained) {
		if (contained.vm !== null)
			throw new Refusal("substrate_unavailable", "A container is in no VM. Leave --vm out, or ask for --substrate vm.")
		await refusePlaces(contained)
		await Engine.get(contained.own)
	},

	enter,

	exec: async (contained, command) => execIn(await Engine.get(contained.own), contained, command),

	read: (contained, path, from, limit) =>
		readByCommand((command) => container.exec(contained, command), path, from, limit),
	write: (contained, path, at, bytes, moveTo) =>
		writeByCommand((command) => container.exec(contained, command), path, at, bytes, moveTo),

	async used(contained) {
		const found = await Engine.find(contained.own)
		return found instanceof Engine ? usedBy(found, contained) : null
	},

	async kill(contained) {
		const engine = await Engine.get(contained.own)
		for (const { Id } of await containersOf(engine, LABEL_SESSION, contained.session)) await removeContainer(engine, Id)
		await leavePlace(contained)
	},

	async remove(contained) {
		// Nothing runs where no engine does.
		if ((await Engine.find(contained.own)) instanceof Engine) await container.kill(contained)
		await clearPlace(contained)
	},
}

async function enter(contained: Contained, environment: Record<string, string>, terminal: Terminal): Promise<Running> {
	const engine = await Engine.get(contained.own)
	// An earlier run may have left one, where its warden could not end it.
	await container.kill(contained)
	const base = await imageFor(engine, contained, terminal)
	const place = await preparePlace(contained, engine.about, (line) => terminal.say(line))
	const image = await furnished(engine, contained, place, { base, environment, terminal })
	const shared = await shareCredentials({
		...{ configuration: contained.configuration, home: homeInside(contained) },
		...{ privateHome: place.outside.home, owner: place.user },
	})
	const size = { cols: terminal.cols, rows: terminal.rows }
	const started = await start(engine, contained, place, {
		...{ name: nameOf(contained), image, argv: programOf(contained), environment, cwd: contained.cwd },
		...{ network: contained.network, size },
	}).catch(async (error: unknown) => {
		await shared.end()
		throw error instanceof NotExecuted ? notInImage(error, contained.argv, image) : error
	})
	const { id, socket } = started
	terminal.input((bytes) => new Promise((resolve) => void socket.write(bytes, () => resolve())))
	// A terminal that is gone takes no more; the program is told so by its holder's end.
	const told = pipeline(socket, terminal.output, { end: false }).catch(() => {})
	const ended = told.then(async () => {
		// The end is told before the terminal's. Without that it is the engine that let go of a program which still runs.
		const timer = setTimeout(started.close, AFTER_OUTPUT_MS)
		return started.ended.finally(async () => {
			clearTimeout(timer)
			await shared.end()
			await leavePlace(contained)
		})
	})
	let resized: Promise<unknown> = Promise.resolve()
	const resize = (w: number, h: number) => {
		// In order. A program that has just ended needs no size.
		resized = resized.then(() => engine.ask("POST", `/containers/${id}/resize`, { query: { w, h } })).catch(() => {})
	}
	if (terminal.cols !== size.cols || terminal.rows !== size.rows) resize(terminal.cols, terminal.rows)
	return {
		ended,
		async signal(signal) {
			started.signal(signal)
			if (signal === "SIGKILL") await started.ended
		},
		resize,
	}
}

const AFTER_OUTPUT_MS = 5_000

/** The image that it starts from: with its loadout in it, and its home filled, where it has one. */
async function furnished(
	engine: Engine,
	contained: Contained,
	place: Place,
	{ base, environment, terminal }: { base: string; environment: Record<string, string>; terminal: Terminal },
): Promise<string> {
	const { loadout } = contained
	if (loadout === null) return base
	const loaded = { ...contained, loadout }
	const image = await imageWithLoadout(engine, loaded, base, environment, terminal)
	await furnishHome(engine, loaded, place, { image, environment, terminal })
	return image
}

/** Every image has sh; people who ask for a shell would rather have the one that edits lines, where there is one. */
function programOf({ runtime, argv: [program = "", ...args] }: Contained): string[] {
	if (runtime !== SHELL) return [program, ...args]
	return ["sh", "-c", 'exec "$(command -v bash || echo "$0")" "$@"', program, ...args]
}

function notInImage({ errno }: NotExecuted, [program = ""]: string[], image: string): Refusal {
	if (errno === constants.errno.ENOENT)
		return new Refusal(
			"program_missing",
			`${program} is not in the image ${image}. Choose an image that has it by --image, or have it installed by --loadout.`,
		)
	return new Refusal("start_failed", `${program} is in the image ${image}, but cannot be executed there.`)
}

async function usedBy(engine: Engine, { network, ...contained }: Contained): Promise<Used | null> {
	const path = `/containers/${nameOf(contained)}`
	// The first process, and the one that forwards to the gate.
	const own = network.is === "allow-list" ? 2 : 1
	try {
		const query = { stream: false, "one-shot": true }
		const { cpu_stats, memory_stats, pids_stats } = await engine.ask<Stats>("GET", `${path}/stats`, { query })
		const { usage, stats } = memory_stats
		if (usage !== undefined && pids_stats.current)
			return {
				seconds: cpu_stats.cpu_usage.total_usage / 1e9,
				// Without the files that the kernel keeps while there is room.
				memory: usage - (stats?.total_inactive_file ?? stats?.inactive_file ?? 0),
				processes: pids_stats.current - own,
			}
		// Where an engine may make no control groups, its figures are of the whole machine.
		const { State } = await engine.ask<{ State: { Running: boolean; Pid: number } }>("GET", `${path}/json`)
		const tree = State.Running ? treeOf(State.Pid) : []
		const sum = (of: "seconds" | "memory") => tree.reduce((total, process) => total + process[of], 0)
		return tree.length === 0 ? null : { seconds: sum("seconds"), memory: sum("memory"), processes: tree.length - own }
	} catch (error) {
		if (error instanceof EngineError && (error.status === 404 || error.status === 409)) return null
		throw error
	}
}

/** What is used of an engine's figures. */
interface Stats {
	cpu_stats: { cpu_usage: { total_usage: number } }
	memory_stats: { usage?: number; stats?: { total_inactive_file?: number; inactive_file?: number } }
	pids_stats: { current?: number }
}
