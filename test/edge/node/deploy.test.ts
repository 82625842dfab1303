// The deployment, against an account that answers as wrangler does.
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { afterEach, expect, test } from "vitest"
import { verifySignInLink } from "../../../protocol/sign-in-link.ts"
import { deploy, takeDown, type World, withDatabase } from "../../../tools/deploy.ts"

const ROOT = resolve(import.meta.dirname, "../../..")
const VERSION = (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }).version
const CONFIG = join(ROOT, "wrangler.deploy.toml")

afterEach(() => rmSync(CONFIG, { force: true }))

/** An account at Cloudflare: what it has, and what was asked of it in order. */
function account() {
	const has = {
		loggedIn: true,
		databases: [{ name: "another", uuid: "a" }],
		secrets: {} as Record<string, string>,
		worker: false,
		migrated: false,
	}
	const asked: string[] = []
	const said: string[] = []
	let probes = 0
	const world: World = {
		async wrangler(args, environment = {}) {
			const [verb, ...rest] = args
			asked.push(args.filter((arg) => !arg.startsWith("/") && !arg.startsWith("--")).join(" "))
			for (const secret of Object.values(has.secrets)) expect(args.join(" ")).not.toContain(secret)
			switch (`${verb} ${rest[0]}`) {
				case "whoami --json":
					return `\nA banner\n${JSON.stringify({ loggedIn: has.loggedIn })}`
				case "d1 list":
					return JSON.stringify(has.databases)
				case "d1 create":
					has.databases.push({ name: "homeport", uuid: "b" })
					return "created"
				case "d1 migrations":
					expect(readFileSync(CONFIG, "utf8")).toContain('database_name = "homeport"\ndatabase_id = "b"\n')
					has.migrated = true
					return ""
				case "d1 delete":
					has.databases = has.databases.filter(({ name }) => name !== "homeport")
					return ""
				case "secret list":
					if (!has.worker) throw new Error("This Worker does not exist on your account. [code: 10007]")
					return JSON.stringify(Object.keys(has.secrets).map((name) => ({ name, type: "secret_text" })))
				case "deploy --config": {
					expect(has.migrated).toBe(true)
					const file = args[args.indexOf("--secrets-file") + 1] ?? ""
					expect(statSync(file).mode & 0o077).toBe(0)
					Object.assign(has.secrets, JSON.parse(readFileSync(file, "utf8")))
					has.worker = true
					const report = [
						{ type: "wrangler-session" },
						{ type: "deploy", targets: ["https://homeport.me.workers.dev"] },
					]
					const lines = report.map((entry) => JSON.stringify(entry)).join("\n")
					writeFileSync(environment.WRANGLER_OUTPUT_FILE_PATH ?? "", `${lines}\n`)
					return ""
				}
				case "delete --force":
					if (!has.worker) throw new Error("This Worker does not exist on your account. [code: 10090]")
					has.worker = false
					has.secrets = {}
					return ""
				default:
					throw new Error(`wrangler has no ${args.join(" ")}`)
			}
		},
		async build() {},
		async fetch(url) {
			expect(url).toBe("https://homeport.me.workers.dev/api/health")
			probes++
			if (probes === 1) throw new Error("getaddrinfo ENOTFOUND")
			return probes === 2 ? new Response("", { status: 503 }) : Response.json({ ok: true, version: VERSION, now: 1 })
		},
		async pause() {},
		say: (line) => said.push(line),
	}
	return { has, asked, said, world }
}

test("a first deployment makes what is missing, and its link signs the owner in", async () => {
	const { has, world } = account()
	const { url, signInUrl } = await deploy(world)
	expect(url).toBe("https://homeport.me.workers.dev")
	expect(Object.keys(has.secrets).sort()).toEqual(["AUTH_SECRET", "PUSH_KEY", "SECRET_KEYS", "SIGN_IN_KEY"])
	const ring = JSON.parse(has.secrets.SECRET_KEYS ?? "") as Record<string, string>
	expect(Object.values(ring).map((key) => Buffer.from(key, "base64").length)).toEqual([32])
	expect(JSON.parse(has.secrets.PUSH_KEY ?? "")).toMatchObject({ kty: "EC", crv: "P-256", d: expect.any(String) })
	const [page, token = ""] = signInUrl.split("#")
	expect(page).toBe(`${url}/sign-in`)
	expect(await verifySignInLink(has.secrets.SIGN_IN_KEY ?? "", token, Date.now())).not.toBeNull()
})

test("[TRU3] a key that seals secrets is added beside those that there are", async () => {
	const { has, world } = account()
	await deploy(world)
	const { SECRET_KEYS } = has.secrets
	await deploy(world, true)
	await deploy(world, true)
	expect(has.secrets.SECRET_KEYS).toBe(SECRET_KEYS)
	for (const number of [2, 3])
		expect(Object.keys(JSON.parse(has.secrets[`SECRET_KEYS_${number}`] ?? ""))).toEqual([String(number)])
})

test("a second deployment makes nothing twice, signs nobody out, and loses no secret", async () => {
	const { has, asked, world } = account()
	await deploy(world)
	const { AUTH_SECRET, SIGN_IN_KEY, SECRET_KEYS, PUSH_KEY } = has.secrets
	asked.length = 0
	await deploy(world)
	expect(has.secrets).toMatchObject({ AUTH_SECRET, SECRET_KEYS, PUSH_KEY })
	expect(Object.keys(has.secrets)).toHaveLength(4)
	expect(has.secrets.SIGN_IN_KEY).not.toBe(SIGN_IN_KEY)
	expect(asked).not.toContain("d1 create homeport")
	expect(has.databases).toHaveLength(2)
})

test("taking a home down leaves nothing of it, and may be done twice", async () => {
	const { has, world } = account()
	await deploy(world)
	await takeDown(world)
	expect(has).toMatchObject({ worker: false, secrets: {}, databases: [{ name: "another", uuid: "a" }] })
	await takeDown(world)
	expect(existsSync(CONFIG)).toBe(false)
})

test("who is not signed in to Cloudflare is told how, and nothing is done", async () => {
	const { has, asked, world } = account()
	has.loggedIn = false
	await expect(deploy(world)).rejects.toThrow("npx wrangler login")
	expect(asked).toEqual(["whoami"])
})

test("a deployment that never answers says what was heard last", async () => {
	const { world } = account()
	const deploying = deploy({ ...world, fetch: async () => new Response("", { status: 522 }) })
	await expect(deploying).rejects.toThrow("status 522")
})

test("the account's database id goes under its binding, and into no committed file", () => {
	const toml = readFileSync(join(ROOT, "wrangler.toml"), "utf8")
	expect(toml).not.toContain("database_id = ")
	expect(withDatabase(toml, "x").split("\n").length).toBe(toml.split("\n").length + 2)
	expect(readFileSync(join(ROOT, ".gitignore"), "utf8")).toContain("wrangler.deploy.toml\n")
})
