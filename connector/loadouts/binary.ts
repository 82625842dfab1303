// A program by its address: downloaded to this machine, and taken only where its SHA-256 is the one that was written down.
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { createReadStream, createWriteStream } from "node:fs"
import { open } from "node:fs/promises"
import { join } from "node:path"
import { Readable, Transform } from "node:stream"
import { pipeline } from "node:stream/promises"
import type { ReadableStream } from "node:stream/web"
import type { Layer } from "./layer.ts"
import { StepFailed } from "./target.ts"

/** No program that people install so is larger. */
const MOST_BYTES = 1024 * 1024 * 1024

/** Throws StepFailed. `draft`: a folder that is removed afterwards. */
export async function fetchBinary(
	{ name, url, sha256, member }: Layer["tools"]["binaries"][number],
	draft: string,
	live: (bytes: Uint8Array) => void,
): Promise<Readable> {
	const whole = join(draft, `${name}.download`)
	live(Buffer.from(`${url}\n`))
	const sum = await download(url, whole)
	if (sum !== sha256) throw new StepFailed(`What is at ${url} has the SHA-256 ${sum}, not ${sha256}.`)
	if (member === undefined) return createReadStream(whole)
	const program = join(draft, `${name}.member`)
	await takeOut(whole, member, program)
	return createReadStream(program)
}

async function download(url: string, path: string): Promise<string> {
	try {
		const response = await fetch(url)
		if (!response.ok || response.body === null) throw new StepFailed(`${url} answers with ${response.status}.`)
		const hash = createHash("sha256")
		let length = 0
		const measure = new Transform({
			transform(bytes: Buffer, _encoding, done) {
				hash.update(bytes)
				length += bytes.length
				done(length > MOST_BYTES ? new StepFailed(`What is at ${url} has more than 1 GiB.`) : null, bytes)
			},
		})
		await pipeline(Readable.fromWeb(response.body as ReadableStream), measure, createWriteStream(path, { mode: 0o600 }))
		return hash.digest("hex")
	} catch (error) {
		if (error instanceof StepFailed) throw error
		const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
		throw new StepFailed(`${url} cannot be had: ${cause instanceof Error ? cause.message : String(cause)}.`)
	}
}

async function takeOut(archive: string, member: string, to: string): Promise<void> {
	const file = await open(to, "wx", 0o600)
	try {
		const tar = spawn("tar", ["-x", "-O", "-f", archive, "--", member], { stdio: ["ignore", file.fd, "ignore"] })
		const code = await new Promise<number | null>((resolve) => {
			tar.once("error", () => resolve(null))
			tar.once("close", resolve)
		})
		if (code !== 0) throw new StepFailed(`The archive has no ${member}.`)
	} finally {
		await file.close()
	}
}
