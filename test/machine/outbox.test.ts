// What people are told, and what chats bring, through trouble: nothing lost, nothing twice where it can be helped, in order.
import { DatabaseSync } from "node:sqlite"
import { expect, test, vi } from "vitest"
import { Followed } from "../../durable-objects/outbox/followed.ts"
import { Outbox } from "../../durable-objects/outbox/outbox.ts"
import { SqlFollowedStore } from "../../durable-objects/outbox/sql-followed-store.ts"
import { SqlOutboxStore } from "../../durable-objects/outbox/sql-outbox-store.ts"
import { SqlUpdateStore } from "../../durable-objects/outbox/sql-update-store.ts"
import { Updates } from "../../durable-objects/outbox/updates.ts"
import type { ChatUpdate, Delivered, Delivery, Following, Told } from "../../durable-objects/outside.ts"
import type { InboxItem, RequestState } from "../../protocol/attention.ts"
import {
	type ChannelId,
	type DestinationId,
	newChannelId,
	newDestinationId,
	newMachineId,
	newRequestId,
	newSessionId,
} from "../../protocol/ids.ts"

const HOUR_MS = 60 * 60_000

type Sql = ConstructorParameters<typeof SqlOutboxStore>[0]

/** An object's SQLite, as the cores' stores call it. */
function sqlStorage(): Sql {
	const database = new DatabaseSync(":memory:")
	const exec = (query: string, ...values: never[]) => {
		if (values.length === 0 && query.trim().startsWith("CREATE")) {
			database.exec(query)
			return [][Symbol.iterator]()
		}
		return database
			.prepare(query)
			.all(...values)
			[Symbol.iterator]()
	}
	return { exec } as unknown as Sql
}

class World {
	now = 1_000_000
	wakeAt = 0
	readonly sql = sqlStorage()
	readonly delivered: Delivery[] = []
	readonly handled: { key: string; isAgain: boolean }[] = []
	readonly given: string[] = []
	told: Told[] = []
	sent: [DestinationId, string][] = []
	audience: () => Promise<Told[]> = async () => this.told
	deliver: (delivery: Delivery) => Promise<Delivered> = async ({ message }) => ({
		is: "sent",
		message: message ?? `m${this.delivered.length}`,
	})
	handle: (update: ChatUpdate) => Promise<void> = async () => {}
	follow: (following: Following) => ReturnType<typeof look> = async () => ({ is: "over" })
	outbox = this.#outbox()
	updates = this.#updates()
	followed = this.#followed()

	/** The object leaves memory: what was on its way comes back to nobody. */
	evict(): void {
		this.outbox = this.#outbox()
		this.updates = this.#updates()
		this.followed = this.#followed()
	}

	/** Until the next time that somebody asked to be woken at. */
	async wake(): Promise<void> {
		expect(this.wakeAt).toBeGreaterThan(this.now)
		this.now = this.wakeAt
		await this.alarm()
	}

	async alarm(): Promise<void> {
		for (const core of [this.outbox, this.updates, this.followed]) core.alarm()
		await this.settled()
	}

	async settled(): Promise<void> {
		for (const core of [this.outbox, this.updates, this.followed]) await core.settled()
	}

	place(channel: ChannelId | null = CHANNEL): Told {
		const told: Told = {
			id: newDestinationId(),
			channel,
			userId: `user ${this.told.length}`,
			settings: { kinds: ["approval"], showsContent: true, language: "en" },
		}
		this.told.push(told)
		return told
	}

	#host() {
		return { now: () => this.now, wakeAt: (time: number) => this.#wakeAt(time) }
	}

	/** The earliest that is to come counts, as the object's alarms do it. */
	#wakeAt(time: number): void {
		if (this.wakeAt <= this.now || time < this.wakeAt) this.wakeAt = time
	}

	#outbox(): Outbox {
		return new Outbox({
			store: new SqlOutboxStore(this.sql),
			outside: {
				audience: () => this.audience(),
				deliver: (delivery) => {
					this.delivered.push(delivery)
					return this.deliver(delivery)
				},
			},
			sent: (destination, message) => this.sent.push([destination, message]),
			...this.#host(),
		})
	}

	#updates(): Updates {
		return new Updates({
			store: new SqlUpdateStore(this.sql),
			outside: {
				handle: async (_, update, isAgain) => {
					this.handled.push({ key: update.key, isAgain })
					await this.handle(update)
				},
				giveUp: async (_, { key }) => void this.given.push(key),
			},
			...this.#host(),
		})
	}

	#followed(): Followed {
		return new Followed({
			store: new SqlFollowedStore(this.sql),
			outside: { follow: (_, following) => this.follow(following) },
			...this.#host(),
		})
	}
}

