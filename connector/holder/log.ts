// The output log: the tail of a session's output on disk, and where in it the terminal took another size.
import * as fs from "node:fs"
import { join } from "node:path"
import { LOG_BYTES } from "../../protocol/limits.ts"
import type { Sealing, Stream } from "./seal.ts"

/** At `sequence` the terminal took this size. */
export interface Resize {
	sequence: number
	cols: number
	rows: number
}

/** The terminal as of the first byte of a segment: what the segment's bytes continue. */
export interface Base {
	cols: number
	rows: number
	bytes: Uint8Array
}

interface Segment {
	/** Sequence of its first byte; also its files' name. */
	start: number
	/** Sequence after its last byte. */
	end: number
	file: number
}

/** The oldest segment goes whole, so this many are kept beside the one that is written. */
const FULL_SEGMENTS = 3
const SEGMENT_BYTES = LOG_BYTES / (FULL_SEGMENTS + 1)
const SIZES = "sizes"
/** Somebody who only ever resizes shall not fill the memory. */
const RESIZES = 4_096
/** A full disk is tried again after so much output. */
const RETRY_BYTES = 1024 * 1024

export class OutputLog {
	/** Sequence after the newest byte. */
	head = 0
	/** Oldest first; those before the oldest byte are dropped. */
	resizes: Resize[] = []
	readonly #folder: string
	readonly #sealing: Sealing
	readonly #segmentBytes: number
	#segments: Segment[] = []
	/** Seals what is written to the newest segment. */
	#stream: Stream | null = null
	/** Where the disk took nothing: what has come since is not kept, until `roll` succeeds. */
	#brokenAt: number | null = null

	private constructor(folder: string, sealing: Sealing, segmentBytes: number) {
		this.#folder = folder
		this.#sealing = sealing
		this.#segmentBytes = segmentBytes
	}

	/** An empty log in a new folder, for a terminal of this size. */
	static create(
		folder: string,
		sealing: Sealing,
		cols: number,
		rows: number,
		segmentBytes: number = SEGMENT_BYTES,
	): OutputLog {
		fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
		const log = new OutputLog(folder, sealing, segmentBytes)
		log.roll({ cols, rows, bytes: new Uint8Array(0) })
		return log
	}

