// Real tasks whose link process, control plane, host process or program is killed at each state: each attempt's program runs
// once, and every task comes to its end.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { REFUSALS, Refusal } from "../../protocol/errors.ts"
import type { TaskId } from "../../protocol/ids.ts"
import { ENDS, Manifest, type TaskStateName, type TaskView } from "../../protocol/task.ts"
import { World } from "./world.ts"

let world: World
beforeAll(async () => {
	world = await World.make("runtime")
})
afterAll(() => world.stop())

const count = (name: string) => join(world.folder, `${name}.count`)

/** Each start of its program leaves a line, and so does each end. */
async function submit(name: string, more: object = {}): Promise<TaskId> {
	const mark = `echo "$$" >> ${count(name)}`
	const argv = [
		"sh",
		"-c",
		`${mark}; sleep 0.4; echo over >> ${count(name)}; mkdir -p .homeport/outbox; echo out > .homeport/outbox/out`,
	]
	const manifest = Manifest.parse({ name, runtime: "custom", argv, substrate: "host", ...more })
	const { tasks } = await patiently(() => world.call("submitTasks", { body: { manifest, key: name } }))
	return tasks[0]?.id ?? invariant()
}

/** Until the control plane answers, which may just be starting again. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
	for (;;)
		try {
			return await ask()
		} catch (error) {
			if (error instanceof Refusal && !REFUSALS[error.code].mayRetry) throw error
			await new Promise((resolve) => setTimeout(resolve, 50))
		}
}

const look = (task: TaskId) => patiently(() => world.call("showTask", { params: { task } })).then(({ task }) => task)

/** The task once it has been in one of these states. */
async function once(task: TaskId, states: readonly TaskStateName[]): Promise<TaskView> {
	for (;;) {
		const view = await look(task)
		if (view.events.some(({ is }) => (states as readonly string[]).includes(is))) return view
		await new Promise((resolve) => setTimeout(resolve, 10))
	}
}

const lines = (name: string) => readFileSync(count(name), "utf8").trim().split("\n")
const VICTIMS: [string, () => void, TaskStateName[]][] = [
	["link process", () => world.killLink(), ["claimed", "running"]],
	["control plane", () => world.killControlPlane(), ["running", "collecting"]],
]

test.each(VICTIMS)(
	"a %s that is killed while a task is under way changes nothing: its program runs once",
	async (victim, kill, states) => {
		for (const state of states) {
			const name = `${victim} ${state}`.replaceAll(" ", "-")
			const task = await submit(name)
			await once(task, [state, ...ENDS])
			kill()
			const { state: end, attempt, artifacts } = await once(task, ENDS)
			expect([state, end.is, end.reason]).toEqual([state, "succeeded", ""])
			expect(artifacts.map(({ path }) => path)).toEqual(["out"])
			expect(lines(name)).toHaveLength(2)
			expect(attempt).toBe(1)
		}
	},
	120_000,
)

test("a host process that is killed loses its attempt, and the next one is another; a program that is killed has failed", async () => {
	const lost = await submit("lost", { retries: { max: 1, backOffSeconds: 0 } })
	const { session } = await once(lost, ["running"])
	await expect.poll(() => lines("lost").length).toBe(1)
	world.killHolder(session ?? invariant())
	expect(await once(lost, ["succeeded", "failed"])).toMatchObject({ attempt: 2, state: { is: "succeeded" } })
	expect(lines("lost").filter((line) => line === "over")).toHaveLength(1)

	const killed = await submit("killed")
	await once(killed, ["running"])
	await expect.poll(() => lines("killed").length).toBe(1)
	process.kill(Number(lines("killed")[0]), "SIGKILL")
	expect(await once(killed, ENDS)).toMatchObject({ attempt: 1, state: { is: "failed", because: "exit" } })
}, 120_000)

function invariant(): never {
	throw new Error("invariant: a task that was submitted has an id, and one that runs a session")
}
