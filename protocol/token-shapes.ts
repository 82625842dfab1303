// Shapes of well-known tokens and keys, as data, and where a text has them. They are masked wherever text is kept.

interface TokenShape {
	id: string
	/** What it begins with, or what stands before it: looked for first, which is quick. */
	begins: readonly string[]
	/**
	 * A regular expression of what follows. Every repetition is bounded, and none stands in another, so that no text takes
	 * long. What the group `secret` matches is the secret; without such a group all of it is, the beginning too.
	 */
	rest: string
	/** So short a beginning counts only where no word runs into it. */
	isShort?: true
}

const WORD = "[A-Za-z0-9]"
/** As in base64 for addresses. */
const DASHED = "[A-Za-z0-9_-]"
const HEX = "[0-9a-f]"
/** Between a name and its value, in a shell, a header, JSON or a configuration file. */
const IS = `[\\\\"']{0,2}[ \\t]{0,8}[:=][ \\t]{0,8}[\\\\"']{0,2}`

/** Sources: each provider's own documentation of its tokens. */
export const TOKEN_SHAPES: readonly TokenShape[] = [
	{ id: "1password", begins: ["ops_eyJ"], rest: "[A-Za-z0-9+/=_-]{100,4096}" },
	{ id: "age", begins: ["AGE-SECRET-KEY-1"], rest: "[A-Z0-9]{58}" },
	{ id: "airtable", begins: ["pat"], rest: `${WORD}{14}\\.${HEX}{64}`, isShort: true },
	{ id: "anthropic", begins: ["sk-ant-"], rest: `${DASHED}{20,512}` },
	{ id: "atlassian", begins: ["ATATT3", "ATCTT3", "ATSTT3", "ATBB"], rest: "[A-Za-z0-9_=-]{28,512}", isShort: true },
	{ id: "aws-key-id", begins: ["AKIA", "ASIA", "ABIA", "ACCA"], rest: `[A-Z2-7]{16}(?!${WORD})`, isShort: true },
	{
		id: "aws-secret",
		begins: [
			...["SECRET_ACCESS_KEY", "secret_access_key", "SecretAccessKey", "secretAccessKey"],
			...["AWS_SESSION_TOKEN", "aws_session_token", "SessionToken", "sessionToken"],
		],
		rest: `${IS}(?<secret>[A-Za-z0-9/+=]{40,2048})`,
	},
	{ id: "azure-shared-access", begins: ["sig="], rest: "(?<secret>[A-Za-z0-9%+/=]{43,128})", isShort: true },
	{ id: "azure-storage", begins: ["AccountKey=", "SharedAccessKey="], rest: "(?<secret>[A-Za-z0-9+/]{40,88}={0,2})" },
	{ id: "cloudflare", begins: ["cfut_", "cfat_", "cfk_"], rest: `${WORD}{40,64}` },
	{ id: "cloudflare-origin", begins: ["v1.0-"], rest: `${HEX}{24}-${HEX}{146}`, isShort: true },
	{
		id: "cloudflare-variable",
		begins: ["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY", "CF_API_TOKEN", "CF_API_KEY"],
		rest: `${IS}(?<secret>${DASHED}{37,64})`,
	},
	{ id: "databricks", begins: ["dapi"], rest: `${HEX}{32}(?:-[0-9])?`, isShort: true },
	{ id: "digitalocean", begins: ["dop_v1_", "doo_v1_", "dor_v1_"], rest: `${HEX}{64}` },
	{
		id: "discord",
		// A bot's number in base64: these are its first digit.
		begins: ["MT", "Mj", "Mz", "ND", "NT", "Nj", "Nz", "OD", "OT"],
		rest: `${DASHED}{21,26}\\.${DASHED}{6}\\.${DASHED}{27,40}`,
		isShort: true,
	},
	{ id: "discord-webhook", begins: ["/api/webhooks/"], rest: `[0-9]{17,20}/(?<secret>${DASHED}{60,80})` },
	{ id: "docker", begins: ["dckr_pat_", "dckr_oat_"], rest: `${DASHED}{20,128}` },
	{
		id: "doppler",
		begins: ["dp.pt.", "dp.st.", "dp.sa.", "dp.ct.", "dp.scim.", "dp.audit."],
		rest: "[A-Za-z0-9_.-]{40,128}",
		isShort: true,
	},
	{ id: "dropbox", begins: ["sl."], rest: "[A-Za-z0-9_.-]{130,2048}", isShort: true },
	{ id: "e2b", begins: ["e2b_"], rest: `${HEX}{40}`, isShort: true },
	{ id: "elevenlabs", begins: ["sk_"], rest: `${HEX}{48}`, isShort: true },
	{ id: "figma", begins: ["figd_"], rest: `${DASHED}{36,128}` },
	{ id: "fly", begins: ["fm1a_", "fm1r_", "fm2_"], rest: "[A-Za-z0-9_+/=,-]{40,4096}" },
	{ id: "github", begins: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], rest: `${WORD}{36,255}` },
	{ id: "github-fine-grained", begins: ["github_pat_"], rest: "[A-Za-z0-9_]{36,255}" },
	{
		id: "gitlab",
		begins: ["glpat-", "gldt-", "glrt-", "glptt-", "glft-", "glsoat-", "glcbt-", "glimt-", "glagent-", "gloas-"],
		rest: "[A-Za-z0-9_.-]{20,300}",
	},
	{ id: "google-access", begins: ["ya29."], rest: `${DASHED}{20,2048}`, isShort: true },
	{ id: "google-api-key", begins: ["AIza"], rest: `${DASHED}{35}` },
	{ id: "google-client", begins: ["GOCSPX-"], rest: `${DASHED}{24,64}` },
	{ id: "google-refresh", begins: ["1//0"], rest: `${DASHED}{30,512}`, isShort: true },
	{ id: "grafana", begins: ["glsa_"], rest: `${WORD}{32}_[0-9A-Fa-f]{8}` },
	{ id: "grafana-cloud", begins: ["glc_eyJ"], rest: "[A-Za-z0-9+/=]{32,400}" },
	{ id: "groq", begins: ["gsk_"], rest: `${WORD}{40,128}`, isShort: true },
	{
		id: "header-authorization",
		begins: ["uthorization", "UTHORIZATION"],
		rest: `${IS}(?:[Bb]earer|[Bb]asic|[Tt]oken)[ \\t]{1,8}(?<secret>[A-Za-z0-9._~+/=-]{8,4096})`,
	},
	{
		id: "header-key",
		begins: ["x-api-key", "X-Api-Key", "X-API-Key", "x-goog-api-key", "X-Goog-Api-Key"],
		rest: `${IS}(?<secret>[A-Za-z0-9._~+/=-]{8,512})`,
	},
	{ id: "heroku", begins: ["HRKU-"], rest: `${DASHED}{30,64}` },
	{ id: "homeport", begins: ["hp_"], rest: `${DASHED}{32,128}`, isShort: true },
	{ id: "huggingface", begins: ["hf_", "api_org_"], rest: `${WORD}{30,64}`, isShort: true },
	{
		id: "jwt",
		begins: ["eyJ"],
		rest: `${DASHED}{8,4096}\\.eyJ${DASHED}{8,8192}\\.${DASHED}{16,2048}`,
		isShort: true,
	},
	{ id: "langfuse", begins: ["sk-lf-"], rest: "[0-9a-f-]{36}" },
	{ id: "langsmith", begins: ["lsv2_pt_", "lsv2_sk_"], rest: `${HEX}{32}_${HEX}{10}` },
	{ id: "linear", begins: ["lin_api_", "lin_oauth_"], rest: `${WORD}{32,128}` },
	{ id: "mailgun", begins: ["key-"], rest: `${HEX}{32}(?!${WORD})`, isShort: true },
	{ id: "netlify", begins: ["nfp_"], rest: `${WORD}{36,64}`, isShort: true },
	{ id: "new-relic", begins: ["NRAK-"], rest: "[A-Z0-9]{27}" },
	{ id: "notion", begins: ["ntn_"], rest: `${WORD}{40,64}`, isShort: true },
	{ id: "notion-secret", begins: ["secret_"], rest: `${WORD}{43}(?!${WORD})`, isShort: true },
	{ id: "npm", begins: ["npm_"], rest: `${WORD}{36,64}`, isShort: true },
	{ id: "nvidia", begins: ["nvapi-"], rest: `${DASHED}{60,128}` },
	{ id: "openai", begins: ["sk-proj-", "sk-svcacct-", "sk-admin-"], rest: `${DASHED}{20,512}` },
	// OpenAI's older keys, and those of the many that copied them.
	{ id: "openai-like", begins: ["sk-"], rest: `${WORD}{32,128}`, isShort: true },
	{ id: "openrouter", begins: ["sk-or-v1-"], rest: `${HEX}{32,128}` },
	{ id: "perplexity", begins: ["pplx-"], rest: `${WORD}{40,64}` },
	{ id: "pinecone", begins: ["pcsk_"], rest: "[A-Za-z0-9_]{40,128}" },
	{ id: "planetscale", begins: ["pscale_tkn_", "pscale_pw_", "pscale_oauth_"], rest: "[A-Za-z0-9_.=-]{32,64}" },
	{ id: "postman", begins: ["PMAK-"], rest: `${HEX}{24}-${HEX}{34}` },
	{
		id: "private-key",
		begins: ["-----BEGIN "],
		// Whole, or cut: then as far as it looks like one.
		rest: `[A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----(?<secret>(?:\\s{0,4}Proc-Type:[^\\n]{0,80}\\s{1,4}DEK-Info:[^\\n]{0,80})?(?:[^-]{0,16384}(?=-----END )|[A-Za-z0-9+/=\\s]{0,16384}))`,
	},
	{ id: "pulumi", begins: ["pul-"], rest: `${HEX}{40}`, isShort: true },
	{ id: "pypi", begins: ["pypi-AgE"], rest: `${DASHED}{40,1024}` },
	{ id: "replicate", begins: ["r8_"], rest: `${WORD}{37,64}`, isShort: true },
	{ id: "rubygems", begins: ["rubygems_"], rest: `${HEX}{48}` },
	{ id: "sendgrid", begins: ["SG."], rest: `${DASHED}{16,32}\\.${DASHED}{16,64}`, isShort: true },
	{ id: "sentry", begins: ["sntrys_", "sntryu_"], rest: "[A-Za-z0-9_+/=-]{40,512}" },
	{ id: "shopify", begins: ["shpat_", "shpca_", "shppa_", "shpss_"], rest: "[0-9a-fA-F]{32}" },
	{
		id: "slack",
		begins: ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xapp-"],
		rest: "[A-Za-z0-9-]{10,300}",
	},
	{
		id: "slack-webhook",
		begins: ["hooks.slack.com/"],
		rest: "(?:services|workflows|triggers)/(?<secret>[A-Za-z0-9/_-]{20,200})",
	},
	{ id: "square", begins: ["sq0atp-", "sq0csp-"], rest: `${DASHED}{22,64}` },
	{
		id: "stripe",
		begins: ["sk_live_", "sk_test_", "sk_prod_", "rk_live_", "rk_test_", "rk_prod_"],
		rest: `${WORD}{10,255}`,
	},
	{ id: "stripe-webhook", begins: ["whsec_"], rest: "[A-Za-z0-9+/=]{24,128}" },
	{ id: "supabase", begins: ["sbp_", "sb_secret_"], rest: `${DASHED}{20,128}`, isShort: true },
	{ id: "tailscale", begins: ["tskey-"], rest: "[A-Za-z0-9-]{20,128}" },
	{ id: "tavily", begins: ["tvly-"], rest: `${DASHED}{24,64}` },
	{ id: "telegram", begins: [":AA"], rest: `(?<=[0-9]{8,10}:AA)${DASHED}{32,36}(?!${DASHED})` },
	{ id: "terraform", begins: [".atlasv1."], rest: `${DASHED}{60,80}` },
	{ id: "twilio", begins: ["SK"], rest: `${HEX}{32}(?!${WORD})`, isShort: true },
	{
		id: "url",
		begins: ["://"],
		rest: `[^\\s:/@"'<>]{0,128}:(?<secret>[^\\s/@"'<>]{1,256})@`,
	},
	{ id: "vault", begins: ["hvs.", "hvb.", "hvr."], rest: `${DASHED}{24,512}`, isShort: true },
	{ id: "xai", begins: ["xai-"], rest: `${WORD}{70,128}`, isShort: true },
]

