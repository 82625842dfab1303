// The address at which the caller reached this home.

/**
 * Behind a proxy that ends TLS this side sees plain HTTP, and the proxy says what the caller used. A caller that lies
 * gets answers for the wrong scheme, and harms nobody else.
 */
export function originOf(request: Request): string {
	const url = new URL(request.url)
	if (request.headers.get("x-forwarded-proto") === "https") url.protocol = "https:"
	return url.origin
}
