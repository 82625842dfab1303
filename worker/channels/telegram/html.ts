// Messages as Telegram's HTML. https://core.telegram.org/bots/api#html-style
import type { Block } from "../provider.ts"

export function html(blocks: readonly Block[]): string {
	return blocks.map(one).join("\n")
}

function one({ is, text }: Block): string {
	switch (is) {
		case "heading":
			return `<b>${escaped(text)}</b>`
		case "text":
			return escaped(text)
		case "code":
			return `<pre>${escaped(text)}</pre>`
	}
}

function escaped(text: string): string {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
}
