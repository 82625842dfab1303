// Machines: how they dial, how they are listed, renamed and removed.
import { evictAllDurableObjects } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { describe, expect, test, vi } from "vitest"
import { newMachineId, newSessionId } from "../../protocol/ids.ts"
import { OLDEST_VERSION, PROTOCOL_VERSION } from "../../protocol/limits.ts"
import { describe as described } from "../../worker/machines.ts"
import {
	ask,
	asked,
	codeOf,
	dial,
	dialToken,
	enrolled,
	linked,
	newKeys,
	owner,
	PLATFORM,
	post,
	somebody,
} from "./home.ts"

const now = () => Math.floor(Date.now() / 1000)
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const JSON_TYPE = { "content-type": "application/json" }
const HELLO = { type: "hello", version: PROTOCOL_VERSION, platform: PLATFORM, sessions: [] }

describe("[LNK1] a dial", () => {
	test("[LNK1] is welcomed by the machine's object when its token is good", async () => {
		const machine = await enrolled(await owner(), "good")
		const link = await dial("/api/link", bearer(await dialToken(machine)))
		link.send(HELLO)
		expect(await link.next()).toMatchObject({ type: "welcome", machine: "good", epoch: 1 })
		link.close()
	})

	test.each<[string, Parameters<typeof dialToken>[1]]>([
		["[LNK1] with a clock that is behind is told so", { iat: now() - 3_600 }],
		["[LNK1] with a clock that is ahead is told so", { iat: now() + 3_600 }],
		["[LNK1] with an expired token is refused", { iat: now() - 61, exp: now() - 1 }],
		["[LNK1] with a token that lives too long is refused", { exp: now() + 600 }],
		["[LNK1] with a token for something else is refused", { aud: "homeport-other" }],
	])("%s", async (_, claims) => {
		const machine = await enrolled(await owner())
		const link = await dial("/api/link", bearer(await dialToken(machine, claims)))
		expect(await link.closed).toEqual({ code: 4401, reason: "dial_token_invalid" })
		const date = Date.parse(link.headers.get("date") ?? "")
		expect(Math.abs(date - Date.now())).toBeLessThan(5_000)
	})

	test("[LNK1] signed with another key is refused, whoever's it is", async () => {
		const by = await owner()
		const [one, other, stranger] = [await enrolled(by), await enrolled(by), await newKeys()]
		for (const { privateKey } of [other, stranger]) {
			const link = await dial("/api/link", bearer(await dialToken({ id: one.id, privateKey })))
			expect(await link.closed).toEqual({ code: 4401, reason: "dial_token_invalid" })
		}
	})

	test("[LNK1] whose token is not one, or not signed, is refused", async () => {
		const { id } = await enrolled(await owner())
		const part = (value: unknown) => btoa(JSON.stringify(value)).replaceAll("=", "")
		const claims = part({ sub: id, aud: "homeport-link", iat: now(), exp: now() + 60, jti: "x" })
		for (const token of [
			"x",
			"a.b.c",
			`${part({ alg: "none" })}.${claims}.`,
			`${part({ alg: "HS256" })}.${claims}.AAAA`,
		]) {
			const link = await dial("/api/link", bearer(token))
			expect((await link.closed).reason, token).toBe("dial_token_invalid")
		}
	})

	test("[LNK1] of a machine that nobody knows is told that it was removed", async () => {
		const link = await dial("/api/link", bearer(await dialToken({ ...(await newKeys()), id: newMachineId() })))
		expect(await link.closed).toEqual({ code: 4401, reason: "machine_revoked" })
	})
})

test("[LNK1] removing a machine ends its link, refuses its key at once, and forgets it", async () => {
	const { call, headers } = await owner()
	const machine = await enrolled({ call, headers, secret: "" }, "doomed")
	const link = await dial("/api/link", bearer(await dialToken(machine)))
	link.send(HELLO)
	await link.next()
	await call("removeMachine", { params: { machine: machine.id } })
	expect(await link.closed).toEqual({ code: 4401, reason: "machine_revoked" })
	const again = await dial("/api/link", bearer(await dialToken(machine)))
	expect(await again.closed).toEqual({ code: 4401, reason: "machine_revoked" })
	expect((await call("listMachines")).machines.map(({ id }) => id)).not.toContain(machine.id)
	await expect(call("ping", { params: { machine: machine.id } })).rejects.toMatchObject({ code: "not_found" })
	const view = await dial(`/api/machines/${machine.id}/view`, headers)
	expect(await view.closed).toEqual({ code: 4404, reason: "not_found" })
})

