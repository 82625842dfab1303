// Sentinels: tokens that are planted wherever a session meets them, and afterwards found nowhere that anything is kept.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { newSessionId, type SessionId } from "../../protocol/ids.ts"
import { routePath } from "../../protocol/routes.ts"
import { Dice, runSeed } from "../support/dice.ts"
import { type Home, NODE, startHome } from "../support/home.ts"
import { exampleOf, SHAPE_IDS } from "../support/tokens.ts"
import { Viewer } from "../support/viewer.ts"

const dice = new Dice(runSeed())
/** One of each shape for each way into the session. */
const plant = () => SHAPE_IDS.map((id) => exampleOf(id, dice))
const planted = { environment: plant(), file: plant(), pieces: plant(), title: [exampleOf("slack", dice)] }
/** Secrets of the workspace: of a shape, of none, and one of several lines. */
const SECRETS = {
	SENTINEL_KEY: exampleOf("openai", dice).token,
	SENTINEL_PASSWORD: 'correct "horse" battery/staple+more',
	SENTINEL_FILE: ["first line of a file", "second line, which is no token", "third and last"].join("\n"),
}
const MARK = "the program has said it all"

/** What must be found nowhere. */
const needles = [
	...Object.values(planted).flatMap((examples) => examples.flatMap(({ token }) => token.split("\r\n"))),
	...Object.values(SECRETS).flatMap((value) => [...value.split("\n"), encodeURIComponent(value), base64(value)]),
]
const text = (examples: typeof planted.file) =>
	examples.map(({ before, token, after }) => `${before}${token}${after}\n`).join("some other words\n")

/** Shows a file, its environment, more in pieces of seven letters, each written by itself; sets its title; stays. */
const PROGRAM = `
	const { readFileSync, writeSync } = require("node:fs")
	const [file, pieces] = process.argv.slice(1)
	writeSync(1, readFileSync(file))
	for (const [name, value] of Object.entries(process.env)) if (/SENTINEL/.test(name)) writeSync(1, name + " " + value + "\\n")
	for (const piece of readFileSync(pieces, "utf8").match(/[^]{1,7}/g)) writeSync(1, piece)
	const { SENTINEL_PASSWORD: secret, SENTINEL_TITLE: title } = process.env
	writeSync(1, JSON.stringify({ secret }) + encodeURIComponent(secret) + " " + Buffer.from(secret).toString("base64") + "\\n")
	writeSync(1, "\\x1b]2;" + title + " " + secret + "\\x07" + ${JSON.stringify([...MARK])}.join("") + "\\n")
	setInterval(() => {}, 1e6)
`

let home: Home
let folder: string
let session: SessionId
const answers: Record<string, string> = {}

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "homeport-sentinels-"))
	const files = { file: join(folder, "file"), pieces: join(folder, "pieces") }
	writeFileSync(files.file, text(planted.file))
	writeFileSync(files.pieces, text(planted.pieces))
	home = await startHome({ dataDir: join(folder, "data") })
	const params = { machine: home.machine.id }
	for (const [secret, value] of Object.entries(SECRETS))
		await home.call("saveSecret", { params: { secret }, body: { value, variable: secret, runtimes: ["custom"] } })
	session = newSessionId()
	const environment = Object.fromEntries(
		planted.environment.map(({ before, token, after }, i) => [`SENTINEL_${i}`, before + token + after]),
	)
	const [title] = planted.title
	await home.call("startSession", {
		params,
		body: {
			id: session,
			argv: [NODE, "-e", PROGRAM, files.file, files.pieces, `--key=${title?.token}`],
			environment: { ...environment, SENTINEL_TITLE: title?.token ?? "" },
		},
	})
	const place = { url: home.url, token: home.token, machine: home.machine.id }
	const viewer = new Viewer(place)
	const attached = await viewer.attach(session)
	await attached.shows(MARK)
	await viewer.until("the title is told", () => viewer.socket.sessions.get(session)?.title !== "")
	const refusal = home.call("startSession", {
		params,
		body: { id: newSessionId(), argv: [`/nowhere/${title?.token}`], environment },
	})
	answers.refusal = await refusal.then(String, String)
	answers.sessions = JSON.stringify(await home.call("listSessions"))
	answers.told = JSON.stringify([...viewer.socket.sessions.values()])
	answers.secrets = JSON.stringify(await home.call("listSecrets"))
	answers.screen = (await home.call("readScreen", { params: { ...params, session } })).lines.join("\n")
	answers.log = await wholeLog()
	answers.audit = await (
		await fetch(home.url + routePath("exportAudit"), { headers: { authorization: `Bearer ${home.token}` } })
	).text()
	// The last viewer leaves, and then the link: the object keeps the screen.
	viewer.close()
	await home.halt()
})

