// Workspaces and their members: made, switched, left, deleted; and one owner stays.
import { env } from "cloudflare:workers"
import { describe, expect, test } from "vitest"
import { PROTOCOL_VERSION } from "../../protocol/limits.ts"
import { ROLES } from "../../protocol/roles.ts"
import { allowedTo } from "../../worker/access.ts"
import {
	ask,
	browser,
	codeOf,
	dial,
	dialToken,
	enrolled,
	HOME,
	linked,
	newcomer,
	owner,
	PLATFORM,
	post,
	program,
	signIn,
	somebody,
} from "./home.ts"

/** A workspace of its own, and two owners. */
async function twoOwners() {
	const one = await somebody("owner", "elsewhere")
	return { one, other: await newcomer(one, "owner"), workspace: one.workspace }
}

const ownersOf = (workspace: string) =>
	env.DB.prepare("SELECT count(*) AS n FROM member WHERE workspace_id = ? AND role = 'owner'")
		.bind(workspace)
		.first<number>("n")

test("who asks is told what they may do there", async () => {
	for (const role of ROLES) {
		const { call, id } = await somebody(role)
		const me = await call("me")
		expect(me).toMatchObject({ id, role })
		const membership = { role, userId: "", userName: "", workspaceId: "", workspaceName: "" }
		expect(me.actions).toEqual(allowedTo({ membership, actions: null }))
	}
})

test("a person makes workspaces, owns them, and says which one they mean", async () => {
	const person = await newcomer(await owner(), "guest")
	const made = await person.call("createWorkspace", { body: { name: "Studio" } })
	expect(made).toMatchObject({ name: "Studio", role: "owner" })
	expect((await person.call("listWorkspaces")).workspaces).toMatchObject([{ role: "guest" }, made])
	expect((await person.call("me")).role).toBe("guest")
	const headers = { cookie: person.cookie, "homeport-workspace": made.id }
	expect(await (await ask("/api/me", { headers })).json()).toMatchObject({
		role: "owner",
		workspace: { name: "Studio" },
	})
	const feed = await dial(`/api/feed?workspace=${made.id}`, { cookie: person.cookie, origin: HOME })
	feed.send("ping")
	expect(await feed.next()).toBe("pong")
	feed.close()
})

test("[TRU1] a workspace that one is no member of is not there, by cookie or token", async () => {
	const { workspace } = await somebody("owner", "elsewhere")
	const cookie = await signIn()
	for (const who of [{ cookie }, (await owner()).headers])
		for (const id of [workspace, "nothing"]) {
			const headers = { ...who, "homeport-workspace": id } as Record<string, string>
			expect(await codeOf(await ask("/api/me", { headers }))).toBe("not_found")
		}
})

test("a workspace is renamed", async () => {
	const { call } = await somebody("owner", "elsewhere")
	await call("updateWorkspace", { body: { name: "Renamed" } })
	expect((await call("me")).workspace.name).toBe("Renamed")
})

describe("one owner stays", () => {
	test("[TRU1] of two owners who leave at once one is left", async () => {
		const { one, other, workspace } = await twoOwners()
		const outcomes = await Promise.allSettled([one.call("leaveWorkspace"), other.call("leaveWorkspace")])
		expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"])
		const refused = outcomes.find(({ status }) => status === "rejected")
		expect(refused).toMatchObject({ reason: { code: "last_owner" } })
		expect(await ownersOf(workspace)).toBe(1)
	})

	test("[TRU1] of two owners who demote or remove each other at once one is left", async () => {
		const { one, other, workspace } = await twoOwners()
		await Promise.allSettled([
			one.call("changeMember", { params: { member: other.id }, body: { role: "guest" } }),
			other.call("removeMember", { params: { member: one.id } }),
		])
		expect(await ownersOf(workspace)).toBe(1)
	})

	test("the last one can neither be demoted nor removed, but changes place with another", async () => {
		const { one, other } = await twoOwners()
		const demote = (member: string) => one.call("changeMember", { params: { member }, body: { role: "maintainer" } })
		await demote(other.id)
		await expect(demote(one.id)).rejects.toMatchObject({ code: "last_owner" })
		const removing = one.call("removeMember", { params: { member: one.id } })
		await expect(removing).rejects.toMatchObject({ code: "last_owner" })
		await one.call("changeMember", { params: { member: one.id }, body: { role: "owner" } })
		await one.call("changeMember", { params: { member: other.id }, body: { role: "owner" } })
		await demote(one.id)
		expect((await one.call("me")).role).toBe("maintainer")
	})
})

