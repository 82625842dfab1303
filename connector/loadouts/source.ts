// A loadout's text: read as YAML, checked, and every mistake in it told with its line and column.
import {
	type Document,
	isAlias,
	isCollection,
	isMap,
	isNode,
	isPair,
	isScalar,
	LineCounter,
	type Node,
	parseDocument,
	visit,
} from "yaml"
import * as z from "zod"
import type { Problem } from "../../protocol/ask.ts"
import { explain } from "../../protocol/explain.ts"
import { LOADOUT_BYTES } from "../../protocol/limits.ts"
import { Layer } from "./layer.ts"

type Path = (string | number)[]

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
	const at = (offset: number, message: string): Problem => {
		const { line, col } = lines.linePos(offset)
		return { loadout: name, line: Math.max(line, 1), column: Math.max(col, 1), message }
	}
	const problem = (path: Path, message: string) => at(offsetOf(document, path), message)
	const source = (layer: Layer, problems: Problem[]): Source => ({ name, text, layer, problems, problem })

	const faults = [...document.errors, ...document.warnings].slice(0, MOST_PROBLEMS)
	if (faults.some(({ code }) => code === "RESOURCE_EXHAUSTION")) return refused("It is nested too deeply.")
	if (faults.length > 0)
		return source(
			NOTHING,
			faults.map((fault) => at(fault.pos[0], wordsOf(fault))),
		)
	const shared = sharing(document)
	if (shared !== undefined)
		return source(NOTHING, [at(shared, "Anchors and aliases are not taken here: `extends` is how loadouts share.")])
	const parsed = Layer.safeParse(document.contents === null ? {} : (document.toJS() as unknown))
	if (parsed.success)
		return source(
			parsed.data,
			doubles(parsed.data).map(([path, message]) => problem(path, message)),
		)
	return source(
		NOTHING,
		parsed.error.issues
			.flatMap((issue) => told(issue).map(([path, message, isKey]) => at(offsetOf(document, path, isKey), message)))
			.sort((a, b) => a.line - b.line || a.column - b.column)
			.slice(0, MOST_PROBLEMS),
	)
}

/** Whoever wrote more than these writes anew. */
const MOST_PROBLEMS = 20

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

/** The path that an issue is about, what is wrong there, and whether with the key itself. */
function told(issue: z.core.$ZodIssue): [Path, string, boolean][] {
	const path = issue.path.filter((step) => typeof step !== "symbol")
	switch (issue.code) {
		case "unrecognized_keys": {
			const known = keysAt(path)
			const hint = known.length === 0 ? "" : ` There are ${known.join(", ")}.`
			return issue.keys.map((key) => [[...path, key], `There is no key "${key}" here.${hint}`, true])
		}
		case "invalid_key":
			return [[path, explain(new z.ZodError([issue])), true]]
		default:
			// An item of a list has no name of its own.
			return [
				[path, explain(new z.ZodError([typeof path.at(-1) === "number" ? { ...issue, path: [] } : issue])), false],
			]
	}
}

/** The keys that a mapping at this path may have. */
function keysAt(path: Path): string[] {
	let schema: unknown = Layer
	for (const step of [...path, undefined]) {
		while (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
			schema = schema.unwrap()
		if (step === undefined) break
		if (schema instanceof z.ZodObject) schema = schema.shape[step] as unknown
		else if (schema instanceof z.ZodArray) schema = schema.element
		else if (schema instanceof z.ZodRecord) schema = schema.valueType
	}
	return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
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

/** Where a node begins; its key, where that is asked for. */
function offsetOf(document: Document, path: Path, isKey = false): number {
	for (let length = path.length; length > 0; length--) {
		const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
		if (!isCollection(parent)) continue
		const step = path[length - 1]
		const item: unknown = isMap(parent)
			? parent.items.find(({ key }) => isScalar(key) && key.value === step)
			: parent.items[Number(step)]
		// A key whose value is missing has no place of its own.
		const node = isPair(item) ? (isKey || !hasPlace(item.value) ? item.key : item.value) : item
		if (hasPlace(node)) return node.range?.[0] ?? 0
		isKey = false
	}
	return hasPlace(document.contents) ? (document.contents.range?.[0] ?? 0) : 0
}

function hasPlace(node: unknown): node is Node {
	return isNode(node) && node.range !== null && node.range !== undefined
}

function wordsOf({ code, message }: { code: string; message: string }): string {
	if (code === "MULTIPLE_DOCS") return "A second document begins here: a loadout is one."
	return /[.!?]$/.test(message) ? message : `${message}.`
}
