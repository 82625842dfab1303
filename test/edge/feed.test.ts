// The feed: consoles are told when the registry has changed.
import { evictAllDurableObjects } from "cloudflare:test"
import { expect, test } from "vitest"
import { dial, enrolled, HOME, owner, signIn, somebody } from "./home.ts"

const CHANGED = { type: "changed", what: "machines" }

test("a console hears that a machine came, was renamed, and went", async () => {
	const by = await owner()
	const feed = await dial("/api/feed", { cookie: await signIn(), origin: HOME })
	const machine = await enrolled(by)
	expect(await feed.next()).toEqual(CHANGED)
	await by.call("changeMachine", { params: { machine: machine.id }, body: { name: "renamed" } })
	expect(await feed.next()).toEqual(CHANGED)
	await by.call("removeMachine", { params: { machine: machine.id } })
	expect(await feed.next()).toEqual(CHANGED)
	feed.close()
})

test("[LNK5] a feed outlives the eviction of its object", async () => {
	const by = await owner()
	const feed = await dial("/api/feed", by.headers)
	await evictAllDurableObjects()
	feed.send("ping")
	expect(await feed.next()).toBe("pong")
	await enrolled(by)
	expect(await feed.next()).toEqual(CHANGED)
	feed.close()
})

test("a workspace hears nothing of another", async () => {
	const stranger = await somebody("owner", "elsewhere")
	const theirs = await dial("/api/feed", stranger.headers)
	await enrolled(await owner())
	await enrolled(stranger)
	theirs.send("ping")
	expect([await theirs.next(), await theirs.next()]).toEqual([CHANGED, "pong"])
	theirs.close()
})

test("[TRU4] who speaks on the feed is closed with a code that says why", async () => {
	const feed = await dial("/api/feed", (await owner()).headers)
	feed.send("hello")
	expect(await feed.closed).toEqual({ code: 4400, reason: "malformed" })
})
