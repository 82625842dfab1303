// Ids: a kind, an underscore, and 80 random bits in hex. The kind is part of the type, so that ids cannot be swapped.
import * as z from "zod"

/** Bytes of an id on the wire, without its kind. */
export const ID_BYTES = 10

// Marked pure where it is called: a bundle that only copies ids, such as a session's holder, leaves the schemas out.
const id = <const Kind extends string>(kind: Kind) =>
	z
		.string()
		.regex(new RegExp(`^${kind}_[0-9a-f]{${ID_BYTES * 2}}$`), `must look like ${kind}_ and ${ID_BYTES * 2} hex digits`)
		.brand<Kind>()

export const MachineId = /* @__PURE__ */ id("mch")
export type MachineId = z.infer<typeof MachineId>

export const SessionId = /* @__PURE__ */ id("ses")
export type SessionId = z.infer<typeof SessionId>

/** One screen attached to sessions of one machine. Chosen by the viewer and kept over reloads: input is counted by it. */
export const ViewerId = /* @__PURE__ */ id("vwr")
export type ViewerId = z.infer<typeof ViewerId>

export const TokenId = /* @__PURE__ */ id("tok")
export type TokenId = z.infer<typeof TokenId>

/** Something that a program waits for a person for. Made on the machine. */
export const RequestId = /* @__PURE__ */ id("req")
export type RequestId = z.infer<typeof RequestId>

/** A workspace's bot at a chat service. */
export const ChannelId = /* @__PURE__ */ id("chn")
export type ChannelId = z.infer<typeof ChannelId>

/** A place where one member is told: a browser, or a chat. */
export const DestinationId = /* @__PURE__ */ id("dst")
export type DestinationId = z.infer<typeof DestinationId>

/** The shared channel: output for every viewer that keeps up. */
export const EVERYONE = "vwr_00000000000000000000" as ViewerId

/** The object itself: a snapshot sent to it is kept for when the machine is away. */
export const KEEPER = "vwr_ffffffffffffffffffff" as ViewerId

/** Whether a text could be an id of any kind. */
export function looksLikeId(text: string): boolean {
	return new RegExp(`^[a-z]{3}_[0-9a-f]{${ID_BYTES * 2}}$`).test(text)
}

export const newMachineId = () => `mch_${randomHex()}` as MachineId
export const newSessionId = () => `ses_${randomHex()}` as SessionId
export const newViewerId = () => `vwr_${randomHex()}` as ViewerId
export const newTokenId = () => `tok_${randomHex()}` as TokenId
export const newRequestId = () => `req_${randomHex()}` as RequestId
export const newChannelId = () => `chn_${randomHex()}` as ChannelId
export const newDestinationId = () => `dst_${randomHex()}` as DestinationId
export const newClaimId = () => `clm_${randomHex()}`

/** Writes the random part of `id` as ID_BYTES bytes at `offset`. */
export function writeId(into: Uint8Array, offset: number, id: string): void {
	let at = id.length - ID_BYTES * 2
	for (let i = 0; i < ID_BYTES; i++) {
		into[offset + i] = (digit(id.charCodeAt(at)) << 4) | digit(id.charCodeAt(at + 1))
		at += 2
	}
}

/** The value of a hex digit: those of letters are 9 more than the low bits of their code. */
function digit(code: number): number {
	return (code & 15) + 9 * (code >> 6)
}

interface Recent {
	first: number
	second: number
	third: number
	id: string
}

/** Ids that were read lately, by their bytes: every frame has two, and spelling them costs more than all else about it. */
const RECENT = { ses: new Array<Recent | undefined>(256), vwr: new Array<Recent | undefined>(256) }

/** Reads what writeId wrote; the caller knows the kind from the place it stands in. */
export function readId<I extends string>(kind: "ses" | "vwr", from: Uint8Array, offset: number): I {
	const first = read32(from, offset)
	const second = read32(from, offset + 4)
	const third = ((from[offset + 8] ?? 0) << 8) | (from[offset + 9] ?? 0)
	const slot = (first ^ second ^ third) & 255
	const recent = RECENT[kind][slot]
	if (recent !== undefined && recent.first === first && recent.second === second && recent.third === third)
		return recent.id as I
	const id = `${kind}_${hex(from.subarray(offset, offset + ID_BYTES))}`
	RECENT[kind][slot] = { first, second, third, id }
	return id as I
}

/** An unsigned number of four bytes, big-endian. */
export function read32(from: Uint8Array, offset: number): number {
	const high = ((from[offset] ?? 0) << 8) | (from[offset + 1] ?? 0)
	return high * 0x10000 + (((from[offset + 2] ?? 0) << 8) | (from[offset + 3] ?? 0))
}

function randomHex(): string {
	return hex(crypto.getRandomValues(new Uint8Array(ID_BYTES)))
}

function hex(bytes: Uint8Array): string {
	let text = ""
	for (const byte of bytes) text += HEX[byte]
	return text
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))
