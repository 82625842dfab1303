// The queue: which task goes next and where, and what each of the others waits for. Decides by values alone.
import type { MachineId, TaskId } from "../../protocol/ids.ts"
import { BUILT_IN } from "../../protocol/session.ts"
import type { Substrate } from "../../protocol/substrate.ts"
import type { Held, KnownMachine, Reach, Terms } from "./held.ts"

/** What a queued task waits for. */
export type Waiting =
	| { is: "back-off"; until: number }
	/** An older attempt of it may still run. */
	| { is: "stopping"; machine: string; since: number | null }
	/** A machine was asked to take it, and has not said. */
	| { is: "asked"; machine: string; awaySince: number | null }
	| { is: "no-machine"; reason: string }
	| { is: "away"; machine: string; since: number }
	| { is: "busy"; machine: string; slots: number }
	| { is: "key"; key: string; task: string }
	| { is: "workspace"; atOnce: number }

export interface Standing {
	/** All that are not over, and those that are over with attempts that may still run. */
	tasks: Held[]
	machines: KnownMachine[]
	/** How many run at once in the workspace. */
	atOnce: number
	now: number
	/** Machines that have said that they are full, until when. */
	full: ReadonlyMap<MachineId, number>
}

/** The queue in its order, and what each of those waits for that cannot go now. */
export interface Plan {
	/** From 1. */
	places: Map<TaskId, number>
	waiting: Map<TaskId, Waiting>
}

export function plan(standing: Standing): Plan {
	const load = loadOf(standing.tasks)
	const order = inOrder(standing.tasks, load)
	const made: Plan = { places: new Map(order.map(({ id }, index) => [id, index + 1])), waiting: new Map() }
	for (const held of order) {
		const found = placeFor(held, standing, load)
		if ("id" in found) occupy(held, found.id, load)
		else made.waiting.set(held.id, found)
	}
	return made
}

/** Who goes where now. */
export function next(standing: Standing): { task: TaskId; machine: MachineId }[] {
	const load = loadOf(standing.tasks)
	const linked = standing.machines.filter(({ awaySince, isRemoved }) => awaySince === null && !isRemoved)
	let room = linked.reduce((sum, { id, slots }) => sum + Math.max(0, slots - (load.machines.get(id) ?? 0)), 0)
	if (room === 0) return []
	const go: { task: TaskId; machine: MachineId }[] = []
	for (const held of inOrder(standing.tasks, load)) {
		const found = placeFor(held, standing, load)
		if (!("id" in found)) continue
		go.push({ task: held.id, machine: found.id })
		occupy(held, found.id, load)
		// Most of a long queue waits for one of them, and need not be looked at.
		if (--room === 0) break
	}
	return go
}

/** Highest priority first. Among equals lanes take turns, by how many of each run already; then by place. */
function inOrder(tasks: Held[], load: Load): Held[] {
	const queued = tasks.filter(({ state }) => state.is === "queued")
	queued.sort((one, other) => other.terms.priority - one.terms.priority || one.place - other.place)
	const turns = new Map<string, number>()
	const ranked = queued.map((held) => {
		const lane = `${held.terms.priority} ${held.lane}`
		const turn = turns.get(lane) ?? load.lanes.get(held.lane) ?? 0
		turns.set(lane, turn + 1)
		return { held, turn }
	})
	ranked.sort(
		(one, other) =>
			other.held.terms.priority - one.held.terms.priority || one.turn - other.turn || one.held.place - other.held.place,
	)
	return ranked.map(({ held }) => held)
}

/** What runs, or may run. */
interface Load {
	machines: Map<MachineId, number>
	/** By concurrency key: how many, and the name of one of them. */
	keys: Map<string, { count: number; name: string }>
	lanes: Map<string, number>
	all: number
}

function loadOf(tasks: Held[]): Load {
	const load: Load = { machines: new Map(), keys: new Map(), lanes: new Map(), all: 0 }
	for (const held of tasks) {
		if (held.hold !== null) occupy(held, held.hold.machine, load)
		for (const { machine, mayRun } of held.voided) if (mayRun) occupy(held, machine, load)
	}
	return load
}

function occupy(held: Held, machine: MachineId, load: Load): void {
	load.all++
	load.machines.set(machine, (load.machines.get(machine) ?? 0) + 1)
	load.lanes.set(held.lane, (load.lanes.get(held.lane) ?? 0) + 1)
	const key = held.terms.concurrency?.key
	const sharing = key === undefined ? undefined : load.keys.get(key)
	if (key !== undefined) load.keys.set(key, { count: (sharing?.count ?? 0) + 1, name: sharing?.name ?? held.name })
}

