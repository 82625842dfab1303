// A file on its way into a store: its bytes pass in so many pieces, and are counted and hashed as they pass.
import { Refusal } from "../../protocol/errors.ts"

export interface Counted {
	body: ReadableStream<Uint8Array>
	/** Resolves once all has passed; rejects where it was more or less than it said. */
	hash: Promise<string>
}

/** Errors with Refusal("invalid_request") where it has more or fewer bytes than it said. */
export function counted({ body, size }: { body: ReadableStream<Uint8Array>; size: number }): Counted {
	const digest = new crypto.DigestStream("SHA-256")
	const into = digest.getWriter()
	let passed = 0
	const wrong = () => new Refusal("invalid_request", `It was to have ${size} bytes.`)
	const counting = new TransformStream<Uint8Array, Uint8Array>({
		async transform(piece, out) {
			passed += piece.length
			if (passed > size) throw wrong()
			await into.write(piece)
			out.enqueue(piece)
		},
		async flush() {
			if (passed < size) throw wrong()
			await into.close()
		},
	})
	const hash = digest.digest.then((bytes) => new Uint8Array(bytes).toHex())
	// Whoever reads the body hears of what went wrong there.
	hash.catch(() => {})
	return { body: body.pipeThrough(counting), hash }
}

export function mustBe(hash: string, expected: string | undefined): void {
	if (expected !== undefined && hash !== expected) throw new Refusal("invalid_request", "Its bytes have another hash.")
}
