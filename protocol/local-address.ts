// Whether an address means the very computer on which it is used, so that no other one reaches anything by it.
export function isLocal(url: string): boolean {
	return isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ""))
}

export function isLoopback(host: string): boolean {
	return host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host)
}
