// Browsers and their push service for the edge's tests: takes what RFC 8030 says, believes what RFC 8292 makes it believe,
// and opens each push as the browser would, by a library that is not ours.
import { createECDH, type ECDH, randomBytes, webcrypto } from "node:crypto"
import { decrypt } from "http_ece"
import { jwtVerify } from "jose"

export const PUSH_SERVICE = "https://push.example"

/** What a browser has got. */
export interface Heard {
	payload: unknown
	ttl: string | null
	topic: string | null
	urgency: string | null
	/** Whom the service may write to. */
	subject: string
	/** The key that the home has signed with. */
	key: string
	bytes: number
}

interface Browser {
	ecdh: ECDH
	auth: Buffer
	/** What its address answers instead of taking a push. */
	answer: { status: number; retryAfter?: string } | null
	heard: Heard[]
}

const browsers = new Map<string, Browser>()

/** Undefined for what is not the push service's. */
export async function pushService(request: Request): Promise<Response | undefined> {
	const { origin, pathname } = new URL(request.url)
	if (origin !== PUSH_SERVICE) return undefined
	const [, , id = ""] = pathname.split("/")
	if (pathname === "/browsers") return Response.json(newBrowser((await request.json()) as Browser["answer"]))
	const browser = browsers.get(id)
	if (browser === undefined) return new Response("", { status: 404 })
	if (request.method === "GET") return Response.json(browser.heard)
	return take(request, browser)
}

function newBrowser(answer: Browser["answer"]) {
	const id = randomBytes(16).toString("base64url")
	const ecdh = createECDH("prime256v1")
	ecdh.generateKeys()
	const auth = randomBytes(16)
	browsers.set(id, { ecdh, auth, answer, heard: [] })
	return {
		endpoint: `${PUSH_SERVICE}/browsers/${id}`,
		p256dh: ecdh.getPublicKey("base64url"),
		auth: auth.toString("base64url"),
	}
}

async function take(request: Request, browser: Browser): Promise<Response> {
	const { headers } = request
	if (browser.answer !== null) {
		const { status, retryAfter } = browser.answer
		return new Response("", { status, headers: retryAfter === undefined ? {} : { "retry-after": retryAfter } })
	}
	const [, token = "", key = ""] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(headers.get("authorization") ?? "") ?? []
	const sealed = Buffer.from(await request.arrayBuffer())
	try {
		const algorithm = { name: "ECDSA", namedCurve: "P-256" }
		const point = Buffer.from(key, "base64url")
		const verifier = await webcrypto.subtle.importKey("raw", point, algorithm, false, ["verify"])
		const { payload } = await jwtVerify(token, verifier, { audience: PUSH_SERVICE, algorithms: ["ES256"] })
		const isLong = (payload.exp ?? Number.POSITIVE_INFINITY) > Date.now() / 1_000 + 24 * 60 * 60
		if (isLong || !/^(https:\/\/|mailto:)/.test(payload.sub ?? "")) throw new Error("the token is not as RFC 8292 says")
		if (headers.get("content-encoding") !== "aes128gcm" || sealed.length > 4_096)
			throw new Error("not as RFC 8291 says")
		const opened = decrypt(sealed, { version: "aes128gcm", privateKey: browser.ecdh, authSecret: browser.auth })
		browser.heard.push({
			payload: JSON.parse(opened.toString("utf8")),
			ttl: headers.get("ttl"),
			topic: headers.get("topic"),
			urgency: headers.get("urgency"),
			subject: payload.sub ?? "",
			key,
			bytes: sealed.length,
		})
		return new Response("", { status: 201, headers: { location: `${PUSH_SERVICE}/messages/1` } })
	} catch (error) {
		return new Response(String(error), { status: 403 })
	}
}
