// Files of WeChat messages: fetched once, deciphered, and handed on in parts.
import { createDecipheriv } from "node:crypto"
import * as z from "zod"
import { Refusal } from "../../protocol/errors.ts"
import type { Relayed } from "../../protocol/relay.ts"
import type { WeixinMessage, WeixinService } from "./weixin-service.ts"

/** What a file is fetched by: opaque to everybody else. */
const Locator = z.object({
	query: z.string().min(1),
	key: z
		.string()
		.regex(/^[0-9a-f]{32}$/)
		.nullable(),
})

type RelayedFile = Extract<Relayed, { is: "message" }>["files"][number]

/** The files of a message; what cannot be fetched is left out. */
export function filesOf(message: WeixinMessage): RelayedFile[] {
	return message.item_list.flatMap(({ image_item, file_item, video_item }, index) => {
		const media = image_item?.media ?? file_item?.media ?? video_item?.media
		const query = media?.encrypt_query_param
		if (query === undefined) return []
		const key = image_item?.aeskey?.toLowerCase() ?? keyOf(media?.aes_key)
		const locator = Locator.safeParse({ query, key: key ?? null })
		const kind = image_item === undefined ? (video_item === undefined ? "bin" : "mp4") : "jpg"
		const name = file_item?.file_name?.slice(-255) ?? `wechat-${index + 1}.${kind}`
		const size = Number(file_item?.len ?? Number.NaN)
		if (!locator.success) return []
		return [{ id: JSON.stringify(locator.data), name, size: Number.isSafeInteger(size) && size >= 0 ? size : null }]
	})
}

/** Sixteen bytes, or their hex, in base64. */
function keyOf(base64: string | undefined): string | undefined {
	const bytes = Buffer.from(base64 ?? "", "base64")
	if (bytes.length === 16) return bytes.toString("hex")
	return bytes.length === 32 ? bytes.toString("latin1").toLowerCase() : undefined
}

export class Files {
	readonly #service: WeixinService
	/** The last one fetched: it is asked for in parts. */
	#last: { id: string; bytes: Promise<Buffer> } | null = null

	constructor(service: WeixinService) {
		this.#service = service
	}

	/** Throws Refusal: invalid_request, too_large, channel_failed. */
	async part(id: string, from: number): Promise<{ base64: string; size: number }> {
		if (this.#last?.id !== id || from === 0) this.#last = { id, bytes: this.#fetch(id) }
		const { bytes } = this.#last
		const whole = await bytes
		const part = whole.subarray(from, from + PART_BYTES)
		if (from + part.length >= whole.length && this.#last?.bytes === bytes) this.#last = null
		return { base64: part.toString("base64"), size: whole.length }
	}

	async #fetch(id: string): Promise<Buffer> {
		const { query, key } = parseLocator(id)
		const bytes = await this.#service.file(query, FILE_BYTES)
		if (key === null) return bytes
		try {
			const cipher = createDecipheriv("aes-128-ecb", Buffer.from(key, "hex"), null)
			return Buffer.concat([cipher.update(bytes), cipher.final()])
		} catch {
			throw new Refusal("channel_failed", "WeChat's file cannot be deciphered.")
		}
	}
}

function parseLocator(id: string): z.infer<typeof Locator> {
	try {
		return Locator.parse(JSON.parse(id))
	} catch {
		throw new Refusal("invalid_request", "That is no file of WeChat's.")
	}
}

const PART_BYTES = 512 * 1024
/** Pictures and documents of people; what is larger is not taken. */
const FILE_BYTES = 20 * 1024 * 1024
