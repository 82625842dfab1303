// Other senders: an HMAC of the body in some header, or a header that holds the secret itself.
import type { TriggerSource } from "../../protocol/trigger.ts"
import { anyOf, type Claim, type Incoming, idIn } from "./claim.ts"
import { digestOf, fromBase64, fromHex, isMac, isSame, join } from "./mac.ts"

type Of<Is> = Extract<TriggerSource, { is: Is }>

export async function readMac(source: Of<"hmac">, secrets: string[], incoming: Incoming): Promise<Claim> {
	const { header, algorithm, encoding, prefix } = source
	const said = incoming.headers.get(header)
	if (said === null) return { is: "refused", reason: `It has no ${header}.` }
	const written = said.startsWith(prefix) ? said.slice(prefix.length) : ""
	const mac = encoding === "hex" ? fromHex(written) : fromBase64(written)
	if (mac === null || mac.length === 0)
		return { is: "refused", reason: `Its ${header} is no signature as the trigger says.` }
	if (!(await anyOf(secrets, (secret) => isMac(algorithm, join(secret), mac, incoming.body))))
		return { is: "refused", reason: "Its signature is of another secret or another body." }
	return signed(source, incoming)
}

export async function readHeader(source: Of<"header">, secrets: string[], incoming: Incoming): Promise<Claim> {
	const said = incoming.headers.get(source.header)
	if (said === null) return { is: "refused", reason: `It has no ${source.header}.` }
	if (!(await anyOf(secrets, (secret) => isSame(said, secret))))
		return { is: "refused", reason: "Its secret is another." }
	return signed(source, incoming)
}

/** Where no header is said to hold an id, the body is it. */
async function signed(source: Of<"hmac" | "header">, { headers, body }: Incoming): Promise<Claim> {
	const digest = `body:${await digestOf(body)}`
	if (source.deliveryHeader === undefined) return { is: "signed", id: digest, keys: [digest], event: "" }
	const id = idIn(headers, source.deliveryHeader)
	if (id === null) return { is: "refused", reason: `It has no ${source.deliveryHeader}.` }
	return { is: "signed", id, keys: [`id:${id}`], event: "" }
}
