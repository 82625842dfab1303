// The audit trail: who did what, refusals too, in a chain that shows every change.
import { evictAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { describe, expect, test } from "vitest"
import { type AuditEntry, type AuditHead, auditFault, NO_ENTRY } from "../../protocol/audit.ts"
import { newSessionId, newViewerId } from "../../protocol/ids.ts"
import { PROTOCOL_VERSION } from "../../protocol/limits.ts"
import {
	ADDRESS,
	ask,
	asked,
	attach,
	codeOf,
	dial,
	dialToken,
	enrolled,
	HOME,
	linked,
	newKeys,
	PLATFORM,
	type Program,
	post,
	runningSession,
	type Somebody,
	somebody,
} from "./home.ts"

const trailOf = ({ workspace }: Somebody) => env.WORKSPACE.get(env.WORKSPACE.idFromName(workspace))
const headOf = ({ call }: Program) => call("showAuditHead")
const listed = ({ call }: Program, query: { before?: number; limit?: number; text?: string } = {}) =>
	call("listAudit", { query })
const rowsOf = ({ workspace }: Somebody) =>
	env.DB.prepare("SELECT count(*) AS n FROM audit WHERE workspace_id = ?").bind(workspace).first<number>("n")

/** Leaves one entry: a tag that says which. */
async function act(by: Somebody, machine: string, tag: string): Promise<void> {
	await by.call("changeMachine", { params: { machine } as never, body: { tags: [tag] } })
}

async function exported({ headers }: Program): Promise<AuditEntry[]> {
	const response = await ask("/api/audit/export", { headers })
	expect(response.headers.get("content-type")).toBe("application/x-ndjson")
	const lines = (await response.text()).split("\n")
	expect(lines.pop()).toBe("")
	return lines.map((line) => JSON.parse(line) as AuditEntry)
}

/** The first fault of a trail whose writer knows `head`; null for a whole one. */
async function faultOf(entries: AuditEntry[], head: AuditHead): Promise<string | null> {
	let last: AuditHead = NO_ENTRY
	for (const entry of entries) {
		const fault = await auditFault(last, entry)
		if (fault !== null) return fault
		last = entry
	}
	return entries.some(({ sequence, hash }) => sequence === head.sequence && hash === head.hash)
		? null
		: "The tail is cut."
}

async function world() {
	const boss = await somebody("owner", "elsewhere")
	const machine = await enrolled(boss)
	return { boss, machine: machine.id }
}

test("an entry says who did what to which thing, with which outcome, and what the route lets it show", async () => {
	const { boss, machine } = await world()
	const guest = await somebody("guest", boss)
	const changing = { name: "renamed", tags: ["gpu"] }
	await ask(`/api/machines/${machine}`, {
		method: "PATCH",
		body: JSON.stringify(changing),
		headers: { ...boss.headers, "content-type": "application/json", [ADDRESS]: "192.0.2.7" },
	})
	await expect(guest.call("removeMachine", { params: { machine } })).rejects.toMatchObject({ code: "not_allowed" })
	await expect(boss.call("changeMachine", { params: { machine }, body: { members: ["x"] } })).rejects.toThrow()
	const { entries } = await listed(boss)
	const actor = (name: string) => expect.objectContaining({ is: "token", name })
	expect(entries).toMatchObject([
		{ action: "changeMachine", actor: actor("owner"), outcome: "invalid_request", detail: { members: ["x"] } },
		{ action: "removeMachine", actor: actor("guest"), outcome: "not_allowed", target: { machine } },
		{ action: "changeMachine", outcome: "done", target: { machine }, detail: changing, address: "192.0.2.7" },
		{
			action: "enroll",
			actor: { is: "machine", id: machine, name: "box" },
			target: { machine },
			detail: { name: "box" },
		},
		{ action: "createEnrollment", outcome: "done", target: {}, detail: {} },
	])
	expect(entries.map(({ sequence }) => sequence)).toEqual([5, 4, 3, 2, 1])
})

test("reading leaves no entry, but opening a session, exporting the trail, and a machine's new key do", async () => {
	const { boss } = await world()
	const machine = await enrolled(boss, "watched")
	const session = runningSession()
	const link = await linked(machine, PROTOCOL_VERSION, [session])
	const before = await headOf(boss)
	for (const name of ["listMachines", "listSecrets", "showAuditHead"] as const) await boss.call(name)
	await listed(boss)
	const from = "2001:db8::7"
	const screen = await dial(`/api/machines/${machine.id}/view`, { ...boss.headers, [ADDRESS]: from })
	screen.send({ type: "hello", version: PROTOCOL_VERSION, viewer: newViewerId() })
	await screen.next()
	expect(await headOf(boss)).toEqual(before)
	await attach(screen, session.id)
	await expect.poll(async () => (await headOf(boss)).sequence).toBe(before.sequence + 1)
	await attach(screen, session.id)
	screen.close()
	link.close()
	await exported(boss)
	const fresh = { ...machine, ...(await newKeys()) }
	const body = { publicKey: fresh.publicKey, proof: await dialToken(fresh) }
	await post("/api/machine/key", body, { authorization: `Bearer ${await dialToken(machine)}` })
	const { entries } = await listed(boss, { limit: 3 })
	expect(entries).toMatchObject([
		{ action: "rotateKey", actor: { is: "machine", id: machine.id }, target: { machine: machine.id } },
		{ action: "exportAudit", actor: { name: "owner" } },
		{
			action: "view",
			actor: { is: "token", name: "owner" },
			target: { machine: machine.id, session: session.id },
			outcome: "done",
			address: from,
			detail: {},
		},
	])
	expect(entries[0]?.sequence).toBe(before.sequence + 3)
})

test("[TRU3] no entry holds a secret: not its value, not an environment, not what was typed, not a code", async () => {
	const boss = await somebody("owner", "elsewhere")
	const machine = await enrolled(boss)
	const link = await linked(machine)
	const SENTINEL = "sentinel-0451"
	await boss.call("saveSecret", { params: { secret: "KEY" }, body: { value: SENTINEL, runtimes: ["shell"] } })
	const spec = { id: newSessionId(), environment: { TOKEN: SENTINEL }, argv: [SENTINEL] }
	const starting = boss.call("startSession", { params: { machine: machine.id }, body: spec }).catch(() => {})
	link.send({ type: "refuse", number: (await asked(link)).number, code: "program_missing", detail: SENTINEL })
	await starting
	const typing = boss
		.call("sendInput", { params: { machine: machine.id, session: spec.id }, body: { text: SENTINEL } })
		.catch(() => {})
	link.send({ type: "refuse", number: (await asked(link)).number, code: "session_not_found" })
	await typing
	link.close()
	const { code } = await boss.call("createEnrollment")
	await post("/api/enroll", { code, publicKey: (await newKeys()).publicKey, name: "other", platform: PLATFORM })
	// Somebody mistakes a name's place for a value's.
	const pasted = `ghp_${"A1b2".repeat(9)}`
	await ask(`/api/secrets/${pasted}`, { method: "DELETE", headers: boss.headers })
	await boss
		.call("startSession", { params: { machine: machine.id }, body: { ...spec, cwd: `/${pasted}` } })
		.catch(() => {})
	const kept = JSON.stringify(await exported(boss))
	expect(kept).toContain("sendInput")
	expect(kept).toContain("*".repeat(pasted.length))
	for (const secret of [SENTINEL, code, boss.secret, pasted]) expect(kept).not.toContain(secret)
})

test("what stands in an address is kept short, however long it was", async () => {
	const { boss } = await world()
	await ask(`/api/secrets/${"A".repeat(4_000)}`, { method: "DELETE", headers: boss.headers })
	const [entry] = (await listed(boss)).entries
	expect(entry).toMatchObject({ outcome: "invalid_request", target: { secret: "A".repeat(64) } })
})

describe("the trail is a chain", () => {
	test("that is whole over a hundred calls at once and every object's eviction in between", async () => {
		const { boss, machine } = await world()
		for (let round = 0; round < 4; round++) {
			await Promise.all(Array.from({ length: 25 }, (_, index) => act(boss, machine, `t${round}-${index}`)))
			await evictAllDurableObjects()
		}
		const head = await headOf(boss)
		const entries = await exported(boss)
		expect(entries).toHaveLength(102)
		expect(entries.at(-1)?.sequence).toBe(head.sequence)
		expect(await faultOf(entries, head)).toBeNull()
		const tags = entries.flatMap(({ detail }) => (detail.tags ?? []) as string[])
		expect(new Set(tags).size).toBe(100)
	})

	test("in which an edit, a missing entry, a forged one and a cut tail are found", async () => {
		const { boss, machine } = await world()
		for (const tag of ["one", "two", "three"]) await act(boss, machine, tag)
		const head = await headOf(boss)
		expect(await faultOf(await exported(boss), head)).toBeNull()
		const change = (sql: string) => env.DB.prepare(`${sql} AND workspace_id = ?`).bind(boss.workspace).run()
		const whole = (await exported(boss)).filter(({ sequence }) => sequence <= head.sequence)
		await change("UPDATE audit SET entry = replace(entry, 'three', 'seven') WHERE sequence = 5")
		expect(await faultOf(await exported(boss), head)).toBe("Entry 5 was changed.")
		await change("UPDATE audit SET entry = replace(entry, 'seven', 'three') WHERE sequence = 5")
		await change("DELETE FROM audit WHERE sequence = 3")
		expect(await faultOf(await exported(boss), head)).toBe("Entry 3 is missing.")
		const { hash: _, ...third } = whole[2] as AuditEntry
		const forged = JSON.stringify({ ...third, outcome: "not_allowed", hash: whole[2]?.hash })
		await env.DB.prepare("INSERT INTO audit (workspace_id, sequence, at, entry, words) VALUES (?, 3, 0, ?, '')")
			.bind(boss.workspace, forged)
			.run()
		expect(await faultOf(await exported(boss), head)).toBe("Entry 3 was changed.")
		await change("DELETE FROM audit WHERE sequence >= 3")
		expect(await faultOf((await exported(boss)).slice(0, 2), head)).toBe("The tail is cut.")
	})

	test("that its writer goes on with from its own head, whatever was put into the registry", async () => {
		const { boss, machine } = await world()
		const { sequence } = await headOf(boss)
		const forge = env.DB.prepare(
			"INSERT INTO audit (workspace_id, sequence, at, entry, words) VALUES (?, ?, 0, '{}', 'x')",
		)
		await env.DB.batch([1, 5].map((after) => forge.bind(boss.workspace, sequence + after)))
		expect((await listed(boss)).entries).toHaveLength(sequence)
		await act(boss, machine, "next")
		const head = await headOf(boss)
		expect(head.sequence).toBe(sequence + 1)
		const entries = await exported(boss)
		expect(await faultOf(entries, head)).toBeNull()
		expect(entries.at(-1)).toMatchObject({ detail: { tags: ["next"] } })
	})
})

test("entries are in the registry a moment later though nobody reads, and after the object's memory is lost", async () => {
	const { boss, machine } = await world()
	await act(boss, machine, "one")
	const trail = trailOf(boss)
	await evictDurableObject(trail)
	// The platform may have woken it by now: either way nothing is left to do afterwards.
	await runDurableObjectAlarm(trail)
	await trail.flush()
	expect(await rowsOf(boss)).toBe(3)
	expect(await runDurableObjectAlarm(trail)).toBe(false)
})

test("the trail is searched by words of who, what, which thing and outcome, and read by pages", async () => {
	const { boss, machine } = await world()
	for (let index = 0; index < 7; index++) await act(boss, machine, `t${index}`)
	await boss.call("removeSecret", { params: { secret: "A_B" } }).catch(() => {})
	await boss.call("removeSecret", { params: { secret: "AXB" } }).catch(() => {})
	const found = async (text: string) =>
		(await listed(boss, { text })).entries.map(({ action, target }) => target.secret ?? action)
	expect(await found("REMOVEsecret")).toEqual(["AXB", "A_B"])
	expect(await found("a_b")).toEqual(["A_B"])
	expect(await found("  not_found   axb ")).toEqual(["AXB"])
	for (const text of ["%", "a%b", "\\", "' OR 1=1 --"]) expect(await found(text), text).toEqual([])
	expect(await found(machine)).toHaveLength(8)
	const pages: number[][] = []
	for (let before: number | undefined; ; ) {
		const query = { limit: 4, ...(before === undefined ? {} : { before }) }
		const page = (await listed(boss, query)).entries.map(({ sequence }) => sequence)
		if (page.length === 0) break
		pages.push(page)
		before = page.at(-1)
	}
	expect(pages).toEqual([
		[11, 10, 9, 8],
		[7, 6, 5, 4],
		[3, 2, 1],
	])
})

test("an export of more than one page has every entry once", async () => {
	const { boss, machine } = await world()
	const said = { at: 1, actor: { is: "nobody" as const, id: "", name: "" }, action: "x", target: { machine } }
	const record = () => trailOf(boss).record(boss.workspace, { ...said, outcome: "done", address: null, detail: {} })
	await Promise.all(Array.from({ length: 450 }, record))
	const entries = await exported(boss)
	expect(entries).toHaveLength(452)
	expect(entries.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 452 }, (_, index) => index + 1))
})

test("[TRU1] the trail is for who may read it, and each workspace has its own", async () => {
	const { boss } = await world()
	const [stranger, developer] = [await somebody("owner", "elsewhere"), await somebody("developer", boss)]
	expect((await listed(stranger)).entries).toEqual([])
	expect(await headOf(stranger)).toEqual(NO_ENTRY)
	expect(await exported(stranger)).toEqual([])
	for (const path of ["/api/audit", "/api/audit/head", "/api/audit/export"])
		expect(await codeOf(await ask(path, { headers: developer.headers })), path).toBe("not_allowed")
})

test("[TRU1] who is nobody cannot write to the trail but where anybody may ask", async () => {
	const { boss } = await world()
	const before = await headOf(boss)
	const forged = { authorization: `Bearer hp_${"A".repeat(43)}`, origin: HOME }
	for (const path of ["/api/tokens", "/api/enrollments", "/api/secrets/reseal"]) await post(path, {}, forged)
	await dial("/api/link", {
		authorization: `Bearer ${await dialToken({ ...(await newKeys()), id: "mch_00000000000000000000" })}`,
	})
	expect(await headOf(boss)).toEqual(before)
})
