// The kitty keyboard protocol's flags as the program has set them, one stack a screen. The viewers encode keys by them.

/** What the protocol's reference keeps; a push beyond it drops the oldest. */
const STACK_LIMIT = 8
/** The five flags that the protocol knows. */
const ALL_FLAGS = 31

export class Keyboard {
	readonly #stacks = { normal: [] as number[], alt: [] as number[] }

	flags(screen: "normal" | "alt"): number {
		return this.#stacks[screen].at(-1) ?? 0
	}

	push(screen: "normal" | "alt", flags: number): void {
		const stack = this.#stacks[screen]
		stack.push(flags & ALL_FLAGS)
		if (stack.length > STACK_LIMIT) stack.shift()
	}

	pop(screen: "normal" | "alt", count: number): void {
		const stack = this.#stacks[screen]
		stack.length = Math.max(0, stack.length - Math.max(1, count))
	}

	/** `how`: 1 replaces the flags, 2 adds these, 3 removes these. */
	set(screen: "normal" | "alt", flags: number, how: number): void {
		const stack = this.#stacks[screen]
		const old = stack.pop() ?? 0
		const known = flags & ALL_FLAGS
		stack.push(how === 3 ? old & ~known : how === 2 ? old | known : known)
	}

	reset(): void {
		this.#stacks.normal.length = 0
		this.#stacks.alt.length = 0
	}

	/** Sequences that give an empty stack of the active screen these entries. */
	restore(screen: "normal" | "alt"): string {
		return this.#stacks[screen].map((flags) => `\x1b[>${flags}u`).join("")
	}
}
