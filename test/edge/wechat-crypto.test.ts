// Signatures and ciphers of WeChat's services, against the vectors that their own samples publish.
import { describe, expect, test } from "vitest"
import { readXml, writeXml } from "../../worker/channels/official/xml.ts"
import { isFresh, isSigned, open, openFile, seal, signatureOf } from "../../worker/channels/wechat-crypto.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

/** Tencent's Java sample: WXBizMsgCryptTest. */
const JAVA = {
	aesKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
	receiver: "wxb11529c136998cb6",
	random: bytes("aaaabbbbccccdddd"),
	vectors: [
		["我是中文abcd123", "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="],
		[
			"<xml><ToUserName><![CDATA[oia2Tj我是中文jewbmiOUlr6X-1crbLOvLw]]></ToUserName><FromUserName><![CDATA[gh_7f083739789a]]></FromUserName><CreateTime>1407743423</CreateTime><MsgType><![CDATA[video]]></MsgType><Video><MediaId><![CDATA[eYJ1MbwPRJtOvIEabaxHs7TX2D-HV71s79GUxqdUkjm6Gs2Ed1KF3ulAOA9H1xG0]]></MediaId><Title><![CDATA[testCallBackReplyVideo]]></Title><Description><![CDATA[testCallBackReplyVideo]]></Description></Video></xml>",
			"jn1L23DB+6ELqJ+6bruv23M2GmYfkv0xBh2h+XTBOKVKcgDFHle6gqcZ1cZrk3e1qjPQ1F4RsLWzQRG9udbKWesxlkupqcEcW7ZQweImX9+wLMa0GaUzpkycA8+IamDBxn5loLgZpnS7fVAbExOkK5DYHBmv5tptA9tklE/fTIILHR8HLXa5nQvFb3tYPKAlHF3rtTeayNf0QuM+UW/wM9enGIDIJHF7CLHiDNAYxr+r+OrJCmPQyTy8cVWlu9iSvOHPT/77bZqJucQHQ04sq7KZI27OcqpQNSto2OdHCoTccjggX5Z9Mma0nMJBU+jLKJ38YB1fBIz+vBzsYjrTmFQ44YfeEuZ+xRTQwr92vhA9OxchWVINGC50qE/6lmkwWTwGX9wtQpsJKhP+oS7rvTY8+VdzETdfakjkwQ5/Xka042OlUb1/slTwo4RscuQ+RdxSGvDahxAJ6+EAjLt9d8igHngxIbf6YyqqROxuxqIeIch3CssH/LqRs+iAcILvApYZckqmA7FNERspKA5f8GoJ9sv8xmGvZ9Yrf57cExWtnX8aCMMaBropU/1k+hKP5LVdzbWCG0hGwx/dQudYR/eXp3P0XxjlFiy+9DMlaFExWUZQDajPkdPrEeOwofJb",
		],
	] as const,
}

/** WeCom's sample of callbacks. */
const WECOM = {
	token: "QDG6eK",
	aesKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
	receiver: "wx5823bf96d3bd56c7",
	check: {
		signature: "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
		timestamp: "1409659589",
		nonce: "263014780",
		echo: "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
		message: "1616140317555161061",
	},
	callback: {
		signature: "477715d11cdb4164915debcba66cb864d751f3e6",
		timestamp: "1409659813",
		nonce: "1372623149",
		encrypted:
			"RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==",
	},
}

describe("the vectors of the services' own samples", () => {
	test.each(JAVA.vectors)(
		"a message is encrypted to exactly the published text, and opened again: %.16s",
		async (message, encrypted) => {
			const { aesKey, receiver, random } = JAVA
			expect(await seal(aesKey, { message, receiver }, random)).toBe(encrypted)
			expect(await open(aesKey, encrypted)).toEqual({ message, receiver })
		},
	)

	test("WeCom's check of an address verifies and opens", async () => {
		const { token, aesKey, receiver, check } = WECOM
		expect(await isSigned(check.signature, token, check.timestamp, check.nonce, check.echo)).toBe(true)
		expect(await open(aesKey, check.echo)).toEqual({ message: check.message, receiver })
	})

	test("WeCom's callback verifies, opens, and says hello", async () => {
		const { token, aesKey, receiver, callback } = WECOM
		const { signature, timestamp, nonce, encrypted } = callback
		expect(await signatureOf(token, timestamp, nonce, encrypted)).toBe(signature)
		const opened = await open(aesKey, encrypted)
		expect(opened?.receiver).toBe(receiver)
		expect(readXml(opened?.message ?? "")).toEqual({
			ToUserName: receiver,
			FromUserName: "mycreate",
			CreateTime: "1409659813",
			MsgType: "text",
			Content: "hello",
			MsgId: "4561255354251345929",
			AgentID: "218",
		})
	})
})

