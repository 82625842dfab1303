// Attacks with what was good once, or never: codes, links and dial tokens, tried again, at once, late, and forged.
import { SignJWT } from "jose"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { newMachineId } from "../../protocol/ids.ts"
import { DEVICE_POLL_MS, PROTOCOL_VERSION, RATES, SIGN_IN_LINK_MS } from "../../protocol/limits.ts"
import type { Answer } from "../../protocol/routes.ts"
import { signSignInLink } from "../../protocol/sign-in-link.ts"
import { codeOf, EVERY_WAY, Home, SIGN_IN_KEY } from "./home.ts"
import { dump, newId } from "./rows.ts"
import { settle, type Town } from "./town.ts"
import { dialToken, introduce, KEYS, newKeys, PLATFORM } from "./world.ts"

let home: Home
let town: Town
beforeAll(async () => {
	home = await Home.start({ settings: EVERY_WAY })
	town = await settle(home)
	await introduce(home, town.things)
})
afterAll(() => home.stop())

/** How many were done, and the codes of the others. */
async function outcomes(asking: Promise<{ status: number; text(): Promise<string> }>[]) {
	const codes = await Promise.all((await Promise.all(asking)).map(codeOf))
	return {
		done: codes.filter((code) => code === undefined).length,
		refused: [...new Set(codes.filter((code) => code !== undefined))].sort(),
	}
}

const atOnce = <T>(times: number, ask: (n: number) => Promise<T>) => Array.from({ length: times }, (_, n) => ask(n))
const seconds = () => Math.floor(Date.now() / 1000)

