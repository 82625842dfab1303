// Reports of attempts on the link, and what the ledger answers to each: told again on every link until it has answered.
import type { TaskId } from "../../protocol/ids.ts"
import type { FromConnector, ToConnector } from "../../protocol/messages.ts"
import type { TaskReport, Verdict } from "../../protocol/task-report.ts"

type Tell = (message: FromConnector) => void
type VerdictMessage = Extract<ToConnector, { type: "verdict" }>

/** A home that has not answered within this on a link that is up is told again. */
const ANSWER_MS = 30_000

interface Open {
	report: TaskReport
	promise: Promise<Verdict>
	resolve: (verdict: Verdict) => void
	timer: NodeJS.Timeout | undefined
}

export class Line {
	#tell: Tell | null = null
	/** Waited for, by key. */
	readonly #open = new Map<string, Open>()
	/** Told on this link with all the others, by key; with its verdict once that has come. */
	readonly #told = new Map<string, Verdict | null>()
	readonly #onStop: (of: { task: TaskId; fence: number }) => void

	/** `onStop`: the ledger has given an attempt up, as it says of a report that nobody waits for. */
	constructor(onStop: (of: { task: TaskId; fence: number }) => void) {
		this.#onStop = onStop
	}

	/** The link is up, and these have gone out on it with what the machine tells of all its tasks. */
	linked(tell: Tell, told: TaskReport[]): void {
		this.#tell = tell
		this.#told.clear()
		for (const report of told) this.#told.set(keyOf(report), null)
		for (const open of this.#open.values()) this.#say(open)
	}

	unlinked(): void {
		this.#tell = null
		this.#told.clear()
		for (const { timer } of this.#open.values()) clearTimeout(timer)
	}

	/** Resolves when the ledger has answered, on whichever link. */
	report(report: TaskReport): Promise<Verdict> {
		const key = keyOf(report)
		const told = this.#told.get(key) ?? null
		if (told !== null) {
			this.#told.delete(key)
			return Promise.resolve(told)
		}
		const known = this.#open.get(key)
		if (known !== undefined) return known.promise
		const { promise, resolve } = deferred<Verdict>()
		const open: Open = { report, promise, resolve, timer: undefined }
		this.#open.set(key, open)
		this.#say(open)
		return promise
	}

	verdict(message: VerdictMessage): void {
		const { task, fence, verdict } = message
		const key = keyOf(message)
		const open = this.#open.get(key)
		if (open !== undefined) {
			clearTimeout(open.timer)
			this.#open.delete(key)
			this.#told.delete(key)
			open.resolve(verdict)
		} else if (verdict === "stop") this.#onStop({ task, fence })
		else if (this.#told.has(key)) this.#told.set(key, verdict)
	}

	#say(open: Open): void {
		clearTimeout(open.timer)
		if (this.#tell === null) return
		// Once for each link is enough, until it has taken too long.
		if (!this.#told.has(keyOf(open.report))) this.#tell({ type: "task", report: open.report })
		open.timer = setTimeout(() => {
			this.#told.delete(keyOf(open.report))
			this.#say(open)
		}, ANSWER_MS).unref()
	}
}

function keyOf({ task, fence, sequence }: Pick<TaskReport, "task" | "fence" | "sequence">): string {
	return `${task} ${fence} ${sequence}`
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
	let resolve: (value: T) => void = () => {}
	const promise = new Promise<T>((done) => {
		resolve = done
	})
	return { promise, resolve }
}
