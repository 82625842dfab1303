// The page's content security policy, in the built page itself, so that both homes enforce the same one.
import type { Plugin } from "vite"

/** xterm.js makes its style sheets at run time, so styles may be inline; scripts may not. */
const POLICY = [
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self' 'unsafe-inline'",
	"img-src 'self' data:",
	"font-src 'self'",
	"connect-src 'self'",
	"manifest-src 'self'",
	"base-uri 'none'",
	"form-action 'self'",
].join("; ")

export function policy(): Plugin {
	return {
		name: "policy",
		apply: "build",
		transformIndexHtml: () => [
			{
				tag: "meta",
				attrs: { "http-equiv": "Content-Security-Policy", content: POLICY },
				injectTo: "head-prepend",
			},
		],
	}
}
