// Reports on their way to the ledger: in order, again until they are taken, and none for a fence that counts no more.
import { REFUSALS, Refusal } from "../../protocol/errors.ts"
import type { TaskReport, Verdict } from "../../protocol/task-report.ts"
import { Stopped, sentence } from "./failed.ts"
import type { Kept } from "./kept.ts"
import { type Ledger, Unheard } from "./ports.ts"

interface Options {
	kept: Kept
	ledger: Ledger
	/** The ledger was heard. */
	onProof: () => void
	/** One was taken. */
	keep: () => Promise<void>
	/** The fence counts no more. */
	onVoid: () => void
	log: (line: string) => void
}

/** Before it is tried again; cut short when the link is back. */
const AGAIN_MIN_MS = 500
const AGAIN_MAX_MS = 60_000

export class Reports {
	readonly #options: Options
	#isSending = false
	#isClosed = false
	#wake: () => void = () => {}
	#waiting: { resolve: () => void; reject: (error: Error) => void }[] = []

	constructor(options: Options) {
		this.#options = options
	}

	/** All that is not taken yet goes out, once it is kept. */
	send(): void {
		if (!this.#isSending) void this.#send()
	}

	/** The link is back: what was told last is told again, until it is to be forgotten. */
	again(): void {
		const { kept } = this.#options
		if (kept.reports.length === 0 && kept.last !== null && !kept.isForgotten) kept.reports.push(kept.last)
		this.#wake()
		this.send()
	}

	/** This process does no more for it. */
	close(): void {
		this.#isClosed = true
		this.#wake()
	}

	/** Resolves when the ledger knows everything: then the fence counts still. Rejects with Stopped where it does not. */
	settled(): Promise<void> {
		const { kept } = this.#options
		if (kept.isVoid) return Promise.reject(new Stopped())
		if (kept.reports.length === 0) return Promise.resolve()
		return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
	}

	/** Asks the home something until it answers. Throws what it refuses for good, or Stopped. */
	async asked<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
		for (let wait = AGAIN_MIN_MS; ; wait = Math.min(wait * 2, AGAIN_MAX_MS)) {
			if (signal.aborted || this.#isClosed) throw new Stopped()
			try {
				return await ask()
			} catch (error) {
				const mayRetry = error instanceof Refusal ? REFUSALS[error.code].mayRetry : error instanceof Unheard
				if (!mayRetry) throw error
				this.#options.log(`The home does not answer: ${sentence(error)}`)
			}
			await this.#wait(wait, signal)
		}
	}

	async #send(): Promise<void> {
		const { kept, ledger, keep, onVoid, log } = this.#options
		this.#isSending = true
		let wait = AGAIN_MIN_MS
		for (;;) {
			const next = kept.reports[0]
			if (next === undefined || kept.isVoid || this.#isClosed) break
			const said = await this.#tell(next, ledger, log)
			if (said === null) {
				await this.#wait(wait)
				wait = Math.min(wait * 2, AGAIN_MAX_MS)
				continue
			}
			wait = AGAIN_MIN_MS
			if (said === "stop") {
				onVoid()
				break
			}
			this.#options.onProof()
			const isKnown = next.sequence === kept.last?.sequence && said !== "forget"
			kept.last = next
			if (said === "forget") kept.isForgotten = true
			kept.reports.shift()
			if (isKnown) continue
			// Where it cannot be kept it is told once more after a crash, which changes nothing.
			await keep().catch((error: unknown) => log(`A report's receipt is not kept: ${String(error)}`))
		}
		this.#isSending = false
		if (kept.reports.length > 0 && !kept.isVoid) return
		for (const { resolve, reject } of this.#waiting.splice(0)) kept.isVoid ? reject(new Stopped()) : resolve()
	}

	async #tell(report: TaskReport, ledger: Ledger, log: (line: string) => void): Promise<Verdict | null> {
		try {
			return await ledger.report(report)
		} catch (error) {
			log(`${report.task}: ${report.is} is not told yet: ${error instanceof Error ? error.message : String(error)}`)
			return null
		}
	}

	#wait(ms: number, signal?: AbortSignal): Promise<void> {
		return new Promise((resolve) => {
			const done = () => {
				clearTimeout(timer)
				signal?.removeEventListener("abort", done)
				resolve()
			}
			const timer = setTimeout(done, ms)
			const before = this.#wake
			this.#wake = () => {
				before()
				done()
			}
			signal?.addEventListener("abort", done, { once: true })
		})
	}
}
