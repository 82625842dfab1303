// `homeport doctor`: walks the whole path to a real session and back, and says which hop fails and what to do.
import { randomBytes } from "node:crypto"
import type { Client } from "../../protocol/client.ts"
import { Refusal } from "../../protocol/errors.ts"
import { newSessionId } from "../../protocol/ids.ts"
import type { Machine } from "../../protocol/routes/machines.ts"
import type { Session } from "../../protocol/routes/sessions.ts"
import { type Credentials, signedIn, signedOut } from "../credentials.ts"
import { EXIT, explainFailure, Failure } from "../exit.ts"
import { typed } from "../invocation.ts"
import { findMachine } from "../lookup.ts"
import { Mirror } from "../mirror.ts"
import { style } from "../output.ts"
import { action, type Context, verb } from "../verb.ts"
import { Watch } from "../watch.ts"

export function doctor() {
	return verb("doctor", {
		summary: "test the whole path to a session and back",
		description: `It asks each hop in turn, then starts a real program, types into it, reads the echo and takes it away again. Exit code ${EXIT.failed} when a hop fails, ${EXIT.away} when the machine is away.`,
		examples: [
			["homeport doctor", "by way of this computer, or the only machine"],
			["homeport doctor --machine server", "by way of another machine"],
		],
	})
		.option("--machine <name>", "the machine at the end of the path")
		.action(
			action<[], { machine?: string }>(async (context, options) => {
				const hops = await examine(context, options.machine)
				context.out.result({ ok: hops.every(({ ok }) => ok), hops }, ({ ok }) =>
					ok ? "All is well." : "The first hop that fails is the one to look at.",
				)
				const failed = hops.find(({ ok }) => !ok)
				if (failed !== undefined) process.exitCode = failed.exit
			}),
		)
}

interface Hop {
	hop: string
	ok: boolean
	ms: number
	/** What was found, or why it failed. */
	found: string
	/** What to do; empty when the hop is well. */
	remedy: string
	exit: number
}

/** Each hop needs those before it: the walk ends at the first that fails. */
async function examine(context: Context, wanted: string | undefined): Promise<Hop[]> {
	const { folder, out } = context
	const hops: Hop[] = []
	async function walk<T>(hop: string, remedy: string, deed: () => Promise<T>, found: (value: T) => string): Promise<T> {
		const start = performance.now()
		const ms = () => Math.round((performance.now() - start) * 10) / 10
		try {
			const value = await deed()
			hops.push({ hop, ok: true, ms: ms(), found: found(value), remedy: "", exit: EXIT.ok })
			return value
		} catch (error) {
			const { message, exit } = explainFailure(error)
			hops.push({ hop, ok: false, ms: ms(), found: message, remedy, exit })
			throw new Stopped()
		} finally {
			const last = hops.at(-1)
			if (!out.json && last !== undefined) process.stdout.write(`${line(last)}\n`)
		}
	}
	try {
		const credentials = await walk(
			"credentials",
			`Start a home with \`npm start\`, or sign in with \`${typed("login", "URL")}\`.`,
			() => context.credentials(),
			({ url }) => url,
		)
		await walk(
			"control plane",
			"Start it with `npm start`, or look at its log in the data folder.",
			() => signedOut(credentials.url)("health"),
			({ version }) => `version ${version}`,
		)
		const call = signedIn(credentials)
		await walk(
			"sign-in",
			`Sign in again with \`${typed("login", "URL")}\`.`,
			() => call("me"),
			({ name, role }) => `${name}, ${role}`,
		)
		const machine = await walk(
			"link",
			"On the machine, see that `homeport up`, `homeport connect` or the service runs, and read its log in the data folder.",
			() => mustBeLinked(call, wanted, folder.identity),
			({ name, presence }) => `${name}, link number ${presence.epoch}`,
		)
		await walk(
			"connector",
			"The link stands and the connector is silent: restart the connector. Sessions outlive that.",
			() => call("ping", { params: { machine: machine.id } }),
			() => "answers",
		)
		const session = await walk(
			"start of a session",
			"The machine cannot start programs: its log in the data folder says why.",
			() => startEcho(call, machine),
			({ id }) => id,
		)
		try {
			await walk(
				"keys there and back",
				"The session runs and its screen does not follow: see that nothing between you and the home cuts WebSockets.",
				() => typeAndRead(credentials, session),
				(word) => `typed and read ${word}`,
			)
		} finally {
			await walk(
				"end of the session",
				`The session did not end when it was killed. \`${typed("ls")}\` shows it; \`${typed("rm", "NAME")}\` removes it.`,
				() => end(call, credentials, session),
				() => "killed and removed",
			)
		}
	} catch (error) {
		if (!(error instanceof Stopped)) throw error
	}
	return hops
}

