// What this machine can run sessions in, as found by trying: tried once when the link process starts, and when asked.
import { SUBSTRATES, type Substrate, type SubstrateInfo } from "../../protocol/substrate.ts"
import { maskTokens } from "../../protocol/token-shapes.ts"
import { readSettings } from "../settings.ts"
import type { Contained } from "./contained.ts"
import { loadSubstrate } from "./substrates.ts"

export class Tried {
	readonly #dataDir: string
	readonly #known = new Map<Substrate, SubstrateInfo>([["host", HOST]])
	#trying: Promise<void> | null = null

	constructor(dataDir: string) {
		this.#dataDir = dataDir
		void this.again()
	}

	get isTrying(): boolean {
		return this.#trying !== null
	}

	all(): SubstrateInfo[] {
		return SUBSTRATES.flatMap((name) => this.#known.get(name) ?? [])
	}

	/** Resolves when all have been tried. */
	again(): Promise<void> {
		this.#trying ??= this.#try().finally(() => {
			this.#trying = null
		})
		return this.#trying
	}

	/** Resolves when nothing is being tried. */
	async settled(): Promise<void> {
		await this.#trying
	}

	/** Of this substrate; waits until it has been tried for the first time. */
	async of(name: Substrate): Promise<SubstrateInfo> {
		if (!this.#known.has(name)) await this.again()
		const known = this.#known.get(name)
		if (known === undefined) throw new Error(`invariant: ${name} has been tried`)
		return known
	}

	/** The same; what was absent is tried once more first, since that may have been mended. */
	async now(name: Substrate): Promise<SubstrateInfo> {
		const known = await this.of(name)
		if (known.is === "ready" || name === "host") return known
		const found = await tried(name, this.#dataDir)
		this.#known.set(name, found)
		return found
	}

	/** What a session runs in that does not say so: what the person has settled, else a sandbox where that works. */
	async default(): Promise<Substrate> {
		const { substrate } = await readSettings(this.#dataDir)
		if (substrate !== null) return substrate
		return (await this.of("sandbox")).is === "ready" ? "sandbox" : "host"
	}

	/** One after another: each measures, and starts processes. */
	async #try(): Promise<void> {
		for (const name of ["sandbox", "container", "vm"] as const) this.#known.set(name, await tried(name, this.#dataDir))
	}
}

/** A tool that fails in a way that nobody foresaw is one that the machine does not have; everything else goes on. */
async function tried(substrate: Contained["substrate"], dataDir: string): Promise<SubstrateInfo> {
	try {
		return await (await loadSubstrate(substrate)).probe(dataDir)
	} catch (error) {
		const why = maskTokens(error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ")
		const reason = `Trying it failed: ${why.trim().replace(/\.$/, "")}.`
		return { is: "absent", substrate, reason, remedy: "Mend that, then: homeport substrates --again" }
	}
}

const HOST: SubstrateInfo = {
	is: "ready",
	substrate: "host",
	by: "this machine itself",
	networks: ["full"],
	limits: [],
	notes: ["A program here may do everything that you may do."],
}
