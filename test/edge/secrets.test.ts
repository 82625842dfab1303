// Secrets: sealed under the key ring, bound to runtimes, delivered to the one session that needs them.
import { runInDurableObject } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { describe, expect, test } from "vitest"
import { newSessionId } from "../../protocol/ids.ts"
import { PROTOCOL_VERSION, SECRET_BYTES, SECRETS_PER_WORKSPACE } from "../../protocol/limits.ts"
import type { Role } from "../../protocol/roles.ts"
import { StartSpec } from "../../protocol/session.ts"
import { KeyRing, type Place } from "../../worker/key-ring.ts"
import { asked, type Dialled, enrolled, linked, type Program, type Somebody, somebody } from "./home.ts"

const SENTINEL = "sentinel-0451"
const place: Place = { workspaceId: "w", name: "KEY" }
const rows = (sql: string, ...values: unknown[]) =>
	env.DB.prepare(sql)
		.bind(...values)
		.all()
/** The ring as it was before a key was added, or without keys that were taken out. */
const ringOf = (...numbers: number[]) => {
	const key = (number: number) => new Uint8Array(32).fill(number).toBase64()
	const SECRET_KEYS = JSON.stringify(Object.fromEntries(numbers.map((number) => [number, key(number)])))
	const { SECRET_KEYS_3: _, ...rest } = env
	return new KeyRing({ ...rest, SECRET_KEYS })
}

async function save(
	{ call }: Program,
	secret: string,
	body: { variable?: string; runtimes?: string[]; value?: string },
) {
	return call("saveSecret", { params: { secret }, body: { value: SENTINEL, ...body } })
}

describe("[TRU3] the key ring", () => {
	test("[TRU3] seals under its newest key, each time differently, and opens what it sealed", async () => {
		const ring = new KeyRing(env)
		const [one, other] = [await ring.seal(place, "späß\0"), await ring.seal(place, "späß\0")]
		expect([ring.newest, one.version]).toEqual([3, 3])
		expect(one.text).not.toBe(other.text)
		expect(atob(one.text)).not.toContain("sp")
		for (const sealed of [one, other]) expect(await ring.open(place, sealed)).toBe("späß\0")
	})

	test("[TRU3] opens nothing that was moved, changed, cut, or sealed under a key that it has lost", async () => {
		const ring = new KeyRing(env)
		const sealed = await ring.seal(place, SENTINEL)
		const bytes = Uint8Array.fromBase64(sealed.text)
		const wrong = [
			ring.open({ ...place, workspaceId: "other" }, sealed),
			ring.open({ ...place, name: "OTHER" }, sealed),
			ring.open(place, { ...sealed, version: 2 }),
			ring.open(place, { ...sealed, version: 9 }),
			ring.open(place, { ...sealed, text: "" }),
			ring.open(place, { ...sealed, text: "%" }),
			ring.open(place, { ...sealed, text: bytes.subarray(0, -1).toBase64() }),
			...Array.from(bytes.keys(), (at) => {
				const changed = bytes.slice()
				changed[at] = (changed[at] ?? 0) ^ 1
				return ring.open(place, { ...sealed, text: changed.toBase64() })
			}),
			ringOf(1, 2).open(place, sealed),
		]
		for (const outcome of await Promise.allSettled(wrong))
			expect(outcome).toMatchObject({ status: "rejected", reason: { code: "secret_unreadable" } })
	})

	test("[TRU3] opens what an older key sealed, and a home without keys keeps no secrets", async () => {
		const old = await ringOf(1).seal(place, SENTINEL)
		expect(old.version).toBe(1)
		expect(await new KeyRing(env).open(place, old)).toBe(SENTINEL)
		const { SECRET_KEYS: _, SECRET_KEYS_3: __, ...bare } = env
		for (const SECRET_KEYS of [
			undefined,
			"{}",
			"x",
			'{"1":"AAAA"}',
			'{"0":"x"}',
			`{"one":"${btoa("x".repeat(32))}"}`,
		]) {
			const broken = SECRET_KEYS === undefined ? (bare as typeof env) : { ...bare, SECRET_KEYS }
			expect(() => new KeyRing(broken), SECRET_KEYS).toThrow(expect.objectContaining({ code: "secrets_off" }))
		}
	})
})

