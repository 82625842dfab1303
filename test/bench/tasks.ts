// Tasks at a real home with machines that do nothing but take and end them: how soon one is claimed, and what many cost.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import WebSocket from "ws"
import { dataFolder, openDataFolder } from "../../connector/data-folder.ts"
import { enroll } from "../../connector/enroll.ts"
import { dialToken, type Identity } from "../../connector/identity.ts"
import { Ledger } from "../../durable-objects/ledger/ledger.ts"
import { newMachineId, type TaskId } from "../../protocol/ids.ts"
import { PROTOCOL_VERSION } from "../../protocol/limits.ts"
import { type FromConnector, parseMessage, ToConnector } from "../../protocol/messages.ts"
import { Manifest, MOST_AT_ONCE } from "../../protocol/task.ts"
import { TaskReport } from "../../protocol/task-report.ts"
import { MemoryLedgerStore } from "../ledger/memory.ts"
import { type Home, startHome } from "../support/home.ts"
import { median, quantile } from "./statistics.ts"

export interface TaskFigures {
	machines: number
	queued: number
	/** From the call that submits one to the machine that is asked to take it, with so many in the queue for others. */
	claim_p50_ms: number
	claim_p95_ms: number
	/** All of the queue, once its machines may take it. */
	tasks_per_s: number
	/** Of the task's row, from its submission to its end. */
	writes_per_task: number
}

export async function tasks(machines: number, queued: number, rounds: number): Promise<TaskFigures> {
	const folder = mkdtempSync(join(tmpdir(), "homeport-bench-tasks-"))
	const home = await startHome()
	const taken = new Taken()
	const linked: TaskMachine[] = []
	try {
		await home.call("writeTaskLimits", { body: { atOnce: 1_000, queued: queued + machines } })
		for (let number = 0; number < machines; number++)
			linked.push(await TaskMachine.start(home, join(folder, String(number)), taken))
		for (let left = queued; left > 0; left -= MOST_AT_ONCE)
			await submit(home, { target: { tags: ["later"] } }, Math.min(left, MOST_AT_ONCE))
		const samples: number[] = []
		for (let round = 0; round < rounds; round++) {
			const startedAt = performance.now()
			const [task] = await submit(home, {}, 1)
			if (task === undefined) throw new Error("invariant: one was submitted")
			samples.push((await taken.at(task)) - startedAt)
		}
		const before = taken.ended
		const startedAt = performance.now()
		for (const { id } of linked)
			await home.call("changeMachine", { params: { machine: id }, body: { tags: ["later"] } })
		await taken.untilEnded(before + queued)
		const seconds = (performance.now() - startedAt) / 1_000
		return {
			...{ machines, queued, claim_p50_ms: median(samples), claim_p95_ms: quantile(samples, 0.95) },
			...{ tasks_per_s: queued / seconds, writes_per_task: await writes() },
		}
	} finally {
		for (const machine of linked) machine.close()
		await home.stop()
		rmSync(folder, { recursive: true, force: true })
	}
}

async function submit(home: Home, more: object, count: number): Promise<TaskId[]> {
	const manifest = Manifest.parse({ runtime: "shell", prompt: "true", target: { tags: ["bench"] }, ...more })
	const { tasks } = await home.call("submitTasks", { body: { manifest, count } })
	return tasks.map(({ id }) => id)
}

/** When each task came to a machine, and how many are over. */
class Taken {
	ended = 0
	readonly #at = new Map<TaskId, number>()
	#look: () => void = () => {}

	take(task: TaskId): void {
		this.#at.set(task, performance.now())
		this.#look()
	}

	end(): void {
		this.ended++
		this.#look()
	}

	async at(task: TaskId): Promise<number> {
		for (;;) {
			const at = this.#at.get(task)
			if (at !== undefined) return at
			await this.#next()
		}
	}

	async untilEnded(count: number): Promise<void> {
		while (this.ended < count) await this.#next()
	}

