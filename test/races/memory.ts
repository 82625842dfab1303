// What the objects keep on disk, in memory: values, as a database gives them back, so that nothing is shared by accident.
import type { Held, InboxStore } from "../../durable-objects/inbox/held.ts"
import type { KeptReport, ReportStore } from "../../durable-objects/reports.ts"

export class MemoryInboxStore implements InboxStore {
	#workspaceId: string | null = null
	readonly #revisions = new Map<string, number>()
	readonly #rows = new Map<string, { text: string; due: number | null }>()

	workspaceId = () => this.#workspaceId
	revision = (machine: string) => this.#revisions.get(machine) ?? 0
	ofMachine = (machine: string) => this.#all().filter(({ item }) => item.machine === machine)
	open = () => this.#all().filter(({ overAt }) => overAt === null)

	putWorkspaceId(id: string): void {
		this.#workspaceId = id
	}

	putRevision(machine: string, revision: number): void {
		this.#revisions.set(machine, revision)
	}

	get(request: string): Held | undefined {
		const row = this.#rows.get(request)
		return row === undefined ? undefined : (JSON.parse(row.text) as Held)
	}

	due(now: number): Held[] {
		const due = [...this.#rows.values()].filter((row) => row.due !== null && row.due <= now)
		return due.map(({ text }) => JSON.parse(text) as Held)
	}

	nextDue(): number | null {
		const times = [...this.#rows.values()].flatMap(({ due }) => (due === null ? [] : [due]))
		return times.length === 0 ? null : Math.min(...times)
	}

	put(held: Held, due: number | null): void {
		this.#rows.set(held.item.id, { text: JSON.stringify(held), due })
	}

	drop(request: string): void {
		this.#rows.delete(request)
	}

	#all(): Held[] {
		return [...this.#rows.values()].map(({ text }) => JSON.parse(text) as Held)
	}
}

export class MemoryReportStore implements ReportStore {
	#text: string | null = null

	kept = () => (this.#text === null ? null : (JSON.parse(this.#text) as KeptReport))

	keep(report: KeptReport): void {
		this.#text = JSON.stringify(report)
	}
}
