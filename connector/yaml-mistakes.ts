// What is wrong in a YAML file, as text or by a schema: each mistake with its line and column.
import {
	type Document,
	isCollection,
	isMap,
	isNode,
	isPair,
	isScalar,
	type LineCounter,
	type Node,
	type YAMLError,
} from "yaml"
import * as z from "zod"
import { explain } from "../protocol/explain.ts"

export type Path = (string | number)[]

export interface Mistake {
	/** From 1, as the column. */
	line: number
	column: number
	message: string
}

/** Whoever made more than these writes anew. */
const MOST_MISTAKES = 20

/** What the schema has found, in the order of the text. */
export function mistakesBy(schema: z.ZodType, error: z.ZodError, document: Document, lines: LineCounter): Mistake[] {
	return error.issues
		.flatMap((issue) =>
			told(schema, issue).map(([path, message, isKey]) => mistakeAt(lines, offsetOf(document, path, isKey), message)),
		)
		.sort((a, b) => a.line - b.line || a.column - b.column)
		.slice(0, MOST_MISTAKES)
}

/** What the parser has found. */
export function faultsOf({ errors, warnings }: Document, lines: LineCounter): Mistake[] {
	return [...errors, ...warnings].slice(0, MOST_MISTAKES).map((fault) => mistakeAt(lines, fault.pos[0], wordsOf(fault)))
}

/** `offset`: of a character of the text. */
export function mistakeAt(lines: LineCounter, offset: number, message: string): Mistake {
	const { line, col } = lines.linePos(offset)
	return { line: Math.max(line, 1), column: Math.max(col, 1), message }
}

/** Where what stands at this path begins, or the nearest that there is above it; its key, where that is asked for. */
export function offsetOf(document: Document, path: Path, isKey = false): number {
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

/** The path that an issue is about, what is wrong there, and whether with the key itself. */
function told(schema: z.ZodType, issue: z.core.$ZodIssue): [Path, string, boolean][] {
	const path = issue.path.filter((step) => typeof step !== "symbol")
	switch (issue.code) {
		case "unrecognized_keys": {
			const known = keysAt(schema, path)
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
function keysAt(top: z.ZodType, path: Path): string[] {
	let schema: unknown = top
	for (const step of [...path, undefined]) {
		while (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
			schema = schema.unwrap()
		if (step === undefined) break
		if (schema instanceof z.ZodObject) schema = schema.shape[step] as unknown
		else if (schema instanceof z.ZodArray) schema = schema.element
		else if (schema instanceof z.ZodRecord) schema = schema.valueType
		else return []
	}
	return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}

function hasPlace(node: unknown): node is Node {
	return isNode(node) && node.range !== null && node.range !== undefined
}

function wordsOf({ code, message }: YAMLError): string {
	if (code === "MULTIPLE_DOCS") return "A second document begins here: a file holds one."
	return /[.!?]$/.test(message) ? message : `${message}.`
}
