// What schedules keep, in memory: values, as a database gives them back, so that nothing is shared by accident.
import {
	isOpen,
	type KeptOccurrence,
	type KeptSchedule,
	type ScheduleStore,
} from "../../durable-objects/schedule/schedule-store.ts"
import type { ScheduleId } from "../../protocol/ids.ts"

export class MemoryScheduleStore implements ScheduleStore {
	readonly #schedules = new Map<string, KeptSchedule>()
	readonly #names = new Map<string, string>()
	/** In the order in which they were added. */
	readonly #occurrences = new Map<string, KeptOccurrence>()

	get = (id: string) => copy(this.#schedules.get(id))
	count = () => this.#schedules.size
	occurrence = (key: string) => copy(this.#occurrences.get(key))
	open = (schedule: string) => this.#of(schedule).filter(isOpen)

	named(name: string): KeptSchedule | undefined {
		return this.get(this.#names.get(name) ?? "")
	}

	put(schedule: KeptSchedule): void {
		this.#names.delete(this.#schedules.get(schedule.id)?.name ?? "")
		this.#names.set(schedule.name, schedule.id)
		this.#schedules.set(schedule.id, structuredClone(schedule))
	}

	drop(id: string): void {
		this.#names.delete(this.#schedules.get(id)?.name ?? "")
		this.#schedules.delete(id)
		for (const { key } of this.#of(id)) this.#occurrences.delete(key)
	}

	page(after: string, most: number): KeptSchedule[] {
		const all = [...this.#schedules.values()].filter(({ name }) => name > after)
		return structuredClone(all.sort((one, other) => (one.name < other.name ? -1 : 1)).slice(0, most))
	}

	due(now: number, most: number): KeptSchedule[] {
		const due = [...this.#schedules.values()].filter(({ nextAt }) => nextAt !== null && nextAt <= now)
		return structuredClone(due.sort((one, other) => (one.nextAt ?? 0) - (other.nextAt ?? 0)).slice(0, most))
	}

	add(occurrence: KeptOccurrence): boolean {
		if (this.#occurrences.has(occurrence.key)) return false
		this.#occurrences.set(occurrence.key, structuredClone(occurrence))
		return true
	}

	putOccurrence(occurrence: KeptOccurrence): void {
		if (this.#occurrences.has(occurrence.key)) this.#occurrences.set(occurrence.key, structuredClone(occurrence))
	}

	dueOccurrences(now: number, most: number): ScheduleId[] {
		const due = [...this.#occurrences.values()].filter((one) => one.due !== null && one.due <= now)
		const longest = due.sort((one, other) => (one.due ?? 0) - (other.due ?? 0)).slice(0, most)
		return [...new Set(longest.map(({ schedule }) => schedule))]
	}

	history(schedule: string, after: string | null, most: number): KeptOccurrence[] {
		const all = this.#of(schedule).reverse()
		return all.slice(all.findIndex(({ key }) => key === after) + 1).slice(0, most)
	}

	prune(schedule: string, keep: number): void {
		const over = this.#of(schedule).filter((one) => !isOpen(one))
		for (const { key } of over.slice(0, Math.max(0, over.length - keep))) this.#occurrences.delete(key)
	}

	nextDue(): number | null {
		let first = Number.POSITIVE_INFINITY
		for (const { nextAt } of this.#schedules.values()) first = Math.min(first, nextAt ?? first)
		for (const { due } of this.#occurrences.values()) first = Math.min(first, due ?? first)
		return first === Number.POSITIVE_INFINITY ? null : first
	}

	#of(schedule: string): KeptOccurrence[] {
		return structuredClone([...this.#occurrences.values()].filter((one) => one.schedule === schedule))
	}
}

function copy<T>(value: T | undefined): T | undefined {
	return value === undefined ? undefined : structuredClone(value)
}
