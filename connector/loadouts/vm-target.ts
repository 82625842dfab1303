// A VM as what a loadout is applied to, over its SSH.
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { quote } from "../substrates/vm/launch-script.ts"
import { type Connection, connect } from "../substrates/vm/ssh.ts"
import type { Vms } from "../substrates/vm/vms.ts"
import { ERRORS_CHARS, OUTPUT_BYTES, type Ran, type Run, StepFailed, type Target } from "./target.ts"

/** Starts the VM where it does not run, and waits for it. */
export async function vmTarget(vms: Vms, name: string, say: (line: string) => void): Promise<Target> {
	const connection = await connect(await vms.ready(name, say))
	return { ...(await targetOver(connection)), close: async () => connection.close() }
}

/** Over a connection that there is; it stays. */
export async function targetOver(connection: Connection): Promise<Target> {
	const who = await connection.say(
		'printf "%s\\n" "$HOME" "$PATH" "$(id -u)"; sudo -n true 2>/dev/null && echo sudo; true',
	)
	const [home = "", path = "", uid, sudo] = who.split("\n")
	return {
		is: "vm",
		home,
		prefix: "/usr/local",
		state: { folder: "/var/lib/homeport/loadouts", within: "/var/lib" },
		asRoot: uid === "0" ? [] : sudo === "sudo" ? ["sudo", "-n"] : null,
		path,
		run: (argv, run) => runOver(connection, argv, run),
		close: async () => {},
	}
}

async function runOver(connection: Connection, argv: string[], { input, live }: Run = {}): Promise<Ran> {
	const { channel, closed } = await connection.run(argv.map(quote).join(" ")).catch((error: unknown) => {
		throw new StepFailed(`The VM does not answer: ${error instanceof Error ? error.message : String(error)}.`)
	})
	const output: Buffer[] = []
	let length = 0
	let errors = ""
	channel.on("data", (bytes: Buffer) => {
		live?.(bytes)
		if (length < OUTPUT_BYTES) output.push(bytes.subarray(0, OUTPUT_BYTES - length))
		length += bytes.length
	})
	channel.stderr.on("data", (bytes: Buffer) => {
		live?.(bytes)
		errors = (errors + bytes.toString()).slice(-ERRORS_CHARS)
	})
	// A command that ends without reading all of its input says by its exit code whether that was right.
	pipeline(input instanceof Readable ? input : Readable.from(input === undefined ? [] : [input]), channel.stdin).catch(
		() => {},
	)
	const ended = await closed
	if (ended === null) throw new StepFailed("The connection to the VM has broken.")
	return { code: ended.code, output: Buffer.concat(output), errors }
}
