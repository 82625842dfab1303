// A loadout's text: read as YAML, checked, and every mistake in it told with its line and column.
import { type Document, isAlias, LineCounter, parseDocument, visit } from "yaml"
import type { Problem } from "../../protocol/ask.ts"
import { LOADOUT_BYTES } from "../../protocol/limits.ts"
import { faultsOf, type Mistake, mistakeAt, mistakesBy, offsetOf, type Path } from "../yaml-mistakes.ts"
import { Layer } from "./layer.ts"

/** A loadout's text as it is understood; `problems` is not empty where it is not. */
export interface Source {
	name: string
	text: string
	layer: Layer
	problems: Problem[]
	/** A mistake of what stands at this path, or of the nearest that there is above it. */
	problem(path: Path, message: string): Problem
}

const NOTHING = Layer.parse({})

export function readSource(name: string, text: string): Source {
	const refused = (message: string): Source => {
		const problem = { loadout: name, line: 1, column: 1, message }
		return { name, text, layer: NOTHING, problems: [problem], problem: () => problem }
	}
	if (Buffer.byteLength(text) > LOADOUT_BYTES) return refused(`It has more than ${LOADOUT_BYTES / 1024} KiB.`)
	const lines = new LineCounter()
	let document: Document
	try {
		document = parseDocument(text, {
			...{ lineCounter: lines, prettyErrors: false, stringKeys: true, version: "1.2" },
			// Everything is text: 1.10 stays 1.10, and no stays no.
			...{ schema: "failsafe", resolveKnownTags: false },
		})
	} catch (error) {
		if (error instanceof RangeError) return refused("It is nested too deeply.")
		throw error
	}
	const at = (offset: number, message: string): Problem => ({ loadout: name, ...mistakeAt(lines, offset, message) })
	const problem = (path: Path, message: string) => at(offsetOf(document, path), message)
	const source = (layer: Layer, problems: Problem[]): Source => ({ name, text, layer, problems, problem })

	const named = (mistakes: Mistake[]) => mistakes.map((mistake) => ({ loadout: name, ...mistake }))
	if (document.errors.some(({ code }) => code === "RESOURCE_EXHAUSTION")) return refused("It is nested too deeply.")
	const faults = named(faultsOf(document, lines))
	if (faults.length > 0) return source(NOTHING, faults)
	const shared = sharing(document)
	if (shared !== undefined)
		return source(NOTHING, [at(shared, "Anchors and aliases are not taken here: `extends` is how loadouts share.")])
	const parsed = Layer.safeParse(document.contents === null ? {} : (document.toJS() as unknown))
	if (parsed.success)
		return source(
			parsed.data,
			doubles(parsed.data).map(([path, message]) => problem(path, message)),
		)
	return source(NOTHING, named(mistakesBy(Layer, parsed.error, document, lines)))
}

/** Where the first anchor or alias stands: a few of them can mean more than any memory holds. */
function sharing(document: Document): number | undefined {
	let found: number | undefined
	visit(document, {
		Node(_key, node) {
			if (!isAlias(node) && node.anchor === undefined) return
			found = node.range?.[0] ?? 0
			return visit.BREAK
		},
	})
	return found
}

/** What is named twice in one layer: the second would silently take the place of the first. */
function doubles(layer: Layer): [Path, string][] {
	const found: [Path, string][] = []
	for (const list of LISTS) {
		const seen = new Set<string>()
		for (const [index, key] of list.keys(layer).entries()) {
			if (seen.has(key)) found.push([[...list.path, index], `"${key}" stands here twice.`])
			seen.add(key)
		}
	}
	return found
}

/** What each list's items are called by: a later layer's item takes the place of an earlier one of the same name. */
const LISTS: { path: string[]; keys: (layer: Layer) => string[] }[] = [
	{ path: ["extends"], keys: (layer) => layer.extends },
	{ path: ["tools", "apt"], keys: ({ tools }) => tools.apt.map(packageName) },
	{ path: ["tools", "npm"], keys: ({ tools }) => tools.npm.map(packageName) },
	{ path: ["tools", "pip"], keys: ({ tools }) => tools.pip.map(packageName) },
	{ path: ["tools", "binaries"], keys: ({ tools }) => tools.binaries.map(({ name }) => name) },
	{ path: ["runtimes"], keys: ({ runtimes }) => runtimes.map(packageName) },
	{ path: ["files"], keys: ({ files }) => files.map(({ path }) => path) },
	{ path: ["skills"], keys: ({ skills }) => skills.map(({ name }) => name) },
	{ path: ["commands"], keys: ({ commands }) => commands.map(({ name }) => name) },
]

/** Without its version: `@scope/name@1.2.3`, `name=1.2-3` and `name==1.2` alike. */
export function packageName(text: string): string {
	return text.replace(/(?<=.)[@=].*$/, "")
}
