// `npm run bench [-- --json] [--quick] [--only WORDS]`: every figure beside bare relays in the same run.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import buildAll from "../support/build.ts"
import { Dice } from "../support/dice.ts"
import { attention } from "./attention.ts"
import { attach, bulk, ECHO, echo, fanout, filled, interrupt, neighbour, open, reconnect, stall } from "./figures.ts"
import { startHomeport } from "./homeport-rig.ts"
import { sessionMemory, wakeups } from "./idle.ts"
import { startObjectRelay, startPlainRelay } from "./relay-rigs.ts"
import type { Rig } from "./rig.ts"
import { warmStart } from "./start.ts"
import { median, quantile, round } from "./statistics.ts"
import { type Substrates, substrates } from "./substrates.ts"
import { tasks } from "./tasks.ts"

const { values } = parseArgs({
	options: {
		json: { type: "boolean", default: false },
		quick: { type: "boolean", default: false },
		/** Names of groups, as "echo,ctrl_c". */
		only: { type: "string" },
	},
})
const { quick } = values
const ROUNDS = quick ? 1 : 3
const note = (line: string) => process.stderr.write(`${line}\n`)

buildAll()
const folder = mkdtempSync(join(tmpdir(), "homeport-bench-data-"))
const small = text(join(folder, "flood.txt"), 4_000_000)
const large = text(join(folder, "bulk.txt"), quick ? 10_000_000 : 50_000_000)

const homeport = await startHomeport()
const objectRelay = await startObjectRelay()
const plainRelay = await startPlainRelay()
const rigs: Rig[] = [homeport, objectRelay, plainRelay]

/** Every group of figures; rigs take turns within each round, so that a noisy minute hits all of them. */
const GROUPS: Record<string, () => Promise<Record<string, unknown>>> = {
	async echo() {
		const samples = await inTurns(rigs, async (rig) => {
			const { run, view, screen } = await open(rig, ECHO)
			const times = await echo(view, screen, quick ? 100 : 300)
			view.close()
			await run.end()
			return times
		})
		return {
			p50_ratio: ratio(samples, median),
			p99_ratio: ratio(samples, p99),
			p50_ms: each(samples, median),
			p99_ms: each(samples, p99),
		}
	},
	async bulk() {
		const samples = await inTurns(rigs, async (rig) => [await bulk(rig, large)])
		return { time_ratio: ratio(samples, median), s: each(samples, median), mb: quick ? 10 : 50 }
	},
	async neighbour() {
		const samples = await inTurns([homeport, objectRelay], (rig) => neighbour(rig, small, quick ? 100 : 300))
		return { p99_ms: p99(homeportOf(samples)), all_p50_ms: each(samples, median), all_p99_ms: each(samples, p99) }
	},
	async ctrl_c() {
		const samples = await inTurns([homeport, objectRelay], (rig) => interrupt(rig, quick ? 3 : 5))
		const of = (field: "ms" | "bytesAfter" | "promptMs", pick: (values: number[]) => number) =>
			Object.fromEntries(samples.map(([name, all]) => [name, round(pick(all.map((one) => one[field])))]))
		const own = homeportOf(samples)
		return {
			ms: median(own.map(({ ms }) => ms)),
			bytes_after: median(own.map(({ bytesAfter }) => bytesAfter)),
			prompt_ms: median(own.map(({ promptMs }) => promptMs)),
			all_ms: of("ms", median),
			all_bytes_after: of("bytesAfter", median),
			all_prompt_ms: of("promptMs", median),
			most: { ms: of("ms", largest), bytes_after: of("bytesAfter", largest), prompt_ms: of("promptMs", largest) },
		}
	},
	async stall() {
		const samples = await inTurns([homeport, objectRelay], async (rig) => [await stall(rig, small, 5)], 1)
		const of = (field: "growth" | "before") =>
			samples.map(([name, all]) => [name, all.map((one) => one[field])] as [string, number[]])
		return {
			growth_mb: median(homeportOf(of("growth"))),
			all_growth_mb: each(of("growth"), median),
			all_before_mb: each(of("before"), median),
		}
	},
	async fanout() {
		const counts = quick ? [1, 10, 100] : [1, 10, 100]
		const found: Record<string, unknown> = {}
		for (const count of counts) {
			const samples = await inTurns(
				[homeport, objectRelay],
				(rig) => fanout(rig, count, quick ? 60 : 150),
				quick ? 1 : 2,
			)
			found[String(count)] = {
				p50_ms: each(samples, median),
				p99_ms: each(samples, p99),
				p99_ratio: ratio(samples, p99),
			}
		}
		return found
	},
	async attach() {
		const { run, view, screen } = await open(homeport, filled(5_000), true)
		await screen.shows("ready")
		const samples = await attach(run, quick ? 5 : 15)
		view.close()
		await run.end()
		return { ms: median(samples), p99_ms: p99(samples), scrollback_lines: 5_000 }
	},
	async reconnect() {
		const samples = await inTurns([homeport, objectRelay], (rig) => reconnect(rig, quick ? 5 : 12), 1)
		return { p50_ms: median(homeportOf(samples)), all_p50_ms: each(samples, median), all_p99_ms: each(samples, p99) }
	},
	async idle() {
		const memory = await sessionMemory(homeport)
		const idle = await wakeups(
			quick ? { machines: 5, sessions: 2, seconds: 20 } : { machines: 20, sessions: 2, seconds: 75 },
		)
		return { ...memory, ...idle }
	},
	async start() {
		return { ...(await warmStart(quick ? 2 : 4)) }
	},
	async attention() {
		return { ...(await attention(quick ? 10 : 40)) }
	},
	async tasks() {
		return { ...(await (quick ? tasks(10, 200, 10) : tasks(50, 1_000, 40))) }
	},
	async substrates() {
		return { ...(await substrates(quick ? { rounds: 1, keys: 60, starts: 2 } : { rounds: 3, keys: 150, starts: 5 })) }
	},
}

