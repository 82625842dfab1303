// `npm run deploy`: puts this home on Cloudflare and prints the owner's link. Safe to run again; `-- --down` takes it away.
import { execFile } from "node:child_process"
import { generateKeyPairSync, randomBytes } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline/promises"
import { setTimeout as wait } from "node:timers/promises"
import { parseArgs } from "node:util"
import { signSignInLink } from "../protocol/sign-in-link.ts"
import { build } from "./build.ts"
import { ROOT } from "./root.ts"

/** What a deployment needs of the world. */
export interface World {
	/** Runs wrangler and gives what it printed. Rejects when it fails. */
	wrangler(args: string[], environment?: Record<string, string>): Promise<string>
	build(): Promise<void>
	fetch(url: string): Promise<Response>
	/** Before asking a new deployment again. */
	pause(): Promise<void>
	say(line: string): void
}

/** Deploys, and gives the home's URL and a link that signs the owner in once. `rotates` adds a key that seals secrets. */
export async function deploy(world: World, rotates = false): Promise<{ url: string; signInUrl: string }> {
	await mustBeLoggedIn(world)
	const id = (await findDatabase(world)) ?? (await makeDatabase(world))
	writeFileSync(CONFIG, withDatabase(readFileSync(TEMPLATE, "utf8"), id))
	await world.build()
	world.say("Bringing the registry up to date.")
	await world.wrangler(["d1", "migrations", "apply", DATABASE, "--remote", "--config", CONFIG])
	const signInKey = secret()
	const has = await secretNames(world)
	const url = await upload(world, {
		SIGN_IN_KEY: signInKey,
		// A new one of the first would sign everybody out, of the second lose every secret, of the third end all pushes.
		...(!has.includes("AUTH_SECRET") && { AUTH_SECRET: secret() }),
		...(!has.includes("SECRET_KEYS") && { SECRET_KEYS: JSON.stringify({ 1: secretKey() }) }),
		...(!has.includes("PUSH_KEY") && { PUSH_KEY: pushKey() }),
		...(rotates && anotherKey(has)),
	})
	await untilHealthy(world, url)
	return { url, signInUrl: `${url}/sign-in#${await signSignInLink(signInKey, Date.now())}` }
}

/** Shows that all would be accepted; asks nobody, and needs no account. */
export async function dryRun(world: World): Promise<void> {
	writeFileSync(CONFIG, withDatabase(readFileSync(TEMPLATE, "utf8"), "00000000-0000-0000-0000-000000000000"))
	try {
		await world.build()
		world.say(await world.wrangler(["deploy", "--dry-run", "--config", CONFIG]))
	} finally {
		rmSync(CONFIG)
	}
	world.say("A deployment would also make the D1 database and the secrets that are missing, and migrate the database.")
}

/** Removes the Worker with its objects, and the registry. Nothing of the home is left, and nothing can bring it back. */
export async function takeDown(world: World): Promise<void> {
	await mustBeLoggedIn(world)
	const id = await findDatabase(world)
	writeFileSync(CONFIG, withDatabase(readFileSync(TEMPLATE, "utf8"), id ?? ""))
	world.say("Removing the Worker and its objects.")
	await world.wrangler(["delete", "--force", "--config", CONFIG]).catch((error: unknown) => {
		if (!MISSING.test(String(error))) throw error
		world.say("There was none.")
	})
	if (id !== undefined) {
		world.say("Removing the registry.")
		await world.wrangler(["d1", "delete", DATABASE, "--skip-confirmation", "--config", CONFIG])
	}
	rmSync(CONFIG, { force: true })
}

/** wrangler.toml for one account: its database's id stands under the binding. */
export function withDatabase(toml: string, id: string): string {
	const line = `database_name = "${DATABASE}"\n`
	if (!toml.includes(line)) throw new Error("invariant: wrangler.toml names the database")
	return `# Made by \`npm run deploy\` from wrangler.toml; not to be committed.\n${toml.replace(line, `${line}database_id = "${id}"\n`)}`
}

const DATABASE = "homeport"
const TEMPLATE = join(ROOT, "wrangler.toml")
/** Beside the template, since the paths in it are relative. */
const CONFIG = join(ROOT, "wrangler.deploy.toml")
/** A new address may take a while to be known everywhere. */
const PROBES = 60
const PROBE_MS = 2_000
/** How wrangler says that a Worker is not there. */
const MISSING = /does not exist|not found|10007|10090/i

async function mustBeLoggedIn({ wrangler }: World): Promise<void> {
	const said = await wrangler(["whoami", "--json"]).catch(() => "{}")
	const { loggedIn } = lastJson(said) as { loggedIn?: boolean }
	if (loggedIn === true) return
	throw new Error("Not signed in to Cloudflare. Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN, and try again.")
}

async function findDatabase({ wrangler }: World): Promise<string | undefined> {
	const databases = lastJson(await wrangler(["d1", "list", "--json"])) as { name: string; uuid: string }[]
	return databases.find(({ name }) => name === DATABASE)?.uuid
}

async function makeDatabase(world: World): Promise<string> {
	world.say(`Making the D1 database "${DATABASE}".`)
	await world.wrangler(["d1", "create", DATABASE])
	const id = await findDatabase(world)
	if (id === undefined) throw new Error(`The D1 database "${DATABASE}" was made but is not listed. Try again.`)
	return id
}

