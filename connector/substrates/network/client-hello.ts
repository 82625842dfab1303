// The first thing that a TLS client says, in the clear: the name of the server that it wants (RFC 8446 §4.1.2, RFC 6066 §3).

export type Hello =
	/** It begins no TLS connection. */
	| { is: "other" }
	/** More bytes are needed. */
	| { is: "partial" }
	/** The name that is asked for, in lower case; null where none is, or the bytes are no proper hello. */
	| { is: "hello"; name: string | null }

/** No more is waited for; what clients send has some hundred bytes, or two thousand with newer kinds of keys. */
const HELLO_BYTES = 32 * 1024

/** Reads what a client has sent so far. */
export function readHello(bytes: Uint8Array): Hello {
	if (bytes.length === 0) return { is: "partial" }
	if (bytes[0] !== HANDSHAKE) return { is: "other" }
	try {
		const message = whole(bytes)
		if (message === null) return bytes.length > HELLO_BYTES ? { is: "hello", name: null } : { is: "partial" }
		return { is: "hello", name: serverName(new Reader(message)) }
	} catch (error) {
		if (error instanceof RangeError) return { is: "hello", name: null }
		throw error
	}
}

/** The handshake message, which may stand in several records; null while it is not all there. */
function whole(bytes: Uint8Array): Uint8Array | null {
	const parts: Uint8Array[] = []
	const records = new Reader(bytes)
	while (records.left >= RECORD_HEAD) {
		if (records.number(1) !== HANDSHAKE || records.number(1) !== 3) throw new RangeError("no handshake record")
		records.skip(1)
		const length = records.number(2)
		if (length === 0) throw new RangeError("an empty handshake record")
		parts.push(records.bytes(Math.min(length, records.left)))
		const message = new Reader(Buffer.concat(parts))
		if (message.left < MESSAGE_HEAD) continue
		if (message.number(1) !== CLIENT_HELLO) throw new RangeError("no hello")
		const body = message.number(3)
		if (message.left >= body) return message.bytes(body)
	}
	return null
}

function serverName(hello: Reader): string | null {
	hello.skip(2 + 32)
	hello.skip(hello.number(1))
	hello.skip(hello.number(2))
	hello.skip(hello.number(1))
	if (hello.left === 0) return null
	const extensions = hello.part(hello.number(2))
	const names: (string | null)[] = []
	while (extensions.left > 0) {
		const kind = extensions.number(2)
		const body = extensions.part(extensions.number(2))
		if (kind === SERVER_NAME) names.push(onlyHostName(body))
	}
	// Two would leave it to the server which one counts.
	return names.length === 1 ? (names[0] ?? null) : null
}

function onlyHostName(body: Reader): string | null {
	const list = body.part(body.number(2))
	const isHostName = list.number(1) === HOST_NAME
	const name = list.text(list.number(2))
	return isHostName && list.left === 0 && body.left === 0 ? name.toLowerCase() : null
}

/** Reads on from a place; throws RangeError past the end. */
class Reader {
	readonly #bytes: Uint8Array
	#at = 0

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes
	}

	get left(): number {
		return this.#bytes.length - this.#at
	}

	number(size: number): number {
		return this.bytes(size).reduce((sum, byte) => sum * 256 + byte, 0)
	}

	text(size: number): string {
		return Buffer.from(this.bytes(size)).toString("latin1")
	}

	part(size: number): Reader {
		return new Reader(this.bytes(size))
	}

	skip(size: number): void {
		this.bytes(size)
	}

	bytes(size: number): Uint8Array {
		if (size > this.left) throw new RangeError("the hello ends before its lengths do")
		this.#at += size
		return this.#bytes.subarray(this.#at - size, this.#at)
	}
}

const RECORD_HEAD = 5
const MESSAGE_HEAD = 4
const HANDSHAKE = 22
const CLIENT_HELLO = 1
const SERVER_NAME = 0
const HOST_NAME = 0