const result: Record<string, Record<string, unknown>> = {}
const failures: string[] = []
const startedAt = Date.now()
try {
	for (const [name, measure] of Object.entries(GROUPS)) {
		if (values.only !== undefined && !values.only.split(",").includes(name)) continue
		try {
			result[name] = rounded(await measure())
			note(`${name}: ${JSON.stringify(result[name])}`)
		} catch (error) {
			failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
			note(`FAILED ${failures.at(-1)}`)
		}
	}
} finally {
	for (const rig of rigs) await rig.stop()
	rmSync(folder, { recursive: true, force: true })
}

report()
process.exit(failures.length === 0 ? 0 : 1)

type Samples<T> = [Rig["name"], T[]][]

async function inTurns<T>(rigs: Rig[], measure: (rig: Rig) => Promise<T[]>, rounds = ROUNDS): Promise<Samples<T>> {
	const samples: Samples<T> = rigs.map(({ name }) => [name, []])
	for (let turn = 0; turn < rounds; turn++)
		for (const [index, rig] of rigs.entries()) samples[index]?.[1].push(...(await measure(rig)))
	return samples
}

function homeportOf<T>(samples: [string, T[]][]): T[] {
	return samples.find(([name]) => name === "homeport")?.[1] ?? []
}

/** Ours to the relay that is our floor: the one with an object between. */
function ratio(samples: Samples<number>, pick: (values: number[]) => number): number {
	const floor = samples.find(([name]) => name === "object relay")?.[1] ?? []
	return pick(homeportOf(samples)) / pick(floor)
}

function each(samples: [string, number[]][], pick: (values: number[]) => number): Record<string, number> {
	return Object.fromEntries(samples.map(([name, all]) => [name, pick(all)]))
}

function p99(samples: number[]): number {
	return quantile(samples, 0.99)
}

function largest(samples: number[]): number {
	return Math.max(...samples)
}

function rounded(value: Record<string, unknown>): Record<string, unknown> {
	return JSON.parse(JSON.stringify(value, (_, item) => (typeof item === "number" ? round(item) : item)))
}

