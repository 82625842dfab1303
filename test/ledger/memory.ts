// What the ledger keeps on disk, in memory: texts, as a database keeps them, so that nothing is shared by accident.
import type { Effect, Held, KnownMachine, LedgerStore } from "../../durable-objects/ledger/held.ts"
import type { TaskId } from "../../protocol/ids.ts"
import type { Manifest } from "../../protocol/task.ts"

export class MemoryLedgerStore implements LedgerStore {
	/** How many rows of tasks were written. */
	writes = 0
	readonly #rows = new Map<TaskId, { text: string; isOpen: boolean; endedAt: number | null }>()
	readonly #keys = new Map<string, TaskId>()
	readonly #manifests = new Map<TaskId, Manifest>()
	readonly #machines = new Map<string, string>()
	readonly #effects = new Map<string, string>()

	get = (task: TaskId) => parsed<Held>(this.#rows.get(task)?.text)
	open = () => this.all(({ isOpen }) => isOpen)
	manifest = (task: TaskId) => this.#manifests.get(task)
	putManifest = (task: TaskId, manifest: Manifest) => void this.#manifests.set(task, manifest)
	machines = () => [...this.#machines.values()].map((text) => JSON.parse(text) as KnownMachine)
	putMachine = (machine: KnownMachine) => void this.#machines.set(machine.id, JSON.stringify(machine))
	effects = () => [...this.#effects.values()].map((text) => JSON.parse(text) as Effect)
	putEffect = (effect: Effect) => void this.#effects.set(effect.id, JSON.stringify(effect))
	dropEffect = (id: string) => void this.#effects.delete(id)

	byKey(key: string): Held | undefined {
		const id = this.#keys.get(key)
		return id === undefined ? undefined : this.get(id)
	}

	ended(most: number): Held[] {
		const over = this.all(({ endedAt }) => endedAt !== null)
		return over.sort((one, other) => (other.endedAt ?? 0) - (one.endedAt ?? 0)).slice(0, most)
	}

	put(held: Held, isOpen: boolean): void {
		this.writes++
		this.#rows.set(held.id, { text: JSON.stringify(held), isOpen, endedAt: held.endedAt })
		if (held.key !== null) this.#keys.set(held.key, held.id)
	}

	forget(before: number): void {
		for (const [id, { isOpen, endedAt, text }] of this.#rows) {
			if (isOpen || endedAt === null || endedAt >= before) continue
			const { key } = JSON.parse(text) as Held
			if (key !== null) this.#keys.delete(key)
			this.#rows.delete(id)
			this.#manifests.delete(id)
		}
	}

	firstEnd(): number | null {
		const ends = [...this.#rows.values()].flatMap(({ isOpen, endedAt }) =>
			isOpen || endedAt === null ? [] : [endedAt],
		)
		return ends.length === 0 ? null : Math.min(...ends)
	}

	all(which: (row: { isOpen: boolean; endedAt: number | null }) => boolean = () => true): Held[] {
		return [...this.#rows.values()].filter(which).map(({ text }) => JSON.parse(text) as Held)
	}
}

function parsed<T>(text: string | undefined): T | undefined {
	return text === undefined ? undefined : (JSON.parse(text) as T)
}
