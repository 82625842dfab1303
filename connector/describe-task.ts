// A task in words for a person: where it stands, what it waits for, where its time went.
import type { Machine } from "../protocol/routes/machines.ts"
import {
	ENDS,
	TASK_STATES,
	type TaskEvent,
	type TaskState,
	type TaskStateName,
	type TaskView,
} from "../protocol/task.ts"
import { age, bytes, style, table } from "./output.ts"
import { plainLine } from "./requests.ts"

export function isOver({ is }: Pick<TaskState, "is">): boolean {
	return (ENDS as readonly TaskStateName[]).includes(is)
}

/** The state with its colour. */
export function describeTaskState(is: TaskEvent["is"]): string {
	const words = is === "waiting" ? "waiting for input" : is.replace("-", " ")
	const colour = COLOURS[is]
	return colour === undefined ? words : style(colour, words)
}

const COLOURS: Partial<Record<TaskEvent["is"], "green" | "yellow" | "red">> = {
	running: "green",
	succeeded: "green",
	waiting: "yellow",
	failed: "red",
	lost: "red",
	"timed-out": "red",
}

/** One line: what it is called, where it stands, and why. */
export function mentionTask({ name, state, position }: TaskView): string {
	const place = position === null ? "" : `, place ${position}`
	const why = state.reason === "" ? "" : `: ${plainLine(state.reason)}`
	return `${style("bold", plainLine(name))} ${describeTaskState(state.is)}${place}${why}`
}

/** `machines`: for their names. */
export function taskTable(tasks: TaskView[], machines: Machine[], now: number): string {
	const rows = tasks.map((task) => [
		style("bold", plainLine(task.name)),
		describeTaskState(task.state.is) + (task.position === null ? "" : ` (${task.position})`),
		machineName(task, machines),
		plainLine(task.runtime),
		plainLine(task.from.name),
		age(now - task.state.since),
		style("dim", task.id),
		plainLine(task.state.reason),
	])
	return table(["NAME", "STATE", "MACHINE", "RUNTIME", "FROM", "SINCE", "ID", "WHY"], rows)
}

export function describeTask(task: TaskView, machines: Machine[], now: number): string {
	const { id, state, attempt, owner, from, of, session, result, artifacts, spent, events, isFromOutside } = task
	const facts: [string, string][] = [
		["id", id],
		["state", `${describeTaskState(state.is)} for ${age(now - state.since)}${reason(state.reason)}`],
	]
	if (state.is === "queued" && task.position !== null) facts.push(["place", String(task.position)])
	if (state.deadline !== null) {
		const who = owner?.is === "machine" ? nameOf(owner.id, machines) : "the home"
		facts.push(["next", `${who} acts within ${age(state.deadline - now)}`])
	}
	if (state.exitCode !== null) facts.push(["exit code", String(state.exitCode)])
	facts.push(["runtime", plainLine(task.runtime)], ["machine", machineName(task, machines)])
	if (session !== null) facts.push(["session", session])
	if (attempt > 0) facts.push(["attempt", String(attempt)])
	if (of !== null) facts.push(["group", `${of.group}, ${of.index} of ${of.count}`])
	if (task.key !== null) facts.push(["key", plainLine(task.key)])
	if (task.priority !== 0) facts.push(["priority", String(task.priority)])
	facts.push(["from", `${plainLine(from.name)} (${from.is})${isFromOutside ? ", with text from outside" : ""}`])
	for (const [label, value] of Object.entries(result ?? {})) if (value !== null) facts.push([label, plainLine(value)])
	const went = [...TASK_STATES, "away"].filter((is) => (spent[is] ?? 0) >= 1)
	if (went.length > 0) facts.push(["time", went.map((is) => `${is} ${precisely(spent[is] ?? 0)}`).join(", ")])
	const width = Math.max(...facts.map(([label]) => label.length))
	return [
		style("bold", plainLine(task.name)),
		...facts.map(([label, value]) => `${style("dim", label.padEnd(width))}  ${value}`),
		...(artifacts.length === 0 ? [] : ["", artifactTable(artifacts)]),
		...(events.length === 0 ? [] : ["", ...events.map(eventLine)]),
	].join("\n")
}

export function artifactTable(artifacts: TaskView["artifacts"]): string {
	const rows = artifacts.map(({ path, size, type, hash }) => [plainLine(path), bytes(size), plainLine(type), hash])
	return table(["ARTIFACT", "SIZE", "TYPE", "SHA-256"], rows)
}

export function eventLine({ at, is, by, reason: why, attempt }: TaskEvent): string {
	const who = by.is === "ledger" ? "" : ` by ${plainLine(by.name)}`
	const which = attempt > 1 ? `, attempt ${attempt}` : ""
	return `${style("dim", new Date(at).toISOString())}  ${describeTaskState(is)}${who}${which}${reason(why)}`
}

function reason(why: string): string {
	return why === "" ? "" : `: ${plainLine(why)}`
}

function machineName({ machine }: TaskView, machines: Machine[]): string {
	return machine === null ? "-" : nameOf(machine, machines)
}

function nameOf(id: string, machines: Machine[]): string {
	return machines.find((machine) => machine.id === id)?.name ?? id
}

/** Below a minute with a tenth: most states are short. */
function precisely(ms: number): string {
	return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : age(ms)
}
