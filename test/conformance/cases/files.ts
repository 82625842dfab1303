// Files go in and out of where a session runs, and never out of that.
import assert from "node:assert/strict"
import { createHash, randomBytes } from "node:crypto"
import { readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { FILE_CHUNK_BYTES } from "../../../protocol/limits.ts"
import { type Case, needsWalls } from "../case.ts"
import { type Run, SECRET } from "../place.ts"

const NAMES = ["plain.bin", "with space.bin", "ünï 工🙂.bin", "-rf", 'it\'s "quoted" $(id)', "line\nbreak"]
const MIB = 1024 * 1024

export const FILE_CASES: Case[] = [
	{
		what: "five megabytes go in and come out byte by byte, under any name",
		async run(place) {
			const run = await inside(place)
			for (const [index, name] of NAMES.entries()) {
				const bytes = randomBytes(index === 0 ? 5 * MIB : 10_000)
				await put(run, name, bytes)
				assert.ok((await get(run, name)).equals(bytes), name)
				const asked = `sha256sum < ./${quote(name)}`
				await run.type(asked)
				await run.writes(createHash("sha256").update(bytes).digest("hex"))
			}
			await run.end()
		},
	},
	{
		what: "a file is not seen before its last part is there",
		async run(place) {
			const run = await inside(place)
			await part(run, "whole", 0, Buffer.from("first "), false)
			await assert.rejects(get(run, "whole"), { code: "not_found" })
			await part(run, "whole", 6, Buffer.from("second"), true)
			assert.equal((await get(run, "whole")).toString(), "first second")
			await run.end()
		},
	},
	{
		what: "what is not there, or no file, is not found",
		async run(place) {
			const run = await inside(place)
			await assert.rejects(get(run, "nothing"), { code: "not_found" })
			await assert.rejects(get(run, "."))
			await assert.rejects(get(run, "/dev/zero"))
			await run.end()
		},
	},
	{
		what: "[SES4] no link leads out to the machine, to be read or to be written",
		lacks: needsWalls,
		async run(place) {
			const outside = join(place.root, "person/.ssh/id_ed25519")
			const cwd = place.folder()
			const run = await inside(place, cwd)
			await run.type(`ln -s ${outside} out; ln -s ${place.root} folder; ln -s /proc/1/root${outside} root; echo linked`)
			await run.writes(/^linked$/m)
			if (cwd !== undefined) symlinkSync(outside, join(cwd, "from-outside"))
			const ways = [
				"out",
				"folder/person/.ssh/id_ed25519",
				"root",
				"from-outside",
				outside,
				`../../person/.ssh/id_ed25519`,
			]
			for (const way of ways) {
				const read = await get(run, way).catch(() => Buffer.alloc(0))
				assert.ok(!read.includes(SECRET), `${way} was read`)
				await put(run, way, Buffer.from("overwritten")).catch(() => {})
			}
			assert.equal(readFileSync(outside, "utf8"), `${SECRET}\n`)
			await run.end()
		},
	},
	{
		what: "what a session has left is read after its end",
		async run(place) {
			const cwd = place.folder()
			const run = await place.start(["bash", "-c", "echo left > ./behind; pwd"], cwd === undefined ? {} : { cwd })
			await run.ended()
			assert.equal((await get(run, "behind")).toString(), "left\n")
		},
	},
]

/** A shell in a folder of its own. */
async function inside(place: Run["place"], cwd = place.folder()): Promise<Run> {
	if (cwd !== undefined) writeFileSync(join(cwd, "mark"), "")
	const run = await place.start(["bash", "--norc", "--noprofile"], cwd === undefined ? {} : { cwd })
	await run.type("stty -echo; PS1=; echo be''gun")
	await run.writes(/^begun$/m)
	return run
}

async function put(run: Run, path: string, bytes: Buffer): Promise<void> {
	for (let at = 0; at === 0 || at < bytes.length; at += FILE_CHUNK_BYTES) {
		const chunk = bytes.subarray(at, at + FILE_CHUNK_BYTES)
		await part(run, path, at, chunk, at + FILE_CHUNK_BYTES >= bytes.length)
	}
}

async function part(run: Run, path: string, at: number, bytes: Buffer, isLast: boolean): Promise<void> {
	const body = { path, at, base64: bytes.toString("base64"), isLast }
	await run.place.home.call("writeFile", { params: run.params, body })
}

async function get(run: Run, path: string): Promise<Buffer> {
	const parts: Buffer[] = []
	for (let from = 0; ; ) {
		const read = await run.place.home.call("readFile", { params: run.params, query: { path, from } })
		const bytes = Buffer.from(read.base64, "base64")
		parts.push(bytes)
		from += bytes.length
		if (from >= read.size || bytes.length === 0) return Buffer.concat(parts)
	}
}

function quote(word: string): string {
	return `$'${[...Buffer.from(word)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}'`
}