describe("[TRU3] what is good once", () => {
	/** A new code, and what a machine sends with it. */
	async function newEnrollment() {
		const { code } = (await (await home.post("/api/enrollments", {}, town.maintainer.program)).json()) as {
			code: string
		}
		const body = async () => ({ code, publicKey: (await newKeys()).publicKey, name: "box", platform: PLATFORM })
		return { code, body }
	}

	async function machines(): Promise<number> {
		const { results } = await home.db
			.prepare("SELECT id FROM machine WHERE workspace_id = ?")
			.bind(town.things.workspace.id)
			.all()
		return results.length
	}

	test("[TRU3] of a thousand machines with one enrollment code, each from its own address, one enrolls", async () => {
		const { body } = await newEnrollment()
		const bodies = await Promise.all(atOnce(1_000, body))
		const before = await machines()
		expect(await outcomes(bodies.map((sent) => home.post("/api/enroll", sent)))).toEqual({
			done: 1,
			refused: ["code_invalid"],
		})
		expect(await machines()).toBe(before + 1)
	}, 60_000)

	test("[TRU3] of a thousand tries from one address, most are told to wait, and still one enrolls", async () => {
		const { body } = await newEnrollment()
		const bodies = await Promise.all(atOnce(1_000, body))
		const from = { "cf-connecting-ip": home.newAddress() }
		const before = await machines()
		const answers = await Promise.all(bodies.map((sent) => home.post("/api/enroll", sent, from)))
		const codes = await Promise.all(answers.map(codeOf))
		expect(codes.filter((code) => code === undefined)).toHaveLength(1)
		expect(new Set(codes)).toEqual(new Set([undefined, "code_invalid", "rate_limited"]))
		// The minute may have turned in the middle.
		expect(codes.filter((code) => code !== "rate_limited").length).toBeLessThanOrEqual(2 * RATES.enroll)
		expect(await machines()).toBe(before + 1)
	}, 60_000)

	test("[TRU3] an enrollment code ends with its maker's place in the workspace", async () => {
		const { developer, owner } = await settle(home)
		const promote = { method: "PATCH", body: JSON.stringify({ role: "maintainer" }) }
		const headers = { ...owner.program, "content-type": "application/json" }
		await home.ask(`/api/members/${developer.id}`, { ...promote, headers })
		const { code } = (await (await home.post("/api/enrollments", {}, developer.program)).json()) as { code: string }
		expect((await home.ask(`/api/members/${developer.id}`, { method: "DELETE", headers: owner.program })).status).toBe(
			200,
		)
		const { publicKey } = await newKeys()
		expect(await codeOf(await home.post("/api/enroll", { code, publicKey, name: "box", platform: PLATFORM }))).toBe(
			"code_invalid",
		)
	})

	test("[TRU3] of a hundred people with one invitation one becomes a member", async () => {
		const { token, workspace } = await newInvitation()
		const asking = atOnce(100, (n) =>
			home.post("/api/invitations/accept", { token, name: "New", email: `new${n}@people.example` }),
		)
		expect(await outcomes(asking)).toEqual({ done: 1, refused: ["invitation_invalid"] })
		const { results } = await home.db
			.prepare("SELECT role FROM member WHERE workspace_id = ? AND role = 'guest'")
			.bind(workspace)
			.all()
		expect(results).toHaveLength(2)
		expect(await codeOf(await home.post("/api/invitations/show", { token }))).toBe("invitation_invalid")
	})

	test("[TRU3] an invitation for one address is nobody else's, and gives no other role than it says", async () => {
		const { token, workspace } = await newInvitation({ email: "asked@people.example" })
		const accept = (body: object, headers = {}) => home.post("/api/invitations/accept", { token, ...body }, headers)
		expect(await codeOf(await accept({ name: "Other", email: "other@people.example" }))).toBe("invitation_invalid")
		expect(await codeOf(await accept({}, town.stranger.page))).toBe("invitation_invalid")
		expect(
			(
				await accept({
					name: "Asked",
					email: "ASKED@people.example",
					role: "owner",
					workspace: town.stranger.workspace,
				})
			).status,
		).toBe(200)
		const roles = await home.db
			.prepare("SELECT role FROM member JOIN user ON user.id = member.user_id WHERE email = ? AND workspace_id = ?")
			.bind("asked@people.example", workspace)
			.all()
		expect(roles.results).toEqual([{ role: "guest" }])
	})

	async function newInvitation(more: { email?: string } = {}) {
		const { owner, things } = await settle(home)
		const response = await home.post("/api/invitations", { role: "guest", ...more }, owner.program)
		const { url } = (await response.json()) as Answer<"createInvitation">
		return { token: new URL(url).hash.slice(1), workspace: things.workspace.id }
	}

	test("[TRU3] what a device asked for comes once, to whoever polls first", async () => {
		const { deviceCode, userCode } = await newDevice()
		const decide = () => home.post("/api/device/decide", { userCode, approve: true }, town.developer.page)
		expect(await outcomes(atOnce(20, decide))).toEqual({ done: 1, refused: ["device_code_invalid"] })
		expect(await outcomes(atOnce(20, () => home.post("/api/device/poll", { deviceCode })))).toEqual({
			done: 1,
			refused: ["rate_limited"],
		})
		await home.db.prepare("UPDATE device_grant SET polled_at = polled_at - ?").bind(DEVICE_POLL_MS).run()
		expect(await codeOf(await home.post("/api/device/poll", { deviceCode }))).toBe("device_code_invalid")
	})

	test("[TRU3] a device gets nothing by the person's code, and a person decides nothing by the device's", async () => {
		const { deviceCode, userCode } = await newDevice()
		expect(await codeOf(await home.post("/api/device/poll", { deviceCode: userCode }))).toBe("device_code_invalid")
		const decided = await home.post(
			"/api/device/decide",
			{ userCode: deviceCode.slice(0, 32), approve: true },
			town.owner.page,
		)
		expect(await codeOf(decided)).toBe("device_code_invalid")
		expect(await (await home.post("/api/device/poll", { deviceCode })).json()).toEqual({ is: "pending" })
	})

	test("[TRU3] what was approved by somebody who has lost their place since is not given", async () => {
		const { developer, owner } = await settle(home)
		const { deviceCode, userCode } = await newDevice()
		expect((await home.post("/api/device/decide", { userCode, approve: true }, developer.page)).status).toBe(200)
		await home.ask(`/api/members/${developer.id}`, { method: "DELETE", headers: owner.program })
		expect(await codeOf(await home.post("/api/device/poll", { deviceCode }))).toBe("device_denied")
	})

	async function newDevice(): Promise<Answer<"startDevice">> {
		const response = await home.post("/api/device", { request: { is: "login", name: `t${newId().slice(0, 8)}` } })
		return (await response.json()) as Answer<"startDevice">
	}

	test("[TRU3] of a hundred tries with one recovery code one signs in, and only its owner", async () => {
		const { developer } = town
		const { codes } = (await (await home.post("/api/account/recovery-codes", {}, developer.page)).json()) as {
			codes: string[]
		}
		const [code = "", other = ""] = codes
		const at = (email: string) => () => home.post("/api/sign-in/recovery", { email, code })
		expect(await outcomes(atOnce(5, at(town.guest.email)))).toEqual({ done: 0, refused: ["credentials_wrong"] })
		expect(await outcomes(atOnce(100, at(developer.email)))).toEqual({ done: 1, refused: ["credentials_wrong"] })
		await home.post("/api/account/recovery-codes", {}, developer.page)
		expect(await codeOf(await home.post("/api/sign-in/recovery", { email: developer.email, code: other }))).toBe(
			"credentials_wrong",
		)
	})

	test("[TRU3] of a hundred tries with one sign-in link one signs in; a forged, old or changed one never", async () => {
		const good = await signSignInLink(SIGN_IN_KEY, Date.now())
		const [nonce, expiry, mac] = good.split(".")
		for (const token of [
			await signSignInLink("another home's key", Date.now()),
			await signSignInLink(SIGN_IN_KEY, Date.now() - SIGN_IN_LINK_MS),
			`${nonce}.${Number(expiry) + 1}.${mac}`,
			`${nonce}.${expiry}.${"A".repeat(43)}`,
			`${nonce}.${expiry}.`,
			`${good}x`,
			"..",
		])
			expect(await codeOf(await home.post("/api/sign-in", { token })), token).toBe("sign_in_link_spent")
		expect(await outcomes(atOnce(100, () => home.post("/api/sign-in", { token: good })))).toEqual({
			done: 1,
			refused: ["sign_in_link_spent"],
		})
	})
})

