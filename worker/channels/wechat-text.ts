// Messages as WeChat's services take them: plain text, or WeCom's markdown, with the options numbered.
import type { Language } from "../../protocol/channel.ts"
import type { Block } from "./provider.ts"

export interface Numbered {
	number: number
	label: string
}

/** The services do not say which language a person speaks; this one goes with them, until somebody settles another. */
export const LANGUAGE = "zh-hans"

export const WORDS = {
	en: {
		reply: "Reply with a number, or with one and your words, such as “%: …”.",
		onlySo: "Say anything to go on: WeChat takes no more until then.",
		working: "Working on it. Send ? for what came of it.",
		nothing: "There is nothing yet. Send ? again in a moment.",
		more: "There is more: send ?",
		welcome: "Hello. This is Homeport. Send /help for what you can do here.",
	},
	zh: {
		reply: "请回复数字；要用文字回答，请回复“%：内容”。",
		onlySo: "请随意回复一条消息以继续：在此之前微信不再接收消息。",
		working: "正在处理。请发送 ? 查看结果。",
		nothing: "还没有结果。请稍后再发送 ?",
		more: "还有更多：请发送 ?",
		welcome: "您好，这里是 Homeport。发送 /help 查看可用的命令。",
	},
} as const satisfies Record<Language, Record<string, string>>

/** The options as a list, which stands at the end of a message. */
export function listed(options: readonly Numbered[], language: Language): Block[] {
	if (options.length === 0) return []
	const lines = options.map(({ number, label }) => `${number}. ${oneLine(label)}`)
	const reply = WORDS[language].reply.replace("%", String(options[0]?.number))
	return [{ is: "text", text: [...lines, reply].join("\n") }]
}

/** As it is read where nothing is drawn. */
export function plain(blocks: readonly Block[]): string {
	return blocks.map(({ is, text }) => (is === "heading" ? `【${text}】` : text)).join("\n")
}

/** https://developer.work.weixin.qq.com/document/path/101138 */
export function markdown(blocks: readonly Block[]): string {
	return blocks.map(drawn).join("\n\n")
}

function drawn({ is, text }: Block): string {
	switch (is) {
		case "heading":
			return `**${oneLine(escaped(text))}**`
		case "text":
			return escaped(text)
		case "code": {
			// A fence is longer than every run of backticks in what it holds.
			const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length))
			const fence = "`".repeat(longest + 1)
			return `${fence}\n${text}\n${fence}`
		}
	}
}

/** What would be drawn, linked or fetched is shown as it was written. */
function escaped(text: string): string {
	return text.replace(/[\\`*_[\]<>~|!#]/g, "\\$&")
}

function oneLine(text: string): string {
	return text.replace(/\s*\n\s*/g, " ")
}

/** Parts of at most so many bytes of UTF-8, between lines where it can be. */
export function inBytes(text: string, most: number): string[] {
	const parts: string[] = []
	let rest = text
	while (encoder.encode(rest).length > most) {
		let at = lengthWithin(rest, most)
		const line = rest.lastIndexOf("\n", at)
		if (line > at / 4) at = line
		parts.push(rest.slice(0, at))
		rest = rest.slice(at).replace(/^\n/, "")
	}
	return rest === "" ? parts : [...parts, rest]
}

/** How many UTF-16 units fit, without tearing a character. */
function lengthWithin(text: string, most: number): number {
	const { read } = encoder.encodeInto(text, new Uint8Array(most))
	return Math.max(1, read)
}

const encoder = new TextEncoder()