/** The walk has ended; the hop that ended it is written down. */
class Stopped extends Error {}

function line({ hop, ok, ms, found, remedy }: Hop): string {
	if (ok) return `${style("green", "ok")}    ${hop.padEnd(20)} ${`${ms} ms`.padStart(10)}  ${found}`
	return `${style("red", "FAILS")} ${hop.padEnd(20)} ${`${ms} ms`.padStart(10)}  ${found}\n      ${remedy}`
}

async function mustBeLinked(call: Client, wanted: string | undefined, identityPath: string): Promise<Machine> {
	const machine = await findMachine(call, wanted, identityPath)
	if (machine.presence.is !== "linked") throw new Refusal("machine_offline", `It is ${machine.name}.`)
	return machine
}

/** A program that writes back what it is told, and a terminal that does so too. */
async function startEcho(call: Client, machine: Machine): Promise<Session> {
	const id = newSessionId()
	const body = { id, name: `doctor ${id.slice(-6)}`, runtime: "custom", argv: ["cat"] }
	const session = await call("startSession", { params: { machine: machine.id }, body })
	return { ...session, machine: machine.id, machineName: machine.name, machinePresence: machine.presence }
}

function typeAndRead(credentials: Credentials, session: Session): Promise<string> {
	const word = randomBytes(6).toString("hex")
	const { cols, rows } = session
	const mirror = new Mirror({ cols, rows, scrollback: 0 })
	return until(credentials, session, mirror, (watch) => {
		if (watch.viewing.status.is === "live" && !isTyped.has(watch)) {
			isTyped.add(watch)
			watch.viewing.type(Buffer.from(`${word}\r`))
		}
		return mirror.lines(0).includes(word) ? word : undefined
	})
}

/** The watches into which the word has been typed. */
const isTyped = new WeakSet<Watch>()

async function end(call: Client, credentials: Credentials, session: Session): Promise<void> {
	const params = { machine: session.machine, session: session.id }
	await call("signalSession", { params, body: { signal: "SIGKILL" } })
	const mirror = new Mirror({ cols: session.cols, rows: session.rows, scrollback: 0 })
	await until(credentials, session, mirror, ({ info }) => (info?.state.is === "running" ? undefined : true))
	await call("removeSession", { params })
}

const PATIENCE_MS = 10_000

/** Asks `look` whenever anything has happened, until it has an answer. */
function until<T>(
	credentials: Credentials,
	session: Session,
	mirror: Mirror,
	look: (watch: Watch) => T | undefined,
): Promise<T> {
	return new Promise((resolve, reject) => {
		const check = () => {
			if (watch.failure !== undefined) return finish(() => reject(watch.failure))
			const answer = look(watch)
			if (answer !== undefined) finish(() => resolve(answer))
		}
		const screen = {
			reset: (cols: number, rows: number) => mirror.reset(cols, rows),
			resize: (cols: number, rows: number) => mirror.resize(cols, rows),
			write: (bytes: Uint8Array, parsed: () => void) =>
				mirror.write(bytes, () => {
					parsed()
					check()
				}),
		}
		const { cols, rows } = session
		const watch = new Watch({ credentials, session, screen, cols, rows, changed: check })
		const patience = setTimeout(
			() => finish(() => reject(new Failure("timed_out", `Nothing came back within ${PATIENCE_MS / 1000} s.`))),
			PATIENCE_MS,
		)
		function finish(how: () => void): void {
			clearTimeout(patience)
			watch.close()
			how()
		}
	})
}
