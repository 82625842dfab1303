// `homeport task logs`: what a task's program has written in its last attempt, and what it goes on to write, in every further one.
import type { Client } from "../../../protocol/client.ts"
import type { SessionId } from "../../../protocol/ids.ts"
import { routePath } from "../../../protocol/routes.ts"
import type { TaskView } from "../../../protocol/task.ts"
import { TOLD, ToldOutput } from "../../../protocol/task-stream.ts"
import type { Credentials } from "../../credentials.ts"
import { isOver, mentionTask } from "../../describe-task.ts"
import { jsonPrinter, type Printer, rawPrinter, textPrinter } from "../../log-printer.ts"
import { findTask } from "../../lookup.ts"
import { serverEvents } from "../../server-events.ts"
import { action, verb } from "../../verb.ts"
import { printFrom } from "../logs.ts"

interface Options {
	follow?: boolean
	raw?: boolean
}

/** Makes the printer of an attempt. */
type Make = (attempt: number, session: SessionId) => Promise<Printer>

export function taskLogs() {
	return verb("logs", {
		summary: "print what a task's program has written in its last attempt",
		description:
			"Earlier attempts are sessions of `homeport ls`. As text, what full-screen programs draw is left out. With --raw the bytes as they came. Its terminal itself is its session's: `homeport attach`.",
		examples: [
			["homeport task logs fix-tests", "all of it as text"],
			["homeport task logs -f fix-tests", "and what comes, also before it has begun, until the task is over"],
		],
	})
		.argument("<task>", "its id or name")
		.option("-f, --follow", "go on until the task is over")
		.option("--raw", "bytes as they came, escape sequences and all")
		.action(
			action<[string], Options>(async ({ out, signIn }, { follow, raw }, wanted) => {
				const { call, credentials } = await signIn()
				const task = await findTask(call, wanted)
				const make: Make = async (attempt, session) => {
					if (out.json) return jsonPrinter({ attempt })
					return raw ? rawPrinter(out) : textPrinter(await sizeOf(call, session))
				}
				if (follow || isOver(task.state)) return printStream(credentials, task, make)
				if (task.session === null || task.machine === null) return out.note(mentionTask(task))
				const printer = await make(task.attempt, task.session)
				await printFrom(call, { machine: task.machine, id: task.session }, 0, printer)
				await printer.end()
			}),
		)
}

/** Every part once, until the task is over. */
async function printStream(credentials: Credentials, { id }: TaskView, make: Make): Promise<void> {
	let now: { attempt: number; end: number; printer: Printer } | undefined
	for await (const { event, data } of serverEvents(credentials, routePath("followTaskLog", { task: id }))) {
		if (event !== TOLD.output) continue
		const { attempt, session, from, base64 } = ToldOutput.parse(JSON.parse(data))
		if (now?.attempt !== attempt) {
			await now?.printer.end()
			now = { attempt, end: 0, printer: await make(attempt, session) }
		}
		if (from > now.end) await now.printer.gap(from - now.end)
		const bytes = Buffer.from(base64, "base64")
		await now.printer.print(from, bytes)
		now.end = from + bytes.length
	}
	await now?.printer.end()
}

/** Of its terminal; that of most where the machine does not know the session any more. */
async function sizeOf(call: Client, wanted: SessionId): Promise<{ cols: number; rows: number }> {
	const { sessions } = await call("listSessions")
	return sessions.find(({ id }) => id === wanted) ?? { cols: 80, rows: 24 }
}
