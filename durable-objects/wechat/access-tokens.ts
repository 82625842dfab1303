// The access tokens of Official Accounts: one place asks for them, once at a time, and before they end.
import { Table } from "./table.ts"

export interface Account {
	appId: string
	appSecret: string
}

/** A token, or what the service says instead. */
export type Granted = { is: "token"; token: string } | { is: "refused"; code: number; reason: string }

export class AccessTokens {
	readonly #table: Table
	readonly #now: () => number
	readonly #asking = new Map<string, Promise<Granted>>()

	constructor(sql: SqlStorage, now: () => number) {
		this.#table = new Table(sql, TABLE)
		this.#now = now
	}

	/** `stale`: the service does not take that one any more, whatever it said of how long it lasts. */
	async get(account: Account, stale: string | null): Promise<Granted> {
		const { appId } = account
		const [row] = this.#table.run("SELECT token, until FROM wechat_token WHERE app_id = ?", appId)
		const isGood = row !== undefined && String(row.token) !== stale && Number(row.until) - EARLY_MS > this.#now()
		if (isGood) return { is: "token", token: String(row.token) }
		const asking = this.#asking.get(appId) ?? this.#ask(account).finally(() => this.#asking.delete(appId))
		this.#asking.set(appId, asking)
		return asking
	}

	async #ask({ appId, appSecret }: Account): Promise<Granted> {
		const body = { grant_type: "client_credential", appid: appId, secret: appSecret, force_refresh: false }
		try {
			const response = await fetch(STABLE_TOKEN, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify(body),
				signal: AbortSignal.timeout(CALL_MS),
				redirect: "manual",
			})
			const said = (await response.json()) as Record<string, unknown>
			const { access_token, expires_in, errcode } = said
			if (typeof access_token !== "string" || typeof expires_in !== "number") {
				const code = typeof errcode === "number" ? errcode : -1
				return { is: "refused", code, reason: `WeChat gives no access token (${code}).` }
			}
			this.#table.run(
				"INSERT OR REPLACE INTO wechat_token (app_id, token, until) VALUES (?, ?, ?)",
				appId,
				access_token,
				this.#now() + expires_in * 1000,
			)
			return { is: "token", token: access_token }
		} catch {
			// What failed would quote the address alone, and the secret is in the body; still nothing of it is told.
			return { is: "refused", code: -1, reason: "WeChat cannot be reached now." }
		}
	}
}

/** https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken.html: asking again changes nothing early. */
const STABLE_TOKEN = "https://api.weixin.qq.com/cgi-bin/stable_token"
const EARLY_MS = 5 * 60_000
const CALL_MS = 8_000

const TABLE = `
	CREATE TABLE IF NOT EXISTS wechat_token (app_id TEXT PRIMARY KEY, token TEXT NOT NULL, until INTEGER NOT NULL);
`
