// Signatures of deliveries, against the vectors that their services publish, and against forgers.
import { describe, expect, test } from "vitest"
import { TriggerSource } from "../../protocol/trigger.ts"
import { signStandard, TOLERANCE_MS } from "../../worker/hooks/standard.ts"
import { DELIVERY_BYTES, verify } from "../../worker/hooks/verify.ts"
import { bytes, hex, hmac, incoming, payload } from "./webhooks.ts"

const source = (of: unknown) => TriggerSource.parse(of)
const GITHUB = source({ is: "github" })
const GITLAB = source({ is: "gitlab" })
const STANDARD = source({ is: "standard" })

describe("GitHub", () => {
	/** https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries, "Testing the webhook payload validation" */
	const SECRET = "It's a Secret to Everybody"
	const BODY = "Hello, World!"
	const SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	const headers = { "x-github-event": "ping", "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958" }
	const signed = async (secret: string, body: string) => ({
		...headers,
		"x-hub-signature-256": `sha256=${hex(await hmac("sha256", secret, body))}`,
	})

	test("its published vector passes the signature, and fails only as JSON", async () => {
		const verdict = await verify(GITHUB, [SECRET], incoming({ ...headers, "x-hub-signature-256": SIGNATURE }, BODY))
		expect(verdict).toMatchObject({ is: "refused", code: "malformed" })
		const forged = SIGNATURE.replace(/7$/, "8")
		const other = await verify(GITHUB, [SECRET], incoming({ ...headers, "x-hub-signature-256": forged }, BODY))
		expect(other).toMatchObject({ is: "refused", code: "delivery_refused" })
	})

	test("a real payload is verified, with the id of its delivery and of its body", async () => {
		const body = JSON.stringify(payload("github/ping"))
		const verdict = await verify(GITHUB, ["s3cret"], incoming(await signed("s3cret", body), body))
		expect(verdict).toMatchObject({
			is: "verified",
			delivery: { id: headers["x-github-delivery"], event: "ping", body },
		})
	})

	test("a recording under another id shares a key with the delivery that it is of", async () => {
		const body = JSON.stringify(payload("github/ping"))
		const one = await verify(GITHUB, ["s3cret"], incoming(await signed("s3cret", body), body))
		const again = { ...(await signed("s3cret", body)), "x-github-delivery": "another" }
		const two = await verify(GITHUB, ["s3cret"], incoming(again, body))
		const keys = [one, two].map((verdict) => (verdict.is === "verified" ? verdict.delivery.keys : []))
		expect(keys[0]?.filter((key) => keys[1]?.includes(key))).toHaveLength(1)
	})

	test("the form in which GitHub may put it is signed as it came, and read as its payload", async () => {
		const json = JSON.stringify({ zen: "a & b = c" })
		const body = `payload=${encodeURIComponent(json)}`
		const typed = { ...(await signed("s3cret", body)), "content-type": "application/x-www-form-urlencoded" }
		expect(await verify(GITHUB, ["s3cret"], incoming(typed, body))).toMatchObject({ delivery: { body: json } })
	})

	test("the secret before it is taken while it is replaced, and no other", async () => {
		const old = incoming(await signed("old-secret", "{}"), "{}")
		expect(await verify(GITHUB, ["new-secret", "old-secret"], old)).toMatchObject({ is: "verified" })
		expect(await verify(GITHUB, ["new-secret"], old)).toMatchObject({ is: "refused" })
	})

	test.each([
		["no signature", {}],
		["an empty one", { "x-hub-signature-256": "" }],
		["the weak one alone", { "x-hub-signature": "sha1=2fd4e1c67a2d28fced849ee1bb76e7391b93eb12" }],
		["one cut short", { "x-hub-signature-256": "sha256=757107ea" }],
		["no hex", { "x-hub-signature-256": `sha256=${"z".repeat(64)}` }],
	])("%s is refused", async (_, wrong) => {
		const verdict = await verify(GITHUB, ["s3cret"], incoming({ ...headers, ...wrong } as Record<string, string>, "{}"))
		expect(verdict).toMatchObject({ is: "refused", code: "delivery_refused" })
	})

	test("an empty secret, or none, verifies nothing", async () => {
		const body = incoming({ ...headers, "x-hub-signature-256": `sha256=${"0".repeat(64)}` }, "{}")
		for (const secrets of [[], [""]])
			expect(await verify(GITHUB, secrets, body)).toMatchObject({ is: "refused", code: "delivery_refused" })
	})

	test("a changed body is refused, and no reason holds the secret", async () => {
		const verdict = await verify(GITHUB, ["s3cret"], incoming(await signed("s3cret", '{"a":1}'), '{"a":2}'))
		expect(verdict).toMatchObject({ is: "refused" })
		expect(JSON.stringify(verdict)).not.toContain("s3cret")
	})

	test("more than a delivery has is refused before anything reads it", async () => {
		const body = " ".repeat(DELIVERY_BYTES + 1)
		expect(await verify(GITHUB, ["s3cret"], incoming({}, body))).toMatchObject({ is: "refused", code: "too_large" })
	})

	test.each([
		["deep", "[".repeat(200_000) + "]".repeat(200_000)],
		["cut off in a string", '{"a":"\\'],
		["empty", ""],
	])("a body that is %s is malformed, though it is signed", async (_, body) => {
		const verdict = await verify(GITHUB, ["s3cret"], incoming(await signed("s3cret", body), body))
		expect(verdict).toMatchObject({ is: "refused", code: "malformed" })
	})

	test("brackets in texts are no depth, and bytes that are no text are malformed", async () => {
		const body = JSON.stringify({ text: `\\"${"[".repeat(1000)}` })
		expect(await verify(GITHUB, ["s"], incoming(await signed("s", body), body))).toMatchObject({ is: "verified" })
		const broken = Uint8Array.of(0x22, 0xff, 0x22)
		const mac = `sha256=${hex(await hmac("sha256", "s", broken))}`
		const verdict = await verify(GITHUB, ["s"], incoming({ ...headers, "x-hub-signature-256": mac }, broken))
		expect(verdict).toMatchObject({ is: "refused", code: "malformed" })
	})
})