async function secretNames({ wrangler }: World): Promise<string[]> {
	try {
		const secrets = lastJson(await wrangler(["secret", "list", "--format", "json", "--config", CONFIG]))
		return (secrets as { name: string }[]).map(({ name }) => name)
	} catch (error) {
		// Before the first deployment there is no Worker that could have secrets.
		if (MISSING.test(String(error))) return []
		throw error
	}
}

/** Uploads code, files and secrets as one version, and gives its address. */
async function upload(world: World, secrets: Record<string, string>): Promise<string> {
	const folder = mkdtempSync(join(tmpdir(), "homeport-deploy-"))
	try {
		const file = join(folder, "secrets.json")
		const report = join(folder, "report.ndjson")
		writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 })
		world.say("Deploying.")
		await world.wrangler(["deploy", "--config", CONFIG, "--secrets-file", file], { WRANGLER_OUTPUT_FILE_PATH: report })
		return addressIn(readFileSync(report, "utf8"))
	} finally {
		rmSync(folder, { recursive: true })
	}
}

/** wrangler's report has one JSON object a line. */
function addressIn(report: string): string {
	const entries = report
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => JSON.parse(line) as { type: string; targets?: string[] })
	const target = entries.find(({ type }) => type === "deploy")?.targets?.find((target) => target.includes("."))
	if (target === undefined)
		throw new Error("Deployed, but under no address: turn on workers.dev or add a route in Cloudflare's dashboard.")
	return (target.includes("://") ? target : `https://${target}`).replace(/\/\*?$/, "")
}

async function untilHealthy(world: World, url: string): Promise<void> {
	const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }
	world.say(`Waiting for ${url} to answer.`)
	let said = "nothing"
	for (let probe = 0; probe < PROBES; probe++) {
		if (probe > 0) await world.pause()
		try {
			const response = await world.fetch(`${url}/api/health`)
			said = `status ${response.status}`
			if (response.ok && ((await response.json()) as { version: string }).version === version) return
		} catch (error) {
			said = String(error)
		}
	}
	throw new Error(`${url} does not answer as version ${version} (last: ${said}). See \`npx wrangler tail\`.`)
}

/** What wrangler prints before its JSON is for people. */
function lastJson(text: string): unknown {
	const start = text.search(/^[[{]/m)
	return JSON.parse(start === -1 ? "{}" : text.slice(start))
}

function secret(): string {
	return randomBytes(32).toString("base64url")
}

/** A ring cannot be read back to be added to: each later key is a secret of its own, which the Worker adds up. */
function anotherKey(has: string[]): Record<string, string> {
	const numbers = has.map((name) => Number(/^SECRET_KEYS_(\d+)$/.exec(name)?.[1] ?? 1))
	const number = Math.max(1, ...numbers) + 1
	return { [`SECRET_KEYS_${number}`]: JSON.stringify({ [number]: secretKey() }) }
}

/** An AES-256 key as the key ring has them. */
function secretKey(): string {
	return randomBytes(32).toString("base64")
}

/** A private P-256 key as a JWK. */
function pushKey(): string {
	return JSON.stringify(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }))
}

const HERE: World = {
	wrangler(args, environment = {}) {
		const env = { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", ...environment }
		const options = { cwd: ROOT, env, maxBuffer: 64 * 1024 * 1024 }
		const program = join(ROOT, "node_modules/wrangler/bin/wrangler.js")
		return new Promise((resolve, reject) => {
			execFile(process.execPath, [program, ...args], options, (error, stdout, stderr) => {
				if (error === null) resolve(stdout)
				else reject(new Error(`wrangler ${args.slice(0, 2).join(" ")} failed:\n${stdout}${stderr}`))
			})
		})
	},
	build: () => build(["connector", "console", "api", "install"], console.error),
	fetch: (url) => fetch(url, { signal: AbortSignal.timeout(10_000) }),
	pause: () => wait(PROBE_MS),
	say: (line) => console.error(line),
}

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			"dry-run": { type: "boolean" },
			"rotate-secret-key": { type: "boolean" },
			down: { type: "boolean" },
			yes: { type: "boolean" },
			help: { type: "boolean" },
		},
	})
	if (values.help) return console.log(HELP)
	if (values.down) {
		if (!values.yes && !(await isMeant())) throw new Error("Nothing was removed.")
		return takeDown(HERE)
	}
	if (values["dry-run"]) return dryRun(HERE)
	const { url, signInUrl } = await deploy(HERE, values["rotate-secret-key"])
	console.log(`\nHomeport runs at ${url}\n\nSign in as its owner, once, within the hour:\n  ${signInUrl}`)
	console.log(
		"\nEach deployment makes a new key for these links, as the old one cannot be read back: unused links end.",
	)
	console.log(`This machine moves there with: npx homeport connect ${url} --code CODE`)
}

/** A person is asked once more; a script has said what it wants. */
async function isMeant(): Promise<boolean> {
	if (!process.stdin.isTTY) return true
	const terminal = createInterface({ input: process.stdin, output: process.stderr })
	const answer = await terminal.question(
		`This removes the home with its machines, people and tokens. Type ${DATABASE}: `,
	)
	terminal.close()
	return answer.trim() === DATABASE
}

const HELP = `npm run deploy                     deploy to Cloudflare, and print the owner's link
npm run deploy -- --rotate-secret-key
                                   add a key that seals secrets from now on; \`homeport secrets reseal\` does the rest
npm run deploy -- --dry-run        show that it would be accepted; needs no account
npm run deploy -- --down           remove the Worker, its objects and its database; --yes asks nothing`

if (import.meta.main) {
	await main().catch((error: unknown) => {
		console.error(error instanceof Error ? error.message : error)
		process.exitCode = 1
	})
}