describe("[TRU3] a secret", () => {
	test("[TRU3] is listed with where it goes, and its value is in no answer and not in the registry", async () => {
		const boss = await somebody("owner", "elsewhere")
		const saved = await save(boss, "ANTHROPIC_API_KEY", { runtimes: ["claude-code", "aider", "aider"] })
		expect(saved).toMatchObject({
			name: "ANTHROPIC_API_KEY",
			variable: "ANTHROPIC_API_KEY",
			runtimes: ["claude-code", "aider"],
			updatedBy: "owner",
			lastUsedAt: null,
		})
		const { secrets } = await boss.call("listSecrets")
		expect(secrets).toEqual([saved])
		const kept = JSON.stringify((await rows("SELECT * FROM secret WHERE workspace_id = ?", boss.workspace)).results)
		for (const text of [JSON.stringify({ saved, secrets }), kept]) {
			expect(text).not.toContain(SENTINEL)
			expect(text).not.toContain(btoa(SENTINEL).replace(/=+$/, ""))
		}
	})

	test("[TRU3] gets a new value, and keeps its binding until that is changed too", async () => {
		const boss = await somebody("owner", "elsewhere")
		await save(boss, "TOKEN", { variable: "GH_TOKEN", runtimes: ["codex"] })
		expect(await save(boss, "TOKEN", { value: "new" })).toMatchObject({ variable: "GH_TOKEN", runtimes: ["codex"] })
		const [row] = (await rows("SELECT sealed, key_version FROM secret WHERE workspace_id = ?", boss.workspace)).results
		const sealed = { text: String(row?.sealed), version: Number(row?.key_version) }
		expect(await new KeyRing(env).open({ workspaceId: boss.workspace, name: "TOKEN" }, sealed)).toBe("new")
		const bind = (body: object) => boss.call("bindSecret", { params: { secret: "TOKEN" }, body })
		expect(await bind({ runtimes: ["shell"] })).toMatchObject({ variable: "GH_TOKEN", runtimes: ["shell"] })
		expect(await bind({ variable: "OTHER" })).toMatchObject({ variable: "OTHER", runtimes: ["shell"] })
		await boss.call("removeSecret", { params: { secret: "TOKEN" } })
		expect((await boss.call("listSecrets")).secrets).toEqual([])
		for (const name of ["bindSecret", "removeSecret", "checkSecret"] as const)
			await expect(boss.call(name, { params: { secret: "TOKEN" }, body: {} } as never)).rejects.toMatchObject({
				code: "not_found",
			})
	})

	test("[TRU3] cannot be the same variable as another for one runtime, however many try at once", async () => {
		const boss = await somebody("owner", "elsewhere")
		await save(boss, "FIRST", { variable: "KEY", runtimes: ["codex", "aider"] })
		const second = save(boss, "SECOND", { variable: "KEY", runtimes: ["aider", "shell"] })
		await expect(second).rejects.toMatchObject({
			code: "name_taken",
			message: expect.stringContaining("FIRST is KEY for aider already."),
		})
		await save(boss, "SECOND", { variable: "KEY", runtimes: ["shell"] })
		const binding = boss.call("bindSecret", { params: { secret: "SECOND" }, body: { runtimes: ["codex"] } })
		await expect(binding).rejects.toMatchObject({ code: "name_taken" })
		const racing = Array.from({ length: 10 }, (_, index) =>
			save(boss, `RACE_${index}`, { variable: "RACED", runtimes: ["codex"] }),
		)
		const outcomes = await Promise.allSettled(racing)
		expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
	})

	test("[TRU4] has bounds: its name, its size, and how many there are", async () => {
		const boss = await somebody("owner", "elsewhere")
		for (const [name, body] of [
			["lower", {}],
			["KEY", { value: "x".repeat(SECRET_BYTES + 1) }],
			["KEY", { value: "" }],
			["KEY", { value: "a\0b" }],
			["KEY", { variable: "A=B" }],
		] as const)
			await expect(save(boss, name, body), name).rejects.toMatchObject({ code: "invalid_request" })
		await rows(
			`INSERT INTO secret (workspace_id, name, variable, runtimes, sealed, key_version, updated_at, updated_by)
			SELECT ?, 'S' || value, 'S' || value, '[]', '', 1, 0, '' FROM
				(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ?) SELECT value FROM n)`,
			boss.workspace,
			SECRETS_PER_WORKSPACE,
		)
		await expect(save(boss, "ONE_MORE", {})).rejects.toMatchObject({ code: "too_many" })
		expect(await save(boss, "S7", {})).toMatchObject({ name: "S7" })
	})

	test("[TRU1] is the workspace's own: another one neither sees nor changes nor gets it", async () => {
		const [boss, stranger] = [await somebody("owner", "elsewhere"), await somebody("owner", "elsewhere")]
		await save(boss, "KEY", { runtimes: ["shell"] })
		expect((await stranger.call("listSecrets")).secrets).toEqual([])
		await save(stranger, "KEY", { value: "theirs" })
		expect((await boss.call("listSecrets")).secrets[0]?.runtimes).toEqual(["shell"])
		const removing = stranger.call("removeSecret", { params: { secret: "KEY" } })
		await expect(removing).resolves.toEqual({})
		expect((await boss.call("listSecrets")).secrets).toHaveLength(1)
	})

	test.each<[Role, boolean, boolean]>([
		["guest", false, false],
		["developer", true, false],
		["maintainer", true, true],
	])("[TRU1] is read and managed by role: %s", async (role, mayRead, mayManage) => {
		const boss = await somebody("owner", "elsewhere")
		const who = await somebody(role, boss)
		const list = who.call("listSecrets")
		const kept = save(who, "KEY", {})
		for (const [outcome, may] of [
			[list, mayRead],
			[kept, mayManage],
		] as const)
			if (may) await outcome
			else await expect(outcome).rejects.toMatchObject({ code: "not_allowed" })
	})
})

