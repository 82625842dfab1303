// Random histories of schedules: eviction in the middle of anything, late, early and double alarms, a ledger that is away,
// clocks put back, weeks asleep. Each time of each schedule has one task or one word of why not, and never both.
import { expect, test } from "vitest"
import { dueAt, LATE_MS } from "../../durable-objects/schedule/due.ts"
import { timesOf } from "../../durable-objects/schedule/next.ts"
import { isOpen, type KeptOccurrence } from "../../durable-objects/schedule/schedule-store.ts"
import type { Missed, Overlap, Schedule, When } from "../../protocol/schedule.ts"
import { MemoryScheduleStore } from "../schedules/memory.ts"
import { ANNA, type Fate, type KnownTask, value, World } from "../schedules/world.ts"
import { Dice, runSeed } from "../support/dice.ts"

const HISTORIES = 150
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Everything that was ever said, also what is pruned. */
class RecordingStore extends MemoryScheduleStore {
	readonly said = new Map<string, KeptOccurrence>()
	readonly faults: string[] = []

	override add(occurrence: KeptOccurrence): boolean {
		const isNew = super.add(occurrence)
		if (isNew && this.said.has(occurrence.key)) this.faults.push(`${occurrence.key} comes twice`)
		if (isNew) this.said.set(occurrence.key, structuredClone(occurrence))
		return isNew
	}

	override putOccurrence(occurrence: KeptOccurrence): void {
		const before = this.said.get(occurrence.key)
		if (before !== undefined && !isOpen(before)) this.faults.push(`${occurrence.key} changes after its end`)
		super.putOccurrence(occurrence)
		this.said.set(occurrence.key, structuredClone(occurrence))
	}
}

class History {
	readonly #dice: Dice
	readonly #store = new RecordingStore()
	readonly #world = new World(this.#store)
	readonly #faults: string[] = []
	readonly #schedules: { first: Schedule; removedIn: number | null; began: KnownTask[] }[] = []
	#isLedgerUp = true
	#isCalm = false
	#nonces = 0
	#steps = 0

	constructor(seed: number) {
		this.#dice = new Dice(seed)
	}

