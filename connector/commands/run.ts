// `homeport run`: one program from its start to its end: its output here, and its exit code.
import { constants } from "node:os"
import type { Client } from "../../protocol/client.ts"
import { never, Refusal } from "../../protocol/errors.ts"
import type { Session } from "../../protocol/routes/sessions.ts"
import { CUSTOM, type SessionState } from "../../protocol/session.ts"
import { EXIT, Failure } from "../exit.ts"
import { typed } from "../invocation.ts"
import { type Printer, rawPrinter, textPrinter } from "../log-printer.ts"
import { type Output, whenUnread } from "../output.ts"
import { type StartOptions, startSession, withStartOptions } from "../start-session.ts"
import { action, verb } from "../verb.ts"
import { follow } from "./logs.ts"

interface Options extends StartOptions {
	raw?: boolean
	keep?: boolean
}

export function run() {
	const command = verb("run", {
		summary: "run a program to its end: print what it writes, and exit as it does",
		description:
			"It runs as a session, which is forgotten once it is over. Ctrl-C goes to the program; the second one kills it. Where no terminal looks, the output is text; with --raw it is the bytes as they came. The exit code is the program's, or 128 and the signal's number.",
		examples: [
			["homeport run -- make test", "here"],
			["homeport run --machine server -- uptime", "elsewhere"],
			["homeport run --substrate container --network none -- sh -c 'echo hello'", "where it can do little harm"],
			["homeport run --json -- date", "for programs: its state, its exit code and its output"],
		],
	}).argument("[argv...]", "after --: the command, or further arguments for the runtime")
	return withStartOptions(command)
		.option("--raw", "bytes as they came, escape sequences and all")
		.option("--keep", "keep the session and its log")
		.action(
			action<[string[]], Options>(async ({ folder, out, signIn }, options, argv) => {
				if (argv.length === 0 && options.runtime === undefined) throw new Failure("usage", "Say what to run, after --.")
				const { call, credentials } = await signIn()
				const session = await startSession(call, folder, options, argv)
				const kept: Buffer[] = []
				const printer = out.json ? keeper(kept) : isRaw(options) ? rawPrinter(out) : textPrinter(session)
				const send = sender(call, session)
				let times = 0
				const interrupted = () => send(times++ === 0 ? "SIGINT" : "SIGKILL")
				process.on("SIGTERM", () => send("SIGTERM"))
				process.on("SIGHUP", () => send("SIGHUP"))
				// As a pipe that nobody reads ends a program that writes into it.
				const untold = new AbortController()
				whenUnread(() => {
					untold.abort()
					send("SIGHUP")
				})
				const shown = unless(untold.signal, printer)
				if (session.runtime === CUSTOM) endInput(call, session, out)
				await follow(call, credentials, session, 0, shown, interrupted)
				await shown.end()
				process.stdin.destroy()
				const { sessions } = await call("listSessions")
				const state = sessions.find(({ id }) => id === session.id)?.state ?? session.state
				const exitCode = codeOf(state)
				if (!options.keep) await forget(call, session, out)
				const base64 = Buffer.concat(kept).toString("base64")
				out.result({ ...session, state, exitCode, base64 }, () => "")
				if (state.is === "lost" || state.is === "failed") out.note(`${session.name}: ${state.reason}`)
				process.exitCode = exitCode
			}),
		)
}

function isRaw({ raw }: Options): boolean {
	return raw === true || process.stdout.isTTY
}

function keeper(kept: Buffer[]): Printer {
	return {
		print: async (_from, bytes) => void kept.push(Buffer.from(bytes)),
		gap: async () => {},
		end: async () => {},
	}
}

type Signal = "SIGINT" | "SIGKILL" | "SIGTERM" | "SIGHUP"

/** Where it cannot be signalled any more, its end is on its way. */
function sender(call: Client, { machine, id }: Session): (signal: Signal) => void {
	return (signal) => {
		call("signalSession", { params: { machine, session: id }, body: { signal } }).catch(() => {})
	}
}

/**
 * The program's input is a terminal of its own. Where nobody sits at ours, it ends with ours, as of what reads `/dev/null`;
 * runtimes, which work at their terminal, are left alone. A terminal says its end to one read: what reads on, waits.
 */
function endInput(call: Client, { machine, id }: Session, out: Output): void {
	if (process.stdin.isTTY) return
	process.stdin.once("data", () =>
		out.note("What stands on standard input is not passed on: the program has a terminal."),
	)
	process.stdin.on("error", () => {})
	process.stdin.once("end", () => {
		// One that is over needs no end.
		call("sendInput", { params: { machine, session: id }, body: { text: END_OF_INPUT } }).catch(() => {})
	})
	process.stdin.resume()
}

/** As of Ctrl-D. */
const END_OF_INPUT = "\x04"

/** Prints nothing once nobody reads. */
function unless(untold: AbortSignal, printer: Printer): Printer {
	const told = async (deed: () => Promise<void>) => {
		if (untold.aborted) return
		await deed().catch((error: unknown) => {
			if (!(error instanceof Error && "code" in error && error.code === "EPIPE")) throw error
		})
	}
	return {
		print: (from, bytes) => told(() => printer.print(from, bytes)),
		gap: (bytes) => told(() => printer.gap(bytes)),
		end: () => told(() => printer.end()),
	}
}

function codeOf(state: SessionState): number {
	switch (state.is) {
		case "exited": {
			const signals: Record<string, number | undefined> = constants.signals
			return state.signal === null ? (state.code ?? EXIT.failed) : 128 + (signals[state.signal] ?? 0)
		}
		// It was running when it was last heard of.
		case "running":
		case "lost":
		case "failed":
			return EXIT.failed
		default:
			return never(state)
	}
}

/** Changes in a working directory that was made for it are nobody's to lose. */
async function forget(call: Client, { machine, id, name }: Session, out: Output): Promise<void> {
	try {
		await call("removeSession", { params: { machine, session: id }, query: { force: "false" } })
	} catch (error) {
		if (!(error instanceof Refusal)) throw error
		out.note(`${name} is kept. ${error.message} \`${typed("rm", name)}\` forgets it.`)
	}
}
