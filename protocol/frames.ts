// Binary frames: the bytes of sessions on any socket. One header for all, then what the kind adds.
import { Refusal } from "./errors.ts"
import { ID_BYTES, read32, readId, type SessionId, type ViewerId, writeId } from "./ids.ts"
import { FRAME_BYTES, INPUT_FRAME_BYTES, MAX_COLS, MAX_ROWS } from "./limits.ts"

/*
 *   byte 0       kind
 *   bytes 1-10   session
 *   bytes 11-20  viewer: EVERYONE on the shared channel, KEEPER for the kept snapshot
 *   bytes 21-28  sequence, unsigned, big-endian, at most 2^53 - 1
 *   then         OUTPUT, INPUT: bytes
 *                SNAPSHOT: cols u16, rows u16, bytes
 *                RESIZE: cols u16, rows u16
 *                ACK, WRITTEN: nothing
 */
export const HEADER_BYTES = 1 + ID_BYTES * 2 + 8

export const KIND = {
	/** Connector to viewer: bytes of the program, the first of them at `sequence` of the session's output. */
	OUTPUT: 1,
	/** Connector to viewer: the terminal as of `sequence`. Written to a reset terminal of this size, it makes them equal. */
	SNAPSHOT: 2,
	/** Connector to viewer: at `sequence` the terminal took this size. */
	RESIZE: 3,
	/** Viewer to connector: the viewer's terminal has parsed all output before `sequence`. */
	ACK: 4,
	/** Viewer to connector: bytes for the program, the first of them at `sequence` of this viewer's input to this session. */
	INPUT: 5,
	/** Connector to viewer: all input of this viewer before `sequence` has been written to the PTY. */
	WRITTEN: 6,
} as const

interface Header {
	session: SessionId
	viewer: ViewerId
	/** Bytes, counted from 0; never goes back. */
	sequence: number
}

export type OutputFrame = Header & { kind: typeof KIND.OUTPUT; bytes: Uint8Array }
export type SnapshotFrame = Header & { kind: typeof KIND.SNAPSHOT; cols: number; rows: number; bytes: Uint8Array }
export type ResizeFrame = Header & { kind: typeof KIND.RESIZE; cols: number; rows: number }
export type AckFrame = Header & { kind: typeof KIND.ACK }
export type InputFrame = Header & { kind: typeof KIND.INPUT; bytes: Uint8Array }
export type WrittenFrame = Header & { kind: typeof KIND.WRITTEN }

export type ScreenFrame = OutputFrame | SnapshotFrame | ResizeFrame
export type Frame = ScreenFrame | AckFrame | InputFrame | WrittenFrame

export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
	const sized = frame.kind === KIND.SNAPSHOT || frame.kind === KIND.RESIZE ? 4 : 0
	const bytes = "bytes" in frame ? frame.bytes : NOTHING
	const data = new Uint8Array(HEADER_BYTES + sized + bytes.length)
	data[0] = frame.kind
	writeId(data, SESSION_AT, frame.session)
	writeId(data, VIEWER_AT, frame.viewer)
	writeSequence(data, frame.sequence)
	if (frame.kind === KIND.SNAPSHOT || frame.kind === KIND.RESIZE) {
		write16(data, HEADER_BYTES, frame.cols)
		write16(data, HEADER_BYTES + 2, frame.rows)
	}
	data.set(bytes, HEADER_BYTES + sized)
	return data
}

/** Parses one frame; its `bytes` share memory with `data`. Throws Refusal("malformed") or Refusal("too_large"). */
export function decodeFrame(data: Uint8Array): Frame {
	if (data.length > FRAME_BYTES) throw new Refusal("too_large", `A frame has at most ${FRAME_BYTES} bytes.`)
	if (data.length < HEADER_BYTES) throw new Refusal("malformed", "The frame is shorter than its header.")
	const header: Header = {
		session: readId("ses", data, SESSION_AT),
		viewer: readId("vwr", data, VIEWER_AT),
		sequence: readSequence(data),
	}
	const kind = data[0]
	switch (kind) {
		case KIND.OUTPUT:
			return { kind, ...header, bytes: data.subarray(HEADER_BYTES) }
		case KIND.INPUT:
			if (data.length > HEADER_BYTES + INPUT_FRAME_BYTES) throw new Refusal("too_large", "Split the input.")
			return { kind, ...header, bytes: data.subarray(HEADER_BYTES) }
		case KIND.SNAPSHOT:
			return { kind, ...header, ...readSize(data), bytes: data.subarray(HEADER_BYTES + 4) }
		case KIND.RESIZE:
			exactly(data, HEADER_BYTES + 4)
			return { kind, ...header, ...readSize(data) }
		case KIND.ACK:
		case KIND.WRITTEN:
			exactly(data, HEADER_BYTES)
			return { kind, ...header }
		default:
			throw new Refusal("malformed", `There is no frame of kind ${kind}.`)
	}
}

/** Puts another viewer into an encoded frame, in place. */
export function readdress(data: Uint8Array, viewer: ViewerId): void {
	writeId(data, VIEWER_AT, viewer)
}

const SESSION_AT = 1
const VIEWER_AT = SESSION_AT + ID_BYTES
const SEQUENCE_AT = VIEWER_AT + ID_BYTES
const NOTHING = new Uint8Array(0)

function writeSequence(data: Uint8Array, sequence: number): void {
	const high = Math.floor(sequence / 2 ** 32)
	write16(data, SEQUENCE_AT, high >>> 16)
	write16(data, SEQUENCE_AT + 2, high)
	write16(data, SEQUENCE_AT + 4, sequence >>> 16)
	write16(data, SEQUENCE_AT + 6, sequence >>> 0)
}

function readSequence(data: Uint8Array): number {
	const sequence = read32(data, SEQUENCE_AT) * 2 ** 32 + read32(data, SEQUENCE_AT + 4)
	if (sequence > Number.MAX_SAFE_INTEGER) throw new Refusal("malformed", "The sequence is out of range.")
	return sequence
}

function write16(data: Uint8Array, offset: number, value: number): void {
	data[offset] = value >>> 8
	data[offset + 1] = value
}

function readSize(data: Uint8Array): { cols: number; rows: number } {
	if (data.length < HEADER_BYTES + 4) throw new Refusal("malformed", "The frame lacks its size.")
	const size = read32(data, HEADER_BYTES)
	const cols = Math.floor(size / 0x10000)
	const rows = size % 0x10000
	if (cols < 1 || cols > MAX_COLS || rows < 1 || rows > MAX_ROWS)
		throw new Refusal("malformed", "The size is out of range.")
	return { cols, rows }
}

function exactly(data: Uint8Array, length: number): void {
	if (data.length !== length) throw new Refusal("malformed", "The frame has the wrong length.")
}
