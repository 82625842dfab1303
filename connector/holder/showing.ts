// When the screen is told to who attends to it: once the program has paused, and now and then while it does not.

/** Programs draw a screen in several writes: after such a pause it is whole. */
const SETTLED_MS = 80
/** A spinner draws ten times a second, which is not worth telling as often … */
const BETWEEN_MS = 250
/** … and a program that never pauses is looked at this often. */
const AT_LEAST_MS = 1_000

export class Showing {
	/** Answers false where it could not be told now: then it is tried again. */
	readonly #tell: () => boolean
	#isOn = false
	#timer: NodeJS.Timeout | null = null
	/** When the first and the last change came that have not been told; null where all is told. */
	#since: number | null = null
	#last = 0
	#toldAt = 0

	constructor(tell: () => boolean) {
		this.#tell = tell
	}

	/** Whether anybody attends; whoever begins to is told what there is. */
	attend(on: boolean): void {
		this.#isOn = on
		if (on) this.changed(Date.now())
		else this.#stop()
	}

	/** Called for every write of the program, so that it costs next to nothing while a look is due already. */
	changed(now: number): void {
		this.#last = now
		this.#since ??= now
		if (this.#isOn && this.#timer === null) this.#wait(SETTLED_MS)
	}

	/** Tells what is still to be told at once: the program has ended. */
	flush(): void {
		if (this.#isOn && this.#since !== null) this.#look()
	}

	#stop(): void {
		if (this.#timer !== null) clearTimeout(this.#timer)
		this.#timer = null
	}

	#wait(ms: number): void {
		this.#timer = setTimeout(() => {
			this.#timer = null
			const now = Date.now()
			const settled = Math.min(this.#last + SETTLED_MS, (this.#since ?? now) + AT_LEAST_MS)
			const due = Math.max(settled, this.#toldAt + BETWEEN_MS)
			// A clock that was set back must not stop it.
			if (now < due && due - now <= AT_LEAST_MS) this.#wait(due - now)
			else this.#look()
		}, ms)
	}

	#look(): void {
		this.#stop()
		if (!this.#tell()) return this.#wait(BETWEEN_MS)
		this.#since = null
		this.#toldAt = Date.now()
	}
}
