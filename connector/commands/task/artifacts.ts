// `homeport task artifacts`: what a task has left in its outbox, listed or fetched.
import { createHash, randomBytes } from "node:crypto"
import { createWriteStream } from "node:fs"
import { mkdir, rename, rm } from "node:fs/promises"
import { dirname, join } from "node:path"
import { Readable, Transform } from "node:stream"
import { pipeline } from "node:stream/promises"
import { refusalOf } from "../../../protocol/client.ts"
import type { TaskId } from "../../../protocol/ids.ts"
import { ROUTES, routePath } from "../../../protocol/routes.ts"
import type { Artifact } from "../../../protocol/task.ts"
import { type Credentials, fetchSigned } from "../../credentials.ts"
import { artifactTable } from "../../describe-task.ts"
import { Failure } from "../../exit.ts"
import { findTask } from "../../lookup.ts"
import { bytes } from "../../output.ts"
import { action, verb } from "../../verb.ts"

export function artifacts() {
	return verb("artifacts", {
		summary: "list what a task has left in its outbox, or fetch it",
		description: "Each file is put in place whole, and only with the hash that it was collected with.",
		examples: [
			["homeport task artifacts fix-tests", "with sizes, types and hashes"],
			["homeport task artifacts fix-tests --to out", "all of them, into that folder"],
			["homeport task artifacts fix-tests report.pdf --to .", "one of them"],
		],
	})
		.argument("<task>", "its id or name")
		.argument("[paths...]", "which of them, by their paths in the outbox")
		.option("--to <folder>", "fetch them into this folder")
		.action(
			action<[string, string[]], { to?: string }>(async ({ out, signIn }, { to }, wanted, paths) => {
				const { call, credentials } = await signIn()
				const task = await findTask(call, wanted)
				const missing = paths.find((path) => task.artifacts.every((artifact) => artifact.path !== path))
				if (missing !== undefined) throw new Failure("not_found", `It has left no "${missing}".`)
				const chosen = task.artifacts.filter(({ path }) => paths.length === 0 || paths.includes(path))
				if (to !== undefined) for (const artifact of chosen) await fetchOne(credentials, task.id, artifact, to)
				out.result({ artifacts: chosen }, () => {
					if (chosen.length === 0) return "It has left nothing."
					if (to === undefined) return artifactTable(chosen)
					return chosen.map(({ path, size }) => `${join(to, path)}  ${bytes(size)}`).join("\n")
				})
			}),
		)
}

/** Its path has no part that leads out of the folder: the contract refuses such ones. */
async function fetchOne(credentials: Credentials, task: TaskId, { path, hash }: Artifact, to: string): Promise<void> {
	const address = `${routePath("readArtifact", { task })}?${new URLSearchParams({ path })}`
	const response = await fetchSigned(credentials)(address, { method: ROUTES.readArtifact.method, headers: {} })
	if (!response.ok || response.body === null) throw await refusalOf(response)
	const place = join(to, path)
	const draft = `${place}.${randomBytes(4).toString("hex")}`
	const sum = createHash("sha256")
	const hashing = new Transform({
		transform(chunk: Buffer, _encoding, done) {
			sum.update(chunk)
			done(null, chunk)
		},
	})
	try {
		await mkdir(dirname(place), { recursive: true })
		await pipeline(Readable.from(response.body), hashing, createWriteStream(draft, { flags: "wx" }))
		if (sum.digest("hex") !== hash) throw new Failure("file", `${path} has come with another hash, so it is not kept.`)
		await rename(draft, place)
	} catch (error) {
		await rm(draft, { force: true })
		if (error instanceof Failure) throw error
		const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : ""
		throw new Failure("file", `${place} cannot be written${code}.`)
	}
}