/** Lines of random letters: nothing that compresses, and nothing that a terminal could skip. */
function text(path: string, bytes: number): string {
	const line = Buffer.from(new Dice(3).bytes(45_000)).toString("base64").replace(/.{75}/g, "$&\r\n")
	writeFileSync(path, line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes))
	return path
}

/** Goals of the product, for the column that says whether a figure meets them. */
function report(): void {
	const fanout = result.fanout as Record<string, { p99_ratio: number }> | undefined
	const own = (group: string, field: string) => result[group]?.[field] as number | undefined
	const figures: [string, number | undefined, number | null][] = [
		["echo.p50_ratio", own("echo", "p50_ratio"), 1.3],
		["echo.p99_ratio", own("echo", "p99_ratio"), null],
		["bulk.time_ratio", own("bulk", "time_ratio"), 1],
		["neighbour.p99_ms", own("neighbour", "p99_ms"), 10],
		["ctrl_c.ms", own("ctrl_c", "ms"), 10],
		["ctrl_c.bytes_after", own("ctrl_c", "bytes_after"), 256 * 1024],
		["ctrl_c.prompt_ms", own("ctrl_c", "prompt_ms"), 100],
		["stall.growth_mb", own("stall", "growth_mb"), 2],
		["fanout100.p99_ratio", fanout?.["100"]?.p99_ratio, null],
		["attach.ms", own("attach", "ms"), null],
		["reconnect.p50_ms", own("reconnect", "p50_ms"), null],
		["idle.session_mb", own("idle", "session_mb"), 30],
		["idle.wakeups_per_hour", own("idle", "wakeups_per_hour"), 0],
		["start.warm_s", own("start", "warm_s"), null],
		["start.command_ratio", own("start", "command_ratio"), null],
		["attention.p50_ms", own("attention", "p50_ms"), null],
		["attention.p95_ms", own("attention", "p95_ms"), 500],
		["tasks.claim_p50_ms", own("tasks", "claim_p50_ms"), null],
		["tasks.claim_p95_ms", own("tasks", "claim_p95_ms"), null],
		["tasks.tasks_per_s", own("tasks", "tasks_per_s"), null],
		["tasks.writes_per_task", own("tasks", "writes_per_task"), null],
		...substrateFigures(result.substrates as unknown as Substrates | undefined),
	]
	const about = {
		seconds: Math.round((Date.now() - startedAt) / 1_000),
		cores: cpus().length,
		quick,
		note: "Medians over interleaved rounds on a machine that others may share: trust ratios before milliseconds.",
	}
	if (values.json) {
		const flat = Object.fromEntries(figures.filter(([, figure]) => figure !== undefined))
		process.stdout.write(`${JSON.stringify({ ...flat, raw: result, failures, about })}\n`)
		return
	}
	for (const [name, figure, goal] of figures) {
		if (figure === undefined) continue
		const met = goal === null ? "" : figure <= goal ? "met" : "MISSED"
		const wanted = goal === null ? "" : `goal ${goal}`
		process.stdout.write(`${name.padEnd(24)} ${String(figure).padStart(10)}  ${wanted.padEnd(12)} ${met}\n`)
	}
	process.stdout.write(`${JSON.stringify(result, null, 2)}\n${about.note} ${about.seconds} s, ${about.cores} cores.\n`)
	for (const failure of failures) process.stdout.write(`FAILED ${failure}\n`)
}

function substrateFigures(found: Substrates | undefined): [string, number | undefined, null][] {
	if (found === undefined) return []
	const { start_s, echo_p50_ratio, echo_p99_ratio, vm } = found
	const named = Object.entries({ start_s, echo_p50_ratio, echo_p99_ratio }).flatMap(([figure, values]) =>
		Object.entries(values).map(
			([substrate, value]) => [`${substrate}.${figure}`, value, null] as [string, number, null],
		),
	)
	return [
		...named,
		["vm.private_mb", vm?.private_mb, null],
		["vm.pause_ms", vm?.pause_ms, null],
		["vm.resume_ms", vm?.resume_ms, null],
	]
}