	/** What an earlier process wrote, however it ended. What is appended goes on at its end. */
	static open(folder: string, sealing: Sealing): OutputLog {
		const log = new OutputLog(folder, sealing, SEGMENT_BYTES)
		const starts = fs.readdirSync(folder).flatMap((name) => /^(\d+)\.out$/.exec(name)?.[1] ?? [])
		for (const start of starts.map(Number).sort((a, b) => a - b)) {
			const file = fs.openSync(log.#path(start, "out"), "r+")
			const segment = { start, end: start + fs.fstatSync(file).size, file }
			// A disk that was full for a while has left a gap: only what follows it belongs together.
			if (log.#segments.at(-1)?.end !== start) log.#drop(log.#segments.length)
			log.#segments.push(segment)
			log.head = segment.end
		}
		if (log.#segments.length === 0) throw new Error("The session's folder holds no output log.")
		log.#stream = sealing.output(log.head)
		const sizes = join(folder, SIZES)
		const lines = fs.existsSync(sizes) ? fs.readFileSync(sizes, "utf8").split("\n") : []
		// A line that a crash cut short is no size.
		log.resizes = lines.flatMap((line) => (line.endsWith("}") ? [JSON.parse(line) as Resize] : []))
		log.#dropResizes()
		return log
	}

	/** Sequence of the oldest byte that is kept. */
	get oldest(): number {
		return this.#brokenAt !== null ? this.head : (this.#segments[0]?.start ?? this.head)
	}

	/** The newest segment is full: `roll` at the next sequence whose terminal can be written down. */
	get isFull(): boolean {
		if (this.#brokenAt !== null) return this.head - this.#brokenAt >= RETRY_BYTES
		return this.head - this.#last().start >= this.#segmentBytes
	}

	append(bytes: Uint8Array): void {
		const last = this.#last()
		this.head += bytes.length
		if (this.#brokenAt !== null || this.#stream === null) return
		const sealed = this.#stream(bytes)
		try {
			for (let at = 0; at < sealed.length; ) {
				const count = fs.writeSync(last.file, sealed, at, sealed.length - at, last.end - last.start)
				last.end += count
				at += count
			}
		} catch {
			// The session goes on without its log: viewers get snapshots until the disk has room again.
			this.#brokenAt = this.head
		}
	}

	resized(cols: number, rows: number): void {
		const resize = { sequence: this.head, cols, rows }
		this.resizes.push(resize)
		if (this.resizes.length > RESIZES) this.resizes.shift()
		try {
			fs.appendFileSync(join(this.#folder, SIZES), `${JSON.stringify(resize)}\n`, { mode: 0o600 })
		} catch {
			this.#brokenAt = this.head
		}
	}

	/** Begins a new segment at the head, which `base` describes, and drops what is more than enough. */
	roll(base: Base): void {
		const start = this.head
		try {
			fs.writeFileSync(this.#path(start, "base"), this.#sealing.base(start)(packBase(base)), { mode: 0o600 })
			const file = fs.openSync(this.#path(start, "out"), "w+", 0o600)
			if (this.#brokenAt !== null) this.#drop(this.#segments.length)
			this.#segments.push({ start, end: start, file })
			this.#stream = this.#sealing.output(start)
			this.#brokenAt = null
		} catch (error) {
			// Without its first segment there is no session; later ones are tried again.
			if (this.#segments.length === 0) throw error
			this.#brokenAt = this.head
			fs.rmSync(this.#path(start, "base"), { force: true })
			return
		}
		this.#drop(this.#segments.length - FULL_SEGMENTS - 1)
		this.#dropResizes()
	}

	/** At most `limit` bytes from `from`, which must be kept; fewer at the end of a segment. */
	read(from: number, limit: number): Uint8Array {
		const segment = this.#segments.findLast(({ start }) => start <= from)
		if (segment === undefined || from >= segment.end) throw new Error("invariant: only bytes that are kept are read")
		const bytes = Buffer.allocUnsafe(Math.min(limit, segment.end - from))
		const count = fs.readSync(segment.file, bytes, 0, bytes.length, from - segment.start)
		return this.#sealing.output(from)(bytes.subarray(0, count))
	}

	/** All bytes from `from` up to `to`, which must be kept. */
	readAll(from: number, to: number): Uint8Array {
		const parts: Uint8Array[] = []
		for (let at = from; at < to; at += parts.at(-1)?.length ?? 0) parts.push(this.read(at, to - at))
		return Buffer.concat(parts)
	}

	/** Where the newest segment begins, and the terminal there: from these the screen can be made again. */
	newestBase(): Base & { sequence: number } {
		const { start } = this.#last()
		const packed = this.#sealing.base(start)(fs.readFileSync(this.#path(start, "base")))
		return { sequence: start, ...unpackBase(Buffer.from(packed)) }
	}

	/** Removes the oldest segments. */
	#drop(count: number): void {
		for (const { start, file } of this.#segments.splice(0, Math.max(0, count))) {
			fs.closeSync(file)
			for (const kind of ["out", "base"]) fs.rmSync(this.#path(start, kind), { force: true })
		}
	}

	#dropResizes(): void {
		this.resizes = this.resizes.filter(({ sequence }) => sequence >= this.oldest)
	}

	#last(): Segment {
		const last = this.#segments.at(-1)
		if (last === undefined) throw new Error("invariant: a log has a segment")
		return last
	}

	#path(start: number, kind: string): string {
		return join(this.#folder, `${start}.${kind}`)
	}
}

function packBase({ cols, rows, bytes }: Base): Buffer {
	const packed = Buffer.alloc(4 + bytes.length)
	packed.writeUInt16BE(cols, 0)
	packed.writeUInt16BE(rows, 2)
	packed.set(bytes, 4)
	return packed
}

function unpackBase(packed: Buffer): Base {
	return { cols: packed.readUInt16BE(0), rows: packed.readUInt16BE(2), bytes: packed.subarray(4) }
}
