// What a session leaves in a VM, taken from a system that lies: a server of SFTP that says whatever a test wants it to.
import {
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs"
import type { Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import ssh2, { type FileEntry, type SFTPWrapper } from "ssh2"
import { afterEach, beforeEach, expect, test } from "vitest"
import { takeFolder } from "../../connector/substrates/vm/outbox.ts"
import { type Connection, connect } from "../../connector/substrates/vm/ssh.ts"

const FILE = 0o100_644
const FOLDER = 0o040_755
const LINK = 0o120_777
const PIPE = 0o010_644
/** Bytes, as SFTP has it. */
const MOST_HANDLE = 256

/** By its path there. A folder is what has entries, which are named as they are told. */
interface Told {
	entries?: { name: string; mode: number; size: number }[]
	/** What is read of it, again and again where it is `isEndless`. */
	bytes?: Buffer
	/** An answer that is no SFTP, when it is opened. */
	isBroken?: boolean
	isEndless?: boolean
}

let folder: string
let to: string
let end: () => void = () => {}

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "homeport-outbox-"))
	to = join(folder, "outbox")
})
afterEach(() => {
	end()
	rmSync(folder, { recursive: true, force: true })
})

async function serve(there: Record<string, Told>): Promise<Connection> {
	const { private: key, public: hostKey } = ssh2.utils.generateKeyPairSync("ed25519")
	const privateKey = join(folder, "key")
	writeFileSync(privateKey, key)
	const server = new ssh2.Server({ hostKeys: [key] }, (caller) => {
		caller.on("error", () => {})
		// Its declaration lacks it.
		;(caller as unknown as Socket).setNoDelay(true)
		caller.on("authentication", (context) => context.accept())
		caller.on("session", (accept) => accept().on("sftp", (accept) => answer(accept(), there)))
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	const { port } = server.address() as { port: number }
	const connection = await connect({ port, hostKey, privateKey, user: "it" })
	rmSync(privateKey)
	end = () => {
		connection.destroy()
		server.close()
	}
	return connection
}

async function take(connection: Connection, into = to) {
	return takeFolder(await connection.files(), "box", { to: into, drafts: folder })
}

function answer(server: SFTPWrapper, there: Record<string, Told>): void {
	const { STATUS_CODE } = ssh2.utils.sftp
	const told = new Set<string>()
	const opened: string[] = []
	const open = (id: number, path: string) =>
		there[path] === undefined
			? server.status(id, STATUS_CODE.NO_SUCH_FILE)
			: server.handle(id, Buffer.alloc(there[path].isBroken ? MOST_HANDLE + 1 : 1, opened.push(path) - 1))
	const pathOf = (handle: Buffer) => opened[handle[0] ?? 0] ?? ""
	server.on("OPENDIR", open)
	server.on("OPEN", open)
	server.on("CLOSE", (id) => server.status(id, STATUS_CODE.OK))
	server.on("READDIR", (id, handle) => {
		const path = pathOf(handle)
		const { entries = [], isEndless } = there[path] ?? {}
		if (told.has(path) && !isEndless) return server.status(id, STATUS_CODE.EOF)
		told.add(path)
		const rows = entries.map(({ name, mode, size }) => ({
			...{ filename: name, longname: "" },
			attrs: { mode, size, uid: 0, gid: 0, atime: 0, mtime: 0 },
		}))
		server.name(id, rows as unknown as FileEntry[])
	})
	server.on("READ", (id, handle, offset, length) => {
		const { bytes = Buffer.alloc(0), isEndless } = there[pathOf(handle)] ?? {}
		if (isEndless) return server.data(id, Buffer.alloc(length, bytes))
		const part = bytes.subarray(offset, offset + length)
		return part.length === 0 ? server.status(id, STATUS_CODE.EOF) : server.data(id, part)
	})
}

const file = (name: string, size: number) => ({ name, mode: FILE, size })
const dir = (name: string) => ({ name, mode: FOLDER, size: 0 })

test("[SES4] files come whole, with their folders, and may not be executed", async () => {
	const bytes = Buffer.alloc(3_000_000, "bytes of a file")
	const files = await serve({
		box: { entries: [file("näme", 4), file("empty", 0), dir("deep")] },
		"box/näme": { bytes: Buffer.from("text") },
		"box/deep": { entries: [{ name: "large", mode: 0o104_777, size: bytes.length }] },
		"box/deep/large": { bytes },
	})
	expect(await take(files)).toEqual({ taken: 3, left: null })
	expect(readFileSync(join(to, "näme"), "utf8")).toBe("text")
	expect(readFileSync(join(to, "empty"))).toHaveLength(0)
	expect(readFileSync(join(to, "deep/large")).equals(bytes)).toBe(true)
	expect(statSync(join(to, "deep/large")).mode & 0o7777).toBe(0o600)
	expect(readdirSync(folder)).toEqual(["outbox"])
})

test("[SES4] names that lead elsewhere, links, pipes and devices stay there", async () => {
	const names = ["../escape", "/tmp/escape", "..", ".", "", "a/b", "new\nline", "\x1b]0;title\x07", "deep/../../escape"]
	const odd = [file("x".repeat(300), 4), file("\ufffd", 4)]
	const entries = [
		...names.flatMap((name) => [file(name, 4), dir(name)]),
		...odd,
		{ name: "link", mode: LINK, size: 4 },
		{ name: "pipe", mode: PIPE, size: 0 },
		{ name: "device", mode: 0o020_666, size: 4 },
		file("good", 4),
	]
	const content = Object.fromEntries(entries.map(({ name }) => [`box/${name}`, { bytes: Buffer.from("text") }]))
	const files = await serve({ ...content, box: { entries } })
	const { taken, left } = await take(files)
	expect([taken, readdirSync(to), readdirSync(folder)]).toEqual([1, ["good"], ["outbox"]])
	expect(left).toMatch(/^\d+ of its entries/)
})

test("[SES4] what is in its place here is not followed, and no folder is lost by it", async () => {
	const elsewhere = join(folder, "elsewhere")
	for (const path of [elsewhere, to, join(to, "kept")]) mkdirSync(path)
	writeFileSync(join(elsewhere, "target"), "as it was")
	symlinkSync(elsewhere, join(to, "folder"))
	symlinkSync(join(elsewhere, "target"), join(to, "file"))
	const text = { bytes: Buffer.from("text") }
	const files = await serve({
		box: { entries: [dir("folder"), file("file", 4), file("kept", 4)] },
		"box/folder": { entries: [file("target", 4)] },
		...{ "box/folder/target": text, "box/file": text, "box/kept": text },
	})
	expect(await take(files)).toMatchObject({ taken: 1, left: expect.any(String) })
	expect(readFileSync(join(elsewhere, "target"), "utf8")).toBe("as it was")
	expect(readFileSync(join(to, "file"), "utf8")).toBe("text")
	expect(statSync(join(to, "kept")).isDirectory()).toBe(true)
	symlinkSync(elsewhere, join(folder, "linked"))
	expect(await take(files, join(folder, "linked"))).toMatchObject({
		taken: 0,
		left: expect.stringContaining("no folder"),
	})
})

test("[SES4] no more comes than was said, and nothing where that is too much or too little", async () => {
	const files = await serve({
		box: { entries: [file("endless", 100_000), file("short", 10), file("gone", 4), file("huge", 2 ** 50)] },
		"box/endless": { bytes: Buffer.from("a"), isEndless: true },
		"box/short": { bytes: Buffer.from("text") },
		"box/huge": { bytes: Buffer.from("a"), isEndless: true },
	})
	const { taken, left } = await take(files)
	expect([taken, left]).toEqual([1, expect.stringContaining("more than")])
	expect([readdirSync(to), statSync(join(to, "endless")).size]).toEqual([["endless"], 100_000])
})

test("[SES4] a list without end is given up", async () => {
	const files = await serve({ box: { entries: Array.from({ length: 100 }, () => file("a/b", 1)), isEndless: true } })
	expect(await take(files)).toEqual({ taken: 0, left: expect.stringContaining("more than") })
})

test("[SES4] folders in folders without end are given up", async () => {
	const files = await serve(new Proxy<Record<string, Told>>({}, { get: () => ({ entries: [dir("x")] }) }))
	expect(await take(files)).toEqual({ taken: 0, left: expect.stringContaining("1 of its entries") })
})

test("[SES4] an answer that is no SFTP ends that, and nothing else", async () => {
	const files = await serve({
		box: { entries: [file("good", 4), file("broken", 4)] },
		...{ "box/good": { bytes: Buffer.from("text") }, "box/broken": { isBroken: true } },
	})
	expect(await take(files)).toEqual({ taken: 1, left: expect.stringContaining("broken") })
})