afterAll(async () => {
	await home?.stop()
	rmSync(folder, { recursive: true, force: true })
})

describe("[TRU3] sentinels", () => {
	test("are many, and of every shape", () => expect(needles.length).toBeGreaterThan(3 * 40))

	test.each(["sessions", "told", "secrets", "screen", "log", "audit", "refusal"])(
		"are in no answer of the API: %s",
		(answer) => {
			expect(answers[answer]).not.toBe("")
			expect(needles.filter((needle) => answers[answer]?.includes(needle))).toEqual([])
		},
	)

	test("leave all else in those answers as it was", () => {
		expect(answers.log).toContain("some other words\r\n")
		expect(answers.screen).toContain(MARK)
		expect(answers.sessions).toMatch(/"title":"\*{40,} [* ]+"/)
		expect(answers.refusal).toMatch(/\/nowhere\/\*{40,} was not found/)
		expect(answers.secrets).toContain("SENTINEL_PASSWORD")
	})

	test("are in no file of the data folder: neither the control plane's, nor the connector's, nor a log", () => {
		const found = filesUnder(join(folder, "data")).flatMap((path) => {
			const bytes = readFileSync(path, "latin1")
			return needles.filter((needle) => bytes.includes(needle)).map((needle) => `${path} has ${needle}`)
		})
		expect(found).toEqual([])
	})

	test("are in no cell of the registry and of the objects, which keep the screen without them", () => {
		const databases = filesUnder(join(folder, "data/home")).filter((path) => path.endsWith(".sqlite"))
		const cells = databases.flatMap((path) => cellsOf(path))
		expect(needles.filter((needle) => cells.some((cell) => cell.includes(needle)))).toEqual([])
		const kept = cells.filter((cell) => cell.includes(MARK))
		expect(kept.some((cell) => cell.includes("\x1bc") && /\*{40}/.test(cell))).toBe(true)
	})
})

/** Every byte that the log answers with, in parts whose ends fall anywhere. */
async function wholeLog(): Promise<string> {
	const parts: Buffer[] = []
	for (let from = 0; ; ) {
		const params = { machine: home.machine.id, session }
		const { base64, end } = await home.call("readLog", { params, query: { from, limit: 500 } })
		parts.push(Buffer.from(base64, "base64"))
		from += parts.at(-1)?.length ?? 0
		if (from >= end) return Buffer.concat(parts).toString()
	}
}

function filesUnder(path: string): string[] {
	return readdirSync(path, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map(({ parentPath, name }) => join(parentPath, name))
}

/** Every value of every table, whatever lies between its pages on disk. */
function cellsOf(path: string): string[] {
	const database = new DatabaseSync(path)
	try {
		const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
		return tables
			.flatMap(({ name }) => {
				const statement = database.prepare(`SELECT * FROM "${name}"`)
				statement.setReadBigInts(true)
				return statement.all()
			})
			.flatMap((row) => Object.values(row))
			.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value)))
	} finally {
		database.close()
	}
}

function base64(value: string): string {
	// Its last letters depend on what follows.
	return Buffer.from(value).toString("base64").slice(0, -4)
}