test("a removed machine's key enrolls as a new machine, under the name that is free again", async () => {
	const by = await owner()
	const old = await enrolled(by, "phoenix")
	await by.call("removeMachine", { params: { machine: old.id } })
	const { code } = await by.call("createEnrollment")
	const response = await post("/api/enroll", { code, publicKey: old.publicKey, name: "phoenix", platform: PLATFORM })
	const made = (await response.json()) as { machine: string; name: string }
	expect(made.name).toBe("phoenix")
	expect(made.machine).not.toBe(old.id)
})

test("[LNK4] the list shows presence, platform and key, and a machine that never called as away", async () => {
	const by = await owner()
	const machine = await enrolled(by, "listed")
	const listed = async () => (await by.call("listMachines")).machines.find(({ id }) => id === machine.id)
	expect(await listed()).toMatchObject({
		name: "listed",
		platform: PLATFORM,
		presence: { is: "away", epoch: 0 },
		running: 0,
	})
	expect((await listed())?.key).toMatch(/^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}$/)
	const link = await dial("/api/link", bearer(await dialToken(machine)))
	link.send(HELLO)
	await link.next()
	expect((await listed())?.presence).toMatchObject({ is: "linked", epoch: 1 })
	link.close()
})

test("an object that cannot answer hides no other machine", async () => {
	const by = await owner()
	const [sick, well] = [await enrolled(by, "sick"), await enrolled(by, "well")]
	const logged = vi.spyOn(console, "error").mockReturnValue()
	const broken = { ...env, MACHINE: brokenFor(sick.id) }
	expect((await described(broken, sick.id)).presence.is).toBe("away")
	expect((await described(broken, well.id)).presence.epoch).toBe(0)
	expect(logged).toHaveBeenCalledOnce()
	logged.mockRestore()
})

/** The namespace of machines, one of whose objects throws on every call. */
function brokenFor(id: string): typeof env.MACHINE {
	return new Proxy(env.MACHINE, {
		get(target, key) {
			if (key === "idFromName") return (name: string) => ({ name, id: target.idFromName(name) })
			if (key !== "get") return Reflect.get(target, key)
			return ({ name, id: real }: { name: string; id: DurableObjectId }) =>
				name === id ? { describe: () => Promise.reject(new Error("out of memory")) } : target.get(real)
		},
	})
}

test("a machine's new name is seen in the list, and names stay unique", async () => {
	const by = await owner()
	const [one, other] = [await enrolled(by, "first"), await enrolled(by, "second")]
	await by.call("changeMachine", { params: { machine: one.id }, body: { name: "renamed" } })
	expect((await by.call("listMachines")).machines.find(({ id }) => id === one.id)?.name).toBe("renamed")
	const taking = by.call("changeMachine", { params: { machine: other.id }, body: { name: "renamed" } })
	await expect(taking).rejects.toMatchObject({ code: "name_taken" })
	await by.call("changeMachine", { params: { machine: one.id }, body: { name: "renamed" } })
})

test("a machine that is away refuses questions, and says so", async () => {
	const by = await owner()
	const { id } = await enrolled(by, "asleep")
	await expect(by.call("ping", { params: { machine: id } })).rejects.toMatchObject({ code: "machine_offline" })
	await expect(by.call("listRuntimes", { params: { machine: id } })).rejects.toMatchObject({ status: 503 })
})

test("a question goes through the link to the machine, and its answer or refusal comes back", async () => {
	const by = await owner()
	const machine = await enrolled(by, "answering")
	const link = await linked(machine)
	const pinged = by.call("ping", { params: { machine: machine.id } })
	link.send({ type: "answer", number: (await asked(link)).number, answer: { at: 7 } })
	expect(await pinged).toEqual({ at: 7 })
	const listed = by.call("listFolders", { params: { machine: machine.id }, query: { path: "/nope" } })
	const second = await asked(link)
	expect(second).toMatchObject({ ask: "folders", of: { path: "/nope" } })
	link.send({ type: "refuse", number: second.number, code: "directory_missing", detail: "/nope" })
	await expect(listed).rejects.toMatchObject({ code: "directory_missing" })
	link.close()
})

test("[LNK1] a dial token is good for one dial: a second one with it is refused, also after the object slept", async () => {
	const machine = await enrolled(await somebody("owner", "elsewhere"))
	const token = await dialToken(machine)
	const link = await dial("/api/link", bearer(token))
	link.send(HELLO)
	await link.next()
	for (let attempt = 0; attempt < 2; attempt++) {
		const replayed = await dial("/api/link", bearer(token))
		expect(await replayed.closed).toEqual({ code: 4401, reason: "dial_token_invalid" })
		await evictAllDurableObjects()
	}
	link.send("ping")
	expect(await link.next()).toBe("pong")
	link.close()
})

