// Seeded dice: the same seed gives the same run. Tests print the seed, so that a failure can be thrown again.

export class Dice {
	readonly seed: number
	#state: number

	constructor(seed: number) {
		this.seed = seed
		this.#state = seed >>> 0
	}

	/** 32 random bits (the mulberry32 generator). */
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0
		let t = this.#state
		t = Math.imul(t ^ (t >>> 15), t | 1)
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
		return (t ^ (t >>> 14)) >>> 0
	}

	/** A whole number from 0 to below `end`. */
	below(end: number): number {
		return Math.floor((this.next() / 2 ** 32) * end)
	}

	/** A whole number from `first` to `last`, both possible. */
	between(first: number, last: number): number {
		return first + this.below(last - first + 1)
	}

	chance(probability: number): boolean {
		return this.next() / 2 ** 32 < probability
	}

	pick<T>(items: readonly [T, ...T[]] | readonly T[]): T {
		return items[this.below(items.length)] as T
	}

	bytes(length: number): Uint8Array<ArrayBuffer> {
		return Uint8Array.from({ length }, () => this.next() & 0xff)
	}
}

/** The seed of this run: the suite's, so that it is the same everywhere, or another that is given. */
export function runSeed(): number {
	return Number(process.env.HOMEPORT_SEED ?? 20_260_701)
}
