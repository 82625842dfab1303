// Whose a machine is: tags, named members, who ever attached, and whose sockets end when that changes.
import { env } from "cloudflare:workers"
import { describe, expect, test } from "vitest"
import type { MachineObject } from "../../durable-objects/machine-object.ts"
import type { WorkspaceObject } from "../../durable-objects/workspace-object.ts"
import { type MachineId, newSessionId, newViewerId } from "../../protocol/ids.ts"
import { PROTOCOL_VERSION } from "../../protocol/limits.ts"
import type { Role } from "../../protocol/roles.ts"
import type { Shape } from "../../protocol/route.ts"
import { ROUTES, type RouteName, routePath } from "../../protocol/routes.ts"
import { dismiss } from "../../worker/dismiss.ts"
import worker from "../../worker/index.ts"
import { Registry } from "../../worker/registry.ts"
import {
	ADDRESS,
	ask,
	attach,
	codeOf,
	Dialled,
	dial,
	enrolled,
	HOME,
	linked,
	newAddress,
	type Program,
	runningSession,
	type Somebody,
	somebody,
} from "./home.ts"

/** A workspace with a machine, and people of these roles in it. */
async function team(...roles: Role[]): Promise<{ boss: Somebody; machine: MachineId; people: Somebody[] }> {
	const boss = await somebody("owner", "elsewhere")
	const people: Somebody[] = []
	for (const role of roles) people.push(await somebody(role, boss))
	return { boss, machine: (await enrolled(boss)).id, people }
}

const sees = async ({ call }: Program, machine: MachineId) =>
	(await call("listMachines")).machines.some(({ id }) => id === machine)

/** A viewer that has said hello, and was greeted or closed. */
async function viewing({ headers }: Program, machine: MachineId, from = newAddress()): Promise<Dialled> {
	const socket = await dial(`/api/machines/${machine}/view`, { ...headers, [ADDRESS]: from })
	socket.send({ type: "hello", version: PROTOCOL_VERSION, viewer: newViewerId() })
	return socket
}

async function narrow({ id }: Somebody, tags: string[]): Promise<void> {
	await env.DB.prepare("UPDATE token SET tags = ? WHERE user_id = ?").bind(JSON.stringify(tags), id).run()
}

test("a machine shows its tags, who may use it, and who enrolled it", async () => {
	const { boss, machine, people } = await team("developer")
	const [named] = people as [Somebody]
	const shown = async () => (await boss.call("listMachines")).machines[0]
	expect(await shown()).toMatchObject({ tags: [], members: null, enrolledBy: { id: boss.id, name: "owner" } })
	const body = { tags: ["gpu", "eu-west"], members: [named.id] }
	await boss.call("changeMachine", { params: { machine }, body })
	expect(await shown()).toMatchObject({ ...body, name: "box" })
	await boss.call("changeMachine", { params: { machine }, body: { members: null, name: "crate" } })
	expect(await shown()).toMatchObject({ tags: body.tags, members: null, name: "crate" })
})

test("who is no member cannot be named, and a change must say something", async () => {
	const { boss, machine } = await team()
	const stranger = await somebody("owner", "elsewhere")
	for (const body of [{ members: [stranger.id] }, { members: [boss.id, "nobody"] }, {}]) {
		const changing = boss.call("changeMachine", { params: { machine }, body })
		await expect(changing).rejects.toMatchObject({ code: "invalid_request" })
	}
	expect(await sees(boss, machine)).toBe(true)
})