/** Tells of every token in a text. `isOpen`: the text goes on elsewhere, so what may be the beginning of one counts, too. */
export function findTokens(text: string, found: (from: number, to: number) => void, isOpen = false): void {
	const { byPair, isPair } = prepared()
	const end = text.trimEnd().length
	const cutWord = isOpen ? lastWord(text, end) : text.length
	/** Before these places nothing more begins. */
	const until = new Map<Beginning, number>()
	let pair = 0
	for (let at = -1; at < text.length - 1; at++) {
		// One look at every character: a text is searched for all shapes at once, and most of it begins none.
		pair = ((pair << 8) | text.charCodeAt(at + 1)) & 0xffff
		if (isPair[pair] === 0) continue
		for (const beginning of byPair.get(pair) ?? []) {
			const { begins, shape, mayBeCut } = beginning
			if (at < (until.get(beginning) ?? 0) || !text.startsWith(begins, at)) continue
			if (shape.isShort && runsInto(text, at)) continue
			// Made when it is first needed, as most never are.
			beginning.pattern ??= new RegExp(literally(begins) + shape.rest, "dy")
			beginning.pattern.lastIndex = at
			const indices = beginning.pattern.exec(text)?.indices
			const [from, to] = indices?.groups?.secret ?? indices?.[0] ?? []
			if (from !== undefined && to !== undefined) {
				found(from, to)
				until.set(beginning, beginning.pattern.lastIndex)
			} else if (at >= cutWord && mayBeCut) {
				found(at, end)
			}
		}
	}
}

