// The way from the edge to a workspace's tasks: who sees which, and who submits and changes them as whom.
import type { Env } from "../durable-objects/env.ts"
import { type By, isEnd } from "../durable-objects/ledger/course.ts"
import { Refusal } from "../protocol/errors.ts"
import type { MachineId, TaskId } from "../protocol/ids.ts"
import type { Manifest, Matrix, TaskLimits, TaskStateName, TaskView } from "../protocol/task.ts"
import type { Principal } from "./access.ts"
import { unwrap } from "./errors.ts"
import { listMachines } from "./machines.ts"
import { reachOf } from "./reach.ts"
import type { Registry } from "./registry.ts"
import { expand } from "./tasks/expand.ts"
import { mustMayAsk } from "./tasks/may-ask.ts"
import { workOf } from "./work.ts"

/** Somebody, and the way to what they ask about. */
export interface Asking {
	env: Env
	registry: Registry
	principal: Principal
}

export interface Which {
	ended: number
	before?: TaskId | undefined
	state?: TaskStateName | undefined
	group?: string | undefined
}

/** Those that are not over, the queue in its order; then the last of those that are. */
export async function listTasks(asking: Asking, which: Which): Promise<{ tasks: TaskView[]; limits: TaskLimits }> {
	const { env, registry, principal } = asking
	const { workspaceId } = principal.membership
	const { before, state, group, ended } = which
	const work = workOf(env, workspaceId)
	const [machines, known, limits] = await Promise.all([
		machinesSeen(registry, principal),
		before === undefined ? work.tasks(0) : [],
		work.limits(),
	])
	const open = known.filter(
		(task) =>
			isSeen(task, machines) &&
			(state ?? task.state.is) === task.state.is &&
			(group ?? task.of?.group) === task.of?.group,
	)
	if (ended === 0 || (state !== undefined && !isEnd(state))) return { tasks: open.map(shown), limits }
	await work.flush()
	const over = await registry.tasks.list(workspaceId, { before, state, group, limit: ended, machines })
	// One that was over between the two is in both.
	const done = new Set(over.map(({ id }) => id))
	return { tasks: [...open.filter(({ id }) => !done.has(id)), ...over].map(shown), limits }
}

export interface Found {
	task: TaskView
	/** Null for one of long ago that was too long to be kept. */
	manifest: Manifest | null
	/** The ledger knows it; what is over for long is history alone. */
	isHeld: boolean
}

/** The task of that id, also one that is over. Throws Refusal("not_found") also for one of a machine that they do not see. */
export async function findTask({ env, registry, principal }: Asking, id: TaskId): Promise<Found> {
	const { workspaceId } = principal.membership
	const held = await workOf(env, workspaceId).task(id)
	const found = held === null ? await registry.tasks.find(workspaceId, id) : apart(held)
	if (found === undefined || !isSeen(found.task, await machinesSeen(registry, principal)))
		throw new Refusal("not_found")
	return { task: shown(found.task), manifest: found.manifest, isHeld: held !== null }
}

export interface Submitting {
	manifest: Manifest
	key?: string | undefined
	count?: number | undefined
	matrix?: Matrix | undefined
}

/** All of them, or none. Throws what the ledger refuses with, and Refusal for what they may not ask for. */
export async function submitTasks(asking: Asking, { manifest, key, count, matrix }: Submitting): Promise<TaskView[]> {
	const { env, registry, principal } = asking
	const expanded = expand(manifest, { count, matrix })
	await mustMayAsk(
		registry,
		principal,
		expanded.map((one) => one.manifest),
	)
	const submissions = expanded.map(({ manifest, of }) => ({
		...{ manifest, of, key: keyOf(principal, key, of?.index), from: submitter(principal) },
		...{ isFromOutside: false, reach: reachOf(principal), replyTo: null },
	}))
	const outcome = await workOf(env, principal.membership.workspaceId).submit(submissions, by(principal))
	return unwrap(outcome).map(({ task }) => shown(task))
}

/** Changes one that no machine has: from then on it goes where this principal may have work done. */
export async function editTask(asking: Asking, id: TaskId, manifest: Manifest): Promise<TaskView> {
	const { env, registry, principal } = asking
	await mustBeHeld(asking, id)
	await mustMayAsk(registry, principal, [manifest])
	const work = workOf(env, principal.membership.workspaceId)
	return shown(unwrap(await work.edit(id, manifest, reachOf(principal), by(principal))))
}

export async function moveTask(asking: Asking, id: TaskId, before: TaskId | null): Promise<TaskView> {
	await mustBeHeld(asking, id)
	if (before !== null) await mustBeHeld(asking, before)
	const work = workOf(asking.env, asking.principal.membership.workspaceId)
	return shown(unwrap(await work.move(id, before, by(asking.principal))))
}

export async function cancelTask(asking: Asking, id: TaskId, reason: string): Promise<TaskView> {
	await mustBeHeld(asking, id)
	const work = workOf(asking.env, asking.principal.membership.workspaceId)
	return shown(unwrap(await work.cancel(id, by(asking.principal), reason)))
}

/** A new task like one that is over, for this principal: who may not have what it asks for is refused. */
export async function retryTask(asking: Asking, id: TaskId, key: string | undefined): Promise<TaskView> {
	const { env, registry, principal } = asking
	const { manifest } = await mustBeHeld(asking, id)
	if (manifest !== null) await mustMayAsk(registry, principal, [manifest])
	const said = { key: keyOf(principal, key), reach: reachOf(principal), from: submitter(principal) }
	const work = workOf(env, principal.membership.workspaceId)
	return shown(unwrap(await work.retry(id, said, by(principal))).task)
}

/** Says something to its program, once for each `steerId`. */
export async function steerTask(asking: Asking, id: TaskId, steerId: string, text: string): Promise<TaskView> {
	await mustBeHeld(asking, id)
	const work = workOf(asking.env, asking.principal.membership.workspaceId)
	return shown(unwrap(await work.steer(id, steerId, text, by(asking.principal))))
}

/** Ids of the machines whose tasks they see; null for all, also of machines that were removed. */
export async function machinesSeen(registry: Registry, principal: Principal): Promise<MachineId[] | null> {
	if (principal.membership.role === "owner" && principal.tags === null) return null
	return (await listMachines(registry, principal)).map(({ id }) => id)
}

/** A task is seen by whoever sees the machine that it is on, and by everybody here while it has none. */
export function isSeen({ machine }: TaskView, machines: MachineId[] | null): boolean {
	return machine === null || machines === null || machines.includes(machine)
}

/** Throws Refusal("task_over") for one that is history alone. */
async function mustBeHeld(asking: Asking, id: TaskId): Promise<Found> {
	const found = await findTask(asking, id)
	if (!found.isHeld) throw new Refusal("task_over", "It was over long ago.")
	return found
}

function by({ is, id, name }: Principal): By {
	return { is, id, name }
}

function submitter({ is, id, name }: Principal): TaskView["from"] {
	return { is, id, name }
}

/** A person's keys are theirs: nobody gets another's task by naming its key, nor takes one that the ledger itself will use. */
function keyOf({ membership }: Principal, key: string | undefined, index?: number): string | null {
	if (key === undefined) return null
	return `by:${membership.userId}:${key}${index === undefined ? "" : `/${index}`}`
}

/** With the key as whoever submitted it has said it. */
function shown(task: TaskView): TaskView {
	return { ...task, key: task.key === null ? null : task.key.replace(/^by:[^:]*:/, "") }
}

function apart({ manifest, ...task }: TaskView & { manifest: Manifest }): Pick<Found, "task" | "manifest"> {
	return { task, manifest }
}
