// The figures: each measured on one rig, so that rigs can take turns.
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { setTimeout as wait } from "node:timers/promises"
import { REDIAL_MAX_MS } from "../../protocol/limits.ts"
import { Dice } from "../support/dice.ts"
import type { Rig, Run, View } from "./rig.ts"
import { BenchScreen } from "./screen.ts"

/** The program that a key goes to and comes back from. */
export const ECHO = ["sh", "-c", "stty raw -echo; printf ready; exec cat"]

/** A run with one viewer that sees `ready`. */
export async function open(
	rig: Rig,
	argv: string[],
	parses = false,
): Promise<{ run: Run; view: View; screen: BenchScreen }> {
	const screen = new BenchScreen({ parses })
	const run = await rig.run(argv)
	const view = await run.view(screen)
	await Promise.race([screen.arrives("ready"), wait(1_500)])
	return { run, view, screen }
}

/** Milliseconds from key to echo, for so many keys, paced like a fast typist with luck. */
export async function echo(
	view: Pick<View, "type">,
	screen: BenchScreen,
	keys: number,
	dice = new Dice(7),
): Promise<number[]> {
	const samples: number[] = []
	for (let key = 0; key < keys; key++) {
		await wait(dice.between(8, 20))
		const letter = String.fromCharCode(97 + (key % 26))
		screen.forget()
		const typedAt = performance.now()
		view.type(letter)
		samples.push((await screen.arrives(letter)) - typedAt)
	}
	return samples
}

/** Seconds from a key until all of `file` and the marker after it are on the viewer's terminal. */
export async function bulk(rig: Rig, file: string): Promise<number> {
	const program = 'stty raw -echo; printf ready; head -c 1 >/dev/null; cat "$1"; printf "\\r\\nthe very end"; exec cat'
	const { run, view, screen } = await open(rig, ["sh", "-c", program, "sh", file], true)
	const startedAt = performance.now()
	view.type("x")
	const shownAt = await screen.shows("the very end")
	view.close()
	await run.end()
	return (shownAt - startedAt) / 1_000
}

/** Echo in one session while another floods a viewer that parses all of it in a process of its own. */
export async function neighbour(rig: Rig, file: string, keys: number): Promise<number[]> {
	const flood = await rig.run(["sh", "-c", 'stty raw -echo; while :; do cat "$1"; done', "sh", file])
	const crowd = await flood.crowd(1, { parses: true })
	const { run, view, screen } = await open(rig, ECHO)
	await wait(500)
	const samples = await echo(view, screen, keys)
	view.close()
	await run.end()
	await crowd.leave()
	await flood.end()
	return samples
}

export interface Interrupted {
	/** Milliseconds from Ctrl-C until the flood has ended at the viewer. */
	ms: number
	/** Bytes that came after Ctrl-C. */
	bytesAfter: number
	/** Milliseconds from Ctrl-C until the prompt is on the screen. */
	promptMs: number
}

/** Ctrl-C under `yes` in a shell, whose prompt counts the commands. */
export async function interrupt(rig: Rig, times: number): Promise<Interrupted[]> {
	const shell = ["env", "PS1=prompt \\#> ", "TERM=xterm", "bash", "--norc", "--noprofile", "-i"]
	const { run, view, screen } = await open(rig, shell, true)
	await screen.shows("prompt 1> ".trimEnd())
	const samples: Interrupted[] = []
	for (let time = 0; time < times; time++) {
		const next = `prompt ${2 * time + 2}>`
		view.type("clear; yes\r")
		await screen.takes(4_000_000)
		const before = screen.arrived
		const typedAt = performance.now()
		view.type("\x03")
		// The shell prints its prompt once `yes` is dead: nothing of the flood comes after it.
		const [arrivedAt, shownAt] = await Promise.all([screen.arrives(next), screen.shows(next)])
		samples.push({ ms: arrivedAt - typedAt, bytesAfter: screen.arrived - before, promptMs: shownAt - typedAt })
		view.type("clear\r")
		await screen.shows(`prompt ${2 * time + 3}>`)
	}
	view.close()
	await run.end()
	return samples
}

/**
 * Megabytes by which the process in the middle grows while one of two viewers of a flood stops reading, beyond what it
 * held while both read.
 */
