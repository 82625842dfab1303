// `homeport wait`: until a session ends, falls silent, or shows a text.
import { InvalidArgumentError } from "commander"
import type { Client } from "../../protocol/client.ts"
import { SCROLLBACK_LINES } from "../../protocol/limits.ts"
import type { Session } from "../../protocol/routes/sessions.ts"
import type { SessionState } from "../../protocol/session.ts"
import type { Credentials } from "../credentials.ts"
import { describeState } from "../describe-state.ts"
import { EXIT, Failure } from "../exit.ts"
import { followFeed } from "../feed.ts"
import { findSession } from "../lookup.ts"
import { Mirror } from "../mirror.ts"
import { plainLine } from "../requests.ts"
import { action, verb } from "../verb.ts"
import { Watch } from "../watch.ts"

interface Options {
	exit?: boolean
	idle?: number | true
	text?: string
	forPerson?: boolean
	timeout?: number
}

export function wait() {
	return verb("wait", {
		summary: "wait until a session ends, is idle, shows a text, or wants a person",
		description: `It waits for the first that happens; without any, for the end. Exit code ${EXIT.timedOut} when the time is over first, ${EXIT.failed} when the session ended without showing the text.`,
		examples: [
			["homeport wait build", "until it ends; prints how"],
			["homeport wait agent --idle 5", "until nothing was written for 5 s"],
			[
				"homeport wait agent --for-person",
				"until it asks for leave or an answer, or is done: until it stands in the inbox",
			],
			['homeport wait agent --text "proceed\\?" --timeout 60', "until the screen shows it, for a minute at most"],
		],
	})
		.argument("<name>", "the session: NAME, MACHINE/NAME or its id")
		.option("--exit", "until the program ends")
		.option("--idle [seconds]", `until it writes nothing for so long (${IDLE_SECONDS} s if not said)`, seconds)
		.option("--text <regexp>", "until a line on its screen, or scrolled off it since, matches")
		.option("--for-person", "until it waits for a person, as `homeport inbox` has it")
		.option("--timeout <seconds>", "give up after so long", seconds)
		.action(
			action<[string], Options>(async ({ out, signIn }, options, name) => {
				const text = options.text === undefined ? undefined : expression(options.text)
				const { call, credentials } = await signIn()
				const session = await findSession(call, name)
				const idle = options.idle === true ? IDLE_SECONDS : options.idle
				const forPerson = options.forPerson === true ? () => waitingFor(call, session) : undefined
				const isForEnd = options.exit === true || [idle, text, forPerson].every((wanted) => wanted === undefined)
				const { timeout } = options
				const what = await waitFor({ session, credentials, idle, text, forPerson, isForEnd, timeout })
				out.result({ session: session.id, ...what }, ({ because, state, line }) => {
					if (because === "text" || because === "person") return line ?? ""
					return because === "idle" ? "idle" : describeState(state)
				})
			}),
		)
}

const IDLE_SECONDS = 2

interface Wanted {
	session: Session
	credentials: Credentials
	/** Seconds. */
	idle: number | undefined
	text: RegExp | undefined
	/** Looks for what it waits for a person for. */
	forPerson: (() => Promise<string | undefined>) | undefined
	isForEnd: boolean
	/** Seconds. */
	timeout: number | undefined
}

interface Met {
	because: "exit" | "idle" | "text" | "person"
	state: SessionState
	/** The line that matched, or the first of what it asks. */
	line?: string
}

/** The first line of what it waits for, where it does. */
async function waitingFor(call: Client, { id }: Session): Promise<string | undefined> {
	const { items } = await call("listInbox")
	const item = items.find(({ session, state }) => session === id && state.is === "open")
	return item === undefined ? undefined : plainLine(item.text.trim().split("\n", 1)[0] ?? "")
}

function waitFor({ session, credentials, idle, text, forPerson, isForEnd, timeout }: Wanted): Promise<Met> {
	return new Promise((resolve, reject) => {
		const { cols, rows } = session
		const mirror = new Mirror({ cols, rows, scrollback: SCROLLBACK_LINES })
		/** The first row that counts: what had scrolled away before does not. */
		let first: number | undefined
		let quiet: NodeJS.Timeout | undefined
		const screen = {
			reset: (cols: number, rows: number) => mirror.reset(cols, rows),
			resize: (cols: number, rows: number) => mirror.resize(cols, rows),
			write: (bytes: Uint8Array, parsed: () => void) => {
				listen()
				mirror.write(bytes, () => {
					parsed()
					look()
				})
			},
		}
		const over = timeout === undefined ? undefined : setTimeout(() => end(timedOut(session, timeout)), timeout * 1000)
		const watch = new Watch({ credentials, session, screen, cols, rows, changed: () => changed() })
		const told = new AbortController()
		if (forPerson !== undefined)
			followFeed(credentials, "attention", () => void ask().catch(unasked), told.signal).catch(end)

		function end(how: Met | Error): void {
			clearTimeout(over)
			clearTimeout(quiet)
			told.abort()
			watch.close()
			if (how instanceof Error) reject(how)
			else resolve(how)
		}
		async function ask(): Promise<void> {
			const line = await forPerson?.()
			if (line !== undefined) end({ because: "person", state: watch.info?.state ?? session.state, line })
		}
		function unasked(error: Error): void {
			// The feed dials on by itself, and looks again when the home is back.
			if (!(error instanceof Failure && error.code === "no_answer")) end(error)
		}
		function listen(): void {
			if (idle === undefined) return
			clearTimeout(quiet)
			quiet = setTimeout(() => end({ because: "idle", state: watch.info?.state ?? session.state }), idle * 1000)
		}
		function look(): void {
			first ??= mirror.screenAt
			if (text === undefined) return
			const line = mirror.lines(Math.min(first, mirror.screenAt)).find((line) => text.test(line))
			if (line !== undefined) end({ because: "text", state: watch.info?.state ?? session.state, line })
		}
		function changed(): void {
			const { failure, info, viewing } = watch
			if (failure !== undefined) return end(failure)
			if (info === undefined || info.state.is === "running") {
				if (viewing.status.is === "live" && quiet === undefined) listen()
				return
			}
			if (isForEnd) return end({ because: "exit", state: info.state })
			if (viewing.status.is !== "live" && info.state.is !== "lost") return
			// All that it wrote is here: its last bytes are parsed before the answer is given.
			mirror.write(new Uint8Array(), () => {
				look()
				if (idle !== undefined) end({ because: "idle", state: info.state })
				else
					end(
						new Failure("not_shown", `${session.name} ended (${describeState(info.state)}) without showing that text.`),
					)
			})
		}
	})
}

function timedOut(session: Session, seconds: number): Failure {
	return new Failure("timed_out", `${session.name} did not get there within ${seconds} s.`)
}

function seconds(text: string): number {
	const number = Number(text)
	if (!(number >= 0) || number > 1e6) throw new InvalidArgumentError("It must be a number of seconds.")
	return number
}

function expression(text: string): RegExp {
	try {
		return new RegExp(text, "u")
	} catch (error) {
		throw new Failure("usage", `That is no regular expression: ${error instanceof Error ? error.message : error}.`)
	}
}
