// Machines: how they dial, how they are listed, renamed and removed.
import { env } from "cloudflare:workers"
import { describe, expect, test, vi } from "vitest"
import { newMachineId } from "../../protocol/ids.ts"
import { PROTOCOL_VERSION } from "../../protocol/limits.ts"
import { describe as ask } from "../../worker/machines.ts"
import { dial, dialToken, enrolled, newKeys, owner, PLATFORM, post } from "./home.ts"

const now = () => Math.floor(Date.now() / 1000)
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
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
	expect((await ask(broken, sick.id)).presence.is).toBe("away")
	expect((await ask(broken, well.id)).presence.epoch).toBe(0)
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
	const link = await dial("/api/link", bearer(await dialToken(machine)))
	link.send(HELLO)
	await link.next()
	const pinged = by.call("ping", { params: { machine: machine.id } })
	const ask = await heard(link, "ask")
	link.send({ type: "answer", number: ask.number, answer: { at: 7 } })
	expect(await pinged).toEqual({ at: 7 })
	const listed = by.call("listFolders", { params: { machine: machine.id }, query: { path: "/nope" } })
	const second = await heard(link, "ask")
	expect(second).toMatchObject({ ask: "folders", of: { path: "/nope" } })
	link.send({ type: "refuse", number: second.number, code: "directory_missing", detail: "/nope" })
	await expect(listed).rejects.toMatchObject({ code: "directory_missing" })
	link.close()
})

/** The next message of this type. */
async function heard(link: Awaited<ReturnType<typeof dial>>, type: string) {
	for (;;) {
		const message = (await link.next()) as { type: string; number: number }
		if (message.type === type) return message
	}
}
