// The log on disk: a bounded tail, readable whatever ended its writer.
import {
	appendFileSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it, onTestFinished } from "vitest"
import { OutputLog } from "../../connector/holder/log.ts"
import { Seal, UNSEALED } from "../../connector/holder/seal.ts"

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), "homeport-log-"))
	onTestFinished(() => rmSync(path, { recursive: true, force: true }))
	return path
}

const keys = mkdtempSync(join(tmpdir(), "homeport-keys-"))
const sealing = Seal.make(join(keys, "key"))
afterAll(() => rmSync(keys, { recursive: true }))

const base = { cols: 80, rows: 24, bytes: Buffer.from("base") }

/** Appends a byte for each of the numbers, and rolls as the session does. */
function write(log: OutputLog, from: number, count: number): void {
	for (let at = from; at < from + count; at++) {
		log.append(Uint8Array.of(at % 251))
		if (log.isFull) log.roll(base)
	}
}

function read(log: OutputLog): number[] {
	const bytes: number[] = []
	for (let at = log.oldest; at < log.head; at = log.oldest + bytes.length) bytes.push(...log.read(at, 7))
	return bytes
}

const expected = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => (from + i) % 251)

describe("[OUT3] the log", () => {
	it("keeps the tail, in segments of which the oldest goes", () => {
		const log = OutputLog.create(folder(), sealing, 80, 24, 100)
		write(log, 0, 1_050)
		expect(log.head).toBe(1_050)
		expect(log.oldest).toBe(700)
		expect(read(log)).toEqual(expected(700, 1_050))
	})

	it("is the same when another process opens it", () => {
		const path = folder()
		const log = OutputLog.create(path, sealing, 80, 24, 100)
		write(log, 0, 250)
		log.resized(100, 30)
		write(log, 250, 20)
		const again = OutputLog.open(path, sealing)
		expect([again.oldest, again.head]).toEqual([0, 270])
		expect(again.resizes).toEqual([{ sequence: 250, cols: 100, rows: 30 }])
		expect(again.newestBase()).toEqual({ sequence: 200, ...base })
		expect(read(again)).toEqual(expected(0, 270))
	})

	it("passes over what a crash cut short", () => {
		const path = folder()
		const log = OutputLog.create(path, sealing, 80, 24, 100)
		write(log, 0, 50)
		log.resized(100, 30)
		appendFileSync(join(path, "sizes"), '{"sequence":50,"co')
		const again = OutputLog.open(path, sealing)
		expect(again.resizes).toHaveLength(1)
		expect(read(again)).toEqual(expected(0, 50))
	})

	it("forgets resizes of bytes that are gone", () => {
		const log = OutputLog.create(folder(), sealing, 80, 24, 100)
		log.resized(90, 24)
		write(log, 0, 1_000)
		expect(log.resizes).toEqual([])
	})

	it("keeps only what belongs together when the disk was full for a while", () => {
		const path = folder()
		const log = OutputLog.create(path, sealing, 80, 24, 100)
		write(log, 0, 250)
		truncateSync(join(path, "100.out"), 60)
		const again = OutputLog.open(path, sealing)
		expect([again.oldest, again.head]).toEqual([200, 250])
	})

	it("is readable by its owner only", () => {
		const path = folder()
		const log = OutputLog.create(path, sealing, 80, 24, 100)
		write(log, 0, 250)
		log.resized(100, 30)
		for (const name of readdirSync(path)) expect(statSync(join(path, name)).mode & 0o777, name).toBe(0o600)
	})
})

describe("[TRU3] the log's seal", () => {
	const lines = Buffer.from("the quick brown fox jumps over the lazy dog\n".repeat(100))

	it("leaves nothing of output and screen to read without the key", () => {
		const path = folder()
		const log = OutputLog.create(path, sealing, 80, 24, 100)
		for (let round = 0; round < 5; round++) {
			log.append(lines)
			log.roll({ cols: 80, rows: 24, bytes: lines })
		}
		for (const name of readdirSync(path)) expect(readFileSync(join(path, name), "latin1"), name).not.toMatch(/fox|dog/)
		expect(Buffer.from(log.readAll(log.oldest, log.head)).toString()).toMatch(/^(the quick .* dog\n)+$/)
		expect(Buffer.from(log.newestBase().bytes)).toEqual(lines)
	})

	it("seals no two places alike", () => {
		const path = folder()
		const log = OutputLog.create(path, sealing, 80, 24, 1_000)
		const zeros = new Uint8Array(1_000)
		log.append(zeros)
		log.roll({ cols: 0, rows: 0, bytes: zeros })
		log.append(zeros)
		log.roll({ cols: 0, rows: 0, bytes: zeros })
		const blocks = readdirSync(path)
			.filter((name) => /^\d+\.(out|base)$/.test(name))
			.map((name) => readFileSync(join(path, name)))
			.flatMap((bytes) =>
				Array.from({ length: Math.floor(bytes.length / 16) }, (_, i) => bytes.toString("hex", i * 16, i * 16 + 16)),
			)
		expect(blocks.length).toBeGreaterThan(200)
		expect(new Set(blocks).size).toBe(blocks.length)
	})

	it("opens with the key that another process made, and with no other", () => {
		const path = folder()
		OutputLog.create(path, sealing, 80, 24).append(lines)
		const again = OutputLog.open(path, Seal.open(join(keys, "key")))
		expect(Buffer.from(again.readAll(0, again.head))).toEqual(lines)
		writeFileSync(join(keys, "short"), "half a key")
		for (const name of ["missing", "short"])
			expect(() => Seal.open(join(keys, name))).toThrow(expect.objectContaining({ code: "output_lost" }))
	})

	it("is absent from logs of connectors that did not seal yet, which are read as they are", () => {
		const path = folder()
		OutputLog.create(path, UNSEALED, 80, 24).append(lines)
		expect(readFileSync(join(path, "0.out"))).toEqual(lines)
		const again = OutputLog.open(path, UNSEALED)
		expect(Buffer.from(again.readAll(0, again.head))).toEqual(lines)
	})
})
