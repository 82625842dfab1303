// A security key in software, for one site: it makes passkeys and signs with them as WebAuthn says.
// https://www.w3.org/TR/webauthn-3/#sctn-generating-an-attestation-object

export class Authenticator {
	/** Whether the person proves to be its owner, by finger or PIN. */
	verifies = true
	readonly #origin: string
	readonly #keys: CryptoKeyPair
	readonly id = encode(crypto.getRandomValues(new Uint8Array(16)))
	#counter = 0

	private constructor(origin: string, keys: CryptoKeyPair) {
		this.#origin = origin
		this.#keys = keys
	}

	/** `origin`: of the page that asks. */
	static async make(origin: string): Promise<Authenticator> {
		const algorithm = { name: "ECDSA", namedCurve: "P-256" }
		const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
		return new Authenticator(origin, keys as CryptoKeyPair)
	}

	/** What a browser answers registration options with. */
	async register({ challenge, rp }: { challenge: string; rp: { id: string } }) {
		const { x = "", y = "" } = (await crypto.subtle.exportKey("jwk", this.#keys.publicKey)) as JsonWebKey
		const id = decode(this.id)
		// COSE: key type EC2, algorithm ES256, curve P-256, and the point.
		const key = bytes(0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 32, decode(x), 0x22, 0x58, 32, decode(y))
		const data = bytes(await this.#data(rp.id, ATTESTED), new Uint8Array(16), 0, id.length, id, key)
		// CBOR: { fmt: "none", attStmt: {}, authData: data }.
		const attestation = bytes(
			0xa3,
			text("fmt"),
			text("none"),
			text("attStmt"),
			0xa0,
			text("authData"),
			0x58,
			data.length,
			data,
		)
		return {
			...this.#credential(),
			response: {
				clientDataJSON: this.#client("webauthn.create", challenge),
				attestationObject: encode(attestation),
				transports: ["usb"],
			},
		}
	}

	/** What a browser answers authentication options with. */
	async authenticate({ challenge, rpId }: { challenge: string; rpId: string }) {
		this.#counter++
		const data = await this.#data(rpId)
		const client = this.#client("webauthn.get", challenge)
		const said = bytes(data, new Uint8Array(await crypto.subtle.digest("SHA-256", decode(client))))
		const algorithm = { name: "ECDSA", hash: "SHA-256" }
		const signature = new Uint8Array(await crypto.subtle.sign(algorithm, this.#keys.privateKey, said))
		return {
			...this.#credential(),
			response: { clientDataJSON: client, authenticatorData: encode(data), signature: encode(der(signature)) },
		}
	}

	#credential() {
		return { id: this.id, rawId: this.id, type: "public-key", clientExtensionResults: {} }
	}

	#client(type: string, challenge: string): string {
		return encode(new TextEncoder().encode(JSON.stringify({ type, challenge, origin: this.#origin })))
	}

	/** The site's hash, flags and counter. */
	async #data(site: string, flags = 0): Promise<Uint8Array<ArrayBuffer>> {
		const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(site)))
		return bytes(hash, PRESENT | (this.verifies ? VERIFIED : 0) | flags, 0, 0, 0, this.#counter)
	}
}

const PRESENT = 0x01
const VERIFIED = 0x04
const ATTESTED = 0x40

function bytes(...parts: (number | Uint8Array)[]): Uint8Array<ArrayBuffer> {
	return new Uint8Array(parts.flatMap((part) => (typeof part === "number" ? [part] : [...part])))
}

/** CBOR text of less than 24 bytes. */
function text(value: string): Uint8Array {
	return bytes(0x60 + value.length, new TextEncoder().encode(value))
}

/** WebCrypto's two numbers of 32 bytes as a DER sequence. */
function der(signature: Uint8Array): Uint8Array {
	const numbers = [signature.subarray(0, 32), signature.subarray(32)].map((number) => {
		const start = number.findIndex((byte) => byte !== 0)
		const trimmed = number.subarray(start)
		const positive = (trimmed[0] ?? 0) > 0x7f ? bytes(0, trimmed) : trimmed
		return bytes(0x02, positive.length, positive)
	})
	const body = bytes(...numbers)
	return bytes(0x30, body.length, body)
}

function encode(data: Uint8Array): string {
	return data.toBase64({ alphabet: "base64url", omitPadding: true })
}

function decode(value: string): Uint8Array<ArrayBuffer> {
	return Uint8Array.fromBase64(value, { alphabet: "base64url" })
}
