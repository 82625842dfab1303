// Ed25519 keys for SSH, in OpenSSH's own forms.
import { generateKeyPairSync, randomBytes } from "node:crypto"

export interface KeyPair {
	/** One line, such as an authorized_keys file has. */
	publicKey: string
	/** As ssh-keygen writes it, without a passphrase. */
	privateKey: string
}

export function makeKeyPair(comment: string): KeyPair {
	const { privateKey } = generateKeyPairSync("ed25519")
	const { x = "", d = "" } = privateKey.export({ format: "jwk" })
	const point = Buffer.from(x, "base64url")
	const seed = Buffer.from(d, "base64url")
	const open = Buffer.concat([text(TYPE), text(point)])
	// The same number twice: whoever decrypts sees by it that the passphrase was right. There is none here.
	const check = randomBytes(4)
	const closed = Buffer.concat([check, check, open, text(Buffer.concat([seed, point])), text(comment)])
	const whole = Buffer.concat([
		Buffer.from("openssh-key-v1\0"),
		...[text("none"), text("none"), text(""), number(1), text(open), text(padded(closed))],
	])
	const lines = whole.toString("base64").match(/.{1,70}/g) ?? []
	return {
		publicKey: `${TYPE} ${open.toString("base64")} ${comment}\n`,
		privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join("\n")}\n-----END OPENSSH PRIVATE KEY-----\n`,
	}
}

const TYPE = "ssh-ed25519"
/** The private part fills blocks of this many bytes, also where no cipher has blocks. */
const BLOCK = 8

function padded(bytes: Buffer): Buffer {
	const missing = (BLOCK - (bytes.length % BLOCK)) % BLOCK
	return Buffer.concat([bytes, Uint8Array.from({ length: missing }, (_, i) => i + 1)])
}

/** Its length, then itself. */
function text(value: string | Buffer): Buffer {
	const bytes = Buffer.from(value)
	return Buffer.concat([number(bytes.length), bytes])
}

function number(value: number): Buffer {
	const bytes = Buffer.alloc(4)
	bytes.writeUInt32BE(value)
	return bytes
}
