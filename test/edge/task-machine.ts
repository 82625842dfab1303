// A machine that takes tasks, as its object hears it: takes what it is asked to, and reports what a test says.
import type { MachineId, TaskId } from "../../protocol/ids.ts"
import type { Manifest } from "../../protocol/task.ts"
import { TaskReport, type TaskStanding } from "../../protocol/task-report.ts"
import { type Dialled, enrolled, linked, type Program } from "./home.ts"

export interface Taken {
	task: TaskId
	fence: number
	manifest: Manifest
}

interface Question {
	number: number
	ask: string
	of: Record<string, unknown>
}

type Heard = ({ type: "ask" } & Question) | { type: "verdict"; task: TaskId; sequence: number; verdict: string }

export class TaskMachine {
	readonly id: MachineId
	readonly link: Dialled
	/** Dials and asks as this machine. */
	readonly keys: Awaited<ReturnType<typeof enrolled>>
	readonly #asked: Question[] = []
	readonly #answering: ((question: Question) => void)[] = []
	readonly #served = new Map<string, (of: Record<string, unknown>) => unknown>()
	/** Who waits for the verdict on a report, by its number. */
	readonly #reported = new Map<string, (verdict: string) => void>()
	#sequence = 0

	private constructor(keys: TaskMachine["keys"], link: Dialled) {
		this.id = keys.id
		this.keys = keys
		this.link = link
		void this.#listen()
	}

	static async start(by: Program, standing: Partial<TaskStanding> = {}): Promise<TaskMachine> {
		const keys = await enrolled(by, `box-${crypto.randomUUID().slice(0, 8)}`)
		const link = await linked(keys)
		link.send({
			type: "tasks",
			slots: 1,
			runtimes: ["shell", "custom"],
			substrates: ["host"],
			reports: [],
			...standing,
		})
		return new TaskMachine(keys, link)
	}

	/** Takes the next attempt that it is asked to. */
	async take(): Promise<Taken> {
		this.#sequence = 0
		return (await this.answer("takeTask", {})) as unknown as Taken
	}

	/** Answers the next question, which must be this one; what it was asked. */
	async answer(ask: string, answer: unknown): Promise<Record<string, unknown>> {
		const waiting = this.#asked.shift()
		const question = waiting ?? (await new Promise<Question>((resolve) => this.#answering.push(resolve)))
		if (question.ask !== ask) throw new Error(`asked ${question.ask}, not ${ask}`)
		this.link.send({ type: "answer", number: question.number, answer })
		return question.of
	}

	/** Answers every question of this kind from now on. */
	serve(ask: string, answer: (of: Record<string, unknown>) => unknown): void {
		this.#served.set(ask, answer)
	}

	/** Resolves with what the ledger answers. */
	report(
		{ task, fence }: Pick<Taken, "task" | "fence">,
		is: TaskReport["is"],
		more: Partial<TaskReport> = {},
	): Promise<string> {
		const sequence = ++this.#sequence
		this.link.send({ type: "task", report: TaskReport.parse({ task, fence, sequence, is, ...more }) })
		return new Promise((resolve) => this.#reported.set(`${task} ${sequence}`, resolve))
	}

	async #listen(): Promise<void> {
		for (;;) {
			const heard = (await this.link.next()) as Heard
			if (heard.type === "verdict") this.#reported.get(`${heard.task} ${heard.sequence}`)?.(heard.verdict)
			if (heard.type === "ask") this.#hear(heard)
		}
	}

	#hear(question: Question): void {
		const { number, ask, of } = question
		const serve = this.#served.get(ask)
		if (serve !== undefined) return this.link.send({ type: "answer", number, answer: serve(of) })
		const waiting = this.#answering.shift()
		if (waiting === undefined) this.#asked.push(question)
		else waiting(question)
	}
}