describe("[LNK1] a dial token", () => {
	const dialling = (token: string) => home.dial("/api/link", { authorization: `Bearer ${token}` })
	const HELLO = { type: "hello", version: PROTOCOL_VERSION, platform: PLATFORM, sessions: [] }

	test("[LNK1] is believed once, also of a hundred dials at once, and on whichever route", async () => {
		const token = await dialToken(town.things.machine)
		const links = await Promise.all(atOnce(100, () => dialling(token)))
		const said = await Promise.all(links.map((link) => link.refusal(HELLO)))
		expect(said.filter((refusal) => refusal === undefined)).toHaveLength(1)
		expect(new Set(said)).toEqual(new Set([undefined, "dial_token_invalid"]))
		const keys = await newKeys()
		const body = { publicKey: keys.publicKey, proof: await dialToken(town.things.machine, keys) }
		expect(await codeOf(await home.post("/api/machine/key", body, { authorization: `Bearer ${token}` }))).toBe(
			"dial_token_invalid",
		)
		for (const link of links) link.close()
	})

	test("[LNK1] that proved a new key opens no link afterwards, and the old key opens none either", async () => {
		const { things } = await settle(home)
		await introduce(home, things)
		const keys = await newKeys()
		const [token, proof, spare] = await Promise.all([
			dialToken(things.machine),
			dialToken(things.machine, keys),
			dialToken(things.machine),
		])
		const rotated = await home.post(
			"/api/machine/key",
			{ publicKey: keys.publicKey, proof },
			{ authorization: `Bearer ${token}` },
		)
		expect(rotated.status).toBe(200)
		for (const used of [proof, spare]) expect(await (await dialling(used)).refusal(HELLO)).toBe("dial_token_invalid")
		const link = await dialling(await dialToken(things.machine, keys))
		expect(await link.refusal(HELLO)).toBeUndefined()
		link.close()
	})

	test("[LNK1] without a proof of the new key, or with somebody else's, changes no key", async () => {
		const { things } = await settle(home)
		const [mine, theirs] = [await newKeys(), await newKeys()]
		for (const proof of [
			await dialToken(things.machine, theirs),
			await dialToken(town.things.machine, mine),
			await dialToken(things.machine),
			"x",
		]) {
			const headers = { authorization: `Bearer ${await dialToken(things.machine)}` }
			const response = await home.post("/api/machine/key", { publicKey: mine.publicKey, proof }, headers)
			expect(await codeOf(response)).toBe("dial_token_invalid")
		}
		const kept = await home.db
			.prepare("SELECT public_key AS key FROM machine WHERE id = ?")
			.bind(things.machine)
			.first("key")
		expect(kept).toBe(KEYS.publicKey)
	})

	const now = seconds()
	test.each<[string, (machine: typeof town.things.machine) => Promise<string>, string?]>([
		["that is not for yet", (machine) => dialToken(machine, KEYS, { iat: seconds() + 3_600 })],
		["that is over", (machine) => dialToken(machine, KEYS, { iat: now - 120, exp: now - 60 })],
		["that lives too long", (machine) => dialToken(machine, KEYS, { exp: now + 3_600 })],
		["that was made long ago, for long", (machine) => dialToken(machine, KEYS, { iat: now - 3_600, exp: now + 30 })],
		["for another purpose", (machine) => dialToken(machine, KEYS, { aud: "homeport-other" })],
		["without a purpose", (machine) => signed({ sub: machine, jti: "1", iat: seconds(), exp: seconds() + 60 })],
		[
			"without a number",
			(machine) => signed({ sub: machine, aud: "homeport-link", iat: seconds(), exp: seconds() + 60 }),
		],
		["without an end", (machine) => signed({ sub: machine, aud: "homeport-link", jti: "1", iat: seconds() })],
		["without a beginning", (machine) => signed({ sub: machine, aud: "homeport-link", jti: "1", exp: seconds() + 60 })],
		["with an endless number", (machine) => dialToken(machine, KEYS, { jti: "x".repeat(10_000) })],
		["of another machine", (machine) => dialToken(machine, KEYS, { sub: newMachineId() }), "machine_revoked"],
		["of no machine", (machine) => dialToken(machine, KEYS, { sub: "root" })],
		["signed by nobody", async (machine) => `${part({ alg: "none" })}.${part(claims(machine))}.`],
		["signed by nobody, in capitals", async (machine) => `${part({ alg: "NONE" })}.${part(claims(machine))}.AAAA`],
		[
			"signed with the public key as a password",
			(machine) => signed(claims(machine), "HS256", Buffer.from(KEYS.publicKey, "base64url")),
		],
		[
			"signed with the public key's text as a password",
			(machine) => signed(claims(machine), "HS256", Buffer.from(KEYS.publicKey)),
		],
		["that brings its own key", async (machine) => ownKey(machine)],
		["whose middle was changed", async (machine) => changed(await dialToken(machine))],
		["that is no token", async () => "x.y.z"],
	])("[LNK1] %s opens no link", async (_, make, refusal = "dial_token_invalid") => {
		const link = await dialling(await make(town.things.machine))
		expect(await link.closed).toEqual({ code: 4401, reason: refusal })
	})

	test("[LNK1] signed with another machine's key opens no link, whatever it calls the key", async () => {
		const theirs = await newKeys()
		const { things } = await settle(home, ({ machine }) => {
			machine.publicKey = theirs.publicKey
		})
		await introduce(home, things, theirs)
		for (const kid of [undefined, things.machine, theirs.publicKey, `did:key:${theirs.publicKey}`]) {
			const header = { alg: "EdDSA", ...(kid !== undefined && { kid }) }
			const token = await new SignJWT(claims(things.machine)).setProtectedHeader(header).sign(KEYS.privateKey)
			expect((await (await dialling(token)).closed).reason).toBe("dial_token_invalid")
		}
		const link = await dialling(await dialToken(things.machine, theirs))
		expect(await link.refusal(HELLO)).toBeUndefined()
		link.close()
	})

	const claims = (machine: string) => ({
		sub: machine,
		aud: "homeport-link",
		jti: newId(),
		iat: seconds(),
		exp: seconds() + 60,
	})
	const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")

	function signed(
		payload: Record<string, unknown>,
		alg = "EdDSA",
		key: CryptoKey | Uint8Array = KEYS.privateKey,
	): Promise<string> {
		return new SignJWT(payload).setProtectedHeader({ alg }).sign(key)
	}

	async function ownKey(machine: string): Promise<string> {
		const keys = await newKeys()
		const jwk = { kty: "OKP", crv: "Ed25519", x: keys.publicKey }
		return new SignJWT(claims(machine))
			.setProtectedHeader({ alg: "EdDSA", jwk, kid: keys.publicKey })
			.sign(keys.privateKey)
	}

	function changed(token: string): string {
		const [head, body = "", signature] = token.split(".")
		const said = JSON.parse(Buffer.from(body, "base64url").toString()) as object
		return [head, part({ ...said, jti: "other" }), signature].join(".")
	}
})

