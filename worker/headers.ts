// What every answer tells browsers about itself. The same lines stand before static files: see tools/openapi.ts.
import { SECURITY_HEADERS } from "../protocol/security-headers.ts"

/** The answer with the security headers and the cookies to set. */
export function dress(response: Response, cookies: string[] = []): Response {
	// A switched protocol has no page to protect, and its response must pass through as it is.
	if (response.status === 101) return response
	const dressed = new Response(response.body, response)
	for (const [name, value] of Object.entries(SECURITY_HEADERS)) dressed.headers.set(name, value)
	// What the API answers is for whoever asked, now. Files bring their own rule.
	if (!dressed.headers.has("cache-control")) dressed.headers.set("cache-control", "no-store")
	for (const cookie of cookies) dressed.headers.append("set-cookie", cookie)
	return dressed
}
