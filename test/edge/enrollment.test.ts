// A single-use code, and the machine that trades it for a place.
import { env } from "cloudflare:workers"
import { expect, test } from "vitest"
import { ENROLLMENT_MS } from "../../protocol/limits.ts"
import { codeOf, enrolled, newKeys, owner, PLATFORM, post } from "./home.ts"

async function enroll(code: string, name = "box") {
	const { publicKey } = await newKeys()
	return post("/api/enroll", { code, publicKey, name, platform: PLATFORM })
}

test("[TRU3] of a thousand tries with one code one enrolls", async () => {
	const { call } = await owner()
	const { code, expiresAt } = await call("createEnrollment")
	expect(expiresAt - Date.now()).toBeGreaterThan(ENROLLMENT_MS - 5_000)
	const answers = await Promise.all(Array.from({ length: 1_000 }, () => enroll(code)))
	const codes = await Promise.all(answers.map(codeOf))
	expect(codes.filter((code) => code === undefined)).toHaveLength(1)
	expect(codes.filter((code) => code === "code_invalid")).toHaveLength(999)
	expect((await call("listMachines")).machines).toHaveLength(1)
}, 60_000)

test("[TRU3] a code is kept as a hash, and is good for ten minutes", async () => {
	const { code } = await (await owner()).call("createEnrollment")
	const { results } = await env.DB.prepare("SELECT * FROM enrollment").all()
	expect(JSON.stringify(results)).not.toContain(code.replaceAll("-", ""))
	await env.DB.prepare("UPDATE enrollment SET expires_at = ?").bind(Date.now()).run()
	expect(await codeOf(await enroll(code))).toBe("code_invalid")
})

test("a wrong code is refused", async () => {
	for (const code of ["ABCD-EFGH-JKLM", "x", "%"]) expect(await codeOf(await enroll(code))).toBe("code_invalid")
})

test("a code may be typed without its dashes and in small letters", async () => {
	const { code } = await (await owner()).call("createEnrollment")
	expect(code).toMatch(/^[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){2}$/)
	expect((await enroll(` ${code.replaceAll("-", "").toLowerCase()} `)).status).toBe(200)
})

test("a name that is taken gets a number", async () => {
	const by = await owner()
	const names = [await enrolled(by, "twin"), await enrolled(by, "twin"), await enrolled(by, "twin")]
	expect(names.map(({ name }) => name)).toEqual(["twin", "twin-2", "twin-3"])
})

test("[LNK1] a key that enrolls again keeps its machine", async () => {
	const by = await owner()
	const first = await enrolled(by, "again")
	const { code } = await by.call("createEnrollment")
	const body = { code, publicKey: first.publicKey, name: "renamed-since", platform: PLATFORM }
	expect(await (await post("/api/enroll", body)).json()).toEqual({ machine: first.id, name: "again" })
})

test("a request that is not whole does not use its code up", async () => {
	const { code } = await (await owner()).call("createEnrollment")
	const bad = await post("/api/enroll", { code, publicKey: "short", name: "box", platform: PLATFORM })
	expect(await codeOf(bad)).toBe("invalid_request")
	expect((await enroll(code)).status).toBe(200)
})
