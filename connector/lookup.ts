// Finding sessions, machines and people by what a person calls them: exactly, never by how a name begins.
import type { Client } from "../protocol/client.ts"
import { ScheduleId, TaskId } from "../protocol/ids.ts"
import type { Machine } from "../protocol/routes/machines.ts"
import type { Session } from "../protocol/routes/sessions.ts"
import type { Member } from "../protocol/routes/workspace.ts"
import type { Answer } from "../protocol/routes.ts"
import type { Schedule } from "../protocol/schedule.ts"
import type { TaskView } from "../protocol/task.ts"
import { isOver } from "./describe-task.ts"
import { Failure } from "./exit.ts"
import { readIdentity } from "./identity.ts"
import { typed } from "./invocation.ts"

/** The session that is called `NAME`, `MACHINE/NAME`, or by its id. */
export async function findSession(call: Client, wanted: string): Promise<Session> {
	const { sessions } = await call("listSessions")
	return pickSession(sessions, wanted)
}

export function pickSession(sessions: Session[], wanted: string): Session {
	const slash = wanted.indexOf("/")
	const found = sessions.filter(({ id, name, machineName }) =>
		slash === -1
			? id === wanted || name === wanted
			: machineName === wanted.slice(0, slash) && name === wanted.slice(slash + 1),
	)
	const [session, other] = found
	if (session === undefined)
		throw new Failure("not_found", `There is no session named "${wanted}". \`${typed("ls")}\` lists them.`)
	if (other !== undefined) {
		const candidates = found.map(({ id, name, machineName }) => `  ${machineName}/${name}  ${id}`)
		throw new Failure("ambiguous", `More than one session is named "${wanted}". Say which:\n${candidates.join("\n")}`)
	}
	return session
}

/** What a session can be called by: its name, or with its machine where another one has the same name. */
export async function shortestName(call: Client, { id, name, machineName }: Session): Promise<string> {
	const { sessions } = await call("listSessions")
	const isOnly = sessions.every((other) => other.id === id || other.name !== name)
	return isOnly ? name : `${machineName}/${name}`
}

/** The machine that is called so; without a name this computer, or the only machine there is. */
export async function findMachine(call: Client, wanted: string | undefined, identityPath: string): Promise<Machine> {
	const { machines } = await call("listMachines")
	if (wanted !== undefined) return pickMachine(machines, wanted)
	const here = await readIdentity(identityPath)
	const chosen = machines.find(({ id }) => id === here?.machine) ?? (machines.length === 1 ? machines[0] : undefined)
	if (chosen !== undefined) return chosen
	if (machines.length === 0)
		throw new Failure("not_found", `There is no machine yet. \`${typed("machines", "add")}\` shows how to add one.`)
	const names = machines.map(({ name }) => `  ${name}`).join("\n")
	throw new Failure("ambiguous", `Say which machine with --machine:\n${names}`)
}

export function pickMachine(machines: Machine[], wanted: string): Machine {
	return pickNamed(machines, "machine", wanted, typed("machines"))
}

/** The member of this address, name or id. */
export function pickMember(members: Member[], wanted: string): Member {
	const [member, other] = members.filter(({ id, name, email }) => [id, name, email].includes(wanted))
	if (member === undefined) throw new Failure("not_found", `There is no member "${wanted}" here.`)
	if (other !== undefined)
		throw new Failure("ambiguous", `More than one member is called "${wanted}". Say their address.`)
	return member
}

/** The task of this id, or of this name: the one that is not over, where only one of them is not. */
export async function findTask(call: Client, wanted: string): Promise<TaskView> {
	const id = TaskId.safeParse(wanted)
	if (id.success) return (await call("showTask", { params: { task: id.data } })).task
	const named = (await call("listTasks", { query: { ended: 500 } })).tasks.filter(({ name }) => name === wanted)
	const live = named.filter(({ state }) => !isOver(state))
	const found = live.length > 0 ? live : named
	const [task, other] = found
	if (task === undefined)
		throw new Failure("not_found", `There is no task named "${wanted}". \`${typed("task", "ls")}\` lists them.`)
	if (other !== undefined) {
		const candidates = found.map(({ id, state }) => `  ${id}  ${state.is}`).join("\n")
		throw new Failure("ambiguous", `More than one task is named "${wanted}". Say its id:\n${candidates}`)
	}
	return task
}

export async function findSchedule(call: Client, wanted: string): Promise<Schedule> {
	const id = ScheduleId.safeParse(wanted)
	if (id.success) return call("showSchedule", { params: { schedule: id.data } })
	return pickNamed(await everySchedule(call), "schedule", wanted)
}

export async function everySchedule(call: Client): Promise<Schedule[]> {
	const all: Schedule[] = []
	for (;;) {
		const after = all.at(-1)?.name
		const { schedules } = await call("listSchedules", { query: { limit: 500, ...(after !== undefined && { after }) } })
		all.push(...schedules)
		if (schedules.length < 500) return all
	}
}

export async function findTrigger(call: Client, wanted: string): Promise<Answer<"listTriggers">["triggers"][number]> {
	return pickNamed((await call("listTriggers")).triggers, "trigger", wanted)
}

function pickNamed<T extends { id: string; name: string }>(
	all: T[],
	kind: string,
	wanted: string,
	lists = typed(kind, "ls"),
): T {
	const found = all.filter(({ id, name }) => id === wanted || name === wanted)
	const [one, other] = found
	if (one === undefined)
		throw new Failure("not_found", `There is no ${kind} named "${wanted}". \`${lists}\` lists them.`)
	if (other !== undefined) {
		const candidates = found.map(({ id, name }) => `  ${name}  ${id}`).join("\n")
		throw new Failure("ambiguous", `More than one ${kind} is named "${wanted}". Say its id:\n${candidates}`)
	}
	return one
}