export async function stall(rig: Rig, file: string, seconds: number): Promise<{ growth: number; before: number }> {
	const flood = await rig.run(["sh", "-c", 'stty raw -echo; while :; do cat "$1"; done', "sh", file])
	const crowd = await flood.crowd(1, { parses: true })
	const screen = new BenchScreen({ parses: true })
	const view = await flood.view(screen)
	await screen.takes(10_000_000)
	const before = await largestMb(rig.relayPid, seconds)
	view.stall()
	const most = await largestMb(rig.relayPid, seconds)
	view.resume()
	view.close()
	await crowd.leave()
	await flood.end()
	return { growth: Math.max(0, most - before), before }
}

/** The most that a process holds during so many seconds. */
async function largestMb(pid: number, seconds: number): Promise<number> {
	let most = 0
	for (let tenths = 0; tenths < seconds * 10; tenths++) {
		await wait(100)
		most = Math.max(most, residentMb(pid))
	}
	return most
}

/** Echo for one of so many viewers. */
export async function fanout(rig: Rig, viewers: number, keys: number): Promise<number[]> {
	const { run, view, screen } = await open(rig, ECHO)
	const crowd = viewers > 1 ? await run.crowd(viewers - 1) : null
	const samples = await echo(view, screen, keys)
	view.close()
	await crowd?.leave()
	await run.end()
	return samples
}

/** A session whose terminal is full of coloured lines, and waits for keys. */
export function filled(lines: number): string[] {
	const program = `i=0; while [ $i -lt ${lines} ]; do printf '\\033[3%dmline %d of a long history, long enough to be a line\\033[m\\r\\n' $((i % 8)) $i; i=$((i+1)); done`
	return ["sh", "-c", `stty raw -echo; ${program}; printf ready; exec cat`]
}

/** Milliseconds from dialling until the screen of such a session is painted. */
export async function attach(run: Run, times: number): Promise<number[]> {
	const samples: number[] = []
	for (let time = 0; time < times; time++) {
		const screen = new BenchScreen({ parses: true })
		const startedAt = performance.now()
		const opening = run.view(screen)
		const shownAt = await screen.shows("ready")
		samples.push(shownAt - startedAt)
		const view = await opening
		view.close()
		await wait(30)
	}
	return samples
}

/** A connection that was up for less is dialled again with more patience. */
const SETTLED_MS = REDIAL_MAX_MS + 500

/** Milliseconds from the loss of a connection until a key typed at once has come back, for so many viewers. */
export async function reconnect(rig: Rig, viewers: number): Promise<number[]> {
	const { run, view, screen } = await open(rig, ECHO)
	const all = [{ view, screen }]
	while (all.length < viewers) {
		const more = new BenchScreen({ parses: false })
		all.push({ screen: more, view: await run.view(more) })
	}
	await wait(SETTLED_MS)
	const samples: number[] = []
	for (const [index, { view, screen }] of all.entries()) {
		const letter = String.fromCharCode(97 + (index % 26))
		screen.forget()
		const startedAt = performance.now()
		await view.drop()
		view.type(letter)
		samples.push((await screen.arrives(letter)) - startedAt)
	}
	for (const { view } of all) view.close()
	await run.end()
	return samples
}

export function residentMb(pid: number): number {
	return field(`/proc/${pid}/status`, "VmRSS") / 1024
}

/** Memory that no other process shares. */
export function privateMb(pid: number): number {
	const path = `/proc/${pid}/smaps_rollup`
	return (field(path, "Private_Clean") + field(path, "Private_Dirty")) / 1024
}

/** A field of such a file, in the kilobytes that they all use. Elsewhere than on Linux `ps` tells the resident size. */
function field(path: string, name: string): number {
	if (process.platform !== "linux") {
		const pid = path.split("/")[2] ?? ""
		return Number(execFileSync("ps", ["-o", "rss=", "-p", pid], { encoding: "utf8" }))
	}
	const line = readFileSync(path, "utf8")
		.split("\n")
		.find((line) => line.startsWith(`${name}:`))
	return Number.parseInt(line?.split(/\s+/)[1] ?? "0", 10)
}
