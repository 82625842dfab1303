// Files in a VM, by SFTP; and whole folders on their way there, by tar.
import { spawn } from "node:child_process"
import { promisify } from "node:util"
import type { SFTPWrapper } from "ssh2"
import { Refusal } from "../../../protocol/errors.ts"
import { quote } from "./launch-script.ts"
import type { Connection } from "./ssh.ts"

/** Throws Refusal: not_found, or invalid_request with what the VM said. */
export function readFrom(
	connection: Connection,
	path: string,
	from: number,
	limit: number,
): Promise<{ bytes: Buffer; size: number }> {
	return opened(connection, path, "r", async (files, handle) => {
		const size = await sizeOf(files, handle, path)
		const bytes = Buffer.alloc(Math.max(0, Math.min(limit, size - from)))
		let length = 0
		while (length < bytes.length) {
			const count = await readPart(files, handle, bytes, length, from + length)
			// It has become shorter.
			if (count === 0) break
			length += count
		}
		return { bytes: bytes.subarray(0, length), size }
	})
}

export async function writeTo(
	connection: Connection,
	path: string,
	at: number,
	bytes: Uint8Array,
	moveTo: string | undefined,
): Promise<void> {
	await opened(connection, path, at === 0 ? "w" : "r+", async (files, handle) => {
		const size = await sizeOf(files, handle, path)
		if (size !== at) throw new Refusal("invalid_request", `${path} ends at ${size}, not at ${at}.`)
		if (bytes.length === 0) return
		await promisify(files.write.bind(files) as Write)(handle, Buffer.from(bytes), 0, bytes.length, at)
	})
	if (moveTo === undefined) return
	const files = await connection.files()
	const move = promisify(files.ext_openssh_rename.bind(files) as (a: string, b: string, done: Callback) => void)
	await move(path, moveTo).catch((error: unknown) => refuse(error, moveTo))
}

/** A folder of this machine, as it is, into one of the VM, which is made where it is missing. */
export async function sendFolder(connection: Connection, folder: string, to: string, names?: string[]): Promise<void> {
	const unpack = `mkdir -p ${quote(to)} && exec tar -x --no-same-owner -f - -C ${quote(to)}`
	await sendTar(connection, folder, `exec sh -c ${quote(unpack)}`, names)
}

/** A folder of this machine as a tar, to a command line in the VM; only what has these names where they are given. */
export async function sendTar(connection: Connection, folder: string, line: string, names?: string[]): Promise<void> {
	const { channel, closed } = await connection.run(line)
	const what = names === undefined ? ["--", "."] : ["--no-recursion", "--null", "--files-from=-"]
	const tar = spawn("tar", ["-c", "--format=posix", "-f", "-", "-C", folder, ...what], {
		stdio: ["pipe", "pipe", "pipe"],
	})
	let errors = ""
	const hear = (bytes: Buffer) => {
		errors = (errors + bytes).slice(-ERRORS_CHARS)
	}
	tar.stderr.on("data", hear)
	channel.stderr.on("data", hear)
	channel.on("error", () => tar.kill())
	channel.resume()
	const packed = new Promise<number | null>((resolve) => {
		tar.once("error", (error) => {
			hear(Buffer.from(error.message))
			resolve(null)
		})
		tar.once("close", resolve)
	})
	// It may end before it has read them.
	tar.stdin.on("error", () => {})
	tar.stdin.end(names?.map((name) => `${name}\0`).join(""))
	tar.stdout.pipe(channel)
	const ended = await closed
	tar.kill()
	// 1: a file changed while it was read, or was a socket.
	const code = await packed
	if (ended?.code === 0 && (code === 0 || code === 1)) return
	throw new Refusal("substrate_unavailable", `The folder ${folder} could not be copied to the VM: ${errors.trim()}`)
}

type Callback = (error: Error | undefined | null) => void
type Write = (handle: Buffer, bytes: Buffer, offset: number, length: number, position: number, done: Callback) => void

async function opened<T>(
	connection: Connection,
	path: string,
	mode: "r" | "w" | "r+",
	use: (files: SFTPWrapper, handle: Buffer) => Promise<T>,
): Promise<T> {
	const files = await connection.files()
	try {
		const handle = await new Promise<Buffer>((resolve, reject) =>
			files.open(path, mode, (error, handle) => (error ? reject(error) : resolve(handle))),
		)
		try {
			return await use(files, handle)
		} finally {
			await new Promise((resolve) => files.close(handle, resolve))
		}
	} catch (error) {
		return refuse(error, path)
	}
}

function sizeOf(files: SFTPWrapper, handle: Buffer, path: string): Promise<number> {
	return new Promise((resolve, reject) =>
		files.fstat(handle, (error, stats) => {
			if (error) reject(error)
			else if (stats.isFile()) resolve(stats.size)
			else reject(new Refusal("invalid_request", `${path} is no file.`))
		}),
	)
}

/** Fills a buffer from there on; answers how many bytes came, which is none at the end of the file. */
export function readPart(
	files: SFTPWrapper,
	handle: Buffer,
	into: Buffer,
	offset: number,
	position: number,
): Promise<number> {
	return new Promise((resolve, reject) =>
		files.read(handle, into, offset, into.length - offset, position, (error, count) => {
			// At the end of the file some servers say so as a failure.
			if (error) "code" in error && error.code === END_OF_FILE ? resolve(0) : reject(error)
			else resolve(count)
		}),
	)
}

/** Status codes of SFTP, as draft-ietf-secsh-filexfer-02 has them. */
const END_OF_FILE = 1
const NO_SUCH_FILE = 2

function refuse(error: unknown, path: string): never {
	if (error instanceof Refusal || !(error instanceof Error) || !("code" in error)) throw error
	if (error.code === NO_SUCH_FILE) throw new Refusal("not_found", path)
	throw new Refusal("invalid_request", `${path}: ${error.message}.`)
}

const ERRORS_CHARS = 2_000
