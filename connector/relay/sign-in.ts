// Signing a WeChat account in: a QR code that the person scans, and what the service says of it, step by step.
import type * as z from "zod"
import { Refusal } from "../../protocol/errors.ts"
import { type RELAY_CALLS, WeixinCredentials } from "../../protocol/relay.ts"
import type { WeixinService } from "./weixin-service.ts"

type Step = z.infer<typeof RELAY_CALLS.signIn.answer>

interface Code {
	qrcode: string
	url: string
	/** Where the service is asked of it: a scan may lead to another of its data centres. */
	at: string
	expiresAt: number
	state: "scan" | "scanned" | "verify"
}

export class SignIn {
	readonly #service: WeixinService
	#code: Code | null = null
	/** Kept until somebody has it for certain: an answer may be lost on its way. */
	#done: WeixinCredentials | null = null
	#step: Promise<Step> | null = null

	constructor(service: WeixinService) {
		this.#service = service
	}

	/** Begins with a code at once; after that waits some seconds for a change. Throws Refusal("channel_failed"). */
	next(verifyCode: string | undefined): Promise<Step> {
		// One question at a time: two consoles see the same.
		this.#step ??= this.#next(verifyCode).finally(() => {
			this.#step = null
		})
		return this.#step
	}

	async #next(verifyCode: string | undefined): Promise<Step> {
		if (this.#done !== null) return { is: "done", credentials: this.#done }
		const code = this.#code
		if (code === null || code.expiresAt <= Date.now()) return this.#begin()
		const status = await this.#service.qrStatus(code.at, code.qrcode, verifyCode, WAIT_MS)
		switch (status.status) {
			case "scaned":
				code.state = "scanned"
				break
			case "need_verifycode":
				code.state = "verify"
				break
			case "scaned_but_redirect":
				code.at = this.#service.trusted(status.redirect_host ?? "")
				code.state = "scanned"
				break
			case "verify_code_blocked":
			case "expired":
				return this.#begin()
			case "binded_redirect":
				this.#code = null
				throw new Refusal("channel_failed", "This WeChat account has a bot elsewhere. Remove that one in WeChat first.")
			case "confirmed": {
				this.#code = null
				const credentials = WeixinCredentials.safeParse({
					token: status.bot_token,
					bot: status.ilink_bot_id,
					owner: status.ilink_user_id ?? "",
					url: this.#service.trusted(status.baseurl ?? code.at),
				})
				if (!credentials.success) throw new Refusal("channel_failed", "WeChat's answer lacks the account.")
				this.#done = credentials.data
				return { is: "done", credentials: credentials.data }
			}
			default:
			// It waits.
		}
		const { state, url, expiresAt } = code
		return state === "scan" ? { is: "scan", url, expiresAt } : { is: state }
	}

	async #begin(): Promise<Step> {
		const { qrcode, qrcode_img_content: url } = await this.#service.qrCode()
		const expiresAt = Date.now() + CODE_MS
		this.#code = { qrcode, url, at: this.#service.home, expiresAt, state: "scan" }
		return { is: "scan", url, expiresAt }
	}
}

/** Less than a question to a machine may take. */
const WAIT_MS = 12_000
/** The service's codes live about this long. */
const CODE_MS = 5 * 60_000
