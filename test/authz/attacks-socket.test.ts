// Attacks on sockets: what is no message, too large or too much ends its own socket with a code, and no other.
import { afterAll, beforeAll, expect, test } from "vitest"
import { newSessionId, newViewerId } from "../../protocol/ids.ts"
import { MESSAGE_BYTES, PROTOCOL_VERSION } from "../../protocol/limits.ts"
import { until } from "../support/until.ts"
import { type Dialled, EVERY_WAY, Home } from "./home.ts"
import { settle, type Town } from "./town.ts"
import { dialToken, introduce, PLATFORM } from "./world.ts"

let home: Home
let town: Town
beforeAll(async () => {
	home = await Home.start({ settings: EVERY_WAY })
	town = await settle(home)
	await introduce(home, town.things)
})
afterAll(() => home.stop())

const hello = () => ({ type: "hello", version: PROTOCOL_VERSION, viewer: newViewerId() })

/** A viewer that is let in. */
async function view(): Promise<Dialled> {
	const socket = await home.dial(`/api/machines/${town.things.machine}/view`, town.developer.program)
	expect(await socket.refusal(hello())).toBeUndefined()
	return socket
}

/** A link that is up, and the machine's answers to `ping`. */
async function link(): Promise<Dialled> {
	const socket = await home.dial("/api/link", { authorization: `Bearer ${await dialToken(town.things.machine)}` })
	const greeting = { type: "hello", version: PROTOCOL_VERSION, platform: PLATFORM, sessions: [] }
	expect(await socket.refusal(greeting)).toBeUndefined()
	return socket
}

/** Still there, and answered by the platform or the object. */
async function isWell(socket: Dialled): Promise<boolean> {
	socket.send("ping")
	for (;;) if ((await socket.next()) === "pong") return true
}

const deep = "[".repeat(100_000) + "]".repeat(100_000)
test.each<[string, string | Uint8Array<ArrayBuffer>]>([
	["no JSON", "{"],
	["JSON of nothing", "null"],
	["a message of nobody's", JSON.stringify({ type: "root" })],
	["deep JSON", deep],
	["a message too large", JSON.stringify({ type: "hello", more: "x".repeat(MESSAGE_BYTES) })],
	["a frame of no kind", new Uint8Array([255, 1, 2, 3])],
	["a frame cut off", new Uint8Array([1])],
	["an empty frame", new Uint8Array(0)],
	["a frame too large", new Uint8Array(9 * 1024 * 1024)],
	["a message of the other side", JSON.stringify({ type: "welcome", epoch: 1, machine: "x" })],
	["a prototype", '{"type":"attach","__proto__":{"session":"x"}}'],
])("[TRU4] a socket that says %s is closed alone, with a code", async (_, said) => {
	const [well, upward, feed] = [await view(), await link(), await home.dial("/api/feed", town.owner.program)]
	for (const sick of [await view(), await home.dial("/api/feed", town.owner.program), await link()]) {
		sick.send(said)
		const { code, reason } = await sick.closed
		expect([4400, 4409, 4413, 1009], `${code} ${reason}`).toContain(code)
	}
	expect(await isWell(well)).toBe(true)
	expect(await isWell(feed)).toBe(true)
	for (const socket of [well, upward, feed]) socket.close()
})

test("[TRU4] the socket of a guest that types, and types, is told no and changes nothing for who watches", async () => {
	const upward = await link()
	const guest = await home.dial(`/api/machines/${town.things.machine}/view`, town.guest.program)
	expect(await guest.refusal(hello())).toBeUndefined()
	const well = await view()
	const session = newSessionId()
	for (let n = 0; n < 5_000; n++) guest.send({ type: "size", session, cols: 80, rows: 24, claim: true })
	expect(await isWell(guest)).toBe(true)
	expect(await isWell(well)).toBe(true)
	expect((await home.ask("/api/machines", { headers: town.owner.program })).status).toBe(200)
	for (const socket of [guest, well, upward]) socket.close()
})

test("[TRU1] the socket of one viewer does not take the place of another's", async () => {
	const mine = hello()
	const first = await home.dial(`/api/machines/${town.things.machine}/view`, town.developer.program)
	expect(await first.refusal(mine)).toBeUndefined()
	const thief = await home.dial(`/api/machines/${town.things.machine}/view`, town.maintainer.program)
	expect(await thief.refusal(mine)).toBe("not_allowed")
	expect(await isWell(first)).toBe(true)
	first.close()
})

test("[TRU1] a feed ends with the token that opened it, and tells nothing after", async () => {
	let secret = ""
	const expiresAt = Date.now() + 1_500
	const { things, owner } = await settle(home, (world) => {
		secret = world.addToken(world.addMember("developer").id, { expiresAt }).secret
	})
	await introduce(home, things)
	const headers = { authorization: `Bearer ${secret}` }
	const feed = await home.dial("/api/feed", headers)
	expect(await feed.refusal("ping")).toBeUndefined()
	await until("the token has ended", async () => (await home.ask("/api/me", { headers })).status === 401)
	const next = feed.next()
	const renamed = await home.ask(`/api/machines/${things.machine}`, {
		method: "PATCH",
		body: JSON.stringify({ name: "renamed" }),
		headers: { ...owner.program, "content-type": "application/json" },
	})
	expect(renamed.status).toBe(200)
	expect(await Promise.race([next, feed.closed])).toEqual({ code: 4403, reason: "access_changed" })
})

test.each(["Строитель 建造", "O\r\nx-homeport-upgrade: {}", '"}, {"role": "owner', "\u0000", "😀".repeat(16)])(
	"[TRU1] a viewer whose name is %j in the registry is who they are",
	async (name) => {
		const { things, guest } = await settle(home)
		await introduce(home, things)
		await home.db.prepare("UPDATE user SET name = ? WHERE id = ?").bind(name, guest.id).run()
		const socket = await home.dial(`/api/machines/${things.machine}/view`, guest.page)
		socket.send(hello())
		expect(await socket.next()).toMatchObject({ type: "machine", role: "guest" })
		socket.close()
	},
)