/** The vector of the reference libraries: https://github.com/standard-webhooks/standard-webhooks/tree/main/libraries */
const SPEC = {
	secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
	time: 1614265330,
	body: '{"test": 2432232314}',
	signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
const specHeaders = (changed: Record<string, string> = {}) => ({
	"webhook-id": SPEC.id,
	"webhook-timestamp": String(SPEC.time),
	"webhook-signature": SPEC.signature,
	...changed,
})

describe("Standard Webhooks", () => {
	const at = SPEC.time * 1000
	const check = (headers: Record<string, string>, when = at, body = SPEC.body, secrets = [SPEC.secret]) =>
		verify(STANDARD, secrets, incoming(headers, body, when))

	test("its vector passes, with and without the prefix of the secret", async () => {
		for (const secret of [SPEC.secret, SPEC.secret.slice("whsec_".length)])
			expect(await check(specHeaders(), at, SPEC.body, [secret])).toMatchObject({
				is: "verified",
				delivery: { id: SPEC.id, keys: [`id:${SPEC.id}`] },
			})
	})

	test("ours are signed so", async () => {
		expect(await signStandard(SPEC.secret, SPEC.id, at + 999, bytes(SPEC.body))).toEqual(specHeaders())
		expect(await signStandard("short", SPEC.id, at, bytes(SPEC.body))).toBeNull()
	})

	test.each([
		["older than the window", TOLERANCE_MS + 1, false],
		["as old as it may be", TOLERANCE_MS, true],
		["signed further ahead", -TOLERANCE_MS - 1, false],
		["as far ahead as it may be", -TOLERANCE_MS, true],
	])("a delivery %s", async (_, later, passes) => {
		expect((await check(specHeaders(), at + later)).is).toBe(passes ? "verified" : "refused")
	})

	test("one right signature among wrong, foreign and broken ones passes", async () => {
		const others = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= v1a,xyz v1 v2,a,b"
		expect((await check(specHeaders({ "webhook-signature": `${others} ${SPEC.signature}` }))).is).toBe("verified")
		expect((await check(specHeaders({ "webhook-signature": others }))).is).toBe("refused")
	})

	test("thousands of signatures are not all tried", async () => {
		const many = `${"v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= ".repeat(5_000)}${SPEC.signature}`
		expect((await check(specHeaders({ "webhook-signature": many }))).is).toBe("refused")
	})

	test("a key is replaced without a gap: either secret passes", async () => {
		const secrets = ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", SPEC.secret]
		expect((await check(specHeaders(), at, SPEC.body, secrets)).is).toBe("verified")
		expect((await check(specHeaders(), at, SPEC.body, secrets.slice(0, 1))).is).toBe("refused")
	})

	test.each([
		["another id", specHeaders({ "webhook-id": "msg_other" })],
		["another time", specHeaders({ "webhook-timestamp": String(SPEC.time + 1) })],
		["a time that is none", specHeaders({ "webhook-timestamp": "1614265330.0" })],
		["another version's name", specHeaders({ "webhook-signature": SPEC.signature.replace("v1", "v2") })],
		["an id of many lines", specHeaders({ "webhook-id": "x".repeat(201) })],
		["no headers", {}],
	])("%s is refused", async (_, headers) => {
		expect((await check(headers)).is).toBe("refused")
	})

	test("a secret that is too short to be one verifies nothing", async () => {
		const verdict = await check(specHeaders(), at, SPEC.body, ["whsec_AAAA"])
		expect(verdict).toMatchObject({ is: "refused", code: "delivery_refused" })
	})
})

describe("GitLab", () => {
	const body = JSON.stringify(payload("gitlab/issue"))
	const headers = { "x-gitlab-event": "Issue Hook", "idempotency-key": "f5e5f430-f57b-4e6e-9fac-d9128cd7232f" }

	test("its secret token comes along, and its retries have one id", async () => {
		const right = incoming({ ...headers, "x-gitlab-token": "a-token" }, body)
		expect(await verify(GITLAB, ["a-token"], right)).toMatchObject({
			is: "verified",
			delivery: { id: headers["idempotency-key"], event: "Issue Hook" },
		})
		for (const wrong of ["a-tokem", "", "a-token "])
			expect(
				(await verify(GITLAB, ["a-token"], incoming({ ...headers, "x-gitlab-token": `${wrong}!` }, body))).is,
			).toBe("refused")
	})

	test("its signing token signs as Standard Webhooks say", async () => {
		const at = 1_700_000_000_000
		const signature = await signStandard(SPEC.secret, headers["idempotency-key"], at, bytes(body))
		const signed = { ...headers, ...signature }
		expect(await verify(GITLAB, [SPEC.secret], incoming(signed, body, at))).toMatchObject({ is: "verified" })
		expect((await verify(GITLAB, [SPEC.secret], incoming(signed, `${body} `, at))).is).toBe("refused")
		expect((await verify(GITLAB, [SPEC.secret], incoming(signed, body, at + TOLERANCE_MS + 1000))).is).toBe("refused")
	})

	test("a signing token is never taken as one that comes along", async () => {
		const bare = { ...headers, "x-gitlab-token": SPEC.secret }
		expect((await verify(GITLAB, [SPEC.secret], incoming(bare, body))).is).toBe("refused")
	})

	test("a broken signature does not fall back on the token", async () => {
		const both = { ...headers, ...specHeaders(), "x-gitlab-token": "a-token" }
		expect((await verify(GITLAB, [SPEC.secret, "a-token"], incoming(both, body, SPEC.time * 1000))).is).toBe("refused")
	})
})

describe("other senders", () => {
	test.each([
		["sha256", "hex", "sha256="],
		["sha512", "base64", ""],
		["sha1", "hex", "v0="],
	] as const)("an HMAC of %s in %s behind %j", async (algorithm, encoding, prefix) => {
		const mac = source({ is: "hmac", header: "x-signature", algorithm, encoding, prefix, deliveryHeader: "x-id" })
		const code = await hmac(algorithm, "s3cret", "{}")
		const written = encoding === "hex" ? hex(code) : btoa(String.fromCharCode(...code))
		const signed = { "x-signature": prefix + written, "x-id": "7" }
		expect(await verify(mac, ["s3cret"], incoming(signed, "{}"))).toMatchObject({
			delivery: { id: "7", keys: ["id:7"] },
		})
		expect((await verify(mac, ["s3cret"], incoming(signed, "[]"))).is).toBe("refused")
		expect((await verify(mac, ["other"], incoming(signed, "{}"))).is).toBe("refused")
		expect((await verify(mac, ["s3cret"], incoming({ ...signed, "x-signature": prefix }, "{}"))).is).toBe("refused")
		expect((await verify(mac, ["s3cret"], incoming({ "x-signature": prefix + written }, "{}"))).is).toBe("refused")
	})

	test("the secret in a header; a body is taken once where no header has an id", async () => {
		const header = source({ is: "header", header: "x-secret" })
		const one = await verify(header, ["s3cret"], incoming({ "x-secret": "s3cret" }, '{"n":1}'))
		const two = await verify(header, ["s3cret"], incoming({ "x-secret": "s3cret" }, '{"n":1}'))
		const other = await verify(header, ["s3cret"], incoming({ "x-secret": "s3cret" }, '{"n":2}'))
		const keys = [one, two, other].map((verdict) => (verdict.is === "verified" ? verdict.delivery.keys[0] : null))
		expect(keys[0]).toMatch(/^body:[0-9a-f]{64}$/)
		expect(keys[1]).toBe(keys[0])
		expect(keys[2]).not.toBe(keys[0])
		for (const wrong of ["S3cret", "", "s3cret,s3cret"])
			expect((await verify(header, ["s3cret"], incoming({ "x-secret": wrong }, "{}"))).is).toBe("refused")
	})
})
