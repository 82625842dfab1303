// `homeport wait`: until a session ends, falls silent, or shows a text.
import { InvalidArgumentError } from "commander"
import type { Client } from "../../protocol/client.ts"
import { SCROLLBACK_LINES } from "../../protocol/limits.ts"
import type { Session } from "../../protocol/routes/sessions.ts"
import type { SessionState } from "../../protocol/session.ts"
import type { Credentials } from "../credentials.ts"
import { describeState } from "../describe-state.ts"
import { EXIT, Failure } from "../exit.ts"
import { findSession } from "../lookup.ts"
import { Mirror } from "../mirror.ts"
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
			["homeport wait agent --for-person", "until the agent asks for leave, as its runtime shows that"],
			['homeport wait agent --text "proceed\\?" --timeout 60', "until the screen shows it, for a minute at most"],
		],
	})
		.argument("<name>", "the session: NAME, MACHINE/NAME or its id")
		.option("--exit", "until the program ends")
		.option("--idle [seconds]", `until it writes nothing for so long (${IDLE_SECONDS} s if not said)`, seconds)
		.option("--text <regexp>", "until a line on its screen, or scrolled off it since, matches")
		.option("--for-person", "until its screen shows what its runtime shows when it waits for a person")
		.option("--timeout <seconds>", "give up after so long", seconds)
		.action(
			action<[string], Options>(async ({ out, signIn }, options, name) => {
				const text = options.text === undefined ? undefined : expression(options.text)
				const { call, credentials } = await signIn()
				const session = await findSession(call, name)
				const idle = options.idle === true ? IDLE_SECONDS : options.idle
				const asking = options.forPerson === true ? await asksOf(call, session) : undefined
				const isForEnd = options.exit === true || [idle, text, asking].every((wanted) => wanted === undefined)
				const what = await waitFor({ session, credentials, idle, text, asking, isForEnd, timeout: options.timeout })
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
	/** One that matches the screen's text says that it waits for a person. */
	asking: RegExp[] | undefined
	isForEnd: boolean
	/** Seconds. */
	timeout: number | undefined
}

interface Met {
	because: "exit" | "idle" | "text" | "person"
	state: SessionState
	/** The line that matched. */
	line?: string
}

/** Throws Failure for a runtime of which nobody has said how it waits. */
async function asksOf(call: Client, { machine, runtime }: Session): Promise<RegExp[]> {
	const { runtimes } = await call("listRuntimes", { params: { machine } })
	const waits = runtimes.find(({ id }) => id === runtime)?.waits ?? []
	if (waits.length === 0)
		throw new Failure("usage", `It is not known how ${runtime} shows that it waits for a person: wait with --text.`)
	return waits.map((pattern) => new RegExp(pattern, "mu"))
}

function waitFor({ session, credentials, idle, text, asking, isForEnd, timeout }: Wanted): Promise<Met> {
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

		function end(how: Met | Error): void {
			clearTimeout(over)
			clearTimeout(quiet)
			watch.close()
			if (how instanceof Error) reject(how)
			else resolve(how)
		}
		function listen(): void {
			if (idle === undefined) return
			clearTimeout(quiet)
			quiet = setTimeout(() => end({ because: "idle", state: watch.info?.state ?? session.state }), idle * 1000)
		}
		function look(): void {
			first ??= mirror.screenAt
			const shown = asking === undefined ? "" : mirror.lines(mirror.screenAt).join("\n")
			const found = asking?.map((pattern) => pattern.exec(shown)).find((match) => match !== null)
			if (found !== undefined) {
				const [line = ""] = shown.slice(shown.lastIndexOf("\n", found.index) + 1).split("\n", 1)
				return end({ because: "person", state: watch.info?.state ?? session.state, line: line.trim() })
			}
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