describe("[TRU1] a machine kept to named members", () => {
	test("[TRU1] is there for them and for owners, and for nobody else, whatever their role", async () => {
		const { boss, machine, people } = await team("developer", "maintainer", "guest")
		const [named, ...others] = people as [Somebody, ...Somebody[]]
		await boss.call("changeMachine", { params: { machine }, body: { members: [named.id] } })
		for (const who of [boss, named]) expect(await sees(who, machine)).toBe(true)
		for (const who of others) expect(await sees(who, machine)).toBe(false)
	})

	test("[TRU1] answers everybody else on every route as a machine that never was", async () => {
		const { boss, machine, people } = await team("developer", "maintainer")
		const [named, other] = people as [Somebody, Somebody]
		await boss.call("changeMachine", { params: { machine }, body: { members: [named.id] } })
		const never = "mch_00000000000000000000" as MachineId
		const body: Partial<Record<RouteName, unknown>> = {
			changeMachine: { name: "mine" },
			startSession: { id: newSessionId() },
			changeSession: { name: "mine" },
			sendInput: { text: "x" },
			notify: { text: "x" },
			cloneSession: { id: newSessionId() },
			writeFile: { path: "a", at: 0, base64: "", isLast: true },
			configureMachine: { substrate: null },
			changeVm: { deed: { verb: "start" } },
			saveLoadout: { text: "" },
			saveProfile: { label: "Mine", program: "mine" },
		}
		const session = newSessionId()
		const answer = async (name: RouteName, id: MachineId) => {
			const row: Shape = ROUTES[name]
			const query = name === "readFile" ? "?path=a" : ""
			const path = `${routePath(name, { machine: id, session, vm: "one", loadout: "one", profile: "one" })}${query}`
			if (row.kind === "socket") return (await dial(path, other.headers)).closed
			const init = row.body === undefined ? {} : { body: JSON.stringify(body[name] ?? {}) }
			const headers = { "content-type": "application/json", ...other.headers }
			const response = await ask(path, { method: row.method, ...init, headers })
			return { status: response.status, said: await response.text() }
		}
		const names = (Object.keys(ROUTES) as RouteName[]).filter((name) => ROUTES[name].path.includes(":machine"))
		expect(names.length).toBeGreaterThan(8)
		for (const name of names) {
			const told = await answer(name, machine)
			expect(told, name).toEqual(await answer(name, never))
			expect(JSON.stringify(told), name).toContain("not_found")
		}
		expect((await other.call("listSessions")).sessions).toEqual([])
		expect(await sees(boss, machine)).toBe(true)
	})

	test("[TRU1] lets go of the screens that are open on it; only who may comes back", async () => {
		const { boss, machine, people } = await team("developer", "developer")
		const [named, other] = people as [Somebody, Somebody]
		const screens = [await viewing(named, machine), await viewing(other, machine)]
		for (const screen of screens) expect(await screen.next()).toMatchObject({ type: "machine" })
		await boss.call("changeMachine", { params: { machine }, body: { members: [named.id] } })
		for (const screen of screens) expect(await screen.closed).toEqual({ code: 4403, reason: "access_changed" })
		const [again, refused] = [await viewing(named, machine), await dial(`/api/machines/${machine}/view`, other.headers)]
		expect(await again.next()).toMatchObject({ type: "machine" })
		expect(await refused.closed).toEqual({ code: 4404, reason: "not_found" })
		again.close()
	})

	test("[LNK2] keeps its own link", async () => {
		const boss = await somebody("owner", "elsewhere")
		const machine = await enrolled(boss)
		const link = await linked(machine)
		await boss.call("changeMachine", { params: { machine: machine.id }, body: { members: [boss.id] } })
		link.send("ping")
		expect(await link.next()).toBe("pong")
		link.close()
	})
})

test("[TRU1] a token narrowed to tags sees only machines that have one of them", async () => {
	const { boss, machine, people } = await team("maintainer")
	const [program] = people as [Somebody]
	await narrow(program, ["gpu", "ci"])
	expect(await sees(program, machine)).toBe(false)
	await boss.call("changeMachine", { params: { machine }, body: { tags: ["ci"] } })
	expect(await sees(program, machine)).toBe(true)
	const screen = await viewing(program, machine)
	await screen.next()
	await boss.call("changeMachine", { params: { machine }, body: { tags: ["web"] } })
	expect((await screen.closed).reason).toBe("access_changed")
	await expect(program.call("ping", { params: { machine } })).rejects.toMatchObject({ code: "not_found" })
})

test("[TRU1] what has been taken back ends the sockets that it opened, and no others", async () => {
	const { boss, machine, people } = await team("developer", "developer")
	const [gone, stays] = people as [Somebody, Somebody]
	const screens = { gone: await viewing(gone, machine), stays: await viewing(stays, machine) }
	for (const screen of Object.values(screens)) await screen.next()
	const feeds = { gone: await dial("/api/feed", gone.headers), stays: await dial("/api/feed", stays.headers) }
	await dismiss(env, new Registry(env.DB), boss.workspace, gone.id)
	for (const socket of [screens.gone, feeds.gone])
		expect(await socket.closed).toEqual({ code: 4403, reason: "access_changed" })
	const token = await env.DB.prepare("SELECT id FROM token WHERE user_id = ?").bind(stays.id).first<string>("id")
	for (const socket of [screens.stays, feeds.stays]) {
		socket.send("ping")
		expect(await socket.next()).toBe("pong")
	}
	await dismiss(env, new Registry(env.DB), boss.workspace, token ?? "")
	for (const socket of [screens.stays, feeds.stays]) expect((await socket.closed).reason).toBe("access_changed")
})