/** The machine that it goes to now, the one with most room; or what it waits for. */
function placeFor(held: Held, { machines, atOnce, now, full }: Standing, load: Load): KnownMachine | Waiting {
	const { terms, hold, voided, notBefore } = held
	const named = (id: MachineId) => machines.find((machine) => machine.id === id)
	if (hold !== null) {
		const machine = named(hold.machine)
		return { is: "asked", machine: machine?.name ?? hold.machine, awaySince: machine?.awaySince ?? null }
	}
	const running = voided.find(({ mayRun }) => mayRun)
	if (running !== undefined) {
		const machine = named(running.machine)
		return { is: "stopping", machine: machine?.name ?? running.machine, since: machine?.awaySince ?? null }
	}
	if (notBefore > now) return { is: "back-off", until: notBefore }
	const refused = new Set(held.refusedBy.map(({ machine }) => machine))
	const fitting = machines.filter((machine) => fits(held, machine) && !refused.has(machine.id))
	if (fitting.length === 0) return { is: "no-machine", reason: lacking(held) }
	const key = terms.concurrency
	const sharing = key === undefined ? undefined : load.keys.get(key.key)
	if (key !== undefined && sharing !== undefined && sharing.count >= key.atOnce)
		return { is: "key", key: key.key, task: sharing.name }
	if (load.all >= atOnce) return { is: "workspace", atOnce }
	const linked = fitting.filter(({ awaySince }) => awaySince === null)
	const room = ({ id, slots }: KnownMachine) => slots - (load.machines.get(id) ?? 0)
	const free = linked.filter((machine) => room(machine) > 0 && (full.get(machine.id) ?? 0) <= now)
	free.sort((one, other) => room(other) - room(one))
	const [best] = free
	if (best !== undefined) return best
	const [busy] = linked
	if (busy !== undefined) return { is: "busy", machine: busy.name, slots: busy.slots }
	const lastSeen = fitting.reduce((one, other) => ((other.awaySince ?? 0) > (one.awaySince ?? 0) ? other : one))
	return { is: "away", machine: lastSeen.name, since: lastSeen.awaySince ?? now }
}

/** Whether the machine is what the task asks for, and its submitter may use it; not whether it is there. */
export function fits({ terms, reach }: Pick<Held, "terms" | "reach">, machine: KnownMachine): boolean {
	if (machine.isRemoved || !reaches(reach, machine)) return false
	const { target, runtime } = terms
	if (target.machine !== undefined && target.machine !== machine.id && target.machine !== machine.name) return false
	if (!target.tags.every((tag) => machine.tags.includes(tag))) return false
	const substrate = substrateOf(terms)
	if (substrate !== undefined && machine.substrates !== null && !machine.substrates.includes(substrate)) return false
	// What a container or VM has, its image or loadout says; of people's own runtimes the machine must know what they are.
	const hasOwn = (substrate === "container" || substrate === "vm") && BUILT_IN.includes(runtime)
	return hasOwn || machine.runtimes === null || machine.runtimes.includes(runtime)
}

function reaches({ member, tags }: Reach, machine: KnownMachine): boolean {
	const isFor = member === null || machine.members === null || machine.members.includes(member)
	return isFor && (tags === null || machine.tags.some((tag) => tags.includes(tag)))
}

function substrateOf({ target, substrate }: Terms): Substrate | undefined {
	return target.newVm === undefined ? substrate : "vm"
}

function lacking({ terms, refusedBy }: Held): string {
	const [refused] = refusedBy
	if (refused !== undefined) return refused.reason
	const { target, runtime } = terms
	const substrate = substrateOf(terms)
	const wanted = [
		target.machine === undefined ? "a machine" : target.machine,
		...(target.tags.length === 0 ? [] : [`tagged ${target.tags.join(", ")}`]),
		`with ${runtime}${substrate === undefined ? "" : ` in a ${substrate}`}`,
	]
	return wanted.join(" ")
}

/** What it waits for, as a sentence for people. */
export function sentence(waiting: Waiting): string {
	switch (waiting.is) {
		case "back-off":
			return `waiting to be tried again at ${time(waiting.until)}`
		case "stopping":
			return `waiting for: ${waiting.machine}, which must stop an earlier attempt${away(waiting.since)}`
		case "asked":
			return `waiting for: ${waiting.machine}, which is asked to take it${away(waiting.awaySince)}`
		case "no-machine":
			return `waiting for: ${waiting.reason}`
		case "away":
			return `waiting for: ${waiting.machine}${away(waiting.since)}`
		case "busy":
			return `waiting for: ${waiting.machine}, which runs ${waiting.slots} at once`
		case "key":
			return `waiting for: ${waiting.task}, which has the key ${waiting.key}`
		case "workspace":
			return `waiting for: others, since ${waiting.atOnce} run at once`
	}
}

function away(since: number | null): string {
	return since === null ? "" : `, away since ${time(since)}`
}

function time(at: number): string {
	return `${new Date(at).toISOString().slice(0, 16)}Z`
}