	async run(): Promise<string[]> {
		const world = this.#world
		const dice = this.#dice
		world.turns = () => (this.#isCalm ? 0 : dice.below(4))
		world.fate = () => this.#fate()
		this.#watchBeginnings()
		for (let index = dice.between(1, 3); index > 0; index--) this.#create(`s${index}`)
		for (let step = dice.between(30, 90); step > 0; step--) await this.#step()
		await this.#calm()
		for (const { first, removedIn } of this.#schedules) if (removedIn === null) this.#check(first)
		return [...this.#faults, ...this.#store.faults]
	}

	#create(name: string): void {
		const dice = this.#dice
		const zone = dice.pick(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
		const expression = dice.pick([
			"* * * * *",
			"*/7 * * * *",
			"0 * * * *",
			"30 2 * * *",
			"0 9 * * MON-FRI",
			"0,20 1-3 * * *",
		])
		const now = this.#world.now
		const when = dice.pick<When>([
			{ is: "cron", expression, timeZone: zone },
			{ is: "cron", expression, timeZone: zone },
			{ is: "every", seconds: dice.between(60, 7_200) },
			{ is: "at", at: now + dice.between(1, 5 * HOUR) },
		])
		const first = this.#world.create({
			...{ name, when, overlap: this.#overlap(), missed: this.#missed() },
			jitterSeconds: dice.pick([0, 0, 30, 900]),
			isPaused: dice.chance(0.1),
		})
		this.#schedules.push({ first, removedIn: null, began: [] })
	}

	#overlap = (): Overlap => this.#dice.pick<Overlap>(["skip", "queue", "replace"])
	#missed = (): Missed => this.#dice.pick<Missed>(["run-once", "skip"])

	#fate(): Fate {
		if (this.#isCalm) return "fine"
		if (!this.#isLedgerUp) return this.#dice.pick<Fate>(["fails-before", "fails-after", "dies-before"])
		if (this.#dice.chance(0.75)) return "fine"
		return this.#dice.pick<Fate>(["dies-before", "dies-after", "fails-before", "fails-after"])
	}

	/** A task of the clock begins when none of its schedule's others runs, and after those of earlier times. */
	#watchBeginnings(): void {
		const { ledger } = this.#world
		const submit = ledger.submit.bind(ledger)
		ledger.submit = (key, id, at) => {
			const isNew = !ledger.tasks.has(key)
			const outcome = submit(key, id, at)
			const task = ledger.tasks.get(key)
			const schedule = this.#schedules.find(({ first }) => first.id === id)
			if (!isNew || task === undefined || schedule === undefined) return outcome
			// What was on its way arrives.
			if (schedule.removedIn !== null && schedule.removedIn < this.#steps)
				this.#faults.push(`${key} begins after its schedule was removed`)
			if (key.includes("@now-")) return outcome
			const running = schedule.began.find(({ end }) => end === null)
			if (running !== undefined) this.#faults.push(`${key} begins while ${running.key} runs`)
			const later = schedule.began.find((one) => one.key > key)
			if (later !== undefined) this.#faults.push(`${key} begins after ${later.key}`)
			schedule.began.push(task)
			return outcome
		}
	}

	async #step(): Promise<void> {
		const world = this.#world
		const dice = this.#dice
		const under: Promise<unknown>[] = []
		this.#steps++
		for (let deeds = dice.between(1, 5); deeds > 0; deeds--) under.push(this.#after(dice.below(12)))
		// What died with its object never settles.
		await Promise.race([Promise.allSettled(under), turns(60)])
		world.endsOnCancel = dice.chance(0.5)
	}

	/** In the middle of what the others of this step do. */
	async #after(turns: number): Promise<void> {
		for (let turn = 0; turn < turns; turn++) await null
		await this.#deed()
	}

	async #deed(): Promise<void> {
		const world = this.#world
		const dice = this.#dice
		const schedule = dice.pick(this.#schedules)
		const { id } = schedule.first
		const kind = dice.below(100)
		if (kind < 30) {
			// On time, or as late as whoever carries it was away.
			world.now = Math.max(world.now, world.alarmAt ?? world.now + MINUTE)
			if (dice.chance(0.3)) world.now += dice.pick([1, 1_000, 3 * MINUTE, 20 * MINUTE])
			if (dice.chance(0.05)) world.now += dice.between(1, dice.pick([5, 48, 21 * 24])) * HOUR
			await world.ring()
		} else if (kind < 38) {
			world.now += dice.below(5 * MINUTE)
			await world.ring()
		} else if (kind < 43) await Promise.all([world.ring(), world.ring()])
		else if (kind < 50) world.evict()
		else if (kind < 55) this.#isLedgerUp = !this.#isLedgerUp
		else if (kind < 58) world.ledger.refuses = dice.pick([null, "too_many", "invalid_request"])
		else if (kind < 75) this.#finish()
		else if (kind < 80) world.now = Math.max(0, world.now - dice.below(2 * HOUR))
		else if (kind < 86) world.schedules.edit(id, { isPaused: dice.chance(0.4) })
		else if (kind < 91) world.schedules.edit(id, { overlap: this.#overlap(), missed: this.#missed() })
		else if (kind < 98) await world.schedules.runNow(id, ANNA, `n${dice.chance(0.3) ? this.#nonces : ++this.#nonces}`)
		else {
			world.schedules.remove(id)
			schedule.removedIn = this.#steps
		}
	}

	/** The ledger's word of an end comes, comes twice, or is lost. */
	#finish(): void {
		const world = this.#world
		const running = [...world.ledger.tasks.values()].filter(({ end }) => end === null)
		if (running.length === 0) return
		const task = this.#dice.pick(running)
		const end = world.ledger.end(task, this.#dice.pick(["succeeded", "failed", "timed-out"]), world.now)
		for (let told = this.#dice.below(3); told > 0; told--) world.schedules.over(task.key, end)
	}

	/** Nothing fails any more, tasks end, and time passes: nothing may be left over. */
	async #calm(): Promise<void> {
		const world = this.#world
		this.#isCalm = true
		world.endsOnCancel = true
		world.ledger.refuses = null
		world.evict()
		const last = Math.max(world.now, ...[...this.#store.said.values()].map(({ time }) => time))
		for (const { first, removedIn } of this.#schedules)
			if (removedIn === null) value(world.schedules.edit(first.id, { isPaused: true }))
		const clear = async () => {
			for (const task of world.ledger.tasks.values())
				if (task.end === null) world.schedules.over(task.key, world.ledger.end(task, "succeeded", world.now))
			await world.pass(11 * MINUTE)
		}
		// What was put off is put off for longer by a clock that was put back.
		await world.pass(2 * 24 * HOUR)
		for (let round = 0; round < 12; round++) await clear()
		// Where the ledger's word was lost, it is asked within a day.
		await world.pass(4 * 24 * HOUR)
		// Going on tells of the times of the pause, so that every time up to now is told of.
		world.now = Math.max(world.now, last + 1)
		for (const { first, removedIn } of this.#schedules)
			if (removedIn === null) {
				value(world.schedules.edit(first.id, { isPaused: false }))
				value(world.schedules.edit(first.id, { isPaused: true }))
			}
		for (const occurrence of this.#store.said.values())
			if (isOpen(occurrence) && this.#store.occurrence(occurrence.key) !== undefined)
				this.#faults.push(`${occurrence.key} is ${occurrence.state.is} for ever`)
		if (this.#store.nextDue() !== null) this.#faults.push("something is due that nobody does")
	}

	/** Every time up to now: one task, or one word of why not; and no word of any other time. */
	#check({ id, when, createdAt, jitterSeconds, missed: _ }: Schedule): void {
		const times = timesOf(when)
		const said = [...this.#store.said.values()].filter(({ schedule, by }) => schedule === id && by === null)
		said.sort((one, other) => one.time - other.time)
		let covered = createdAt
		for (const { key, time, state } of said) {
			const through = state.is === "skipped" ? state.through : time
			if (times.after(covered) !== time) this.#faults.push(`${key} follows ${new Date(covered).toISOString()}`)
			if (times.upTo(through) !== through) this.#faults.push(`${key} ends at no time of its schedule`)
			if (state.is === "skipped" && times.count(time, through) !== state.count) this.#faults.push(`${key} counts wrong`)
			if (state.is === "skipped" && state.because === "missed") {
				const next = times.after(through) ?? Number.POSITIVE_INFINITY
				const timed = { id, when, jitterSeconds, missed: "skip" } as const
				if (state.at <= dueAt(timed, through) + LATE_MS && state.at < next) this.#faults.push(`${key} was not missed`)
			}
			const hasTask = this.#world.ledger.tasks.has(key)
			if (hasTask !== (state.is === "over"))
				this.#faults.push(`${key} is ${state.is}, and there is ${hasTask ? "a" : "no"} task`)
			covered = through
		}
		const left = times.after(covered)
		if (left !== null && left <= this.#world.now) this.#faults.push(`nobody told of ${new Date(left).toISOString()}`)
	}
}

/** As many turns of the machine as what still lives needs to come to its end. */
async function turns(count: number): Promise<void> {
	for (let turn = 0; turn < count; turn++) await new Promise(setImmediate)
}

test("every time of every schedule has one task, or one word of why not", async () => {
	const first = runSeed()
	const histories = Number(process.env.HOMEPORT_HISTORIES ?? HISTORIES)
	for (let seed = first; seed < first + histories; seed++)
		expect(await new History(seed).run(), `seed ${seed}`).toEqual([])
}, 600_000)
