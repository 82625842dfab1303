// Whether this page is at an address where browsers have passkeys, and where else it might be.

export type PasskeyPlace =
	| { is: "here" }
	/** The address is an IP. `elsewhere` is the same page by a name, where there is one. */
	| { is: "number"; elsewhere: string | null }
	/** No TLS, or a browser without passkeys. */
	| { is: "nowhere" }

export function passkeyPlace({ hostname, href }: Pick<Location, "hostname" | "href"> = location): PasskeyPlace {
	if (/^[\d.]+$|^\[/.test(hostname)) {
		const named = new URL(href)
		named.hostname = "localhost"
		const isOurs = /^127\.|^\[::1\]$/.test(hostname)
		return { is: "number", elsewhere: isOurs ? named.href : null }
	}
	return window.isSecureContext && "PublicKeyCredential" in window ? { is: "here" } : { is: "nowhere" }
}
