// The audit trail's one writer: every entry has its place, none is lost, and a change is found out.
import { expect, test, vi } from "vitest"
import { type Kept, type Said, Trail, type TrailStore } from "../../durable-objects/trail.ts"
import { type AuditEntry, auditFault, NO_ENTRY } from "../../protocol/audit.ts"

class MemoryTrailStore implements TrailStore {
	at = NO_ENTRY
	kept: Kept[] = []

	head = () => this.at
	pending = (most: number) => this.kept.slice(0, most)

	append(kept: Kept): void {
		this.kept.push(kept)
		this.at = { sequence: kept.entry.sequence, hash: kept.entry.hash }
	}

	drop(sequence: number): void {
		this.kept = this.kept.filter(({ entry }) => entry.sequence > sequence)
	}
}

class World {
	now = 1_000
	wakeAt: number | null = null
	/** Whether the registry takes what it is given. */
	isUp = true
	readonly written = new Map<number, AuditEntry>()
	readonly store = new MemoryTrailStore()
	trail = this.#build()

	/** The object leaves memory. */
	evict(): void {
		this.trail = this.#build()
	}

	record(action: string): Promise<void> {
		return this.trail.record("w", said(action))
	}

	/** What the registry has, in the order of its keys. */
	get rows(): AuditEntry[] {
		return [...this.written.values()].sort((one, other) => one.sequence - other.sequence)
	}

	#build(): Trail {
		return new Trail({
			store: this.store,
			write: async (kept) => {
				await Promise.resolve()
				if (!this.isUp) throw new Error("away")
				for (const { entry } of kept) this.written.set(entry.sequence, entry)
			},
			now: () => this.now,
			wakeAt: (time) => {
				this.wakeAt = time
			},
		})
	}
}

function said(action: string): Said {
	const actor = { is: "person", id: "u", name: "U" } as const
	return { at: 5, actor, action, target: {}, outcome: "done", address: null, detail: { name: "x" } }
}

/** The faults of a chain, from its first entry to its head. */
async function faults(entries: AuditEntry[], head: typeof NO_ENTRY): Promise<string[]> {
	const found: string[] = []
	let last = NO_ENTRY
	for (const entry of entries) {
		const fault = await auditFault(last, entry)
		if (fault !== null) found.push(fault)
		last = entry
	}
	if (last.sequence !== head.sequence || last.hash !== head.hash) found.push("The tail is cut.")
	return found
}

test("entries said at once get places without gaps, in the order in which they were said", async () => {
	const world = new World()
	await Promise.all(Array.from({ length: 100 }, (_, index) => world.record(`act-${index}`)))
	await world.trail.flush()
	expect(world.rows.map(({ action }) => action)).toEqual(Array.from({ length: 100 }, (_, index) => `act-${index}`))
	expect(await faults(world.rows, world.store.head())).toEqual([])
})

test("an edited entry, a missing one and a cut tail are found", async () => {
	const world = new World()
	for (const action of ["one", "two", "three"]) await world.record(action)
	await world.trail.flush()
	const head = world.store.head()
	const [one, two, three] = world.rows as [AuditEntry, AuditEntry, AuditEntry]
	expect(await faults([one, { ...two, outcome: "not_allowed" }, three], head)).toEqual(["Entry 2 was changed."])
	expect(await faults([one, three], head)).toEqual(["Entry 2 is missing."])
	expect(await faults([one, two], head)).toEqual(["The tail is cut."])
	expect(await faults([], head)).toEqual(["The tail is cut."])
})

test("the registry gets everything at the alarm, and the object forgets all but the head", async () => {
	const world = new World()
	await world.record("one")
	expect(world.store.kept).toHaveLength(1)
	world.now = world.wakeAt ?? 0
	await world.trail.alarm()
	expect(world.rows).toHaveLength(1)
	expect(world.store.kept).toEqual([])
	expect(world.store.head().sequence).toBe(1)
})

test("a registry that is away loses nothing: it is asked again, also after a wake", async () => {
	const world = new World()
	const logged = vi.spyOn(console, "error").mockReturnValue()
	world.isUp = false
	for (let index = 0; index < 40; index++) await world.record(`act-${index}`)
	await expect(world.trail.flush()).rejects.toThrow("away")
	await world.trail.alarm()
	expect(logged).toHaveBeenCalledOnce()
	logged.mockRestore()
	expect(world.wakeAt).toBeGreaterThan(world.now)
	world.evict()
	await world.record("last")
	world.isUp = true
	await world.trail.alarm()
	expect(world.rows).toHaveLength(41)
	expect(await faults(world.rows, world.store.head())).toEqual([])
})

test("entries that were written and not yet forgotten are written again without harm", async () => {
	const world = new World()
	await world.record("one")
	const [kept] = world.store.kept
	await world.trail.flush()
	if (kept !== undefined) world.store.kept.push(kept)
	world.evict()
	await world.record("two")
	await world.trail.flush()
	expect(await faults(world.rows, world.store.head())).toEqual([])
})

test("a flush waits for what is being said and for the flush before it", async () => {
	const world = new World()
	const recorded = world.record("one")
	const flushed = world.trail.flush()
	void world.record("two")
	await Promise.all([recorded, flushed, world.trail.flush()])
	expect(world.rows.map(({ action }) => action)).toContain("one")
	await world.trail.flush()
	expect(world.rows).toHaveLength(2)
})

test("an entry that cannot be kept is told to whoever said it, and does not stop the next", async () => {
	const world = new World()
	const append = vi.spyOn(world.store, "append").mockImplementationOnce(() => {
		throw new Error("disk full")
	})
	const [lost, kept] = await Promise.allSettled([world.record("one"), world.record("two")])
	append.mockRestore()
	expect([lost.status, kept.status]).toEqual(["rejected", "fulfilled"])
	await world.trail.flush()
	expect(await faults(world.rows, world.store.head())).toEqual([])
})