const look = async (): Promise<{ is: "over" } | { is: "again"; afterMs: number; memo: Record<string, unknown> }> => ({
	is: "over",
})
const CHANNEL = newChannelId()
const BY = { is: "person", id: "u", name: "Ann", via: "console" } as const

function item(state: RequestState = { is: "open" }): InboxItem {
	return {
		id: newRequestId(),
		session: newSessionId(),
		run: 1,
		kind: "approval",
		text: "May I?",
		subject: null,
		options: [{ label: "Yes", keys: "1", means: "yes" }],
		takesText: false,
		source: "hook",
		rule: null,
		confidence: 1,
		excerpt: [],
		at: 1,
		machine: newMachineId(),
		machineName: "box",
		sessionName: "one",
		runtime: "claude-code",
		cwd: "/",
		risk: "low",
		raisedAt: 1,
		deadline: null,
		state,
	}
}

function answered(one: InboxItem, at: number): InboxItem {
	return { ...one, state: { is: "answered", by: BY, answer: "Yes", isConfirmed: true, at } }
}

function update(key: string, address = "1"): ChatUpdate {
	return {
		channel: CHANNEL,
		key,
		address,
		isGroup: false,
		sender: { id: "1", name: "Ann" },
		text: key,
		pressed: null,
		repliesTo: null,
		files: [],
		context: {},
		at: 1,
	}
}

/** Something that is under way until it is let go. */
function gate<T>(): { promise: Promise<T>; open: (value: T) => void } {
	const { promise, resolve } = Promise.withResolvers<T>()
	return { promise, open: resolve }
}

test("a request is told at once at every place, and what is changed is edited where it stands", async () => {
	const world = new World()
	const [one, other] = [world.place(), world.place(null)]
	const asked = item()
	world.outbox.tell("w", asked, "raised", null)
	await world.settled()
	expect(world.delivered.map(({ destination, because, message }) => [destination, because, message])).toEqual([
		[one.id, "raised", null],
		[other.id, "raised", null],
	])
	expect(world.sent).toHaveLength(2)
	world.outbox.tell("w", answered(asked, world.now), "changed", null)
	await world.settled()
	expect(world.delivered.slice(2)).toMatchObject([
		{ destination: one.id, because: "changed", message: "m1", item: { state: { is: "answered" } } },
		{ destination: other.id, because: "changed", message: "m2" },
	])
	await world.alarm()
	expect(world.delivered).toHaveLength(4)
})

test("only those who are meant are told; the next ones later, and nobody twice but by a reminder", async () => {
	const world = new World()
	const [one, other] = [world.place(), world.place()]
	const asked = item()
	world.outbox.tell("w", asked, "raised", [one.userId])
	await world.settled()
	world.outbox.tell("w", asked, "escalated", [one.userId, other.userId])
	await world.settled()
	world.outbox.tell("w", asked, "reminded", [one.userId])
	await world.settled()
	const told = world.delivered.map(({ destination, because, message }) => [destination, because, message])
	// Nothing has changed, so that nothing is edited.
	expect(told).toEqual([
		[one.id, "raised", null],
		[other.id, "escalated", null],
		[one.id, "reminded", "m1"],
	])
})

test("what is over before it was told is told to nobody; an answer on its way is no news", async () => {
	const world = new World()
	world.place()
	const audience = gate<Told[]>()
	world.audience = () => audience.promise
	const asked = item()
	world.outbox.tell("w", asked, "raised", null)
	world.outbox.tell("w", answered(asked, world.now), "changed", null)
	audience.open(world.told)
	await world.settled()
	expect(world.delivered).toEqual([])
	const second = item()
	world.outbox.tell("w", second, "raised", null)
	await world.settled()
	world.outbox.tell("w", { ...second, state: { is: "answering", by: BY, answer: "Yes", at: 1 } }, "changed", null)
	await world.settled()
	expect(world.delivered).toHaveLength(1)
})

