// The log on disk: a bounded tail, readable whatever ended its writer.
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { OutputLog } from "../../connector/holder/log.ts"

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), "homeport-log-"))
	onTestFinished(() => rmSync(path, { recursive: true, force: true }))
	return path
}

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
		const log = OutputLog.create(folder(), 80, 24, 100)
		write(log, 0, 1_050)
		expect(log.head).toBe(1_050)
		expect(log.oldest).toBe(700)
		expect(read(log)).toEqual(expected(700, 1_050))
	})

	it("is the same when another process opens it", () => {
		const path = folder()
		const log = OutputLog.create(path, 80, 24, 100)
		write(log, 0, 250)
		log.resized(100, 30)
		write(log, 250, 20)
		const again = OutputLog.open(path)
		expect([again.oldest, again.head]).toEqual([0, 270])
		expect(again.resizes).toEqual([{ sequence: 250, cols: 100, rows: 30 }])
		expect(again.newestBase()).toEqual({ sequence: 200, ...base })
		expect(read(again)).toEqual(expected(0, 270))
	})

	it("passes over what a crash cut short", () => {
		const path = folder()
		const log = OutputLog.create(path, 80, 24, 100)
		write(log, 0, 50)
		log.resized(100, 30)
		appendFileSync(join(path, "sizes"), '{"sequence":50,"co')
		const again = OutputLog.open(path)
		expect(again.resizes).toHaveLength(1)
		expect(read(again)).toEqual(expected(0, 50))
	})

	it("forgets resizes of bytes that are gone", () => {
		const log = OutputLog.create(folder(), 80, 24, 100)
		log.resized(90, 24)
		write(log, 0, 1_000)
		expect(log.resizes).toEqual([])
	})

	it("keeps only what belongs together when the disk was full for a while", () => {
		const path = folder()
		const log = OutputLog.create(path, 80, 24, 100)
		write(log, 0, 250)
		truncateSync(join(path, "100.out"), 60)
		const again = OutputLog.open(path)
		expect([again.oldest, again.head]).toEqual([200, 250])
	})

	it("is readable by its owner only", () => {
		const path = folder()
		const log = OutputLog.create(path, 80, 24, 100)
		write(log, 0, 250)
		log.resized(100, 30)
		for (const name of readdirSync(path)) expect(statSync(join(path, name)).mode & 0o777, name).toBe(0o600)
	})
})
