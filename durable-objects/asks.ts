// Questions under way to the machine: asked with a number, answered once with it, refused when the link goes.
import { type Answered, ASKS, type Ask, type Asked } from "../protocol/ask.ts"
import { type RefusalCode, refusalCode } from "../protocol/errors.ts"
import { ASK_TIMEOUT_MS } from "../protocol/limits.ts"
import type { ToConnector } from "../protocol/messages.ts"

/** A refusal travels as a value, since an error loses its class between an object and the Worker that calls it. */
export type Outcome<T> = { ok: true; value: T } | Refused

interface Refused {
	ok: false
	code: RefusalCode
	detail?: string
	/** The machine has not heard of it, and will not. */
	isUnsent?: boolean
}

interface Open {
	ask: Ask
	settle: (outcome: Outcome<unknown>) => void
	timer: ReturnType<typeof setTimeout>
}

export class Asks {
	readonly #open = new Map<number, Open>()
	#next = 1

	ask<A extends Ask>(ask: A, of: Asked<A>, send: (message: ToConnector) => void): Promise<Outcome<Answered<A>>> {
		const number = this.#next++
		return new Promise((resolve) => {
			const timer = setTimeout(() => this.#settle(number, { ok: false, code: "timed_out" }), ASK_TIMEOUT_MS)
			this.#open.set(number, { ask, timer, settle: resolve as Open["settle"] })
			send({ type: "ask", number, ask, of })
		})
	}

	/** An answer that does not fit its question is the machine's fault, not the caller's. */
	answered(number: number, answer: unknown): void {
		const open = this.#open.get(number)
		if (open === undefined) return
		const parsed = ASKS[open.ask].answered.safeParse(answer)
		this.#settle(
			number,
			parsed.success
				? { ok: true, value: parsed.data }
				: { ok: false, code: "internal", detail: "The machine's answer has the wrong shape." },
		)
	}

	refused(number: number, code: string, detail: string | undefined): void {
		this.#settle(number, { ok: false, code: refusalCode(code), ...(detail === undefined ? {} : { detail }) })
	}

	/** The link is gone; nobody will answer. Whether the machine has done what was asked is not known. */
	abandon(): void {
		for (const number of [...this.#open.keys()]) this.#settle(number, { ok: false, code: "machine_offline" })
	}

	#settle(number: number, outcome: Outcome<unknown>): void {
		const open = this.#open.get(number)
		if (open === undefined) return
		clearTimeout(open.timer)
		this.#open.delete(number)
		open.settle(outcome)
	}
}