/** The text with an asterisk for each character of its tokens. */
export function maskTokens(text: string): string {
	let masked = text
	findTokens(text, (from, to) => {
		masked = masked.slice(0, from) + "*".repeat(to - from) + masked.slice(to)
	})
	return masked
}

interface Beginning {
	begins: string
	shape: TokenShape
	pattern: RegExp | null
	/** It begins so unlike other words that its beginning alone tells it. */
	mayBeCut: boolean
}

interface Search {
	/** By the first two characters. */
	byPair: Map<number, Beginning[]>
	isPair: Uint8Array
}

let search: Search | undefined

function prepared(): Search {
	if (search !== undefined) return search
	search = { byPair: new Map(), isPair: new Uint8Array(1 << 16) }
	for (const shape of TOKEN_SHAPES)
		for (const begins of shape.begins) {
			const pair = (begins.charCodeAt(0) << 8) | begins.charCodeAt(1)
			const mayBeCut = begins.length > 3 || /[-_.]$/.test(begins)
			search.byPair.set(pair, [...(search.byPair.get(pair) ?? []), { begins, shape, pattern: null, mayBeCut }])
			search.isPair[pair] = 1
		}
	return search
}

function literally(text: string): string {
	return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")
}

/** Whether a word runs into what stands at `at`. The end of an escape, as in `\n` or `%3D`, is no word. */
function runsInto(text: string, at: number): boolean {
	if (!/[\w-]/.test(text.charAt(at - 1))) return false
	return !/(?:\\[bfnrt]|%[0-9A-Fa-f]{2})$/.test(text.slice(Math.max(0, at - 3), at))
}

/** Where the word begins that ends at `end`. */
function lastWord(text: string, end: number): number {
	let at = end
	while (at > 0 && !/\s/.test(text.charAt(at - 1))) at--
	return at
}
