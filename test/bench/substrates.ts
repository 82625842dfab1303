// What a substrate costs beside the host, in the same run: until the first prompt, for each key, and what a VM does idle.
import { setTimeout as wait } from "node:timers/promises"
import { SUBSTRATES, type Substrate } from "../../protocol/substrate.ts"
import { Place, type Run } from "../conformance/place.ts"
import { processesOver } from "../support/home.ts"
import { until } from "../support/until.ts"
import { ECHO, echo, privateMb, residentMb } from "./figures.ts"
import { view } from "./homeport-rig.ts"
import { BenchScreen } from "./screen.ts"
import { median, quantile } from "./statistics.ts"

interface Options {
	rounds: number
	keys: number
	starts: number
}

type Each = Partial<Record<Substrate, number>>

export interface Substrates {
	start_s: Each
	echo_p50_ms: Each
	echo_p99_ms: Each
	/** To the host's. */
	echo_p50_ratio: Each
	echo_p99_ratio: Each
	/** Megabytes of an idle VM's process, shared pages apart and all told; how long it takes to be paused, and to echo again. */
	vm: { private_mb: number; resident_mb: number; pause_ms: number; resume_ms: number } | null
	/** Why those that were not measured were not. */
	notRun: Partial<Record<Substrate, string>>
}

export async function substrates({ rounds, keys, starts }: Options): Promise<Substrates> {
	const notRun: Substrates["notRun"] = {}
	const places: Place[] = []
	try {
		for (const substrate of SUBSTRATES) {
			const place = await Place.open(substrate)
			if (place instanceof Place) places.push(place)
			else notRun[substrate] = `${place.reason} ${place.remedy}`
		}
		const started = await inTurns(places, starts, async (place) => [await startToPrompt(place)])
		const echoed = await inTurns(places, rounds, (place) => echoIn(place, keys))
		const [p50, p99] = [each(echoed, median), each(echoed, (samples) => quantile(samples, 0.99))]
		const vm = places.find(({ substrate }) => substrate === "vm")
		return {
			start_s: each(started, median),
			...{ echo_p50_ms: p50, echo_p99_ms: p99, echo_p50_ratio: toHost(p50), echo_p99_ratio: toHost(p99) },
			vm: vm === undefined ? null : await idleVm(vm),
			notRun,
		}
	} finally {
		for (const place of places) await place.close()
	}
}

/** Seconds from the request until a shell's prompt is at the viewer. */
async function startToPrompt(place: Place): Promise<number> {
	const startedAt = performance.now()
	const run = await place.start(["env", "PS1=prompt> ", "bash", "--norc", "--noprofile", "-i"])
	const { screen, close } = await look(run, true)
	const shownAt = await screen.shows("prompt>")
	close()
	await run.end()
	return (shownAt - startedAt) / 1_000
}

async function echoIn(place: Place, keys: number): Promise<number[]> {
	const run = await place.start(ECHO)
	const { screen, type, close } = await look(run)
	await screen.arrives("ready")
	const samples = await echo({ type }, screen, keys)
	close()
	await run.end()
	return samples
}

/** Of the VM that the place's sessions share. */
async function idleVm(place: Place): Promise<Substrates["vm"]> {
	const run = await place.start(ECHO)
	const { screen, type, close } = await look(run)
	await screen.arrives("ready")
	const { call, machine, dataDir } = place.home
	const found = (await call("listVms", { params: { machine: machine.id } })).vms[0]
	if (found === undefined) throw new Error("The place has no VM.")
	const params = { machine: machine.id, vm: found.name }
	const becomes = (state: "paused" | "running") => async () =>
		(await call("listVms", { params: { machine: machine.id } })).vms[0]?.state.is === state
	await wait(IDLE_MS)
	const pid = processesOver(dataDir).find((pid) => privateMb(pid) > LEAST_MB) ?? 0
	const memory = { private_mb: privateMb(pid), resident_mb: residentMb(pid) }
	const pausedFrom = performance.now()
	await call("changeVm", { params, body: { deed: { verb: "pause" } } })
	await until("the VM is paused", becomes("paused"))
	const pause_ms = performance.now() - pausedFrom
	const resumedFrom = performance.now()
	await call("changeVm", { params, body: { deed: { verb: "resume" } } })
	screen.forget()
	type("x")
	const resume_ms = (await screen.arrives("x")) - resumedFrom
	close()
	await run.end()
	return { ...memory, pause_ms, resume_ms }
}

async function look(run: Run, parses = false) {
	const screen = new BenchScreen({ parses })
	const { home } = run.place
	const place = { url: home.url, token: home.token, machine: home.machine.id }
	const { type, close } = await view(place, run.id, screen)
	return { screen, type, close }
}

type Samples = [Substrate, number[]][]

/** Substrates take turns within each round, so that a noisy minute hits all of them. */
async function inTurns(
	places: Place[],
	rounds: number,
	measure: (place: Place) => Promise<number[]>,
): Promise<Samples> {
	const samples: Samples = places.map(({ substrate }) => [substrate, []])
	for (let round = 0; round < rounds; round++)
		for (const [index, place] of places.entries()) samples[index]?.[1].push(...(await measure(place)))
	return samples
}

function each(samples: Samples, pick: (samples: number[]) => number): Each {
	return Object.fromEntries(samples.map(([substrate, all]) => [substrate, pick(all)]))
}

function toHost(values: Each): Each {
	const { host = Number.NaN, ...others } = values
	return Object.fromEntries(Object.entries(others).map(([substrate, value]) => [substrate, value / host]))
}

/** A system that has just booted does its last chores. */
const IDLE_MS = 10_000
/** No process of a home but a VM has so much for itself. */
const LEAST_MB = 150
