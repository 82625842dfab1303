// When this machine last had proof that its home knows of it, by a clock that counts sleep; on disk, for the next process.
import { join } from "node:path"
import * as z from "zod"
import { readPrivate, writePrivate } from "../private-file.ts"
import type { Clock } from "./ports.ts"

const Heard = z.object({ boot: z.string(), at: z.number() })

/** What is on disk may be older by so much: a process that begins after a crash stops a little sooner. */
const KEEP_EVERY_MS = 10_000

export class Proof {
	readonly #path: string
	readonly #clock: Clock
	#at: number
	#keptAt: number
	#writing: Promise<void> = Promise.resolve()

	private constructor(path: string, clock: Clock, at: number) {
		this.#path = path
		this.#clock = clock
		this.#at = at
		this.#keptAt = at
	}

	/** What was heard before the system was started again counts as never: nothing of then runs. */
	static async open(folder: string, clock: Clock): Promise<Proof> {
		const path = join(folder, "heard.json")
		const heard = await readPrivate(path, Heard)
		return new Proof(path, clock, heard?.boot === clock.boot ? heard.at : Number.NEGATIVE_INFINITY)
	}

	/** Called for each word of the home. It goes to the disk only where a next process may have to know it. */
	heard(isNeeded: boolean): void {
		this.#at = this.#clock.sleeping()
		if (isNeeded) this.#keep()
	}

	/** What was heard is on disk. */
	async kept(): Promise<void> {
		if (Number.isFinite(this.#at)) this.#keep()
		await this.#writing
	}

	/** How many milliseconds are left of `awayMs` since then. */
	leftOf(awayMs: number): number {
		return this.#at + awayMs - this.#clock.sleeping()
	}

	#keep(): void {
		if (this.#at - this.#keptAt < KEEP_EVERY_MS) return
		const heard = { boot: this.#clock.boot, at: this.#at }
		this.#keptAt = this.#at
		this.#writing = this.#writing
			.then(() => writePrivate(this.#path, heard))
			.catch(() => {
				// What is there is older, and so the safer.
			})
	}
}
