// `homeport logs`: what a session has written, as text or as bytes, and what it goes on to write.
import type { Client } from "../../protocol/client.ts"
import type { Session } from "../../protocol/routes/sessions.ts"
import type { Credentials } from "../credentials.ts"
import { jsonPrinter, type Printer, rawPrinter, textPrinter } from "../log-printer.ts"
import { findSession } from "../lookup.ts"
import type { Output } from "../output.ts"
import { action, verb } from "../verb.ts"
import { Watch } from "../watch.ts"

interface Options {
	follow?: boolean
	raw?: boolean
}

export function logs() {
	return verb("logs", {
		summary: "print what a session has written",
		description:
			"As text, what full-screen programs draw is left out. With --raw the bytes as they came. The machine keeps the newest 32 MiB: where more than that was written before it was read, the output says so.",
		examples: [
			["homeport logs build", "all of it as text"],
			["homeport logs build -f", "and what comes, until it ends or Ctrl-C"],
			["homeport logs build --raw > build.log", "every byte, escape sequences too"],
		],
	})
		.argument("<name>", "the session: NAME, MACHINE/NAME or its id")
		.option("-f, --follow", "go on until the session ends")
		.option("--raw", "bytes as they came, escape sequences and all")
		.action(
			action<[string], Options>(async ({ out, signIn }, options, name) => {
				const { call, credentials } = await signIn()
				const session = await findSession(call, name)
				const printer = out.json ? jsonPrinter() : options.raw ? rawPrinter(out) : textPrinter(session)
				const next = await printFrom(call, session, 0, printer)
				if (options.follow && session.state.is === "running") await follow(call, credentials, session, next, printer)
				await printer.end()
			}),
		)
}

/** Prints all that a session has written and goes on to write, for watching: not at all for programs. */
export async function printLive(call: Client, credentials: Credentials, session: Session, out: Output): Promise<void> {
	const silent = { print: async () => {}, gap: async () => {}, end: async () => {} }
	const printer = out.json ? silent : process.stdout.isTTY ? rawPrinter(out) : textPrinter(session)
	await follow(call, credentials, session, 0, printer)
	await printer.end()
}

/** Prints the log from `from` on; answers with the sequence after it. */
export async function printFrom(
	call: Client,
	{ machine, id }: Pick<Session, "machine" | "id">,
	from: number,
	printer: Printer,
): Promise<number> {
	const params = { machine, session: id }
	let next = from
	for (;;) {
		const part = await call("readLog", { params, query: { from: next } })
		const bytes = Buffer.from(part.base64, "base64")
		if (part.from > next) await printer.gap(part.from - next)
		if (bytes.length > 0) await printer.print(part.from, bytes)
		next = part.from + bytes.length
		if (bytes.length === 0 || next >= part.end) return next
	}
}

/**
 * Prints what comes from `from` on. What the viewer is skipped over is read from the log, so nothing is left out. Ends with
 * the session, or by Ctrl-C, where `interrupted` does nothing else instead.
 */
export function follow(
	call: Client,
	credentials: Credentials,
	session: Session,
	from: number,
	printer: Printer,
	interrupted?: () => void,
): Promise<void> {
	return new Promise((resolve, reject) => {
		/** Sequence of the next byte to print. */
		let next = from
		/** The next write is a snapshot: what a screen shows, not what was written. */
		let isSnapshot = false
		let work = Promise.resolve()
		const then = (deed: () => Promise<void>) => {
			work = work.then(deed)
			work.catch(end)
		}
		const screen = {
			reset: () => {
				isSnapshot = true
			},
			resize: () => {},
			write: (bytes: Uint8Array, parsed: () => void) => {
				const skipped = isSnapshot
				const at = watch.viewing.sequence - (skipped ? 0 : bytes.length)
				isSnapshot = false
				// Acknowledged when it is printed, so that a slow reader of ours slows nothing but this.
				then(async () => {
					if (next < at) next = await printFrom(call, session, next, printer)
					if (!skipped && at + bytes.length > next) {
						await printer.print(next, bytes.subarray(next - at))
						next = at + bytes.length
					}
					parsed()
				})
			},
		}
		const watch = new Watch({ credentials, session, screen, cols: session.cols, rows: session.rows, changed })
		const stop = interrupted ?? (() => end())
		process.on("SIGINT", stop)

		function changed(): void {
			if (watch.failure !== undefined) return end(watch.failure)
			if (watch.info?.state.is === "running") return
			if (watch.viewing.status.is !== "live") return
			then(async () => {
				next = await printFrom(call, session, next, printer)
				end()
			})
		}
		function end(error?: unknown): void {
			process.off("SIGINT", stop)
			watch.close()
			if (error === undefined) resolve()
			else reject(error)
		}
	})
}
