// What a home of one's own keeps secret, and which ways to sign in its environment switches on.
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { type DataFolder, dataFolder } from "../../connector/data-folder.ts"
import { addSecretKey, findSecrets, readSecrets } from "../../connector/home/secrets.ts"
import { signInSettings } from "../../connector/home/sign-in-settings.ts"

let folder: DataFolder
beforeEach(() => {
	folder = dataFolder(mkdtempSync(join(tmpdir(), "homeport-secrets-")))
	mkdirSync(folder.home)
})
afterEach(() => rmSync(folder.path, { recursive: true, force: true }))

const bytesOf = (key: string | undefined) => Buffer.from(key ?? "", "base64").length

test("[TRU3] a new home's secrets are made once, and read by their owner only", async () => {
	const made = await findSecrets(folder)
	expect(made.authSecret).not.toBe(made.signInKey)
	expect(Object.keys(made.secretKeys)).toEqual(["1"])
	expect(bytesOf(made.secretKeys["1"])).toBe(32)
	expect(JSON.parse(made.pushKey)).toMatchObject({ kty: "EC", crv: "P-256", d: expect.any(String) })
	expect(await findSecrets(folder)).toEqual(made)
	expect(statSync(join(folder.home, "secrets.json")).mode & 0o777).toBe(0o600)
})

test("[TRU3] a home from before secrets keeps what it has, and gets a key for them", async () => {
	const old = { authSecret: "a".repeat(43), signInKey: "s".repeat(43) }
	writeFileSync(join(folder.home, "secrets.json"), JSON.stringify(old))
	const found = await findSecrets(folder)
	expect(found).toMatchObject(old)
	expect(bytesOf(found.secretKeys["1"])).toBe(32)
	expect(await readSecrets(folder)).toEqual(found)
})

test("[TRU3] a home from before pushes keeps its keys, and gets one for them", async () => {
	const { pushKey, ...old } = await findSecrets(folder)
	writeFileSync(join(folder.home, "secrets.json"), JSON.stringify(old))
	const found = await findSecrets(folder)
	expect(found).toMatchObject(old)
	expect(found.pushKey).toContain("P-256")
	expect(found.pushKey).not.toBe(pushKey)
	expect(await findSecrets(folder)).toEqual(found)
})

test("[TRU3] a new key for secrets comes beside the old ones, under the next number", async () => {
	const before = await findSecrets(folder)
	expect(await addSecretKey(folder)).toBe(2)
	expect(await addSecretKey(folder)).toBe(3)
	const { secretKeys, ...rest } = await findSecrets(folder)
	expect({ ...rest, secretKeys: { 1: secretKeys["1"] } }).toEqual(before)
	expect(new Set(Object.values(secretKeys)).size).toBe(3)
})

test("passwords are on unless they are off, and other providers where they are named whole", () => {
	expect(signInSettings({})).toEqual({ PASSWORDS: "on" })
	expect(signInSettings({ HOMEPORT_PASSWORDS: "off" })).toEqual({ PASSWORDS: "off" })
	const github = { HOMEPORT_GITHUB_CLIENT_ID: "id", HOMEPORT_GITHUB_CLIENT_SECRET: "secret" }
	const oidc = {
		HOMEPORT_OIDC_ISSUER: "https://id.example",
		HOMEPORT_OIDC_CLIENT_ID: "client",
		HOMEPORT_OIDC_CLIENT_SECRET: "hush",
		HOMEPORT_OIDC_LABEL: "Company",
	}
	expect(signInSettings({ ...github, ...oidc, GITHUB_CLIENT_ID: "not ours" })).toEqual({
		PASSWORDS: "on",
		GITHUB_CLIENT_ID: "id",
		GITHUB_CLIENT_SECRET: "secret",
		OIDC_ISSUER: "https://id.example",
		OIDC_CLIENT_ID: "client",
		OIDC_CLIENT_SECRET: "hush",
		OIDC_LABEL: "Company",
	})
})

test("half of a provider is refused with what is missing", () => {
	expect(() => signInSettings({ HOMEPORT_PASSWORDS: "yes" })).toThrow("on or off")
	expect(() => signInSettings({ HOMEPORT_GITHUB_CLIENT_ID: "id" })).toThrow("HOMEPORT_GITHUB_CLIENT_SECRET")
	expect(() => signInSettings({ HOMEPORT_OIDC_CLIENT_SECRET: "x" })).toThrow(
		"HOMEPORT_OIDC_ISSUER and HOMEPORT_OIDC_CLIENT_ID",
	)
})