describe("[SES3] a session", () => {
	async function ready(version = PROTOCOL_VERSION) {
		const boss = await somebody("owner", "elsewhere")
		const machine = await enrolled(boss)
		return { boss, machine, link: await linked(machine, version) }
	}

	/** Starts one, and says what the machine was asked, and what it answered. */
	async function start(by: Somebody, machine: string, link: Dialled, spec: object) {
		const id = newSessionId()
		const started = by.call("startSession", { params: { machine } as never, body: { id, ...spec } })
		const { number, of } = await asked(link)
		const { runtime, argv, cols, rows } = StartSpec.parse(of)
		const info = { id, name: "one", runtime, argv, substrate: "host", cols, rows, cwd: "/", state: { is: "running" } }
		link.send({
			type: "answer",
			number,
			answer: { ...info, title: "", createdAt: 1, lastOutputAt: null, sequence: 0 },
		})
		return { asked: of, answered: await started }
	}

	test("[SES3] gets the secrets of its runtime, and its answer, its list and its environment do not show them", async () => {
		const { boss, machine, link } = await ready()
		await save(boss, "MINE", { variable: "API_KEY", runtimes: ["codex", "shell"] })
		await save(boss, "OTHERS", { runtimes: ["aider"] })
		await save(boss, "NOBODYS", {})
		const { asked, answered } = await start(boss, machine.id, link, { runtime: "codex" })
		expect(asked).toMatchObject({
			environment: {},
			secrets: [{ name: "MINE", variable: "API_KEY", value: SENTINEL }],
		})
		expect(JSON.stringify([answered, await boss.call("listSessions")])).not.toContain(SENTINEL)
		const { hash } = await boss.call("showAuditHead")
		for (const [object, mark] of [
			[env.MACHINE.getByName(machine.id), machine.id],
			[env.WORKSPACE.getByName(boss.workspace), hash],
		] as const) {
			const kept = await runInDurableObject(object, (_, { storage: { sql } }) => {
				const tables = [...sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")]
				return tables
					.filter(({ name }) => !name.startsWith("_cf"))
					.map(({ name }) => [...sql.exec(`SELECT * FROM "${name}"`)])
			})
			expect(JSON.stringify(kept)).toContain(mark)
			expect(JSON.stringify(kept)).not.toContain(SENTINEL)
		}
		const used = (await boss.call("listSecrets")).secrets.filter(({ lastUsedAt }) => lastUsedAt !== null)
		expect(used.map(({ name }) => name)).toEqual(["MINE"])
		link.close()
	})

	test("[SES3] keeps what its starter says itself: that variable's secret stays away", async () => {
		const { boss, machine, link } = await ready()
		await save(boss, "ONE", { runtimes: ["shell"] })
		await save(boss, "TWO", { runtimes: ["shell"] })
		const { asked } = await start(boss, machine.id, link, { environment: { ONE: "mine" } })
		expect(asked).toMatchObject({ environment: { ONE: "mine" }, secrets: [{ name: "TWO" }] })
		link.close()
	})

	test("[SES4] does not start where a secret cannot be opened, and says which", async () => {
		const { boss, machine, link } = await ready()
		await save(boss, "KEY", { runtimes: ["shell"] })
		await rows("UPDATE secret SET key_version = 9 WHERE workspace_id = ?", boss.workspace)
		const starting = boss.call("startSession", { params: { machine: machine.id }, body: { id: newSessionId() } })
		await expect(starting).rejects.toMatchObject({
			code: "secret_unreadable",
			message: expect.stringContaining("KEY needs key 9"),
		})
		const pinged = boss.call("ping", { params: { machine: machine.id } })
		const next = await asked(link)
		expect(next.ask).toBe("ping")
		link.send({ type: "answer", number: next.number, answer: { at: 1 } })
		await pinged
		link.close()
	})

	test("[SES4] does not start without its secrets on a connector that does not know of them", async () => {
		const { boss, machine, link } = await ready(1)
		await save(boss, "KEY", { runtimes: ["shell"] })
		const starting = boss.call("startSession", { params: { machine: machine.id }, body: { id: newSessionId() } })
		await expect(starting).rejects.toMatchObject({
			code: "version_too_old",
			message: expect.stringContaining("Update the connector"),
		})
		link.close()
	})

	test("[TRU4] takes secrets up to a bound in all", async () => {
		const { boss, machine, link } = await ready()
		const value = "x".repeat(SECRET_BYTES)
		for (let index = 0; index < 33; index++) await save(boss, `KEY_${index}`, { value, runtimes: ["shell"] })
		const starting = boss.call("startSession", { params: { machine: machine.id }, body: { id: newSessionId() } })
		await expect(starting).rejects.toMatchObject({ code: "too_large" })
		link.close()
	})

	test("a runtime misses no key that the workspace gives it", async () => {
		const { boss, machine, link } = await ready()
		const runtime = (id: string, missingKeys: string[]) => ({
			...{ id, label: id, program: `/bin/${id}`, version: null, install: "" },
			missingKeys,
		})
		const all = [runtime("codex", ["OPENAI_API_KEY", "CODEX_API_KEY"]), runtime("gemini", ["GEMINI_API_KEY"])]
		const listed = async () => {
			const listing = boss.call("listRuntimes", { params: { machine: machine.id } })
			link.send({ type: "answer", number: (await asked(link)).number, answer: { runtimes: all } })
			return Object.fromEntries((await listing).runtimes.map(({ id, missingKeys }) => [id, missingKeys]))
		}
		await save(boss, "ANY", { variable: "UNRELATED", runtimes: ["codex"] })
		await save(boss, "GEMINI_API_KEY", {})
		expect(await listed()).toEqual({ codex: ["OPENAI_API_KEY", "CODEX_API_KEY"], gemini: ["GEMINI_API_KEY"] })
		await save(boss, "KEY", { variable: "CODEX_API_KEY", runtimes: ["codex"] })
		expect(await listed()).toEqual({ codex: [], gemini: ["GEMINI_API_KEY"] })
		link.close()
	})
})

describe("[TRU3] sealing anew", () => {
	test("[TRU3] brings every secret of the workspace under the newest key, and the old keys may go", async () => {
		const [boss, other] = [await somebody("owner", "elsewhere"), await somebody("owner", "elsewhere")]
		for (const who of [boss, other]) await save(who, "KEY", { runtimes: ["shell"] })
		const old = await ringOf(1).seal({ workspaceId: boss.workspace, name: "KEY" }, "from before")
		await rows("UPDATE secret SET sealed = ?, key_version = 1 WHERE workspace_id = ?", old.text, boss.workspace)
		expect(await boss.call("resealSecrets")).toEqual({ resealed: 1, version: 3 })
		const [row] = (await rows("SELECT sealed, key_version FROM secret WHERE workspace_id = ?", boss.workspace)).results
		const sealed = { text: String(row?.sealed), version: Number(row?.key_version) }
		expect(await ringOf(3).open({ workspaceId: boss.workspace, name: "KEY" }, sealed)).toBe("from before")
	})

	test("[TRU3] names what it cannot open, and leaves that as it is", async () => {
		const boss = await somebody("owner", "elsewhere")
		for (const name of ["GOOD", "LOST"]) await save(boss, name, {})
		await rows("UPDATE secret SET key_version = 9 WHERE workspace_id = ? AND name = 'LOST'", boss.workspace)
		await expect(boss.call("resealSecrets")).rejects.toMatchObject({
			code: "secret_unreadable",
			message: expect.stringContaining("LOST; the other 1 are sealed anew."),
		})
	})
})

describe("[SES3] checking a key", () => {
	const pad = (word: string) => `${word}${"x".repeat(40 - word.length)}`
	const KEYS: [provider: string, variable: string, key: (word: string) => string][] = [
		["Anthropic", "ANTHROPIC_API_KEY", (word) => `sk-ant-api03-${pad(word)}`],
		["OpenAI", "OPENAI_API_KEY", (word) => `sk-proj-${pad(word)}`],
		["OpenRouter", "OPENROUTER_API_KEY", (word) => `sk-or-v1-${pad(word)}`],
		["Google", "GEMINI_API_KEY", (word) => `AIza${pad(word).slice(0, 35)}`],
		["GitHub", "GH_TOKEN", (word) => `ghp_${pad(word)}`],
	]
	const check = async (variable: string, value: string) => {
		const boss = await somebody("owner", "elsewhere")
		await save(boss, "KEY", { variable, value })
		const checked = await boss.call("checkSecret", { params: { secret: "KEY" } })
		expect(JSON.stringify(checked)).not.toContain(value)
		return checked
	}

	test.each(KEYS)("[SES3] %s says whether it takes it", async (provider, variable, key) => {
		expect(await check(variable, key("GOOD"))).toEqual({ isValid: true, said: `${provider} takes it.` })
		expect(await check(variable, key("BAD"))).toEqual({ isValid: false, said: `${provider} refuses it.` })
		for (const word of ["NARROW", "MOVED", "TROUBLE"])
			expect(await check(variable, key(word)), word).toMatchObject({ isValid: null })
	})

	test.each([
		["another's shape", "ANTHROPIC_API_KEY", "a-key-of-our-own-gateway"],
		["others' shape", "DEEPSEEK_API_KEY", `sk-${pad("GOOD")}`],
		["a line break", "GH_TOKEN", `ghp_${pad("GOOD")}\n`],
	])("[SES3] a key of %s is shown to nobody", async (_, variable, value) => {
		// Nothing else is within reach, so that a question to somebody would say that they did not answer.
		expect(await check(variable, value)).toEqual({ isValid: null, said: "Nobody can be asked about this one." })
	})
})