test("[TRU3] no code, token, link or secret that was given out is in the registry", async () => {
	const { owner, developer, maintainer } = town
	const json = async (path: string, body: unknown, headers = {}) =>
		(await home.post(path, body, headers)).json() as Promise<never>
	const { secret } = (await json("/api/tokens", { name: "secret" }, developer.program)) as Answer<"createToken">
	const { code } = (await json("/api/enrollments", {}, maintainer.program)) as Answer<"createEnrollment">
	const { url } = (await json("/api/invitations", { role: "guest" }, owner.program)) as Answer<"createInvitation">
	const { codes } = (await json("/api/account/recovery-codes", {}, developer.page)) as Answer<"makeRecoveryCodes">
	const device = (await json("/api/device", { request: { is: "login", name: "device" } })) as Answer<"startDevice">
	const link = await signSignInLink(SIGN_IN_KEY, Date.now())
	await home.post("/api/sign-in", { token: link })
	const value = `value ${newId()}`
	await home.ask("/api/secrets/KEPT", {
		method: "PUT",
		body: JSON.stringify({ value }),
		headers: { ...owner.program, "content-type": "application/json" },
	})
	const given = [
		secret,
		code,
		new URL(url).hash.slice(1),
		...codes,
		device.deviceCode,
		device.userCode,
		link.split(".")[2] ?? "",
		value,
	]
	const kept = JSON.stringify(await dump(home.db))
	expect(kept).toContain('"KEPT"')
	for (const text of given) {
		expect(text.length).toBeGreaterThan(7)
		expect(kept).not.toContain(text)
		expect(kept).not.toContain(text.replaceAll("-", ""))
	}
})