test("changes while something is on its way make one edit, after it and with its message", async () => {
	const world = new World()
	world.place()
	const first = gate<Delivered>()
	world.deliver = () => first.promise
	const asked = item()
	world.outbox.tell("w", asked, "raised", null)
	await vi.waitFor(() => expect(world.delivered).toHaveLength(1))
	for (const text of ["a", "b", "c"]) world.outbox.tell("w", { ...asked, text }, "changed", null)
	world.deliver = async ({ message }) => ({ is: "sent", message })
	first.open({ is: "sent", message: "m" })
	await world.settled()
	expect(world.delivered.slice(1)).toMatchObject([{ because: "changed", message: "m", item: { text: "c" } }])
})

test("429 is obeyed in its chat, the bot's other chats go on after a moment, and other bots at once", async () => {
	const world = new World()
	const [flooded, other, elsewhere] = [world.place(), world.place(), world.place(newChannelId())]
	world.deliver = async ({ destination }) =>
		destination === flooded.id
			? { is: "later", afterMs: 30_000, reason: "Too Many Requests" }
			: { is: "sent", message: "m" }
	const at = (id: DestinationId) => world.delivered.filter(({ destination }) => destination === id).length
	world.outbox.tell("w", item(), "raised", null)
	await world.settled()
	const begun = world.now
	world.deliver = async () => ({ is: "sent", message: "m" })
	world.outbox.tell("w", item(), "raised", null)
	await world.settled()
	const counts = () => [flooded, other, elsewhere].map(({ id }) => at(id))
	expect(counts()).toEqual([1, 1, 2])
	const seen: [number, number[]][] = []
	while (world.now < begun + 30_000) {
		await world.wake()
		seen.push([world.now - begun, counts()])
	}
	expect(seen.find(([, [, second]]) => second === 2)?.[0]).toBe(1_000)
	expect(seen.filter(([ms]) => ms < 30_000).every(([, [first]]) => first === 1)).toBe(true)
	// Both that waited, one after the other.
	expect(seen.at(-1)).toEqual([30_000, [3, 2, 2]])
})

test("a failure is tried again ever later, does not hold up what else is for that chat, and is given up after a day", async () => {
	const world = new World()
	world.place()
	const [poison, other] = [item(), item()]
	world.deliver = async ({ item: { id } }) =>
		id === poison.id ? { is: "failed", reason: "500" } : { is: "sent", message: "m" }
	world.outbox.tell("w", poison, "raised", null)
	await world.settled()
	world.outbox.tell("w", other, "raised", null)
	await world.settled()
	const begun = world.now
	const tries: number[] = []
	const count = () => world.delivered.filter(({ item: { id } }) => id === poison.id).length
	expect(world.delivered.some(({ item: { id } }) => id === other.id)).toBe(true)
	for (let before = count(); world.now < begun + 30 * HOUR_MS; before = count()) {
		await world.wake()
		if (count() > before) tries.push(world.now - begun)
	}
	expect(tries.slice(0, 4)).toEqual([2_000, 6_000, 14_000, 30_000])
	expect(tries.at(-1)).toBeGreaterThanOrEqual(24 * HOUR_MS)
	expect(tries.at(-1)).toBeLessThan(25 * HOUR_MS)
	expect(tries.length).toBeLessThan(70)
})

test("a place that is gone is left alone", async () => {
	const world = new World()
	world.place()
	world.deliver = async () => ({ is: "gone", reason: "blocked" })
	const asked = item()
	world.outbox.tell("w", asked, "raised", null)
	await world.settled()
	world.outbox.tell("w", answered(asked, world.now), "changed", null)
	await world.settled()
	expect(world.delivered).toHaveLength(1)
})

test("whatever was on its way when the object left memory is done after it", async () => {
	const world = new World()
	const place = world.place()
	world.audience = () => gate<Told[]>().promise
	const asked = item()
	world.outbox.tell("w", asked, "raised", null)
	world.evict()
	world.audience = async () => world.told
	world.deliver = () => gate<Delivered>().promise
	await Promise.race([world.wake(), vi.waitFor(() => expect(world.delivered).toHaveLength(1))])
	world.evict()
	world.deliver = async () => ({ is: "sent", message: "m" })
	while (world.sent.length === 0) await world.wake()
	expect(world.sent).toEqual([[place.id, "m"]])
	expect(world.delivered).toHaveLength(2)
})

