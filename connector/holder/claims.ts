// The claims of answers that were typed: each is typed once, whoever asks again, also after this process and its client.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Nobody asks again for one that is older than so many others. */
const MOST = 1_000

export class Claims {
	readonly #path: string
	/** The oldest first. */
	readonly #known: Set<string>

	constructor(folder: string) {
		this.#path = join(folder, "claims")
		const lines = existsSync(this.#path) ? readFileSync(this.#path, "utf8").split("\n") : []
		const claims = lines.filter((line) => line !== "")
		this.#known = new Set(claims.slice(-MOST))
		if (claims.length > MOST * 2) writeFileSync(this.#path, `${[...this.#known].join("\n")}\n`, { mode: 0o600 })
	}

	has(claim: string): boolean {
		return this.#known.has(claim)
	}

	/** Before anything of it is typed: what is written here and never typed is better than what is typed twice. */
	add(claim: string): void {
		appendFileSync(this.#path, `${claim}\n`, { mode: 0o600 })
		this.#known.add(claim)
		const [oldest] = this.#known
		if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest)
	}
}