describe("[TRU4] what was forged or broken", () => {
	test("[TRU4] no other signature passes: one character changed, cut, longer, empty", async () => {
		const { token, callback } = WECOM
		const { signature, timestamp, nonce, encrypted } = callback
		const forged = [`5${signature.slice(1)}`, signature.slice(1), `${signature}0`, "", "é".repeat(20)]
		for (const said of forged) expect(await isSigned(said, token, timestamp, nonce, encrypted)).toBe(false)
		expect(await isSigned(signature, token, timestamp, nonce, `${encrypted} `)).toBe(false)
		expect(await isSigned(signature, "QDG6eL", timestamp, nonce, encrypted)).toBe(false)
	})

	test("[TRU4] a ciphertext that was cut, changed at its end, or is of another key opens to nothing", async () => {
		const { aesKey } = WECOM
		const sealed = await seal(aesKey, { message: "x", receiver: "" })
		const whole = Uint8Array.fromBase64(sealed)
		const changed = whole.slice()
		changed[whole.length - 17] = (changed[whole.length - 17] ?? 0) ^ 0x80
		const broken = ["", "%", whole.subarray(16).toBase64(), whole.subarray(0, -1).toBase64(), changed.toBase64()]
		for (const encrypted of broken) expect(await open(aesKey, encrypted), encrypted).toBeUndefined()
		expect(await open(JAVA.aesKey, sealed)).toBeUndefined()
	})

	test("[TRU4] a length that claims more than there is opens to nothing", async () => {
		const { aesKey } = WECOM
		const sealed = Uint8Array.fromBase64(await seal(aesKey, { message: "x".repeat(40), receiver: "" }))
		// The block before the length's own is mixed into it: this bit makes the length 2^31 more.
		sealed[0] = (sealed[0] ?? 0) ^ 0x80
		expect(await open(aesKey, sealed.toBase64())).toBeUndefined()
	})

	test("a request counts as of now for ten minutes, before and after", () => {
		const now = 1_700_000_000_000
		expect(["1700000000", "1699999400", "1700000600"].map((time) => isFresh(time, now))).toEqual([true, true, true])
		const old = ["1699999399", "1700000601", "", "1e9", "-1", "1700000000.0"]
		expect(old.map((time) => isFresh(time, now))).toEqual(old.map(() => false))
	})
})

test("messages of every length come back as they were", async () => {
	for (let length = 0; length < 70; length++) {
		const said = { message: "ä".repeat(length), receiver: length % 2 === 0 ? "" : "wx5823bf96d3bd56c7" }
		expect(await open(WECOM.aesKey, await seal(WECOM.aesKey, said))).toEqual(said)
	}
})

test("a file under the bot's key opens to its bytes", async () => {
	const { aesKey } = WECOM
	const key = Uint8Array.from(atob(`${aesKey}=`), (letter) => letter.charCodeAt(0))
	const file = crypto.getRandomValues(new Uint8Array(100))
	const padded = new Uint8Array(128).fill(28)
	padded.set(file)
	const imported = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["encrypt"])
	const sealed = await crypto.subtle.encrypt({ name: "AES-CBC", iv: key.slice(0, 16) }, imported, padded)
	expect(await openFile(aesKey, new Uint8Array(sealed, 0, 128))).toEqual(file)
})

describe("the XML of Official Accounts", () => {
	test("what is written is read again, whatever is in it", () => {
		const texts = { A: "<b>&amp;", B: "]]> ]]]]>", C: "", D: "中文\n" }
		expect(readXml(writeXml(texts))).toEqual(texts)
	})

	test("[TRU4] anything but a flat message is nothing: entities, doctypes, elements in elements, attributes", () => {
		const bombs = [
			'<!DOCTYPE xml [<!ENTITY a "b">]><xml><A>&a;</A></xml>',
			"<xml><A><B>1</B></A></xml>",
			'<xml><A b="c">1</A></xml>',
			"<xml><A>1</B></xml>",
			"<xml>1<A>2</A></xml>",
			"<xml><A>2</A>",
			"<xml><A><![CDATA[2</A></xml>",
			"",
		]
		for (const bomb of bombs) expect(readXml(bomb), bomb).toBeUndefined()
		expect(readXml("<xml><A>&lt;&unknown;</A></xml>")).toEqual({ A: "<&unknown;" })
	})
})
