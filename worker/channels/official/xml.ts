// The XML of Official Accounts: one flat element of text and CDATA. Nothing else of XML is read, so nothing of it can bite.

/** The texts by name. Undefined for what is not such a message. */
export function readXml(xml: string): Record<string, string> | undefined {
	const inner = /^\s*<xml>([\s\S]*)<\/xml>\s*$/.exec(xml)?.[1]?.trim()
	if (inner === undefined) return undefined
	const texts: Record<string, string> = {}
	let at = 0
	while (at < inner.length) {
		BEGIN.lastIndex = at
		const [begin = "", name = ""] = BEGIN.exec(inner) ?? []
		const read = readText(inner, at + begin.length)
		const end = `</${name}>`
		if (begin === "" || read === undefined || !inner.startsWith(end, read.end)) return undefined
		texts[name] = read.text
		at = read.end + end.length
	}
	return texts
}

/** Text and CDATA as far as they go, and where they end. */
function readText(inner: string, from: number): { text: string; end: number } | undefined {
	let text = ""
	let at = from
	for (;;) {
		const next = inner.indexOf("<", at)
		if (next === -1) return undefined
		text += unescaped(inner.slice(at, next))
		if (!inner.startsWith(CDATA, next)) return { text, end: next }
		const close = inner.indexOf("]]>", next)
		if (close === -1) return undefined
		text += inner.slice(next + CDATA.length, close)
		at = close + 3
	}
}

/** The same, written: every text as CDATA. */
export function writeXml(texts: Record<string, string | number>): string {
	const elements = Object.entries(texts).map(
		([name, text]) => `<${name}>${typeof text === "number" ? text : cdata(text)}</${name}>`,
	)
	return `<xml>${elements.join("")}</xml>`
}

/** The end of a CDATA section cannot stand in one: it is cut in two. */
function cdata(text: string): string {
	return `${CDATA}${text.replaceAll("]]>", `]]]]>${CDATA}>`)}]]>`
}

function unescaped(text: string): string {
	return text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: keyof typeof ENTITIES) => ENTITIES[name])
}

const CDATA = "<![CDATA["
const BEGIN = /\s*<([A-Za-z][A-Za-z0-9_]{0,63})>/y
const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" }
