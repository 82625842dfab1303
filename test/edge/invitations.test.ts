// Invitations: a link that makes one person a member.
import { env } from "cloudflare:workers"
import { describe, expect, test } from "vitest"
import { INVITATION_MS } from "../../protocol/limits.ts"
import type { Role } from "../../protocol/roles.ts"
import {
	ask,
	browser,
	codeOf,
	cookieOf,
	HOME,
	newcomer,
	owner,
	type Person,
	post,
	signIn,
	somebody,
	tokenIn,
} from "./home.ts"

type By = Pick<Person, "call">
const someEmail = () => `${crypto.randomUUID()}@people.example`

async function invite(
	by: By,
	role: Role = "developer",
	email?: string,
): Promise<{ token: string; id: string; url: string }> {
	const { invitation, url } = await by.call("createInvitation", { body: { role, ...(email && { email }) } })
	return { token: tokenIn(url), id: invitation.id, url }
}

const accept = (token: string, body: object = { name: "Somebody", email: someEmail() }, cookie?: string) =>
	post("/api/invitations/accept", { token, ...body }, { origin: HOME, ...(cookie && { cookie }) })

test("a stranger sees what they are invited to, takes it, and is signed in as a member", async () => {
	const by = browser(await signIn())
	const { token, url } = await invite(by, "maintainer")
	expect(url).toMatch(/^https:\/\/home\.example\/join#[\w-]{43}$/)
	const shown = (await (await post("/api/invitations/show", { token })).json()) as { expiresAt: number }
	expect(shown).toMatchObject({
		workspace: "Home",
		role: "maintainer",
		invitedBy: (await by.call("me")).name,
		email: null,
	})
	expect(Math.abs(shown.expiresAt - Date.now() - INVITATION_MS)).toBeLessThan(60_000)
	const email = someEmail()
	const response = await accept(token, { name: "Grace", email: email.toUpperCase() })
	const { workspace } = (await response.json()) as { workspace: string }
	const grace = browser(cookieOf(response))
	expect(await grace.call("me")).toMatchObject({ name: "Grace", role: "maintainer", workspace: { id: workspace } })
	const { members } = await by.call("listMembers")
	expect(members).toContainEqual(expect.objectContaining({ name: "Grace", email, role: "maintainer" }))
})

test("[TRU3] of three who take one invitation at once one gets in", async () => {
	const { token } = await invite(await owner())
	const answers = await Promise.all([1, 2, 3].map(() => accept(token)))
	const codes = await Promise.all(answers.map(codeOf))
	expect(codes.sort()).toEqual(["invitation_invalid", "invitation_invalid", undefined])
	const made = await env.DB.prepare("SELECT count(*) AS n FROM user WHERE name = 'Somebody'").first("n")
	expect(made).toBe(1)
})

test("[TRU3] an invitation is kept as a hash", async () => {
	const { token } = await invite(await owner())
	const { results } = await env.DB.prepare("SELECT * FROM invite").all()
	expect(JSON.stringify(results)).not.toContain(token)
})

describe("[TRU3] nobody gets in by an invitation that", () => {
	const refused = async (token: string) => {
		expect(await codeOf(await post("/api/invitations/show", { token }))).toBe("invitation_invalid")
		expect(await codeOf(await accept(token))).toBe("invitation_invalid")
	}

	test("[TRU3] was never made", () => refused("x".repeat(43)))

	test("[TRU3] was revoked", async () => {
		const by = await owner()
		const { token, id } = await invite(by)
		await by.call("revokeInvitation", { params: { invitation: id } })
		await refused(token)
		expect((await by.call("listInvitations")).invitations.map((one) => one.id)).not.toContain(id)
		const again = by.call("revokeInvitation", { params: { invitation: id } })
		await expect(again).rejects.toMatchObject({ code: "not_found" })
	})

	test("[TRU3] is over", async () => {
		const by = await owner()
		const { token, id } = await invite(by)
		await env.DB.prepare("UPDATE invite SET expires_at = ? WHERE id = ?").bind(Date.now(), id).run()
		await refused(token)
	})

	test("[TRU3] was made by somebody who is no owner any more", async () => {
		const by = await owner()
		const boss = await newcomer(by, "owner")
		const { token, id } = await invite(boss, "owner")
		expect((await by.call("listInvitations")).invitations.map((one) => one.id)).toContain(id)
		await by.call("changeMember", { params: { member: boss.id }, body: { role: "maintainer" } })
		await refused(token)
		await by.call("removeMember", { params: { member: boss.id } })
		await refused(token)
	})
})

describe("somebody who is a person here already", () => {
	test("takes it as themself, and is then in both workspaces", async () => {
		const person = await newcomer(await somebody("owner", "elsewhere"), "guest")
		const { token } = await invite(await owner(), "developer")
		const response = await accept(token, {}, person.cookie)
		expect(response.status).toBe(200)
		const { workspaces } = await person.call("listWorkspaces")
		expect(workspaces).toMatchObject([{ name: "Elsewhere", role: "guest" }, { role: "developer" }])
		const headers = { cookie: person.cookie, "homeport-workspace": workspaces[1]?.id ?? "" }
		expect(await (await ask("/api/me", { headers })).json()).toMatchObject({ id: person.id, role: "developer" })
	})

	test("is asked to sign in first when they give their address as a stranger", async () => {
		const by = await owner()
		const { email } = await newcomer(by, "guest")
		const { token } = await invite(by, "owner")
		expect(await codeOf(await accept(token, { name: "Somebody", email }))).toBe("not_signed_in")
		expect((await accept(token)).status).toBe(200)
	})

	test("leaves the link to somebody else where they are a member already", async () => {
		const by = await owner()
		const person = await newcomer(by, "guest")
		const { token } = await invite(by, "owner")
		expect((await accept(token, {}, person.cookie)).status).toBe(200)
		expect((await person.call("me")).role).toBe("guest")
		expect((await accept(token)).status).toBe(200)
	})
})

test("an invitation for one address is nobody else's", async () => {
	const by = await owner()
	const email = someEmail()
	const { token } = await invite(by, "guest", email.toUpperCase())
	expect(await (await post("/api/invitations/show", { token })).json()).toMatchObject({ email })
	expect(await codeOf(await accept(token))).toBe("invitation_invalid")
	const other = await newcomer(await somebody("owner", "elsewhere"), "guest")
	expect(await codeOf(await accept(token, {}, other.cookie))).toBe("invitation_invalid")
	expect((await accept(token, { name: "Right", email })).status).toBe(200)
})

test("a stranger says name and address, or nobody is made", async () => {
	const { token } = await invite(await owner())
	for (const body of [
		{},
		{ name: "x" },
		{ email: someEmail() },
		{ name: "a/b", email: someEmail() },
		{ name: "x", email: "x" },
	])
		expect(await codeOf(await accept(token, body))).toBe("invalid_request")
	expect((await accept(token)).status).toBe(200)
})

test("[TRU1] an address is free again only when its person has no place, no way in and no sign-in", async () => {
	const by = await owner()
	const person = await newcomer(by, "guest")
	const taken = async () => codeOf(await accept((await invite(by)).token, { name: "Again", email: person.email }))
	expect(await taken()).toBe("not_signed_in")
	await person.call("makeRecoveryCodes")
	await by.call("removeMember", { params: { member: person.id } })
	expect(await taken()).toBe("not_signed_in")
	await env.DB.prepare("DELETE FROM recovery_code WHERE user_id = ?").bind(person.id).run()
	expect(await taken()).toBe("not_signed_in")
	await post("/api/sign-out", {}, { cookie: person.cookie, origin: HOME })
	expect(await taken()).toBeUndefined()
})

test("[TRU1] only owners invite, and each in their own workspace", async () => {
	const { id } = await invite(await owner())
	for (const role of ["guest", "developer", "maintainer"] as const) {
		const inviting = (await somebody(role)).call("createInvitation", { body: { role: "guest" } })
		await expect(inviting).rejects.toMatchObject({ code: "not_allowed" })
	}
	const stranger = await somebody("owner", "elsewhere")
	expect(await stranger.call("listInvitations")).toEqual({ invitations: [] })
	const revoking = stranger.call("revokeInvitation", { params: { invitation: id } })
	await expect(revoking).rejects.toMatchObject({ code: "not_found" })
})
