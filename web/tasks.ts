// Tasks as the board and a task's page tell them: in groups, those that one looks for, and where the time went.
import { ENDS, type TaskStateName, type TaskView } from "../protocol/task.ts"

/** In the order in which the board has them. */
export const GROUPS = ["waiting", "running", "queued", "over"] as const
export type Group = (typeof GROUPS)[number]

/** What one looks for; an empty word is anything. */
export interface TaskFilter {
	text: string
	machine: string
	runtime: string
	/** What has submitted it: a kind, or a kind and an id, as `trigger` or `trigger:trg_…`. */
	from: string
	group: string
	/** Of one submission. */
	submission: string
}

export const FILTERS = [
	"text",
	"machine",
	"runtime",
	"from",
	"group",
	"submission",
] as const satisfies (keyof TaskFilter)[]

export function isOver({ state }: Pick<TaskView, "state">): boolean {
	return isEnd(state.is)
}

export function isEnd(is: TaskStateName): boolean {
	return (ENDS as readonly TaskStateName[]).includes(is)
}

/** While somebody at its terminal is heard. */
export function takesWords({ state, session }: Pick<TaskView, "state" | "session">): boolean {
	return session !== null && (state.is === "running" || state.is === "waiting")
}

export function groupOf({ state }: Pick<TaskView, "state">): Group {
	if (isEnd(state.is)) return "over"
	return state.is === "queued" || state.is === "waiting" ? state.is : "running"
}

/** Each group as the ledger orders it; groups without any are there, too. */
export function grouped(tasks: readonly TaskView[]): Record<Group, TaskView[]> {
	const groups: Record<Group, TaskView[]> = { waiting: [], running: [], queued: [], over: [] }
	for (const task of tasks) groups[groupOf(task)].push(task)
	return groups
}

export function matches(task: TaskView, filter: TaskFilter, machineName: string): boolean {
	const { name, runtime, machine, from, of, state } = task
	const text = `${name} ${runtime} ${machineName} ${from.name} ${state.reason} ${state.is} ${task.id}`.toLowerCase()
	return (
		text.includes(filter.text.trim().toLowerCase()) &&
		[machine, ""].includes(filter.machine) &&
		["", runtime].includes(filter.runtime) &&
		["", from.is, `${from.is}:${from.id}`].includes(filter.from) &&
		["", groupOf(task)].includes(filter.group) &&
		["", of?.group].includes(filter.submission)
	)
}

/** A part of a task's life, in milliseconds. */
export interface Spent {
	is: string
	ms: number
	/** It is in this state now. */
	isNow: boolean
}

const COURSE = ["queued", "claimed", "preparing", "running", "waiting", "collecting"]

/** In the order of a task's course; what took no time is left out, and so is what the machine was away for within it. */
export function spentOf({ spent, state }: Pick<TaskView, "spent" | "state">, now: number): Spent[] {
	return COURSE.map((is) => {
		const isNow = state.is === is
		return { is, isNow, ms: (spent[is] ?? 0) + (isNow ? Math.max(0, now - state.since) : 0) }
	}).filter(({ ms, isNow }) => ms > 0 || isNow)
}

/** From its submission to its end, or until now. */
export function lastsMs({ submittedAt, state }: Pick<TaskView, "submittedAt" | "state">, now: number): number {
	return Math.max(0, (isEnd(state.is) ? state.since : now) - submittedAt)
}

/**
 * What a queued task is to be put right before, so that it goes one place up or down, or to an end of the queue; null for
 * last, and undefined where it is there already.
 */
export function placeFor(queue: readonly TaskView[], task: TaskView, to: "first" | "up" | "down" | "last") {
	const at = queue.findIndex(({ id }) => id === task.id)
	const end = queue.length - 1
	if (at === -1 || (at === 0 && (to === "first" || to === "up")) || (at === end && (to === "down" || to === "last")))
		return undefined
	if (to === "first") return queue[0]?.id ?? null
	if (to === "up") return queue[at - 1]?.id ?? null
	return to === "down" ? (queue[at + 2]?.id ?? null) : null
}
