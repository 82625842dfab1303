// What a session's start does for its loadout: the image that its container is made from, and its home; or its VM.
import { join } from "node:path"
import { Refusal } from "../../protocol/errors.ts"
import type { Contained } from "../substrates/contained.ts"
import type { Engine } from "../substrates/container/engine.ts"
import type { Place } from "../substrates/container/place.ts"
import { start } from "../substrates/container/start.ts"
import type { Terminal } from "../substrates/substrate.ts"
import type { Connection } from "../substrates/vm/ssh.ts"
import { alone } from "./alone.ts"
import { apply, type Result, type Watcher } from "./apply.ts"
import { SKELETON } from "./container-target.ts"
import { runHere } from "./host-target.ts"
import { loadoutImage, makeLoadoutImage } from "./image.ts"
import type { Merged } from "./resolve.ts"
import { recordedImage, recordImage } from "./session-image.ts"
import { usableLoadout } from "./store.ts"
import type { Target } from "./target.ts"
import { targetOver } from "./vm-target.ts"

/** The image of a session with a loadout, made where it is missing. `base` is there. Throws Refusal. */
export async function imageWithLoadout(
	engine: Engine,
	{ loadout, dataDir }: Contained & { loadout: string },
	base: string,
	environment: Record<string, string>,
	terminal: Terminal,
): Promise<string> {
	const { merged } = await usableLoadout(dataDir, loadout)
	const about = {
		engine,
		merged,
		base,
		dataDir,
		secrets: secretsOf(merged, environment),
		watcher: onTerminal(terminal),
	}
	const place = await loadoutImage(engine, merged, base)
	const { image, result } = await alone(dataDir, place, about.watcher, () => makeLoadoutImage(about))
	mustBeDone(merged, result)
	return image
}

/** Fills the home of a session's container before its program starts: from the image, then with what is the home's own. */
export async function furnishHome(
	engine: Engine,
	contained: Contained & { loadout: string },
	place: Place,
	{ image, environment, terminal }: { image: string; environment: Record<string, string>; terminal: Terminal },
): Promise<void> {
	const { loadout, dataDir, folder } = contained
	if ((await recordedImage(folder)) !== image) {
		// Those who work there make it, so that it is theirs; what is there already stays.
		const copy = ["sh", "-c", `umask 077; cp -rn ${SKELETON}/. "$HOME/"`]
		const { socket, ended } = await start(engine, contained, place, {
			...{ image, argv: copy, environment: {}, cwd: null, size: null, network: { is: "none" } },
		})
		socket.resume()
		socket.end()
		const { code } = await ended
		if (code !== 0)
			throw new Refusal(
				"substrate_unavailable",
				`The home of the session cannot be made from ${image}. Choose another image.`,
			)
		await recordImage(folder, image)
	}
	const { merged } = await usableLoadout(dataDir, loadout)
	const target = homeTarget(place)
	const watcher = onTerminal(terminal)
	const secrets = secretsOf(merged, environment)
	mustBeDone(merged, await apply({ merged, target, secrets, watcher, dataDir, only: ({ isHome }) => isHome }))
}

/** Installs what is missing in the VM that a session is about to run in. Throws Refusal. */
export async function applyInVm(
	connection: Connection,
	{ loadout, dataDir }: Contained & { loadout: string },
	vm: string,
	environment: Record<string, string>,
	terminal: Terminal,
): Promise<void> {
	const { merged } = await usableLoadout(dataDir, loadout)
	const [watcher, secrets] = [onTerminal(terminal), secretsOf(merged, environment)]
	const target = await targetOver(connection)
	const deed = () => apply({ merged, target, secrets, watcher, dataDir })
	mustBeDone(merged, await alone(dataDir, `vm ${vm}`, watcher, deed))
}

/** Its files are made by whoever they belong to: links that a program has put there lead no further than that. */
function homeTarget({ user, outside: { home } }: Place): Target {
	const who = process.getuid?.() === 0 ? { uid: user.uid, gid: user.gid } : {}
	return {
		...{ is: "container", home, prefix: join(home, ".local") },
		state: { folder: join(home, ".local/state/homeport/loadouts"), within: home },
		...{ asRoot: null, path: process.env.PATH ?? "", close: async () => {} },
		run: (argv, run) => runHere(argv, { ...who, cwd: "/", env: { PATH: process.env.PATH ?? "", HOME: home } }, run),
	}
}

function mustBeDone({ name }: Merged, { isDone, failed }: Result): void {
	if (isDone) return
	throw new Refusal(
		"substrate_unavailable",
		`The loadout ${name} could not be applied: ${failed.join(", ")} failed. What it said stands above; put that right and start again.`,
	)
}

/** Of what was delivered to the session. */
function secretsOf({ secrets }: Merged, environment: Record<string, string>): Record<string, string> {
	const variables = [...secrets.keys()].filter((variable) => environment[variable] !== undefined)
	return Object.fromEntries(variables.map((variable) => [variable, environment[variable] ?? ""]))
}

/** A line of the session's terminal for each step; what commands write would fill the screen. */
function onTerminal({ say, progress }: Terminal): Watcher {
	return {
		say,
		live(bytes) {
			const line = Buffer.from(bytes)
				.toString()
				.split(/[\r\n]+/)
				.findLast((text) => text.trim() !== "")
			if (line !== undefined) progress(line.replace(/[^\x20-\x7e]/g, "").slice(0, LINE_CHARS))
		},
	}
}

/** Fits on most terminals in one row. */
const LINE_CHARS = 72
