// A command in a VM, beside a session's program there.
import { randomUUID } from "node:crypto"
import { Refusal } from "../../../protocol/errors.ts"
import type { Contained } from "../contained.ts"
import type { Command, Done, Ended } from "../substrate.ts"
import { COMMAND_LINE, COOKIE, commandScript, killMarkedLine } from "./processes.ts"
import type { Connection } from "./ssh.ts"

/** After its time, or with too much output, everything that it has started is killed. */
export async function runIn(connection: Connection, contained: Contained, command: Command): Promise<Done> {
	const { argv, environment, input, timeoutMs, limit = Number.POSITIVE_INFINITY, isOffline = false } = command
	const mark = randomUUID()
	const script = commandScript({
		argv,
		environment: { ...environment, [COOKIE]: contained.session, [MARK]: mark },
		cwd: command.cwd ?? contained.cwd,
		isOffline,
	})
	const { channel, closed } = await connection.run(COMMAND_LINE)
	// It may end before it has read its input.
	channel.on("error", () => {})
	channel.write(script)
	channel.end(input)
	const output: Buffer[] = []
	let length = 0
	let errors = ""
	let killed: Promise<void> | null = null
	const kill = () => {
		killed ??= connection.say(killMarkedLine(`${MARK}=${mark}`), KILL_MS).then(
			() => {},
			() => connection.destroy(),
		)
	}
	channel.on("data", (bytes: Buffer) => {
		output.push(bytes.subarray(0, Math.max(0, limit - length)))
		length += bytes.length
		if (length > limit) kill()
	})
	channel.stderr.on("data", (bytes: Buffer) => {
		errors = (errors + bytes).slice(-ERRORS_CHARS)
	})
	const timer = setTimeout(kill, timeoutMs)
	const ended = await Promise.race([closed, connection.closed.then(() => null)])
	clearTimeout(timer)
	await killed
	if (ended === null && killed === null)
		throw new Refusal("substrate_unavailable", "The connection to the VM has broken. Try again.")
	return { ended: ended ?? KILLED, output: Buffer.concat(output), errors, isCut: length > limit }
}

const KILLED: Ended = { code: null, signal: "SIGKILL" }
const MARK = "HOMEPORT_COMMAND"
const KILL_MS = 15_000
const ERRORS_CHARS = 8_192