test("an audience that cannot be found is looked for again", async () => {
	const world = new World()
	world.place()
	const silent = vi.spyOn(console, "error").mockImplementation(() => {})
	world.audience = async () => Promise.reject(new Error("away"))
	world.outbox.tell("w", item(), "raised", null)
	await world.settled()
	world.audience = async () => world.told
	await world.wake()
	expect(world.delivered).toHaveLength(1)
	silent.mockRestore()
})

test("requests are forgotten a day after they are over, and open ones never", async () => {
	const world = new World()
	world.place()
	const [open, over] = [item(), item()]
	for (const one of [open, over]) world.outbox.tell("w", one, "raised", null)
	await world.settled()
	world.outbox.tell("w", answered(over, world.now), "changed", null)
	await world.settled()
	world.now += 40 * 24 * HOUR_MS
	await world.alarm()
	const store = new SqlOutboxStore(world.sql)
	expect([store.subject(over.id), store.subject(open.id)?.item.id]).toEqual([null, open.id])
	expect([store.letters(over.id).length, store.letters(open.id).length]).toEqual([0, 1])
})

test("an update is taken once, however often it comes, and remembered for two days", async () => {
	const world = new World()
	expect(world.updates.received("w", update("a"))).toBe(true)
	expect(world.updates.received("w", update("a"))).toBe(false)
	await world.settled()
	world.evict()
	world.now += 47 * HOUR_MS
	expect(world.updates.received("w", update("a"))).toBe(false)
	await world.settled()
	expect(world.handled).toEqual([{ key: "a", isAgain: false }])
})

test("a chat's updates are taken in order, one after the other; another chat does not wait for them", async () => {
	const world = new World()
	const first = gate<void>()
	world.handle = async ({ key }) => (key === "a" ? first.promise : undefined)
	for (const key of ["a", "b", "c"]) world.updates.received("w", update(key))
	world.updates.received("w", update("x", "2"))
	await vi.waitFor(() => expect(world.handled.map(({ key }) => key)).toEqual(["a", "x"]))
	first.open()
	await world.settled()
	expect(world.handled.map(({ key }) => key)).toEqual(["a", "x", "b", "c"])
})

test("an update that fails is tried again, then given up, told so, and what comes after it goes on", async () => {
	const world = new World()
	const silent = vi.spyOn(console, "error").mockImplementation(() => {})
	world.handle = async ({ key }) => {
		if (key === "bad") throw new Error("broken")
	}
	world.updates.received("w", update("bad"))
	world.updates.received("w", update("next"))
	await world.settled()
	while (world.given.length === 0) await world.wake()
	await world.settled()
	expect(world.given).toEqual(["bad"])
	expect(world.handled).toEqual([
		{ key: "bad", isAgain: false },
		{ key: "bad", isAgain: true },
		{ key: "bad", isAgain: true },
		{ key: "next", isAgain: false },
	])
	silent.mockRestore()
})

test("an update that was begun when the object left memory is begun again, and said to be", async () => {
	const world = new World()
	world.handle = () => gate<void>().promise
	world.updates.received("w", update("a"))
	await vi.waitFor(() => expect(world.handled).toHaveLength(1))
	world.evict()
	world.handle = async () => {}
	while (world.handled.length < 2) await world.wake()
	expect(world.handled[1]).toEqual({ key: "a", isAgain: true })
	await world.alarm()
	expect(world.handled).toHaveLength(2)
})

test("a followed session is looked at as often as was said, until it is over or has failed too often", async () => {
	const world = new World()
	const looks: [number, unknown][] = []
	const begun = world.now
	world.follow = async ({ memo }) => {
		looks.push([world.now - begun, memo])
		return looks.length < 3 ? { is: "again", afterMs: 5_000, memo: { count: looks.length } } : { is: "over" }
	}
	const following = {
		channel: CHANNEL,
		address: "1",
		message: "m",
		machine: newMachineId(),
		session: newSessionId(),
		memo: {},
	}
	world.followed.follow("w", following)
	for (let wakes = 0; wakes < 3; wakes++) await world.wake()
	expect(looks).toEqual([
		[1_000, {}],
		[6_000, { count: 1 }],
		[11_000, { count: 2 }],
	])
	const silent = vi.spyOn(console, "error").mockImplementation(() => {})
	let tries = 0
	world.follow = async () => {
		tries++
		throw new Error("away")
	}
	world.followed.follow("w", following)
	for (let wakes = 0; wakes < 20 && world.wakeAt > world.now; wakes++) await world.wake()
	expect(tries).toBe(6)
	silent.mockRestore()
})
