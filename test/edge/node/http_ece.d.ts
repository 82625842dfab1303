// What the tests use of http_ece, which brings no types.
declare module "http_ece" {
	import type { ECDH } from "node:crypto"
	export function decrypt(sealed: Buffer, by: { version: "aes128gcm"; privateKey: ECDH; authSecret: Buffer }): Buffer
}