	#next(): Promise<void> {
		return new Promise((resolve) => {
			this.#look = resolve
		})
	}
}

/** Takes what it is asked to, and says at once that it has succeeded. */
class TaskMachine {
	readonly id: Identity["machine"]
	readonly #socket: WebSocket
	readonly #taken: Taken

	private constructor(identity: Identity, socket: WebSocket, taken: Taken) {
		this.id = identity.machine
		this.#socket = socket
		this.#taken = taken
		socket.on("message", (data, isBinary) => {
			if (!isBinary) this.#hear(parseMessage(ToConnector, String(data)))
		})
	}

	static async start(home: Home, path: string, taken: Taken): Promise<TaskMachine> {
		const folder = dataFolder(path)
		openDataFolder(folder)
		const { code } = await home.call("createEnrollment")
		const identity = await enroll(folder, { url: home.url, code, name: "box", home: false })
		await home.call("changeMachine", { params: { machine: identity.machine }, body: { tags: ["bench"] } })
		const headers = { authorization: `Bearer ${await dialToken(identity, Date.now())}` }
		const socket = new WebSocket(`${home.url.replace(/^http/, "ws")}/api/link`, { headers })
		await new Promise<void>((resolve, reject) => {
			socket.once("open", resolve)
			socket.once("error", reject)
		})
		const machine = new TaskMachine(identity, socket, taken)
		const platform = { os: "linux", arch: "x64", release: "1", hostname: "box", connector: "bench" }
		machine.#say({ type: "hello", version: PROTOCOL_VERSION, platform, sessions: [] })
		return machine
	}

	close(): void {
		this.#socket.close()
	}

	#hear(message: ToConnector): void {
		switch (message.type) {
			case "welcome":
				return this.#say({ type: "tasks", slots: 1, runtimes: ["shell"], substrates: ["host"], reports: [] })
			case "ask": {
				if (message.ask !== "takeTask") return this.#say({ type: "refuse", number: message.number, code: "internal" })
				const { task, fence } = TaskReport.pick({ task: true, fence: true }).parse(message.of)
				this.#taken.take(task)
				this.#say({ type: "answer", number: message.number, answer: {} })
				for (const [index, is] of COURSE.entries())
					this.#say({ type: "task", report: TaskReport.parse({ task, fence, sequence: index + 1, is }) })
				return
			}
			case "verdict":
				if (message.sequence === COURSE.length) this.#taken.end()
		}
	}

	#say(message: FromConnector): void {
		this.#socket.send(JSON.stringify(message))
	}
}

const COURSE = ["preparing", "running", "collecting", "succeeded"] as const

/** How often the row of one task is written. */
async function writes(): Promise<number> {
	const store = new MemoryLedgerStore()
	const done = async () => ({ is: "done" }) as const
	const ledger = new Ledger({
		store,
		machines: { take: done, stop: done, steer: done, cut: () => {} },
		...{ now: Date.now, wakeAt: () => {}, limits: () => ({ atOnce: 1, queued: 1 }) },
		...{ perform: async () => ({ is: "done" as const, further: [] }), changed: () => {}, failed: () => {} },
	})
	const machine = newMachineId()
	const can = { members: null, runtimes: null, substrates: null, slots: 1 }
	ledger.linked({ id: machine, name: "box", tags: [], ...can }, 1, [])
	const from = { is: "person", id: "u", name: "Ada" } as const
	const all = { reach: { member: null, tags: null }, replyTo: null, of: null, isFromOutside: false }
	const made = ledger.submit({ key: null, manifest: Manifest.parse({}), from, ...all }, from)
	if (!made.ok) throw new Error(made.code)
	const { id: task } = made.value.task
	while (ledger.task(task)?.state.is !== "claimed") await new Promise((resolve) => setImmediate(resolve))
	for (const [index, is] of COURSE.entries())
		ledger.reported(machine, TaskReport.parse({ task, fence: 1, sequence: index + 1, is }))
	return store.writes
}
