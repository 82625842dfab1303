// The emulator's hyperlinks: each is kept for as long as a cell shows it.

interface Line {
	_extendedAttrs: Record<number, { urlId: number } | undefined>
}

/** As much of an xterm's inside as is touched here. */
export interface Linking {
	buffers: Record<"normal" | "alt", { lines: { length: number; get(index: number): Line | undefined } }>
	_inputHandler: { _curAttrData: { extended: { urlId: number } } }
	_oscLinkService: {
		registerLink(link: Link): number
		addLineToLink(number: number, line: number): void
		getLinkData(number: number): Link | undefined
	}
}

interface Link {
	/** Given by the program: links of the same id and address are one. */
	id?: string | undefined
	uri: string
}

/** As long as browsers take; a longer one is none, or a few would fill a snapshot. */
const URI_CHARS = 2_048
/** Links that nothing shows any more are looked for when there are this many more than twice those that were shown. */
const UNUSED_LINKS = 1_000

/**
 * The emulator forgets a link with the last of the lines that it was written on, which it follows by their places: a
 * region that scrolls and a change of size both lose them, for each terminal at another time.
 */
export function keepLinks(core: Linking): void {
	const links = new Map<number, Link>()
	const numbers = new Map<string, number>()
	let last = 0
	let most = UNUSED_LINKS

	const forgetUnused = () => {
		const used = usedNumbers(core)
		for (const [number, { id, uri }] of links) {
			if (used.has(number)) continue
			links.delete(number)
			if (id !== undefined) numbers.delete(key(id, uri))
		}
		most = 2 * links.size + UNUSED_LINKS
	}

	Object.assign(core._oscLinkService, {
		registerLink({ id, uri }) {
			if (uri.length > URI_CHARS || (id?.length ?? 0) > URI_CHARS) return 0
			const known = id === undefined ? undefined : numbers.get(key(id, uri))
			if (known !== undefined) return known
			if (links.size >= most) forgetUnused()
			links.set(++last, { id, uri })
			if (id !== undefined) numbers.set(key(id, uri), last)
			return last
		},
		addLineToLink() {},
		getLinkData: (number) => links.get(number),
	} satisfies Linking["_oscLinkService"])
}

function usedNumbers({ buffers, _inputHandler: handler }: Linking): Set<number> {
	const used = new Set([handler._curAttrData.extended.urlId])
	for (const { lines } of [buffers.normal, buffers.alt])
		for (let index = 0; index < lines.length; index++)
			for (const attributes of Object.values(lines.get(index)?._extendedAttrs ?? {}))
				if (attributes !== undefined) used.add(attributes.urlId)
	return used
}

function key(id: string, uri: string): string {
	return `${id};${uri}`
}
