// Tokens that nobody ever had: one of each shape, made of dice, as sentinels of the tests.
import { TOKEN_SHAPES } from "../../protocol/token-shapes.ts"
import type { Dice } from "./dice.ts"

interface Example {
	/** What stands before and after it, by which it is told. */
	before?: string
	token: string
	after?: string
}

const LOWER = "abcdefghijklmnopqrstuvwxyz"
const UPPER = LOWER.toUpperCase()
const DIGITS = "0123456789"
const HEX = `${DIGITS}abcdef`
const WORD = LOWER + UPPER + DIGITS
const DASHED = `${WORD}_-`
const BASE64 = `${WORD}+/`

const some = (dice: Dice, letters: string, count: number) =>
	Array.from({ length: count }, () => dice.pick([...letters])).join("")

/** A rule that makes one: text as it is, and of each set of letters so many. */
type Part = string | [letters: string, count: number]
const made =
	(...parts: Part[]) =>
	(dice: Dice): Example => ({
		token: parts.map((part) => (typeof part === "string" ? part : some(dice, ...part))).join(""),
	})
const within =
	(before: string, make: (dice: Dice) => Example, after = "") =>
	(dice: Dice): Example => ({ before, ...make(dice), after })

const EXAMPLES: Record<string, (dice: Dice) => Example> = {
	"1password": made("ops_eyJ", [BASE64, 200]),
	age: made("AGE-SECRET-KEY-1", [UPPER, 58]),
	airtable: made("pat", [WORD, 14], ".", [HEX, 64]),
	anthropic: made("sk-ant-api03-", [DASHED, 93], "AA"),
	atlassian: made("ATATT3", [DASHED, 180]),
	"aws-key-id": made("AKIA", [UPPER, 16]),
	"aws-secret": within("aws_secret_access_key = ", made([BASE64, 40])),
	"azure-shared-access": within("?sv=2022&sig=", made([BASE64, 43], "%3D")),
	"azure-storage": within("AccountName=a;AccountKey=", made([BASE64, 86], "==")),
	cloudflare: made("cfut_", [WORD, 48]),
	"cloudflare-origin": made("v1.0-", [HEX, 24], "-", [HEX, 146]),
	"cloudflare-variable": within("CLOUDFLARE_API_TOKEN=", made([DASHED, 40])),
	databricks: made("dapi", [HEX, 32]),
	digitalocean: made("dop_v1_", [HEX, 64]),
	discord: made("MT", [WORD, 22], ".", [DASHED, 6], ".", [DASHED, 38]),
	"discord-webhook": within("https://discord.com/api/webhooks/", (dice) => ({
		before: `https://discord.com/api/webhooks/${some(dice, "123456789", 18)}/`,
		token: some(dice, DASHED, 68),
	})),
	docker: made("dckr_pat_", [DASHED, 27]),
	doppler: made("dp.pt.", [WORD, 43]),
	dropbox: made("sl.u.", [DASHED, 140]),
	e2b: made("e2b_", [HEX, 40]),
	elevenlabs: made("sk_", [HEX, 48]),
	figma: made("figd_", [DASHED, 40]),
	fly: made("fm2_", [BASE64, 80]),
	github: made("ghp_", [WORD, 36]),
	"github-fine-grained": made("github_pat_", [WORD, 22], "_", [WORD, 59]),
	gitlab: made("glpat-", [DASHED, 20]),
	"google-access": made("ya29.", [DASHED, 120]),
	"google-api-key": made("AIza", [DASHED, 35]),
	"google-client": made("GOCSPX-", [DASHED, 28]),
	"google-refresh": made("1//0", [DASHED, 60]),
	grafana: made("glsa_", [WORD, 32], "_", [HEX, 8]),
	"grafana-cloud": made("glc_eyJ", [BASE64, 80]),
	groq: made("gsk_", [WORD, 52]),
	"header-authorization": within("Authorization: Bearer ", made([DASHED, 24])),
	"header-key": within("x-api-key: ", made([DASHED, 24])),
	heroku: made("HRKU-", [DASHED, 60]),
	homeport: made("hp_", [DASHED, 43]),
	huggingface: made("hf_", [LOWER + UPPER, 34]),
	jwt: made("eyJ", [WORD, 30], ".eyJ", [WORD, 60], ".", [DASHED, 43]),
	langfuse: made("sk-lf-", [HEX, 8], "-", [HEX, 4], "-", [HEX, 4], "-", [HEX, 4], "-", [HEX, 12]),
	langsmith: made("lsv2_pt_", [HEX, 32], "_", [HEX, 10]),
	linear: made("lin_api_", [WORD, 40]),
	mailgun: made("key-", [HEX, 32]),
	netlify: made("nfp_", [WORD, 40]),
	"new-relic": made("NRAK-", [UPPER, 27]),
	notion: made("ntn_", [WORD, 46]),
	"notion-secret": made("secret_", [WORD, 43]),
	npm: made("npm_", [WORD, 36]),
	nvidia: made("nvapi-", [DASHED, 64]),
	openai: made("sk-proj-", [DASHED, 150]),
	"openai-like": made("sk-", [WORD, 48]),
	openrouter: made("sk-or-v1-", [HEX, 64]),
	perplexity: made("pplx-", [WORD, 48]),
	pinecone: made("pcsk_", [WORD, 70]),
	planetscale: made("pscale_tkn_", [WORD, 43]),
	postman: made("PMAK-", [HEX, 24], "-", [HEX, 34]),
	"private-key": (dice) => {
		const { head, body, tail } = privateKey(dice)
		return { before: `${head}\r\n`, token: body, after: `\r\n${tail}` }
	},
	pulumi: made("pul-", [HEX, 40]),
	pypi: made("pypi-AgEIcHlwaS5vcmc", [DASHED, 130]),
	replicate: made("r8_", [WORD, 37]),
	rubygems: made("rubygems_", [HEX, 48]),
	sendgrid: made("SG.", [DASHED, 22], ".", [DASHED, 43]),
	sentry: made("sntrys_", [WORD, 80]),
	shopify: made("shpat_", [HEX, 32]),
	slack: made("xoxb-", [DIGITS, 12], "-", [DIGITS, 13], "-", [WORD, 24]),
	"slack-webhook": within(
		"https://hooks.slack.com/services/",
		made("T", [UPPER, 8], "/B", [UPPER, 8], "/", [WORD, 24]),
	),
	square: made("sq0atp-", [DASHED, 22]),
	stripe: made("sk_live_", [WORD, 24]),
	"stripe-webhook": made("whsec_", [WORD, 32]),
	supabase: made("sbp_", [HEX, 40]),
	tailscale: made("tskey-auth-", [WORD, 12], "CNTRL-", [WORD, 32]),
	tavily: made("tvly-", [WORD, 32]),
	telegram: (dice) => ({ before: some(dice, "123456789", 10), token: `:AA${some(dice, DASHED, 33)}` }),
	terraform: (dice) => ({ before: some(dice, WORD, 14), token: `.atlasv1.${some(dice, DASHED, 67)}` }),
	twilio: made("SK", [HEX, 32]),
	url: within("postgres://user:", made([WORD, 16]), "@db.example:5432/app"),
	vault: made("hvs.", [DASHED, 90]),
	xai: made("xai-", [WORD, 80]),
}

export const SHAPE_IDS: readonly string[] = TOKEN_SHAPES.map(({ id }) => id)

export function exampleOf(id: string, dice: Dice): Required<Example> {
	const make = EXAMPLES[id]
	if (make === undefined) throw new Error(`There is no example of ${id}.`)
	return { before: "", after: "", ...make(dice) }
}

/** Its first line, its lines of base64, its last line. */
export function privateKey(dice: Dice): { head: string; body: string; tail: string } {
	const lines = Array.from({ length: 12 }, () => some(dice, BASE64, 64))
	const name = "OPENSSH PRIVATE KEY"
	return { head: `-----BEGIN ${name}-----`, body: lines.join("\r\n"), tail: `-----END ${name}-----` }
}