describe("[TRU1] a member who is removed", () => {
	test("[TRU1] is out at once: cookie, tokens, screens and feeds", async () => {
		const boss = await somebody("owner", "elsewhere")
		const person = await newcomer(boss, "maintainer")
		const { secret } = await person.call("createToken", { body: { name: "theirs" } })
		const machine = await enrolled(boss)
		const browserOf = { cookie: person.cookie, origin: HOME }
		const sockets = [
			await dial(`/api/machines/${machine.id}/view`, browserOf),
			await dial(`/api/machines/${machine.id}/view`, program(secret).headers),
			await dial("/api/feed", browserOf),
			await dial("/api/feed", program(secret).headers),
		]
		await boss.call("removeMember", { params: { member: person.id } })
		for (const socket of sockets) expect(await socket.closed).toEqual({ code: 4403, reason: "access_changed" })
		await expect(program(secret).call("me")).rejects.toMatchObject({ code: "not_signed_in" })
		await expect(person.call("me")).rejects.toMatchObject({ code: "not_found" })
		expect((await (await dial("/api/feed", browserOf)).closed).reason).toBe("not_found")
	})

	test("[TRU3] and is invited again does not get their tokens or codes back", async () => {
		const boss = await somebody("owner", "elsewhere")
		const person = await newcomer(boss, "maintainer")
		const { secret } = await person.call("createToken", { body: { name: "old" } })
		const { code } = await person.call("createEnrollment")
		await boss.call("removeMember", { params: { member: person.id } })
		const { url } = await boss.call("createInvitation", { body: { role: "maintainer" } })
		const headers = { cookie: person.cookie, origin: HOME }
		expect((await post("/api/invitations/accept", { token: new URL(url).hash.slice(1) }, headers)).status).toBe(200)
		await expect(program(secret).call("me")).rejects.toMatchObject({ code: "not_signed_in" })
		const body = { code, publicKey: "A".repeat(43), name: "late", platform: PLATFORM }
		expect(await codeOf(await post("/api/enroll", body))).toBe("code_invalid")
		expect(await person.call("listTokens")).toEqual({ tokens: [] })
	})
})

test("[INP3] who is demoted comes in again as what they are now", async () => {
	const boss = await somebody("owner", "elsewhere")
	const person = await newcomer(boss, "developer")
	const machine = await enrolled(boss)
	const view = () => dial(`/api/machines/${machine.id}/view`, { cookie: person.cookie, origin: HOME })
	const hello = { type: "hello", version: PROTOCOL_VERSION, viewer: "vwr_11111111111111111111" }
	const before = await view()
	before.send(hello)
	expect(await before.next()).toMatchObject({ type: "machine", role: "developer" })
	await boss.call("changeMember", { params: { member: person.id }, body: { role: "guest" } })
	expect((await before.closed).reason).toBe("access_changed")
	const after = await view()
	after.send(hello)
	expect(await after.next()).toMatchObject({ type: "machine", role: "guest" })
	after.close()
})

test("[TRU1] nobody changes or removes who is not of their workspace", async () => {
	const [here, stranger] = [await newcomer(await owner(), "guest"), await somebody("owner", "elsewhere")]
	const params = { member: here.id }
	await expect(stranger.call("removeMember", { params })).rejects.toMatchObject({ code: "not_found" })
	const changing = stranger.call("changeMember", { params, body: { role: "owner" } })
	await expect(changing).rejects.toMatchObject({ code: "not_found" })
	expect((await stranger.call("listMembers")).members.map(({ id }) => id)).toEqual([stranger.id])
})

describe("a workspace that is deleted", () => {
	test("takes everything with it, but its trail", async () => {
		const boss = await somebody("owner", "elsewhere")
		const guest = await newcomer(boss, "guest")
		const machine = await enrolled(boss)
		const link = await linked(machine)
		const feed = await dial("/api/feed", { cookie: guest.cookie, origin: HOME })
		await boss.call("saveSecret", { params: { secret: "KEY" }, body: { value: "x", variable: "KEY", runtimes: [] } })
		await boss.call("createInvitation", { body: { role: "guest" } })
		await boss.call("removeWorkspace", { query: { name: "Elsewhere" } })
		expect(await link.closed).toEqual({ code: 4401, reason: "machine_revoked" })
		expect((await feed.closed).reason).toBe("access_changed")
		const again = await dial("/api/link", { authorization: `Bearer ${await dialToken(machine)}` })
		expect((await again.closed).reason).toBe("machine_revoked")
		await expect(boss.call("me")).rejects.toMatchObject({ code: "not_signed_in" })
		expect(await guest.call("listWorkspaces")).toEqual({ workspaces: [] })
		const left = (table: string) =>
			env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE workspace_id = ?`).bind(boss.workspace).first("n")
		for (const table of ["member", "machine", "token", "secret", "invite", "enrollment"])
			expect(await left(table), table).toBe(0)
		await env.WORKSPACE.get(env.WORKSPACE.idFromName(boss.workspace)).flush()
		expect(await left("audit")).toBeGreaterThan(0)
		// Who was in it is still a person, with their other workspaces.
		expect(await env.DB.prepare("SELECT id FROM user WHERE id = ?").bind(boss.id).first("id")).toBe(boss.id)
	})

	test("is called by its name, so that nobody deletes the wrong one", async () => {
		const { call } = await somebody("owner", "elsewhere")
		for (const name of ["elsewhere", "", "Home"])
			await expect(call("removeWorkspace", { query: { name } })).rejects.toMatchObject({ code: "invalid_request" })
		await call("me")
	})

	test("is not the first one of a home", async () => {
		const { call } = browser(await signIn())
		const { workspace } = await call("me")
		const removing = call("removeWorkspace", { query: { name: workspace.name } })
		await expect(removing).rejects.toMatchObject({ code: "not_allowed" })
	})
})
