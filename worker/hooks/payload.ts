// The body of a delivery as JSON: bounded in depth, so that nothing that walks it runs out of stack.
export type Payload = { is: "read"; json: string; value: unknown } | { is: "malformed"; reason: string }

/** Real payloads are less than 10 deep. */
const DEPTH = 64

/** Reads it as JSON, or as the form in which GitHub can put it. */
export function readPayload(contentType: string, body: Uint8Array): Payload {
	let text: string
	try {
		text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(body)
	} catch {
		return { is: "malformed", reason: "The body is not UTF-8." }
	}
	const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType)
	return readJson(isForm ? (new URLSearchParams(text).get("payload") ?? "") : text)
}

export function readJson(json: string): Payload {
	if (depthOf(json) > DEPTH) return { is: "malformed", reason: `The body is more than ${DEPTH} deep.` }
	try {
		return { is: "read", json, value: JSON.parse(json) }
	} catch {
		return { is: "malformed", reason: "The body is not JSON." }
	}
}

/** Of brackets that are not in strings. */
function depthOf(json: string): number {
	let depth = 0
	let deepest = 0
	for (let at = 0; at < json.length; at++) {
		const char = json[at]
		if (char === '"') {
			at++
			while (at < json.length && json[at] !== '"') at += json[at] === "\\" ? 2 : 1
		} else if (char === "{" || char === "[") deepest = Math.max(deepest, ++depth)
		else if (char === "}" || char === "]") depth--
	}
	return deepest
}