test("whoever enrolled a machine, and who may read the trail, sees everybody who ever attached", async () => {
	const { boss, people } = await team("developer", "maintainer", "guest")
	const [enroller, maintainer, guest] = people as [Somebody, Somebody, Somebody]
	const desk = await enrolled(boss, "desk")
	const machine = desk.id
	const [first, second] = [runningSession(), runningSession()]
	const link = await linked(desk, PROTOCOL_VERSION, [first, second])
	await env.DB.prepare("UPDATE machine SET enrolled_by = ? WHERE id = ?").bind(enroller.id, machine).run()
	const attachments = async ({ call }: Program) =>
		(await call("listAttachments", { params: { machine } })).attachments.map(({ name, session }) => [name, session])
	expect(await attachments(boss)).toEqual([])
	// A page that only lists the machines has its socket, too.
	const idle = await viewing(boss, machine)
	await idle.next()
	const steps = [
		{ who: guest, session: first.id, seen: [["guest", first.id]] },
		{
			who: maintainer,
			session: first.id,
			seen: [
				["maintainer", first.id],
				["guest", first.id],
			],
		},
		{
			who: guest,
			session: second.id,
			seen: [
				["guest", second.id],
				["maintainer", first.id],
			],
		},
	]
	for (const { who, session, seen } of steps) {
		const screen = await viewing(who, machine, "2001:db8::1")
		await attach(screen, session)
		screen.close()
		await expect.poll(() => attachments(boss)).toEqual(seen)
	}
	for (const who of [enroller, maintainer]) expect(await attachments(who)).toEqual(steps.at(-1)?.seen)
	idle.close()
	link.close()
	await expect(attachments(guest)).rejects.toMatchObject({ code: "not_allowed" })
	const elsewhere = await enrolled(boss, "other")
	expect((await boss.call("listAttachments", { params: { machine: elsewhere.id } })).attachments).toEqual([])
})

test("who was refused has not attached", async () => {
	const { boss, machine, people } = await team("developer")
	const [other] = people as [Somebody]
	await boss.call("changeMachine", { params: { machine }, body: { members: [boss.id] } })
	await (await dial(`/api/machines/${machine}/view`, other.headers)).closed
	expect((await boss.call("listAttachments", { params: { machine } })).attachments).toEqual([])
	expect(await codeOf(await ask(`/api/machines/${machine}/attachments`, { headers: other.headers }))).toBe("not_found")
})

describe("[TRU1] what is taken back while a socket opens", () => {
	/** The edge, where `between` happens after it has let somebody in, and before the object has the socket. */
	async function dialling(path: string, { headers }: Program, between: () => Promise<void>): Promise<Dialled> {
		const late = <O extends MachineObject | WorkspaceObject>(namespace: DurableObjectNamespace<O>) =>
			new Proxy(namespace, {
				get(target, key) {
					if (key !== "get") return Reflect.get(target, key).bind(target)
					return (id: DurableObjectId) => {
						const object = target.get(id)
						const fetch = async (request: Request) => {
							await between()
							return object.fetch(request)
						}
						return new Proxy(object, { get: (stub, verb) => (verb === "fetch" ? fetch : Reflect.get(stub, verb)) })
					}
				},
			})
		const home = { ...env, MACHINE: late(env.MACHINE), WORKSPACE: late(env.WORKSPACE) }
		const request = new Request(HOME + path, { headers: { ...headers, upgrade: "websocket" } })
		const { webSocket, headers: said } = await worker.fetch(request, home)
		if (webSocket === null) throw new Error("invariant: an upgrade is answered with a socket")
		return new Dialled(webSocket, said)
	}

	test("[TRU1] ends it: a token, a place, a role, a machine", async () => {
		const { boss, machine, people } = await team("developer", "developer", "developer", "developer")
		const view = `/api/machines/${machine}/view`
		const run = (sql: string, ...values: unknown[]) =>
			env.DB.prepare(sql)
				.bind(...values)
				.run()
		const ways: [path: string, reason: string, take: (id: string) => Promise<unknown>][] = [
			[view, "not_signed_in", (id) => run("UPDATE token SET revoked_at = 1 WHERE user_id = ?", id)],
			["/api/feed", "not_signed_in", (id) => run("DELETE FROM member WHERE user_id = ?", id)],
			[view, "access_changed", (id) => run("UPDATE member SET role = 'guest' WHERE user_id = ?", id)],
			[view, "not_found", () => run("UPDATE machine SET members = ? WHERE id = ?", JSON.stringify([boss.id]), machine)],
		]
		for (const [index, [path, reason, take]] of ways.entries()) {
			const who = people[index] as Somebody
			const taken = async () => {
				await take(who.id)
				await dismiss(env, new Registry(env.DB), boss.workspace, who.id)
			}
			expect((await (await dialling(path, who, taken)).closed).reason, reason).toBe(reason)
		}
	})

	test("[TRU1] and what stays as it was lets it open", async () => {
		const { machine, people } = await team("guest")
		const socket = await dialling(`/api/machines/${machine}/view`, people[0] as Somebody, async () => {})
		socket.send({ type: "hello", version: PROTOCOL_VERSION, viewer: newViewerId() })
		expect(await socket.next()).toMatchObject({ type: "machine", role: "guest" })
		socket.close()
	})
})
