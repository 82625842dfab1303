// The connections that a gate has refused, counted by where they went: kept in a folder, where the link process reads them.
import { renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as z from "zod"
import { Denied } from "../../../protocol/substrate.ts"
import { readPrivate } from "../../private-file.ts"
import type { Contained } from "../contained.ts"

/** The oldest give way to new ones. */
const TARGETS = 200
/** A program that tries again and again does not keep the disk busy. */
const WRITE_EVERY_MS = 1_000
const HOST_CHARS = 255

export class DeniedLog {
	readonly #path: string
	/** By host and port, the newest last. */
	readonly #targets: Map<string, Denied>
	#timer: NodeJS.Timeout | null = null
	#isWritten = true

	private constructor(path: string, known: Denied[]) {
		this.#path = path
		this.#targets = new Map(known.map((denied) => [key(denied), denied]))
	}

	/** Goes on where an earlier run of the session has left off. */
	static async open(folder: string): Promise<DeniedLog> {
		return new DeniedLog(join(folder, FILE), (await readDenied(folder)).toReversed())
	}

	add(host: string, port: number): void {
		// Whoever is held in chooses the name; people read it.
		const shown = host.slice(0, HOST_CHARS).replace(/[^\x21-\x7e]/g, "?")
		const target = key({ host: shown, port })
		const count = (this.#targets.get(target)?.count ?? 0) + 1
		this.#targets.delete(target)
		this.#targets.set(target, { host: shown, port, count, at: Date.now() })
		const [oldest] = this.#targets.keys()
		if (this.#targets.size > TARGETS && oldest !== undefined) this.#targets.delete(oldest)
		this.#isWritten = false
		if (this.#timer === null) this.#write()
	}

	close(): void {
		if (this.#timer !== null) clearTimeout(this.#timer)
		this.#timer = null
		this.#save()
	}

	#write(): void {
		this.#save()
		this.#timer = setTimeout(() => {
			this.#timer = null
			if (!this.#isWritten) this.#write()
		}, WRITE_EVERY_MS).unref()
	}

	#save(): void {
		if (this.#isWritten) return
		this.#isWritten = true
		try {
			writeFileSync(`${this.#path}.new`, JSON.stringify([...this.#targets.values()].toReversed()), { mode: 0o600 })
			renameSync(`${this.#path}.new`, this.#path)
		} catch {
			// The folder is gone with its session, or the disk is full: refusing goes on without a list.
		}
	}
}

/** The newest first; none where no gate has refused anything. */
export async function readDenied(folder: string): Promise<Denied[]> {
	return (await readPrivate(join(folder, FILE), z.array(Denied))) ?? []
}

/** What was refused to a session. A VM has one gate for all of its sessions, and keeps it in its own folder. */
export async function deniedOf(contained: Contained): Promise<Denied[]> {
	if (contained.substrate !== "vm") return readDenied(contained.folder)
	const { Vms } = await import("../vm/vms.ts")
	const name = contained.vm ?? new Vms(contained.dataDir).sessionVm(contained).name
	return readDenied(join(contained.dataDir, "vms", name))
}

function key({ host, port }: Pick<Denied, "host" | "port">): string {
	return `${host}:${port}`
}

const FILE = "denied.json"
