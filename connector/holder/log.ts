// The output log: the tail of a session's output on disk, and where in it the terminal took another size.
import * as fs from "node:fs"
import { join } from "node:path"
import * as z from "zod"
import { LOG_BYTES } from "../../protocol/limits.ts"
import { Cols, Rows, Sequence } from "../../protocol/session.ts"

/** At `sequence` the terminal took this size. */
const Resize = z.object({ sequence: Sequence, cols: Cols, rows: Rows })
export type Resize = z.infer<typeof Resize>

/** The terminal as of the first byte of a segment: what the segment's bytes continue. */
export interface Base {
	cols: number
	rows: number
	bytes: Uint8Array
}

interface Segment {
	/** Sequence of its first byte; also its files' name. */
	start: number
	file: number
}

/** The oldest segment goes whole, so this many are kept beside the one that is written. */
const FULL_SEGMENTS = 3
const SEGMENT_BYTES = LOG_BYTES / (FULL_SEGMENTS + 1)
const SIZES = "sizes"

export class OutputLog {
	/** Sequence after the newest byte. */
	head = 0
	/** Oldest first; those before the oldest byte are dropped. */
	resizes: Resize[] = []
	readonly #folder: string
	#segments: Segment[] = []

	private constructor(folder: string) {
		this.#folder = folder
	}

	/** An empty log in a new folder, for a terminal of this size. */
	static create(folder: string, cols: number, rows: number): OutputLog {
		fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
		const log = new OutputLog(folder)
		log.roll({ cols, rows, bytes: new Uint8Array(0) })
		return log
	}

	/** What an earlier process wrote, however it ended. */
	static open(folder: string): OutputLog {
		const log = new OutputLog(folder)
		const starts = fs.readdirSync(folder).flatMap((name) => /^(\d+)\.out$/.exec(name)?.[1] ?? [])
		for (const start of starts.map(Number).sort((a, b) => a - b)) {
			const file = fs.openSync(log.#path(start, "out"), "r+")
			log.#segments.push({ start, file })
			log.head = start + fs.fstatSync(file).size
		}
		if (log.#segments.length === 0) throw new Error("The session's folder holds no output log.")
		const sizes = join(folder, SIZES)
		const lines = fs.existsSync(sizes) ? fs.readFileSync(sizes, "utf8").split("\n") : []
		// A line that a crash cut short is no size.
		log.resizes = lines.flatMap((line) => (line.endsWith("}") ? [Resize.parse(JSON.parse(line))] : []))
		return log
	}

	/** Sequence of the oldest byte that is kept. */
	get oldest(): number {
		return this.#segments[0]?.start ?? this.head
	}

	/** The newest segment is full: `roll` at the next sequence whose terminal can be written down. */
	get isFull(): boolean {
		return this.head - this.#last().start >= SEGMENT_BYTES
	}

	append(bytes: Uint8Array): void {
		const { start, file } = this.#last()
		fs.writeSync(file, bytes, 0, bytes.length, this.head - start)
		this.head += bytes.length
	}

	resized(cols: number, rows: number): void {
		const resize = { sequence: this.head, cols, rows }
		this.resizes.push(resize)
		fs.appendFileSync(join(this.#folder, SIZES), `${JSON.stringify(resize)}\n`, { mode: 0o600 })
	}

	/** Begins a new segment at the head, which `base` describes, and drops what is more than enough. */
	roll(base: Base): void {
		const start = this.head
		fs.writeFileSync(this.#path(start, "base"), packBase(base), { mode: 0o600 })
		this.#segments.push({ start, file: fs.openSync(this.#path(start, "out"), "w+", 0o600) })
		while (this.#segments.length > FULL_SEGMENTS + 1) {
			const [oldest] = this.#segments.splice(0, 1)
			if (oldest === undefined) return
			fs.closeSync(oldest.file)
			for (const kind of ["out", "base"]) fs.rmSync(this.#path(oldest.start, kind), { force: true })
		}
		this.resizes = this.resizes.filter(({ sequence }) => sequence >= this.oldest)
	}

	/** At most `limit` bytes from `from`, which must be kept; fewer at the end of a segment. */
	read(from: number, limit: number): Uint8Array {
		const segment = this.#segments.findLast(({ start }) => start <= from)
		if (segment === undefined) throw new Error("invariant: who reads asks for bytes that are kept")
		const next = this.#segments[this.#segments.indexOf(segment) + 1]
		const length = Math.min(limit, (next?.start ?? this.head) - from)
		const bytes = Buffer.allocUnsafe(length)
		return bytes.subarray(0, fs.readSync(segment.file, bytes, 0, length, from - segment.start))
	}

	/** Where the newest segment begins, and the terminal there: from these the screen can be made again. */
	newestBase(): Base & { sequence: number } {
		const { start } = this.#last()
		return { sequence: start, ...unpackBase(fs.readFileSync(this.#path(start, "base"))) }
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
