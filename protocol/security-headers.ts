// What browsers are told about everything that a home serves: pages run our own scripts only, and nobody frames them.
export const SECURITY_HEADERS = {
	"content-security-policy": [
		"default-src 'self'",
		"script-src 'self'",
		// Terminals and editors place their cells by style attributes.
		"style-src 'self' 'unsafe-inline'",
		"img-src 'self' data: blob:",
		"font-src 'self' data:",
		// 'self' covers sockets of the same host and scheme in every browser of this day.
		"connect-src 'self'",
		"worker-src 'self' blob:",
		"object-src 'none'",
		"base-uri 'none'",
		"form-action 'self'",
		"frame-ancestors 'none'",
	].join("; "),
	"cross-origin-opener-policy": "same-origin",
	"cross-origin-resource-policy": "same-origin",
	"permissions-policy": "camera=(), geolocation=(), microphone=()",
	"referrer-policy": "no-referrer",
	"x-content-type-options": "nosniff",
	"x-frame-options": "DENY",
} as const