test("[LNK1] of a hundred requests at once with one token one is believed", async () => {
	const machine = await enrolled(await somebody("owner", "elsewhere"))
	const token = await dialToken(machine)
	const link = await linked(machine)
	const body = JSON.stringify({ publicKey: (await newKeys()).publicKey, proof: "x" })
	// Each is refused: one for its proof, the others for their token.
	const answers = await Promise.all(
		Array.from({ length: 100 }, () =>
			ask("/api/machine/key", { method: "POST", body, headers: { ...bearer(token), ...JSON_TYPE } }),
		),
	)
	const said = await Promise.all(
		answers.map(async (answer) => ((await answer.json()) as { error: { message: string } }).error.message),
	)
	expect(said.filter((message) => message.endsWith("It has been used."))).toHaveLength(99)
	link.close()
})

describe("[LNK1] a machine's key", () => {
	const rotate = async (by: { id: string; privateKey: CryptoKey }, publicKey: string, proof: string) =>
		codeOf(await post("/api/machine/key", { publicKey, proof }, bearer(await dialToken(by))))

	test("[LNK1] gives way to a new one: the open link stays, and only the new key dials", async () => {
		const by = await somebody("owner", "elsewhere")
		const machine = await enrolled(by)
		const link = await linked(machine)
		const listed = async () => (await by.call("listMachines")).machines.map(({ id, key }) => ({ id, key }))
		const before = await listed()
		const fresh = { ...machine, ...(await newKeys()) }
		expect(await rotate(machine, fresh.publicKey, await dialToken(fresh))).toBeUndefined()
		const pinged = by.call("ping", { params: { machine: machine.id } })
		link.send({ type: "answer", number: (await asked(link)).number, answer: { at: 1 } })
		expect(await pinged).toEqual({ at: 1 })
		const old = await dial("/api/link", bearer(await dialToken(machine)))
		expect(await old.closed).toEqual({ code: 4401, reason: "dial_token_invalid" })
		const again = await linked(fresh)
		expect(await link.closed).toEqual({ code: 4409, reason: "link_replaced" })
		const [now] = await listed()
		expect(now?.id).toBe(machine.id)
		expect(now?.key).not.toBe(before[0]?.key)
		again.close()
	})

	test("[LNK1] stays where the new one is not proven, is another machine's, or the old one has gone", async () => {
		const by = await somebody("owner", "elsewhere")
		const [machine, other] = [await enrolled(by, "one"), await enrolled(by, "other")]
		const fresh = { ...machine, ...(await newKeys()) }
		const stranger = await newKeys()
		const proof = () => dialToken(fresh)
		expect(await rotate(machine, fresh.publicKey, "x")).toBe("dial_token_invalid")
		expect(await rotate(machine, fresh.publicKey, await dialToken(machine))).toBe("dial_token_invalid")
		expect(await rotate(machine, fresh.publicKey, await dialToken({ ...fresh, id: other.id }))).toBe(
			"dial_token_invalid",
		)
		expect(await rotate({ ...machine, ...stranger }, fresh.publicKey, await proof())).toBe("dial_token_invalid")
		expect(await rotate(machine, machine.publicKey, await dialToken(machine))).toBe("invalid_request")
		const taken = { ...other, id: machine.id }
		expect(await rotate(machine, other.publicKey, await dialToken(taken))).toBe("dial_token_invalid")
		const [first, second] = [proof(), proof()]
		expect(await rotate(machine, fresh.publicKey, await first)).toBeUndefined()
		expect(await rotate(machine, stranger.publicKey, await second)).toBe("dial_token_invalid")
		;(await linked(fresh)).close()
	})

	test("[LNK1] of a removed machine proves nothing", async () => {
		const by = await somebody("owner", "elsewhere")
		const machine = await enrolled(by)
		await by.call("removeMachine", { params: { machine: machine.id } })
		const fresh = { ...machine, ...(await newKeys()) }
		expect(await rotate(machine, fresh.publicKey, await dialToken(fresh))).toBe("machine_revoked")
	})
})

test("[SES1] a connector one version behind links and works, and an older or newer one is told which side to update", async () => {
	const by = await somebody("owner", "elsewhere")
	const machine = await enrolled(by)
	const link = await linked(machine, PROTOCOL_VERSION - 1)
	const started = by.call("startSession", { params: { machine: machine.id }, body: { id: newSessionId() } })
	const ask = await asked(link)
	expect(ask).toMatchObject({ ask: "start", of: { runtime: "shell", secrets: [] } })
	link.send({ type: "refuse", number: ask.number, code: "program_missing" })
	await expect(started).rejects.toMatchObject({ code: "program_missing" })
	link.close()
	for (const version of [OLDEST_VERSION - 1, PROTOCOL_VERSION + 1]) {
		const wrong = await dial("/api/link", bearer(await dialToken(machine)))
		wrong.send({ ...HELLO, version })
		expect(await wrong.closed).toEqual({ code: 4426, reason: "version_too_old" })
	}
})
